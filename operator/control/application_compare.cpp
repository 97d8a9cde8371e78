// Which live objects are kept an eye on, and what of them is not as wanted.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

asio::awaitable<watching> application_controller::state::watch_kinds(record_ptr r) {
    watching seen;
    std::set<kube::group_version_kind> kinds;
    if (r->compared.wanted) {
        for (const auto& w : *r->compared.wanted) {
            kinds.insert(w.kind);
        }
    }
    // What was deployed earlier may be gone from the sources, kind and all.
    for (const auto& resource : r->object.status.resources) {
        kinds.insert({resource.group, resource.version, resource.kind});
    }
    std::string listing;
    for (const auto& kind : kinds) {
        const auto known = co_await with.discovery.resolve(kind);
        if (!known) {
            continue; // not there (yet); if it is wanted, applying says so
        }
        with.live.watch(*known);
        // What was listed and may not be watched any more is not known any more.
        const auto trouble = with.live.trouble(kind);
        const bool ready = with.live.ready(kind);
        if (trouble && (ready ? trouble->kind() == error_kind::forbidden : !trouble->is_transient())) {
            seen.found.problems["ComparisonError"] =
                "watching " + kind.to_string() + ": " + trouble->message();
            wait_for_kinds.insert(r->key());
            continue;
        }
        if (ready) {
            continue;
        }
        listing += (listing.empty() ? "" : ", ") + kind.to_string();
    }
    if (made_namespace_of(r->object.spec)) {
        with.namespaces.start();
        const auto trouble = with.namespaces.trouble();
        const bool ready = with.namespaces.ready();
        if (trouble && (ready ? trouble->kind() == error_kind::forbidden : !trouble->is_transient())) {
            seen.found.problems["ComparisonError"] = "watching v1 Namespace: " + trouble->message();
            wait_for_kinds.insert(r->key());
        } else if (!ready) {
            listing += (listing.empty() ? "" : ", ") + std::string{"v1 Namespace"};
        }
    }
    if (listing.empty()) {
        co_return seen;
    }
    wait_for_kinds.insert(r->key());
    if (r->compared.wanted && r->object.spec.is_automated() && !with.schema.busy()) {
        // Needed next: fetched while the objects are listed. A failure is met, and told, when they are used.
        tasks.spawn(
            "read schemas",
            [](cluster::schemas& all, std::vector<kube::group_version_kind> of) -> asio::awaitable<void> {
                (void)co_await all.load(std::move(of));
            }(with.schema, {kinds.begin(), kinds.end()})
        );
    }
    seen.complete = false;
    seen.found.waiting = "the cluster's objects are being listed: " + listing;
    seen.found.undecided = true;
    co_return seen;
}

