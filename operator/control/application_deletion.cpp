// The end of an application: its objects go with it where a finalizer says so. Needs the cluster only, never
// a repository.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"
#include "engine/ending.hpp"

#include <algorithm>

namespace holdfast::control {

asio::awaitable<findings> application_controller::state::finish_application(record_ptr r) {
    findings found;
    found.reason = "Deleting";
    const auto ending = engine::ending_of(r->object.metadata.finalizers);
    if (ending == engine::ending::others) {
        found.waiting = "waits for others to let go of it";
        co_return found;
    }
    if (ending == engine::ending::orphan) {
        found.add(co_await remove_finalizers(r));
        co_return found;
    }
    auto watched = co_await watch_kinds_that_were(r);
    found.add(std::move(watched.found));
    if (!watched.complete) {
        co_return found;
    }
    auto known = know_all_of(*r);
    found.add(std::move(known.found));
    if (!known.complete) {
        co_return found;
    }
    if (!destination_of(r->object).live().owned_by(r->ref()).empty()) {
        if (auto why = too_early_to_delete(*r); !why.empty()) {
            found.waiting = std::move(why);
            found.requeue(recheck::answer);
            co_return found;
        }
    }
    std::map<sync::object_id, sync::attempt> tried;
    std::map<sync::object_id, sync::goes_along> along;
    for (;;) {
        sync::deletion_input input;
        input.application = r->ref();
        input.dependents = ending == engine::ending::background ? sync::propagation::background
                                                                : sync::propagation::foreground;
        input.options = sync_options_of(r->object.spec);
        input.along = along;
        input.confirmed = r->object.metadata.annotations.contains("holdfast.dev/deletion-approved") ||
                          r->object.metadata.annotations.contains("argocd.argoproj.io/deletion-approved");
        const auto owned = destination_of(r->object).live().owned_by(r->ref());
        for (const auto& o : owned) {
            input.live.emplace(o.id, *o.record);
        }
        input.heirs = heirs_of(*r, owned);
        input.done = tried;
        const auto plan = sync::next_deletion(input);
        if (const auto* step = std::get_if<sync::prune_step>(&plan.next)) {
            const bool all_tried = std::ranges::all_of(step->objects, [&](const sync::prune_action& action) {
                return tried.contains(action.id);
            });
            for (auto& [id, attempt] : co_await remove_all(r, step->objects, /*dry_run=*/false)) {
                tried.insert_or_assign(id, std::move(attempt));
            }
            if (all_tried) {
                // Deleted, and the watch has not told yet.
                found.waiting = "waits for its objects to go";
                found.requeue(recheck::answer);
                co_return found;
            }
        } else if (const auto* unknown = std::get_if<sync::inspect_step>(&plan.next)) {
            for (const auto& id : unknown->objects) {
                along[id] = co_await destination_of(r->object).inspect(id, r->ref());
            }
        } else if (const auto* wait = std::get_if<sync::wait_step>(&plan.next)) {
            found.waiting = wait->sentence;
            found.requeue(recheck::health);
            co_return found;
        } else if (const auto* blocked = std::get_if<sync::blocked_step>(&plan.next)) {
            found.waiting = blocked->sentence +
                            "; to confirm: kubectl annotate application.holdfast.dev -n " +
                            r->object.metadata.namespace_ + " " + r->object.metadata.name +
                            " holdfast.dev/deletion-approved=true";
            found.requeue(recheck::dependents); // what others have in a Namespace may go without us
            co_return found;
        } else if (const auto* failed = std::get_if<sync::failed_step>(&plan.next)) {
            found.problems["DeletionError"] = failed->sentence;
            found.requeue(recheck::refused);
            co_return found;
        } else {
            break;
        }
    }
    found.add(co_await remove_finalizers(r));
    co_return found;
}

asio::awaitable<watching> application_controller::state::watch_kinds_that_were(record_ptr r) {
    watching seen;
    for (const auto& resource : r->object.status.resources) {
        const kube::group_version_kind kind{resource.group, resource.version, resource.kind};
        const auto state = co_await destination_of(r->object).watch(kind);
        if (!state.kind) {
            if (state.trouble->is_transient()) {
                seen.complete = false;
                seen.found.problems["DeletionError"] = state.trouble->message();
                seen.found.requeue(recheck::refused);
                co_return seen;
            }
            continue; // the kind is gone, and its objects with it
        }
        if (state.listed) {
            continue;
        }
        seen.complete = false;
        if (state.is_barred()) {
            seen.found.problems["DeletionError"] =
                "watching " + kind.to_string() + ": " + state.trouble->message();
            seen.found.requeue(recheck::refused);
            co_return seen;
        }
    }
    if (!seen.complete) {
        wait_for_kinds.insert(r->key());
        seen.found.waiting = "the cluster's objects are being listed";
    }
    co_return seen;
}

asio::awaitable<findings> application_controller::state::remove_finalizers(record_ptr r) {
    findings found;
    auto& metadata = r->object.metadata;
    json::array left;
    for (const auto& finalizer : metadata.finalizers) {
        if (!engine::is_resources_finalizer(finalizer)) {
            left.emplace_back(finalizer);
        }
    }
    json::object fields;
    fields["finalizers"] = std::move(left);
    fields["resourceVersion"] = metadata.resource_version;
    json::object patch;
    patch["metadata"] = std::move(fields);
    const auto done = co_await with.home.patch_merge(
        application_kind, metadata.namespace_, metadata.name, patch, sync::field_manager
    );
    if (done) {
        std::erase_if(metadata.finalizers, engine::is_resources_finalizer);
        log::info("an application is gone, and its objects with it", {{"application", r->key()}});
    } else if (done.error().is_conflict()) {
        found.requeue(recheck::conflict);
    } else if (!done.error().is_not_found()) {
        log::warn(
            "a finalizer cannot be taken away", {{"application", r->key()}, {"error", done.error().message()}}
        );
        found.requeue(recheck::refused);
    }
    co_return found;
}

} // namespace holdfast::control
