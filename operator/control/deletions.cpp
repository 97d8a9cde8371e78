#include "control/deletions.hpp"

#include "base/counted_list.hpp"
#include "base/log.hpp"
#include "control/application_access.hpp"
#include "control/owned_objects.hpp"
#include "match/finalizer.hpp"
#include "match/words.hpp"
#include "policy/cluster_use.hpp"
#include "policy/own_kinds.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace holdfast::control {

namespace {

// What is left of an application's end when nothing of it is ours any more, or was.
engine::findings left_to_others(const crds::object_metadata& metadata, const sync::dialect& api) {
    engine::findings found;
    found.reason = "Deleting";
    counted_list names{5, ", "};
    json::array served;
    std::string unserved;
    for (const auto& finalizer : metadata.finalizers) {
        names.add([&] { return match::shown(finalizer); });
        auto why = match::why_unserved(finalizer);
        if (why.empty()) {
            served.emplace_back(finalizer);
        } else if (unserved.empty()) {
            unserved = std::move(why);
        }
    }
    if (unserved.empty()) {
        found.waiting = std::string{"waits for another controller to remove its finalizer"} +
                        (metadata.finalizers.size() == 1 ? " " : "s ") + names.text();
        return found;
    }
    json::object fields;
    if (served.empty()) {
        fields["finalizers"] = nullptr;
    } else {
        fields["finalizers"] = std::move(served);
    }
    json::object patch;
    patch["metadata"] = std::move(fields);
    // The API server lets nobody add a finalizer now.
    found.problems["DeletionError"] =
        unserved +
        ". Take it away, and the Application goes and leaves its objects where they are: kubectl patch " +
        std::string{api.application_resource} + " " + metadata.name + " -n " + metadata.namespace_ +
        " --type=merge -p '" + json::serialize(patch) +
        "'. To have them deleted, apply it once more with the right one, and delete it again";
    found.stalled = true;
    return found;
}

// Which finalizers a stage of the end takes away.
using finalizers_of_stage = bool (*)(std::string_view);

bool is_ours(std::string_view finalizer) {
    return match::is_resources_finalizer(finalizer) || match::is_hook_finalizer(finalizer);
}

// All finalizers but these.
json::array without(const std::vector<std::string>& finalizers, finalizers_of_stage these) {
    json::array left;
    for (const auto& finalizer : finalizers) {
        if (!these(finalizer)) {
            left.emplace_back(finalizer);
        }
    }
    return left;
}

// Its objects are where nobody can delete them now.
engine::findings
without_cluster(engine::findings away, const crds::object_metadata& metadata, const sync::dialect& api) {
    if (away.undecided) {
        return away;
    }
    engine::findings found;
    found.reason = "Deleting";
    json::object fields;
    fields["finalizers"] = without(metadata.finalizers, is_ours);
    json::object patch;
    patch["metadata"] = std::move(fields);
    found.problems["DeletionError"] =
        away.problems.begin()->second +
        ". Its objects there cannot be deleted, and it waits for the cluster. To let the Application go and leave "
        "them where they are: kubectl patch " +
        std::string{api.application_resource} + " " + metadata.name + " -n " + metadata.namespace_ +
        " --type=merge -p '" + json::serialize(patch) + "'";
    found.stalled = away.stalled;
    found.unknown = true;
    found.health_unknown = true;
    return found;
}

} // namespace

