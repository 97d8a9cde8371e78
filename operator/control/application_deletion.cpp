// The end of an application: its objects go with it where a finalizer says so. Needs the cluster only, never
// a repository.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// Ours, and the names that applications written for Argo CD bear.
constexpr std::string_view ours = "holdfast.dev/resources-finalizer";
constexpr std::string_view argo = "resources-finalizer.argocd.argoproj.io";

// What comes after the finalizer's name says how dependents are treated.
std::optional<std::string_view> manner_of(std::string_view finalizer) noexcept {
    for (const auto name : {ours, argo}) {
        if (finalizer == name) {
            return "";
        }
        if (finalizer.starts_with(name) && finalizer[name.size()] == '/') {
            return finalizer.substr(name.size() + 1);
        }
        // holdfast.dev/resources-finalizer-background: a second slash is not allowed in a qualified name.
        if (finalizer.starts_with(name) && finalizer[name.size()] == '-') {
            return finalizer.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

} // namespace

bool is_resources_finalizer(std::string_view finalizer) noexcept {
    return manner_of(finalizer).has_value();
}

asio::awaitable<void> application_controller::state::finish_application(record_ptr r, findings& found) {
    std::string manner;
    bool ours_to_do = false;
    for (const auto& finalizer : r->object.metadata.finalizers) {
        if (const auto m = manner_of(finalizer)) {
            ours_to_do = true;
            manner = *m;
        }
    }
    found.reason = "Deleting";
    if (!ours_to_do) {
        found.waiting = "waits for others to let go of it";
        co_return;
    }
    if (manner == "orphan") {
        co_await remove_finalizers(r);
        co_return;
    }
    bool pending = false;
    for (const auto& resource : r->object.status.resources) {
        const kube::group_version_kind kind{resource.group, resource.version, resource.kind};
        const auto known = co_await with.discovery.resolve(kind);
        if (!known) {
            if (known.error().is_transient()) {
                found.problems["DeletionError"] = known.error().message();
                queue.add_after(r->key(), 5s);
                co_return;
            }
            continue; // the kind is gone, and its objects with it
        }
        with.live.watch(*known);
        if (!with.live.ready(kind)) {
            const auto trouble = with.live.trouble(kind);
            if (trouble && !trouble->is_transient()) {
                found.problems["DeletionError"] = "watching " + kind.to_string() + ": " + trouble->message();
                queue.add_after(r->key(), 10s);
                co_return;
            }
            pending = true;
        }
    }
    if (pending) {
        wait_for_kinds.insert(r->key());
        found.waiting = "the cluster's objects are being listed";
        co_return;
    }
    if (!is_all_known(*r, found)) {
        co_return;
    }
    if (!with.live.owned_by(r->ref()).empty()) {
        if (auto why = too_early_to_delete(*r); !why.empty()) {
            found.waiting = std::move(why);
            queue.add_after(r->key(), 1s);
            co_return;
        }
    }
    std::map<sync::object_id, sync::attempt> tried;
    std::map<sync::object_id, sync::goes_along> along;
    for (;;) {
        sync::deletion_input input;
        input.application = r->ref();
        input.dependents =
            manner == "background" ? sync::propagation::background : sync::propagation::foreground;
        input.options = sync_options_of(r->object.spec);
        input.along = along;
        input.confirmed = r->object.metadata.annotations.contains("holdfast.dev/deletion-approved") ||
                          r->object.metadata.annotations.contains("argocd.argoproj.io/deletion-approved");
        const auto owned = with.live.owned_by(r->ref());
        for (const auto& o : owned) {
            input.live.emplace(o.id, *o.record);
        }
        input.heirs = heirs_of(*r, owned);
        input.done = tried;
        const auto plan = sync::next_deletion(input);
        if (const auto* step = std::get_if<sync::prune_step>(&plan.next)) {
            bool all_tried = true;
            for (const auto& action : step->objects) {
                all_tried = all_tried && tried.contains(action.id);
                tried[action.id] = co_await remove_one(r, action);
            }
            if (all_tried) {
                // Deleted, and the watch has not told yet.
                found.waiting = "waits for its objects to go";
                queue.add_after(r->key(), 1s);
                co_return;
            }
        } else if (const auto* unknown = std::get_if<sync::inspect_step>(&plan.next)) {
            for (const auto& id : unknown->objects) {
                along[id] = co_await inspect(r, id);
            }
        } else if (const auto* wait = std::get_if<sync::wait_step>(&plan.next)) {
            found.waiting = wait->sentence;
            queue.add_after(r->key(), 30s);
            co_return;
        } else if (const auto* blocked = std::get_if<sync::blocked_step>(&plan.next)) {
            found.waiting = blocked->sentence +
                            "; to confirm: kubectl annotate application.holdfast.dev -n " +
                            r->object.metadata.namespace_ + " " + r->object.metadata.name +
                            " holdfast.dev/deletion-approved=true";
            queue.add_after(r->key(), 60s); // what others have in a Namespace may go without us
            co_return;
        } else if (const auto* failed = std::get_if<sync::failed_step>(&plan.next)) {
            found.problems["DeletionError"] = failed->sentence;
            queue.add_after(r->key(), 10s);
            co_return;
        } else {
            break;
        }
    }
    co_await remove_finalizers(r);
}

asio::awaitable<void> application_controller::state::remove_finalizers(record_ptr r) {
    auto& metadata = r->object.metadata;
    json::array left;
    for (const auto& finalizer : metadata.finalizers) {
        if (!is_resources_finalizer(finalizer)) {
            left.emplace_back(finalizer);
        }
    }
    json::object fields;
    fields["finalizers"] = std::move(left);
    fields["resourceVersion"] = metadata.resource_version;
    json::object patch;
    patch["metadata"] = std::move(fields);
    const auto done = co_await with.api.patch_merge(
        application_kind, metadata.namespace_, metadata.name, patch, sync::field_manager
    );
    if (done) {
        std::erase_if(metadata.finalizers, [](const std::string& f) { return is_resources_finalizer(f); });
        log::info("an application is gone, and its objects with it", {{"application", r->key()}});
    } else if (done.error().is_conflict()) {
        queue.add_after(r->key(), 200ms); // a newer version of it is on its way here
    } else if (!done.error().is_not_found()) {
        log::warn(
            "a finalizer cannot be taken away", {{"application", r->key()}, {"error", done.error().message()}}
        );
        queue.add_after(r->key(), 5s);
    }
}

} // namespace holdfast::control
