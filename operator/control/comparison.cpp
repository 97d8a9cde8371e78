#include "control/comparison.hpp"

#include "base/log.hpp"
#include "control/application_access.hpp"
#include "control/application_sources_of.hpp"
#include "control/owned_objects.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

/// An object of which the hashes do not say whether it is as wanted.
struct doubt {
    sync::object_id id;
    /// It was, and only what is left to others may have changed since.
    bool was_in_sync = false;
};

} // namespace

json::object without_ignored(
    const application_record& r, const sync::desired_object& m, const json::object& live,
    const sync::dialect& names
) {
    const auto rules = sources::rules_for(ignore_rules(r.object.spec), r.compared.ignored.get(), m.id);
    if (std::ranges::none_of(rules, [&](const auto& rule) { return sync::matches(rule, m.id); })) {
        return m.manifest;
    }
    return sync::apply_ignored(m.manifest, live, rules, names);
}

asio::awaitable<watching> comparison::watch_kinds(record_ptr r) {
    watching seen;
    std::set<kube::group_version_kind> kinds;
    if (r->compared.wanted) {
        for (const auto& w : *r->compared.wanted) {
            kinds.insert(w.gvk());
        }
    }
    // What was deployed earlier may be gone from the sources, kind and all.
    for (const auto& resource : r->object.status.resources) {
        kinds.insert({resource.group, resource.version, resource.kind});
    }
    const auto to = destination_of(with_.clusters, r->object);
    std::string listing;
    const auto consider = [&](const cluster::kind_state& state) {
        if (!state.kind) {
            return; // not there (yet); if it is wanted, applying says so
        }
        const auto name = state.kind->gvk().to_string();
        if (state.is_barred()) {
            seen.found.problems["ComparisonError"] = "watching " + name + ": " + state.trouble->message();
            with_.triggers.when_kinds_are_listed(r->key());
        } else if (state.is_coming()) {
            listing += (listing.empty() ? "" : ", ") + name;
        }
    };
    for (const auto& kind : kinds) {
        consider(co_await to->watch(kind));
    }
    if (made_namespace_of(r->object.spec)) {
        consider(to->watch_namespaces());
    }
    if (listing.empty()) {
        co_return seen;
    }
    with_.triggers.when_kinds_are_listed(r->key());
    if (r->compared.wanted && r->object.spec.is_automated()) {
        to->read_ahead({kinds.begin(), kinds.end()}); // while the objects are listed
    }
    seen.complete = false;
    seen.found.waiting = "the cluster's objects are being listed: " + listing;
    seen.found.undecided = true;
    co_return seen;
}

asio::awaitable<bool> comparison::is_as_trusted(record_ptr r) {
    const auto owned = owned_by(*destination_of(with_.clusters, r->object), *r).known;
    const bool same = owned.size() == r->compared.trusted.size() &&
                      std::ranges::all_of(owned, [&](const cluster::live_objects::found& o) {
                          const auto trusted = r->compared.trusted.find(o.id);
                          return trusted != r->compared.trusted.end() &&
                                 trusted->second == o.record->owned_hash && !o.record->deleting &&
                                 !o.record->is_remarked;
                      });
    if (!same || r->object.operation) {
        co_return false;
    }
    const auto made = made_namespace_of(r->object.spec);
    const bool is_ours = made && std::ranges::any_of(owned, [&](const cluster::live_objects::found& o) {
                             return o.id == made->id; // it is among the sources
                         });
    co_return !made || is_ours || co_await with_.namespaces.is_as_wanted(r, *made);
}

void comparison::tell_of_drift(const application_record& r, const sync::object_id& id) {
    with_.counters.drift_seen();
    log::info("an object drifted", {{"application", r.key()}, {"object", sync::to_string(id)}});
}

void comparison::hold_on(application_record& r) {
    const auto to = destination_of(with_.clusters, r.object);
    for (const auto& id : hold_on_to(*to, r, with_.config.names)) {
        if (r.compared.remarked.insert(id).second) {
            log::warn(
                "an object was marked as another's, and stays this application's",
                {{"application", r.key()}, {"object", sync::to_string(id)}}
            );
        }
    }
}

