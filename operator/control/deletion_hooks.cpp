#include "control/deletion_hooks.hpp"

#include "base/base64.hpp"
#include "base/log.hpp"
#include "control/application_access.hpp"
#include "control/owned_objects.hpp"
#include "match/finalizer.hpp"
#include "policy/own_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_bytes = std::size_t{512} << 10U;
constexpr std::string_view data_key = "hooks.json";
// The log of a hook that failed can be read until then.
constexpr auto retry_after = 30s;

// By the uid: no other application, later or elsewhere, has one of that name.
std::string store_name(const application_record& r) {
    return "holdfast-deletion-hooks-" + r.object.metadata.uid;
}

json::object store_of(const application_record& r, crds::application_api api, std::string_view text) {
    const auto& metadata = r.object.metadata;
    json::object owner{
        {"apiVersion", crds::api_version_of(api)},
        {"kind", policy::application_kind(api).kind},
        {"name", metadata.name},
        {"uid", metadata.uid}
    };
    return {
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata",
         {{"name", store_name(r)},
          {"namespace", metadata.namespace_},
          {"labels", {{"app.kubernetes.io/managed-by", "holdfast"}, {"app.kubernetes.io/part-of", "holdfast"}}
          },
          {"ownerReferences", json::array{std::move(owner)}}}},
        {"type", "Opaque"},
        {"data", {{data_key, base64_encode(text)}}}
    };
}

std::string text_in(const json::object& secret) {
    return base64_decode(kube::find_text(secret, {"data", data_key})).value_or("");
}

bool has(std::span<const sync::deletion_hook> hooks, sync::phase during) {
    return std::ranges::any_of(hooks, [&](const auto& hook) { return hook.during == during; });
}

engine::findings problem(std::string text) {
    engine::findings found;
    found.problems["DeletionError"] = std::move(text);
    found.requeue(engine::recheck::refused);
    return found;
}

// Of an application that lives.
engine::findings not_kept(const error& why) {
    engine::findings found;
    if (why.kind() == error_kind::conflict) { // a newer version of the Application is on its way here
        found.requeue(engine::recheck::conflict);
        return found;
    }
    found = problem("the PreDelete and PostDelete hooks could not be kept: " + why.message());
    found.reason = "DeletionHooks";
    return found;
}

// How somebody goes on who does not want to wait for the hooks.
std::string way_out(std::string_view finalizer) {
    return fmt::format(
        ". To go on without: take \"{}\" away from metadata.finalizers of the Application", finalizer
    );
}

} // namespace

asio::awaitable<engine::findings> deletion_hooks::keep(record_ptr r) {
    auto& kept = r->hooks_of_deletion;
    const auto build_key = r->sources.from->build_key;
    if (kept.build_key != build_key) {
        if (!r->compared.full) {
            if (!kept.is_due) {
                co_return engine::findings{}; // as after a restart: what was built last is kept already
            }
            if (const auto built = co_await with_.sources.make_full(r); !built) {
                co_return not_kept(built.error());
            }
        }
        kept = {.build_key = {}, .is_due = true};
        const auto hooks = sync::deletion_hooks_of(r->compared.full->objects);
        kept.has_pre_delete = has(hooks, sync::phase::pre_delete);
        kept.has_post_delete = has(hooks, sync::phase::post_delete);
        auto text = sync::to_text(hooks);
        if (text.size() > most_bytes) {
            kept.refused = fmt::format(
                "the PreDelete and PostDelete hooks take {} KiB, and at most {} KiB are kept for the deletion: "
                "make them smaller",
                (text.size() + 1023) / 1024, most_bytes / 1024
            );
        } else if (!hooks.empty()) {
            if (const auto stored = co_await store(r, std::move(text)); !stored) {
                co_return not_kept(stored.error());
            }
        }
    }
    if (!kept.refused.empty()) {
        kept.build_key = build_key;
        kept.is_due = false;
        engine::findings found;
        found.problems["DeletionError"] = kept.refused;
        found.reason = "DeletionHooks";
        found.stalled = true;
        co_return found;
    }
    // What a finalizer holds the Application for is there before it, and goes after it. Somebody may have taken one away.
    const auto& finalizers = r->object.metadata.finalizers;
    auto wanted = match::with_hook_finalizers(finalizers, kept.has_pre_delete, kept.has_post_delete);
    if (wanted != finalizers) {
        if (const auto set = co_await set_finalizers(r, std::move(wanted)); !set) {
            co_return not_kept(set.error());
        }
        if (!kept.has_pre_delete && !kept.has_post_delete) {
            if (const auto gone = co_await remove_store(r); !gone) {
                co_return not_kept(gone.error());
            }
        }
    }
    kept.build_key = build_key;
    kept.is_due = false;
    co_return engine::findings{};
}

