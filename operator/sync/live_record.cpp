#include "sync/live_record.hpp"

#include "sync/hooks.hpp"

#include "sync/canonical.hpp"
#include "sync/owned_fields.hpp"
#include "sync/takeover.hpp"

#include <algorithm>
#include <functional>

namespace holdfast::sync {

namespace {
std::uint64_t text_key(std::string_view text) noexcept {
    return std::hash<std::string_view>{}(text) | 1U;
}
/// What is added to our lists is as much a change as what is taken out of them.
sha256_digest with_added(const sha256_digest& owned, const json::object& live, const dialect& names) {
    const auto added = added_items(live, names);
    if (added.empty()) return owned;
    hasher all;
    all.add(to_hex(owned));
    for (const auto& item : added) {
        all.add(item.path);
    }
    return all.finish();
}

bool owns_mark(const json::object& entry, const dialect& names) {
    const auto text = [&](std::string_view key) {
        const auto* value = entry.if_contains(key);
        const auto* string = value != nullptr ? value->if_string() : nullptr;
        return string != nullptr ? std::string_view{*string} : std::string_view{};
    };
    if (text("manager") != names.field_manager || !text("subresource").empty()) return false;
    const auto* fields = entry.if_contains("fieldsV1");
    const bool is_annotation = names.writes_annotation();
    const auto mark = is_annotation ? names.tracking_annotation : names.installation_label;
    for (const std::string& key :
         {std::string{"f:metadata"}, std::string{is_annotation ? "f:annotations" : "f:labels"},
          "f:" + std::string{mark}}) {
        const auto* object = fields != nullptr ? fields->if_object() : nullptr;
        fields = object != nullptr ? object->if_contains(key) : nullptr;
    }
    return fields != nullptr;
}

/// Whether our manager wrote whose it is, by an apply or, where it is replaced, by an update.
bool is_mark_ours(const json::object& live, const dialect& names) {
    const auto* metadata = live.if_contains("metadata");
    const auto* object = metadata != nullptr ? metadata->if_object() : nullptr;
    const auto* managed = object != nullptr ? object->if_contains("managedFields") : nullptr;
    const auto* entries = managed != nullptr ? managed->if_array() : nullptr;
    if (entries == nullptr) return false;
    return std::any_of(entries->begin(), entries->end(), [&](const json::value& entry) {
        const auto* one = entry.if_object();
        return one != nullptr && owns_mark(*one, names);
    });
}
} // namespace

std::uint64_t release_key(const application_ref& application) noexcept {
    return text_key(to_string(application));
}

std::uint32_t run_key(std::string_view run) noexcept {
    return std::max<std::uint32_t>(static_cast<std::uint32_t>(text_key(run)), 1);
}

live_record observe(const json::object& live, const dialect& names) {
    live_record record;
    record.uid = kube::uid_of(live);
    record.resource_version = kube::resource_version_of(live);
    record.generation = kube::generation_of(live);
    if (const auto owned = owned_fields_of(live, names.field_manager)) {
        record.contested = is_contested(live, names);
        record.owned_hash = record.contested ? with_added(owned->hash, live, names) : owned->hash;
        record.other_version = owned->other_version;
    }
    if (auto owner = owner_of(live, names)) record.owner = std::move(owner->application);
    record.is_mark_ours = is_mark_ours(live, names);
    set_health(record, assess(live));
    const auto orders = read_directives(live);
    record.wave = orders.wave;
    record.prune = orders.options.prune;
    record.remove = orders.options.remove;
    record.prune_propagation = orders.options.prune_propagation;
    record.prune_last = orders.options.prune_last;
    record.deleting = kube::deletion_timestamp(live).has_value();
    record.hook = orders.is_hook;
    record.hook_goes_on_success = orders.hook_deletion.on_success;
    record.hook_goes_on_failure = orders.hook_deletion.on_failure;
    record.has_hook_finalizer = kube::has_finalizer(live, hook_finalizer);
    if (const auto run = kube::annotation(live, run_annotation)) record.hook_run = run_key(*run);
    record.ignore_healthcheck = orders.ignore_healthcheck;
    record.ignore_extraneous = orders.ignore_extraneous;
    if (const auto to = kube::annotation(live, names.release_annotation)) record.released_to = text_key(*to);
    return record;
}

void set_health(live_record& record, const std::optional<health>& verdict) {
    constexpr std::size_t longest_message = 120;
    record.status = verdict ? std::optional{verdict->status} : std::nullopt;
    record.degraded_from = verdict ? verdict->degraded_from.value_or(live_record::never) : live_record::never;
    record.health_message = verdict ? shortened(verdict->message, longest_message) : std::string{};
}

void await_check(live_record& record, const live_record* before) {
    record.degraded_from = live_record::never;
    record.is_checked = before != nullptr && before->is_checked && before->uid == record.uid &&
                        before->generation == record.generation && before->owned_hash == record.owned_hash &&
                        before->owner == record.owner;
    if (record.is_checked) {
        record.status = before->status;
        record.health_message = before->health_message;
    } else {
        set_health(record, health{health_status::progressing, "Waiting for its health check"});
    }
}

bool degrade_if_due(live_record& record, wall_clock::time_point now) noexcept {
    if (record.degraded_from > now) return false;
    record.status = health_status::degraded;
    record.degraded_from = live_record::never;
    return true;
}

} // namespace holdfast::sync