asio::awaitable<void> application_controller::state::compare(record_ptr r, bool thoroughly) {
    if (!r->compared.wanted) {
        const auto owned = with.live.owned_by(r->ref());
        const bool same = owned.size() == r->compared.trusted.size() &&
                          std::all_of(owned.begin(), owned.end(), [&](const cluster::live_objects::found& o) {
                              const auto trusted = r->compared.trusted.find(o.id);
                              return trusted != r->compared.trusted.end() &&
                                     trusted->second == o.record->owned_hash && !o.record->deleting;
                          });
        if (same && !r->object.operation) {
            const auto made = made_namespace_of(r->object.spec);
            const bool is_ours =
                made && std::ranges::any_of(owned, [&](const cluster::live_objects::found& o) {
                    return o.id == made->id; // it is among the sources
                });
            if (!made || is_ours || co_await is_namespace_as_wanted(r, *made)) {
                co_return;
            }
        }
        if (const auto built = co_await make_full(r); !built) {
            log::warn(
                "an application cannot be built",
                {{"application", r->key()}, {"error", built.error().message()}}
            );
            co_return;
        }
    }
    std::vector<sync::object_id> doubtful;
    for (auto& w : *r->compared.wanted) {
        if (w.plan.synthetic) {
            continue;
        }
        const auto* record = with.live.find(w.kind, w.plan.id.namespace_, w.plan.id.name);
        if (record == nullptr || record->deleting) {
            w.plan.in_sync = false;
            continue;
        }
        const auto known = r->compared.known.find(w.plan.id);
        const auto verdict = sync::compare_known(
            known == r->compared.known.end() ? std::nullopt : std::optional{known->second}, w.plan.hash,
            *record
        );
        if (verdict == sync::verdict::differs && w.plan.in_sync) {
            with.counters.drift_seen();
            log::info(
                "an object drifted", {{"application", r->key()}, {"object", sync::to_string(w.plan.id)}}
            );
        }
        w.plan.in_sync = verdict == sync::verdict::equal;
        if (verdict == sync::verdict::unknown && thoroughly) {
            const auto seen = r->compared.differs_at.find(w.plan.id);
            if (seen == r->compared.differs_at.end() ||
                seen->second != std::pair{w.plan.hash, record->resource_version}) {
                doubtful.push_back(w.plan.id);
            }
        }
    }
    if (const auto made = made_namespace_of(r->object.spec)) {
        if (const auto* w = r->compared.find(made->id); w != nullptr && w->plan.synthetic) {
            const bool as_wanted = co_await is_namespace_as_wanted(r, *made);
            // What is wanted may be another build's after the wait.
            if (auto* again = r->compared.wanted ? r->compared.find(made->id) : nullptr) {
                again->plan.in_sync = as_wanted;
            }
        }
    }
    if (doubtful.empty()) {
        co_return;
    }
    if (const auto built = co_await make_full(r); !built) {
        co_return;
    }
    const auto held = r->compared.full; // what comes next waits, and others may let go of it meanwhile
    for (const auto& id : doubtful) {
        const auto* m = held->find(id);
        if (auto* w = r->compared.find(id); w != nullptr && m != nullptr) {
            co_await compare_one(r, *m, *w);
        }
    }
}

asio::awaitable<void>
application_controller::state::compare_one(record_ptr r, const wanted_manifest& m, wanted_object& w) {
    const auto place = co_await requests.enter();
    const auto resource = co_await with.discovery.resolve(w.kind);
    if (!resource) {
        co_return;
    }
    const auto& id = m.object.id;
    const auto options = call_as(*r, config);
    const auto live = co_await with.api.get(*resource, id.namespace_, id.name, options);
    if (!live) {
        co_return;
    }
    const auto rules = ignore_rules(r->object.spec);
    auto desired = m.object.manifest;
    if (std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return sync::matches(rule, id); })) {
        desired = sync::apply_ignored(std::move(desired), *live, rules);
    }
    auto compared = sync::compare_objects(desired, *live);
    if (compared.result == sync::verdict::unknown) {
        kube::apply_options how;
        how.field_manager = std::string{sync::field_manager};
        how.force = true;
        how.dry_run = true;
        const auto tried = co_await with.api.apply(*resource, desired, how, options);
        with.counters.object_written("dry_run", tried ? "ok" : to_string(tried.error().kind()));
        if (tried) {
            compared = sync::compare_dry_run(*tried, *live);
        }
    }
    const auto record = sync::observe(*live);
    if (r->operation.progress) {
        // What another process applied: older news of it say nothing of its health.
        const auto tried = r->operation.progress->done.find(id);
        if (tried != r->operation.progress->done.end() && tried->second.what == sync::outcome::applied &&
            tried->second.generation == 0) {
            tried->second.generation = record.generation;
        }
    }
    w.plan.in_sync = compared.result == sync::verdict::equal;
    if (w.plan.in_sync) {
        r->compared.known[id] = {w.plan.hash, record.owned_hash};
    } else {
        r->compared.differs_at[id] = {w.plan.hash, record.resource_version};
    }
}

} // namespace holdfast::control