asio::awaitable<result<void>> deletion_hooks::store(record_ptr r, std::string text) {
    const auto secrets = kube::resources::secrets();
    const auto there = co_await with_.home.get(secrets, r->object.metadata.namespace_, store_name(*r));
    if (there && text_in(*there) == text) {
        co_return result<void>{};
    }
    if (!there && !there.error().is_not_found()) {
        co_return there.error();
    }
    const auto object = store_of(*r, with_.config.api, text);
    const kube::apply_options how{
        .field_manager = std::string{with_.config.names.get().field_manager}, .force = true
    };
    const auto stored = co_await with_.home.apply(secrets, object, how);
    co_return stored ? result<void>{} : result<void>{stored.error()};
}

asio::awaitable<result<void>> deletion_hooks::remove_store(record_ptr r) {
    const auto gone =
        co_await with_.home.remove(kube::resources::secrets(), r->object.metadata.namespace_, store_name(*r));
    co_return gone ? result<void>{} : result<void>{gone.error()};
}

asio::awaitable<result<void>>
deletion_hooks::set_finalizers(record_ptr r, std::vector<std::string> finalizers) {
    auto& metadata = r->object.metadata;
    json::object fields;
    fields["finalizers"] = json::array(finalizers.begin(), finalizers.end());
    fields["resourceVersion"] = metadata.resource_version;
    json::object patch;
    patch["metadata"] = std::move(fields);
    const auto done = co_await with_.home.patch_merge(
        policy::application_kind(with_.config.api), metadata.namespace_, metadata.name, patch,
        with_.config.names.get().field_manager
    );
    if (!done) {
        co_return done.error();
    }
    metadata.finalizers = std::move(finalizers);
    metadata.resource_version = kube::resource_version_of(*done);
    co_return result<void>{};
}

asio::awaitable<std::optional<engine::findings>> deletion_hooks::get_ready(record_ptr r) {
    auto& kept = r->hooks_of_deletion;
    if (!kept.read) {
        const auto name = store_name(*r);
        const auto secret =
            co_await with_.home.get(kube::resources::secrets(), r->object.metadata.namespace_, name);
        if (!secret) {
            co_return problem(
                "the hooks of its deletion are kept in the Secret " + name +
                ", which cannot be read: " + secret.error().message()
            );
        }
        auto hooks = sync::read_deletion_hooks(text_in(*secret));
        if (!hooks) {
            co_return problem(
                "the hooks of its deletion in " + std::string{data_key} + " of the Secret " + name +
                " cannot be read: " + hooks.error().message()
            );
        }
        kept.read = std::move(*hooks);
    }
    std::set<kube::group_version_kind> kinds;
    for (const auto& hook : *kept.read) {
        kinds.insert(hook.kind);
    }
    bool all_are_listed = true;
    const auto to = destination_of(with_.clusters, r->object);
    for (const auto& kind : kinds) {
        const auto state = co_await to->watch(kind);
        if (!state.kind || state.is_barred()) {
            co_return problem("watching " + kind.to_string() + ": " + state.trouble->message());
        }
        all_are_listed = all_are_listed && state.listed;
    }
    if (all_are_listed) {
        co_return std::nullopt;
    }
    with_.triggers.when_kinds_are_listed(r->key());
    engine::findings found;
    found.waiting = "the cluster's objects are being listed";
    co_return found;
}

std::map<sync::object_id, sync::live_record> deletion_hooks::live_hooks(const application_record& r) const {
    std::map<sync::object_id, sync::live_record> all;
    const auto to = destination_of(with_.clusters, r.object);
    for (const auto& hook : *r.hooks_of_deletion.read) {
        if (const auto* live = to->live().find(hook.kind, hook.id.namespace_, hook.id.name)) {
            all.insert_or_assign(hook.id, *live);
        }
    }
    return all;
}

