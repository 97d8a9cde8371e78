#include "sync/live_record.hpp"

#include "sync/canonical.hpp"
#include "sync/owned_fields.hpp"
#include "sync/takeover.hpp"

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
} // namespace

std::uint64_t release_key(const application_ref& application) noexcept {
    return text_key(to_string(application));
}

live_record observe(const json::object& live, const dialect& names) {
    constexpr std::size_t longest_message = 120;
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
    if (const auto verdict = assess(live)) {
        record.status = verdict->status;
        record.degraded_from = verdict->degraded_from.value_or(live_record::never);
        record.health_message = shortened(verdict->message, longest_message);
    }
    const auto orders = read_directives(live);
    record.wave = orders.wave;
    record.prune = orders.options.prune;
    record.remove = orders.options.remove;
    record.prune_propagation = orders.options.prune_propagation;
    record.prune_last = orders.options.prune_last;
    record.deleting = kube::deletion_timestamp(live).has_value();
    record.hook = orders.is_hook;
    record.ignore_healthcheck = orders.ignore_healthcheck;
    record.ignore_extraneous = orders.ignore_extraneous;
    if (const auto to = kube::annotation(live, names.release_annotation)) record.released_to = text_key(*to);
    return record;
}

bool degrade_if_due(live_record& record, wall_clock::time_point now) noexcept {
    if (record.degraded_from > now) return false;
    record.status = health_status::degraded;
    record.degraded_from = live_record::never;
    return true;
}

} // namespace holdfast::sync