asio::awaitable<void> comparison::compare(record_ptr r) {
    if (!r->compared.wanted) {
        if (co_await is_as_trusted(r)) {
            co_return;
        }
        if (const auto built = co_await with_.sources.make_full(r); !built) {
            log::warn(
                "an application cannot be built",
                {{"application", r->key()}, {"error", built.error().message()}}
            );
            co_return;
        }
    }
    r->note_forbidden();
    hold_on(*r);
    const auto to = destination_of(with_.clusters, r->object);
    const auto& live = to->live();
    const auto& spec = r->object.spec;
    const bool is_automated = spec.is_automated() && r->left_alone_by().empty();
    const bool is_healed = is_automated && spec.sync_policy.automated->self_heal;
    // What is not known to be as wanted is applied by itself only where there is something new, or drift is
    // taken back.
    const bool is_applied_by_itself =
        is_healed || (is_automated && r->object.status.sync.applied_build_key != r->sources.from->build_key);
    const auto rules = ignore_rules(spec);
    std::vector<doubt> doubtful;
    for (auto& w : *r->compared.wanted) {
        if (r->compared.forbidden.contains(w.id)) {
            w.in_sync = false;
            continue;
        }
        if (w.synthetic) {
            continue;
        }
        const auto* record = live.find(w.gvk(), w.id.namespace_, w.id.name);
        if (record == nullptr || record->deleting) {
            w.in_sync = false;
            continue;
        }
        const auto known = r->compared.known.find(w.id);
        const auto verdict = sync::compare_known(
            known == r->compared.known.end() ? std::nullopt : std::optional{known->second}, w.hash, *record
        );
        // The hashes know nothing of rules: what was left to others may be all that changed.
        const bool is_ruled =
            (r->compared.ignored && r->compared.ignored->objects.contains(w.id)) ||
            std::ranges::any_of(rules, [&](const auto& rule) { return sync::matches(rule, w.id); });
        const bool has_drifted = verdict == sync::verdict::differs && w.in_sync;
        if (has_drifted && !is_ruled) {
            tell_of_drift(*r, w.id);
        }
        w.in_sync = verdict == sync::verdict::equal && !record->is_remarked;
        // It was applied before; an apply of the same would be told as one more operation.
        const bool is_forgotten = !with_.config.names.get().keeps_applied_build && record->owned();
        const bool is_read = (verdict == sync::verdict::unknown && (!is_applied_by_itself || is_forgotten)) ||
                             (verdict == sync::verdict::differs && (is_ruled || !is_healed));
        if (is_read) {
            const auto seen = r->compared.differs_at.find(w.id);
            if (seen == r->compared.differs_at.end() || seen->second.hash != w.hash ||
                seen->second.resource_version != record->resource_version) {
                doubtful.push_back({.id = w.id, .was_in_sync = has_drifted && is_ruled});
            }
        }
    }
    if (const auto made = made_namespace_of(r->object.spec)) {
        if (const auto* w = r->compared.find(made->id);
            w != nullptr && w->synthetic && !r->compared.forbidden.contains(made->id)) {
            const bool as_wanted = co_await with_.namespaces.is_as_wanted(r, *made);
            // What is wanted may be another build's after the wait.
            if (auto* again = r->compared.wanted ? r->compared.find(made->id) : nullptr) {
                again->in_sync = as_wanted;
            }
        }
    }
    if (doubtful.empty()) {
        co_return;
    }
    if (const auto built = co_await with_.sources.make_full(r); !built) {
        co_return;
    }
    const auto held = r->compared.full; // what comes next waits, and others may let go of it meanwhile
    for (const auto& one : doubtful) {
        const auto* m = held->find(one.id);
        if (auto* w = r->compared.find(one.id); w != nullptr && m != nullptr) {
            co_await compare_one(r, *m, *w);
            if (one.was_in_sync && !w->in_sync) {
                tell_of_drift(*r, one.id);
            }
        }
    }
}

asio::awaitable<void>
comparison::compare_one(record_ptr r, const sync::desired_object& m, sync::planned_object& w) {
    const auto to = destination_of(with_.clusters, r->object);
    const auto access = co_await to->enter(call_as(*r, with_.config));
    const auto resource = co_await to->resolve(w.gvk());
    if (!resource) {
        co_return;
    }
    const auto& id = m.id;
    const auto live = co_await access.get(*resource, id.namespace_, id.name);
    if (!live) {
        co_return;
    }
    const auto rules = sources::rules_for(ignore_rules(r->object.spec), r->compared.ignored.get(), id);
    const auto desired = without_ignored(*r, m, *live, with_.config.names);
    auto compared = sync::compare_objects(desired, *live, with_.config.names.get().field_manager);
    if (sync::takes_over(sync_options_of(r->object.spec), w.orders.options)) {
        sync::add_differences(
            compared, sync::added_items(*live, desired, sync::spared_managers(rules, id), with_.config.names)
        );
    }
    if (compared.result == sync::verdict::unknown) {
        cluster::apply_request attempt;
        attempt.kind = *resource;
        attempt.manifest = desired;
        attempt.dry_run = true;
        attempt.drops_unknown =
            sync::merged(sync_options_of(r->object.spec), w.orders.options).validate == false;
        const auto tried = co_await access.apply(std::move(attempt));
        if (tried) {
            compared = sync::compare_dry_run(*tried, *live, with_.config.names.get().field_manager);
        }
    }
    const auto record = sync::observe(*live, with_.config.names);
    if (r->operation.progress) {
        // What another process applied: older news of it say nothing of its health.
        const auto tried = r->operation.progress->done.find(id);
        if (tried != r->operation.progress->done.end() && tried->second.what == sync::outcome::applied &&
            tried->second.generation == 0) {
            tried->second.generation = record.generation;
        }
    }
    w.in_sync = compared.result == sync::verdict::equal;
    if (w.in_sync) {
        r->compared.known[id] = {w.hash, record.owned_hash};
    } else {
        r->compared.differs_at[id] = {
            .hash = w.hash,
            .resource_version = record.resource_version,
            .fields = sync::summary_of(compared.differences, !has_secret_values(*r)),
            .names = sync::fields_of(compared.differences)
        };
    }
}

} // namespace holdfast::control