asio::awaitable<std::optional<engine::findings>> deletion_hooks::run(record_ptr r, sync::phase during) {
    const auto finalizer =
        during == sync::phase::pre_delete ? match::pre_delete_finalizer : match::post_delete_finalizer;
    if (auto not_yet = co_await get_ready(r)) {
        if (auto found = not_yet->problems.find("DeletionError"); found != not_yet->problems.end()) {
            found->second += way_out(finalizer);
        }
        co_return not_yet;
    }
    auto& kept = r->hooks_of_deletion;
    const auto hooks = *kept.read;
    std::set<sync::object_id> made;
    for (;;) {
        const auto now = steady_clock::now();
        sync::deletion_hook_input input{
            .application = r->ref(),
            .uid = r->object.metadata.uid,
            .during = during,
            .hooks = hooks,
            .live = live_hooks(*r),
            .is_retry_due = kept.retry_at && now >= *kept.retry_at
        };
        const auto plan = sync::next_deletion_hooks(input);
        engine::findings found;
        if (!plan.to_make.empty()) {
            for (const auto* hook : plan.to_make) {
                if (!made.insert(hook->id).second) {
                    found.waiting = "waits for its hooks to be seen"; // the watch has not told yet
                    found.requeue(engine::recheck::answer);
                    co_return found;
                }
                auto manifest = hook->manifest;
                sync::mark_hook(manifest, sync::deletion_run(input.uid, during));
                auto making = with_.objects.make_hook(r, hook->kind, hook->id, std::move(manifest));
                if (const auto why = co_await std::move(making); !why.empty()) {
                    co_return problem(fmt::format(
                        "the {} hook {} could not be made: {}{}", to_string(during), sync::describe(hook->id),
                        why, way_out(finalizer)
                    ));
                }
            }
            continue;
        }
        if (!plan.to_clear.empty()) {
            kept.retry_at.reset();
            for (const auto& action : plan.to_clear) {
                const auto hook = std::ranges::find(hooks, action.id, &sync::deletion_hook::id);
                auto clearing = with_.objects.let_go_of_hook(r, hook->kind, action, /*also_delete=*/true);
                if (const auto why = co_await std::move(clearing); !why.empty()) {
                    co_return problem(
                        "what was left of the hook " + sync::describe(action.id) +
                        " could not be deleted: " + why + way_out(finalizer)
                    );
                }
            }
            found.waiting = "waits for what was left of its hooks to go";
            found.requeue(engine::recheck::answer);
            co_return found;
        }
        if (!plan.failure.empty()) {
            const bool is_first = plan.is_to_retry && !kept.retry_at;
            if (is_first) {
                kept.retry_at = now + retry_after;
            }
            auto failed =
                problem(plan.failure + (plan.is_to_retry ? "; it is run again" : "") + way_out(finalizer));
            if (kept.retry_at) {
                failed.requeue(std::max<steady_clock::duration>(*kept.retry_at - now, 0s) + 10ms);
            }
            co_return failed;
        }
        if (!plan.waiting.empty()) {
            found.waiting = plan.waiting;
            found.requeue(engine::recheck::health);
            co_return found;
        }
        kept.retry_at.reset();
        co_return std::nullopt;
    }
}

asio::awaitable<std::optional<engine::findings>> deletion_hooks::clean_up(record_ptr r) {
    if (auto not_yet = co_await get_ready(r)) {
        if (auto found = not_yet->problems.find("DeletionError"); found != not_yet->problems.end()) {
            found->second += way_out(match::hook_cleanup_finalizer);
        }
        co_return not_yet;
    }
    const auto& uid = r->object.metadata.uid;
    const std::set<std::uint32_t> runs{
        sync::run_key(sync::deletion_run(uid, sync::phase::pre_delete)),
        sync::run_key(sync::deletion_run(uid, sync::phase::post_delete))
    };
    const auto hooks = *r->hooks_of_deletion.read;
    for (const auto& [id, live] : live_hooks(*r)) {
        if (live.owner != r->ref() || !runs.contains(live.hook_run)) {
            continue;
        }
        const bool is_to_go = live.hook_goes_on_success && !live.deleting;
        if (!is_to_go && !live.has_hook_finalizer) {
            continue;
        }
        const auto hook = std::ranges::find(hooks, id, &sync::deletion_hook::id);
        sync::prune_action action{
            id, live.uid, live.prune_propagation.value_or(sync::propagation::foreground)
        };
        auto letting_go = with_.objects.let_go_of_hook(r, hook->kind, std::move(action), is_to_go);
        if (const auto why = co_await std::move(letting_go); !why.empty()) {
            co_return problem(
                "the hook " + sync::describe(id) + " could not be " +
                (is_to_go ? "deleted: " : "released: ") + why + way_out(match::hook_cleanup_finalizer)
            );
        }
    }
    co_return std::nullopt;
}

} // namespace holdfast::control