asio::awaitable<engine::findings> deletions::finish(record_ptr r) {
    engine::findings found;
    found.reason = "Deleting";
    const auto stage = match::stage_of(r->object.metadata.finalizers);
    const auto ending = match::ending_of(r->object.metadata.finalizers);
    if (stage == match::deletion_stage::others) {
        co_return left_to_others(r->object.metadata, with_.config.names);
    }
    if (stage == match::deletion_stage::objects && ending == match::ending::orphan) {
        if (!findings_of(stand_of_cluster(with_.clusters, r->object))) {
            co_await let_go_of_hooks(r);
        }
        found.add(co_await remove_finalizers(r, match::is_resources_finalizer));
        co_return found;
    }
    if (const auto& refused = r->granted.refused.message; !refused.empty()) {
        found.problems["DeletionError"] = refused + ": nothing of it is deleted, and it waits";
        found.stalled = true;
        co_return found;
    }
    if (!policy::may_use_cluster(r->object, r->granted, with_.config.own_namespace)) {
        if (r->object.status.resources.empty()) { // it never had anything there
            found.add(co_await remove_finalizers(r, is_ours));
        } else {
            found.problems["DeletionError"] =
                "it may not deploy to its cluster any more: its objects there are not deleted, and it waits";
            found.stalled = true;
        }
        co_return found;
    }
    if (auto away = findings_of(stand_of_cluster(with_.clusters, r->object))) {
        co_return without_cluster(std::move(*away), r->object.metadata, with_.config.names);
    }
    if (stage != match::deletion_stage::objects) {
        found.add(co_await take_hooks(r, stage));
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
    if (!owned_by(*destination_of(with_.clusters, r->object), *r).known.empty()) {
        if (auto why = with_.others.too_early_to_delete(*r); !why.empty()) {
            found.waiting = std::move(why);
            found.requeue(engine::recheck::answer);
            co_return found;
        }
    }
    co_await let_go_of_hooks(r);
    const auto dependents =
        ending == match::ending::background ? sync::propagation::background : sync::propagation::foreground;
    if (auto left = co_await remove_objects(r, dependents)) {
        found.add(std::move(*left));
    } else {
        found.add(co_await remove_finalizers(r, match::is_resources_finalizer));
    }
    co_return found;
}

asio::awaitable<engine::findings> deletions::take_hooks(record_ptr r, match::deletion_stage stage) {
    if (stage == match::deletion_stage::pre_delete) {
        if (auto left = co_await with_.hooks.run(r, sync::phase::pre_delete)) {
            co_return std::move(*left);
        }
        co_return co_await remove_finalizers(r, [](std::string_view one) {
            return one == match::pre_delete_finalizer;
        });
    }
    if (stage == match::deletion_stage::post_delete) {
        if (auto left = co_await with_.hooks.run(r, sync::phase::post_delete)) {
            co_return std::move(*left);
        }
        co_return co_await remove_finalizers(r, [](std::string_view one) {
            return one == match::post_delete_finalizer;
        });
    }
    if (auto left = co_await with_.hooks.clean_up(r)) {
        co_return std::move(*left);
    }
    co_return co_await remove_finalizers(r, [](std::string_view one) {
        return one == match::hook_cleanup_finalizer;
    });
}

asio::awaitable<void> deletions::let_go_of_hooks(record_ptr r) {
    struct hook {
        kube::group_version_kind kind;
        sync::prune_action action;
    };
    std::vector<hook> hooks;
    for (const auto& o : owned_by(*destination_of(with_.clusters, r->object), *r).known) {
        if (o.record->hook && o.record->has_hook_finalizer) {
            hooks.push_back({o.kind, {.id = o.id, .uid = o.record->uid}});
        }
    }
    for (auto& one : hooks) {
        auto letting_go = with_.objects.let_go_of_hook(
            r, std::move(one.kind), std::move(one.action), /*also_delete=*/false
        );
        (void)co_await std::move(letting_go
        ); // what cannot be let go of stays, and is said to wait for its finalizer
    }
}

asio::awaitable<std::optional<engine::findings>>
deletions::remove_objects(record_ptr r, sync::propagation dependents) {
    engine::findings found;
    std::map<sync::object_id, sync::attempt> tried;
    std::map<sync::object_id, sync::goes_along> along;
    for (;;) {
        sync::deletion_input input;
        input.application = r->ref();
        input.dependents = dependents;
        input.options = sync_options_of(r->object.spec);
        input.along = along;
        input.confirmed = r->object.metadata.annotations.contains("holdfast.dev/deletion-approved") ||
                          r->object.metadata.annotations.contains("argocd.argoproj.io/deletion-approved");
        auto all = owned_by(*destination_of(with_.clusters, r->object), *r);
        r->left_behind = all.unproven.size();
        const auto owned = std::move(all.known);
        for (const auto& o : owned) {
            input.live.emplace(o.id, *o.record);
        }
        input.heirs = with_.others.heirs_of(*r, owned);
        input.done = tried;
        const auto plan = sync::next_deletion(input);
        if (const auto* step = std::get_if<sync::prune_step>(&plan.next)) {
            const bool all_tried = std::ranges::all_of(step->objects, [&](const sync::prune_action& action) {
                return tried.contains(action.id);
            });
            for (auto& [id, attempt] : co_await with_.objects.remove(r, step->objects, /*dry_run=*/false)) {
                tried.insert_or_assign(id, std::move(attempt));
            }
            if (all_tried) {
                // Deleted, and the watch has not told yet.
                found.waiting = "waits for its objects to go";
                found.requeue(engine::recheck::answer);
                co_return found;
            }
        } else if (const auto* unknown = std::get_if<sync::inspect_step>(&plan.next)) {
            for (const auto& id : unknown->objects) {
                along[id] = co_await destination_of(with_.clusters, r->object)->inspect(id, r->ref());
            }
        } else if (const auto* wait = std::get_if<sync::wait_step>(&plan.next)) {
            const auto sentence = wait->sentence;
            const auto leaving = wait->on;
            found.waiting = co_await with_.objects.with_holders(r, sentence, leaving);
            found.requeue(r->leaving.asked ? engine::recheck::health : engine::recheck::answer);
            co_return found;
        } else if (const auto* blocked = std::get_if<sync::blocked_step>(&plan.next)) {
            found.waiting = blocked->sentence + "; to confirm: " +
                            with_.config.names.get().annotate_command(
                                r->object.metadata.namespace_, r->object.metadata.name,
                                "holdfast.dev/deletion-approved=true"
                            );
            found.requeue(engine::recheck::dependents); // what others have in a Namespace may go without us
            co_return found;
        } else if (const auto* failed = std::get_if<sync::failed_step>(&plan.next)) {
            found.problems["DeletionError"] = failed->sentence;
            found.requeue(engine::recheck::refused);
            co_return found;
        } else {
            co_return std::nullopt; // all of them are gone
        }
    }
}

asio::awaitable<watching> deletions::watch_kinds_that_were(record_ptr r) {
    watching seen;
    for (const auto& resource : r->object.status.resources) {
        const kube::group_version_kind kind{resource.group, resource.version, resource.kind};
        const auto state = co_await destination_of(with_.clusters, r->object)->watch(kind);
        if (!state.kind) {
            if (state.trouble->is_transient()) {
                seen.complete = false;
                seen.found.problems["DeletionError"] = state.trouble->message();
                seen.found.requeue(engine::recheck::refused);
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
            seen.found.requeue(engine::recheck::refused);
            co_return seen;
        }
    }
    if (!seen.complete) {
        with_.triggers.when_kinds_are_listed(r->key());
        seen.found.waiting = "the cluster's objects are being listed";
    }
    co_return seen;
}

asio::awaitable<engine::findings>
deletions::remove_finalizers(record_ptr r, bool (*these)(std::string_view)) {
    engine::findings found;
    auto& metadata = r->object.metadata;
    json::object fields;
    fields["finalizers"] = without(metadata.finalizers, these);
    fields["resourceVersion"] = metadata.resource_version;
    json::object patch;
    patch["metadata"] = std::move(fields);
    const auto done = co_await with_.home.patch_merge(
        policy::application_kind(with_.config.api), metadata.namespace_, metadata.name, patch,
        with_.config.names.get().field_manager
    );
    if (done) {
        std::erase_if(metadata.finalizers, these);
        if (match::stage_of(metadata.finalizers) != match::deletion_stage::others) {
            metadata.resource_version = kube::resource_version_of(*done);
            found.requeue(engine::recheck::answer); // for the next stage
            co_return found;
        }
        log::info("an application is gone, and its objects with it", {{"application", r->key()}});
        if (r->left_behind > 0) {
            log::warn(
                "objects that bear the mark of an application that is gone were left, since it never "
                "deployed "
                "them",
                {{"application", r->key()}, {"objects", std::to_string(r->left_behind)}}
            );
        }
        if (!metadata.finalizers.empty()) {
            found.add(left_to_others(metadata, with_.config.names)
            ); // no change that is still to be seen tells of it
        }
    } else if (done.error().is_conflict()) {
        found.requeue(engine::recheck::conflict);
    } else if (!done.error().is_not_found()) {
        log::warn(
            "a finalizer cannot be taken away", {{"application", r->key()}, {"error", done.error().message()}}
        );
        found.requeue(engine::recheck::refused);
    }
    co_return found;
}

} // namespace holdfast::control
