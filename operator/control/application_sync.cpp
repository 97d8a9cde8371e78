// What differs, whether to do something about it, and doing it.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"
#include "sync/refusal.hpp"

#include <boost/asio/experimental/parallel_group.hpp>

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// Requests of one application at a time: enough to keep a connection pool busy, few enough to let others in.
constexpr std::size_t side_by_side = 16;

kube::propagation to_kube(sync::propagation p) {
    switch (p) {
    case sync::propagation::foreground: return kube::propagation::foreground;
    case sync::propagation::background: return kube::propagation::background;
    case sync::propagation::orphan: return kube::propagation::orphan;
    }
    return kube::propagation::foreground;
}

std::vector<sync::ignore_rule> ignore_rules(const crds::application_spec& spec) {
    std::vector<sync::ignore_rule> rules;
    for (const auto& d : spec.ignore_differences) {
        rules.push_back(
            {.group = d.group,
             .kind = d.kind,
             .name = d.name,
             .namespace_ = d.namespace_,
             .json_pointers = d.json_pointers,
             .managed_fields_managers = d.managed_fields_managers,
             .jq_path_expressions = d.jq_path_expressions}
        );
    }
    std::erase_if(rules, [](const sync::ignore_rule& rule) {
        return rule.json_pointers.empty() && rule.managed_fields_managers.empty();
    });
    return rules;
}

const crds::sync_request& request_of(const crds::operation& operation) {
    static const crds::sync_request nothing;
    return operation.sync ? *operation.sync : nothing;
}

bool is_automated(const crds::operation& operation) {
    return operation.initiated_by && operation.initiated_by->automated;
}

// Runs tasks side by side and returns when all have ended.
asio::awaitable<void> all_of(std::vector<asio::awaitable<void>> tasks) {
    if (tasks.size() == 1) {
        co_await std::move(tasks.front());
        co_return;
    }
    auto executor = co_await asio::this_coro::executor;
    using started = decltype(asio::co_spawn(executor, std::move(tasks.front()), asio::deferred));
    std::vector<started> group;
    group.reserve(tasks.size());
    for (auto& task : tasks) {
        group.push_back(asio::co_spawn(executor, std::move(task), asio::deferred));
    }
    const auto [order, failures] = co_await asio::experimental::make_parallel_group(std::move(group))
                                       .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto& failure : failures) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
}

const wanted_manifest* manifest_of(const desired_set& set, const sync::object_id& id) {
    const auto found = std::find_if(set.objects.begin(), set.objects.end(), [&](const wanted_manifest& m) {
        return m.object.id == id;
    });
    return found == set.objects.end() ? nullptr : &*found;
}

std::size_t count_synced(const std::vector<sync::object_report>& reports) {
    return static_cast<std::size_t>(std::count_if(
        reports.begin(), reports.end(),
        [](const sync::object_report& o) {
            return o.state == sync::standing::synced || o.state == sync::standing::pruned;
        }
    ));
}

} // namespace

// ---- watching kinds
// --------------------------------------------------------------------------------------------------

asio::awaitable<bool> application_controller::state::watch_kinds(record_ptr r, findings& found) {
    std::set<kube::group_version_kind> kinds;
    if (r->wanted) {
        for (const auto& w : *r->wanted) {
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
        if (with.live.ready(kind)) {
            continue;
        }
        const auto trouble = with.live.trouble(kind);
        if (trouble && !trouble->is_transient()) {
            found.problems["ComparisonError"] = "watching " + kind.to_string() + ": " + trouble->message();
            continue;
        }
        listing += (listing.empty() ? "" : ", ") + kind.to_string();
    }
    if (listing.empty()) {
        co_return true;
    }
    wait_for_kinds.insert(r->key());
    found.waiting = "the cluster's objects are being listed: " + listing;
    found.undecided = true;
    co_return false;
}

// ---- comparing
// -------------------------------------------------------------------------------------------------------

asio::awaitable<void> application_controller::state::compare(record_ptr r, bool thoroughly) {
    if (!r->wanted) {
        const auto owned = with.live.owned_by(r->ref());
        const bool same = owned.size() == r->trusted.size() &&
                          std::all_of(owned.begin(), owned.end(), [&](const live_objects::found& o) {
                              const auto trusted = r->trusted.find(o.id);
                              return trusted != r->trusted.end() && trusted->second == o.record->owned_hash &&
                                     !o.record->deleting;
                          });
        if (same && !r->object.operation) {
            co_return;
        }
        if (const auto built = co_await make_full(r); !built) {
            log::warn(
                "an application cannot be built",
                {{"application", r->key()}, {"error", built.error().message()}}
            );
            co_return;
        }
    }
    for (auto& w : *r->wanted) {
        const auto* record = with.live.find(w.kind, w.plan.id.namespace_, w.plan.id.name);
        if (w.plan.synthetic) {
            // A namespace bears no label of ours, so it is not watched: once it was made, it is there.
            w.plan.in_sync = r->known.contains(w.plan.id) && r->known[w.plan.id].desired_hash == w.plan.hash;
            continue;
        }
        if (record == nullptr || record->deleting) {
            w.plan.in_sync = false;
            continue;
        }
        const auto known = r->known.find(w.plan.id);
        const auto verdict = sync::compare_known(
            known == r->known.end() ? std::nullopt : std::optional{known->second}, w.plan.hash, *record
        );
        if (verdict == sync::verdict::differs && w.plan.in_sync) {
            with.counters.drift_seen();
            log::info(
                "an object drifted", {{"application", r->key()}, {"object", sync::to_string(w.plan.id)}}
            );
        }
        w.plan.in_sync = verdict == sync::verdict::equal;
        if (verdict == sync::verdict::unknown && thoroughly) {
            const auto seen = r->differs_at.find(w.plan.id);
            if (seen != r->differs_at.end() &&
                seen->second == std::pair{w.plan.hash, record->resource_version}) {
                continue;
            }
            if (const auto built = co_await make_full(r); !built) {
                co_return;
            }
            if (const auto* m = manifest_of(*r->full, w.plan.id)) {
                co_await compare_one(r, *m, w);
            }
        }
    }
}

asio::awaitable<void>
application_controller::state::compare_one(record_ptr r, const wanted_manifest& m, wanted_object& w) {
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
    w.plan.in_sync = compared.result == sync::verdict::equal;
    if (w.plan.in_sync) {
        r->known[id] = {w.plan.hash, record.owned_hash};
    } else {
        r->differs_at[id] = {w.plan.hash, record.resource_version};
    }
}

// ---- deciding
// --------------------------------------------------------------------------------------------------------

void application_controller::state::decide(record_ptr r, findings& found) {
    auto& status = r->object.status;
    const auto now = wall_clock::now();
    if (r->object.operation && !r->operation_taken) {
        begin_operation(*r, *r->object.operation);
        r->operation_taken = true;
        return;
    }
    if (r->operating()) {
        auto& running = *status.operation_state;
        if (running.phase == crds::operation_phase::terminating) {
            finish_operation(*r, crds::operation_phase::failed, "Operation terminated");
            return;
        }
        const auto& limit = r->object.spec.sync_policy.timeout;
        if (limit && now - running.started_at > limit->value) {
            finish_operation(
                *r, crds::operation_phase::failed,
                "the operation did not end within spec.syncPolicy.timeout (" + limit->text +
                    "): " + running.message
            );
            return;
        }
        const bool superseded = running.sync_result && running.sync_result->build_key != r->from->build_key;
        if (superseded && is_automated(running.operation)) {
            begin_operation(*r, running.operation);
            status.operation_state->operation.sync->auto_heal_attempts_count = 0;
        }
        return;
    }
    if (!r->object.spec.is_automated() || !r->wanted) {
        return;
    }
    const auto& automated = *r->object.spec.sync_policy.automated;
    const bool out_of_sync = std::any_of(r->wanted->begin(), r->wanted->end(), [](const wanted_object& w) {
        return !w.plan.in_sync && !w.plan.orders.is_hook && !w.plan.orders.skip;
    });
    std::set<sync::object_id> wanted;
    for (const auto& w : *r->wanted) {
        wanted.insert(w.plan.id);
    }
    const auto owned = with.live.owned_by(r->ref());
    const bool extra = std::any_of(owned.begin(), owned.end(), [&](const live_objects::found& o) {
        return !wanted.contains(o.id) && !o.record->hook && !o.record->deleting &&
               o.record->prune == sync::removal::allowed;
    });
    if (!out_of_sync && !(extra && automated.prune)) {
        r->waits_for.clear();
        return;
    }
    if (!may_operate(*r)) {
        found.waiting = "waits for the application " + r->waits_for + ", which is not Synced and Healthy";
        return;
    }
    if (!out_of_sync && status.pending_prune &&
        !r->object.metadata.annotations.contains("holdfast.dev/confirm-prune")) {
        return; // only a person can go on
    }
    const auto steady = steady_clock::now();
    const auto& last = status.operation_state;
    const bool failed_here = last && last->finished_at && last->phase != crds::operation_phase::succeeded &&
                             last->sync_result && last->sync_result->build_key == r->from->build_key;
    if (failed_here && steady < r->resume_not_before) {
        queue.add_after(r->key(), r->resume_not_before - steady);
        return;
    }
    std::int64_t heals = 0;
    if (status.sync.applied_build_key == r->from->build_key && !failed_here) {
        if (!automated.self_heal && out_of_sync) {
            return;
        }
        // Whoever keeps changing it is not to keep us busy: each time in a row it takes longer.
        if (r->heal_key != r->from->build_key || steady > r->heal_not_before + 5min) {
            r->heal_key = r->from->build_key;
            r->heal_backoff.reset();
        } else if (steady < r->heal_not_before) {
            queue.add_after(r->key(), r->heal_not_before - steady);
            return;
        }
        heals = r->heal_backoff.tries() + 1;
        r->heal_not_before = steady + r->heal_backoff.next();
    }
    crds::operation operation;
    operation.sync.emplace();
    operation.sync->prune = automated.prune;
    operation.sync->auto_heal_attempts_count = heals;
    operation.initiated_by = crds::operation_initiator{.username = {}, .automated = true};
    begin_operation(*r, std::move(operation));
}

bool application_controller::state::may_operate(const application_record& r) const {
    auto& waits =
        const_cast<application_record&>(r).waits_for; // NOLINT: what it waits for is a cache of this answer
    waits.clear();
    for (const auto& dependency : r.object.spec.depends_on) {
        const auto& ns = dependency.namespace_.empty() ? r.object.metadata.namespace_ : dependency.namespace_;
        const auto other = find(ns + "/" + dependency.name);
        const bool ready = other && !other->deleting() &&
                           other->object.status.sync.status == crds::sync_code::synced &&
                           other->object.status.health.status == crds::health_code::healthy &&
                           other->object.status.observed_generation == other->object.metadata.generation;
        if (!ready) {
            waits = ns + "/" + dependency.name;
            return false;
        }
    }
    return true;
}

// ---- operations
// ------------------------------------------------------------------------------------------------------

void application_controller::state::begin_operation(application_record& r, crds::operation what) {
    crds::operation_state state;
    state.operation = std::move(what);
    state.phase = crds::operation_phase::running;
    state.message = "waiting for the first step";
    state.started_at = wall_clock::now();
    state.sync_result.emplace();
    state.sync_result->build_key = r.from->build_key;
    state.sync_result->revision = r.from->revisions.front().commit.hex();
    if (r.from->revisions.size() > 1) {
        for (const auto& revision : r.from->revisions) {
            state.sync_result->revisions.push_back(revision.commit.hex());
        }
    }
    r.progress = operation_progress{.of = state.started_at, .build_key = r.from->build_key};
    r.object.status.operation_state = std::move(state);
}

void application_controller::state::finish_operation(
    application_record& r, crds::operation_phase phase, std::string message
) {
    auto& status = r.object.status;
    auto& state = *status.operation_state;
    state.phase = phase;
    state.message = std::move(message);
    state.finished_at = wall_clock::now();
    state.next_retry_at.reset();
    if (r.progress) {
        auto& results = state.sync_result->resources;
        results.clear();
        state.sync_result->resources_count = static_cast<std::int64_t>(r.progress->reports.size());
        // Failures first: the list is bounded.
        for (const bool failures : {true, false}) {
            for (const auto& report : r.progress->reports) {
                if ((report.state == sync::standing::sync_failed) != failures ||
                    results.size() >= crds::max_status_resources) {
                    continue;
                }
                crds::resource_result result;
                result.group = report.id.group;
                result.kind = report.id.kind;
                result.namespace_ = report.id.namespace_;
                result.name = report.id.name;
                result.message = report.message.substr(0, 1024);
                switch (report.state) {
                case sync::standing::synced: result.status = crds::result_code::synced; break;
                case sync::standing::sync_failed: result.status = crds::result_code::sync_failed; break;
                case sync::standing::pruned: result.status = crds::result_code::pruned; break;
                case sync::standing::prune_skipped: result.status = crds::result_code::prune_skipped; break;
                case sync::standing::pending: continue;
                }
                for (const auto& w : r.wanted ? *r.wanted : std::vector<wanted_object>{}) {
                    if (w.plan.id == report.id) {
                        result.version = w.kind.version;
                    }
                }
                results.push_back(std::move(result));
            }
        }
    }
    const auto& asked = request_of(state.operation);
    const bool whole = !asked.dry_run && asked.resources.empty();
    if (phase == crds::operation_phase::succeeded && whole) {
        status.sync.applied_build_key = state.sync_result->build_key;
        status.sync.applied_revision = state.sync_result->revision;
        const bool news = status.history.empty() ||
                          status.history.back().revision != state.sync_result->revision ||
                          !is_automated(state.operation);
        if (news && asked.auto_heal_attempts_count == 0) {
            crds::history_entry entry;
            entry.id = status.history.empty() ? 1 : status.history.back().id + 1;
            entry.revision = state.sync_result->revision;
            entry.revisions = state.sync_result->revisions;
            if (r.from->sources.size() == 1) {
                entry.source = r.from->sources.front();
            } else {
                entry.sources = r.from->sources;
            }
            entry.deploy_started_at = state.started_at;
            entry.deployed_at = *state.finished_at;
            entry.initiated_by = state.operation.initiated_by;
            status.history.push_back(std::move(entry));
        }
        const auto most = static_cast<std::size_t>(
            std::clamp<std::int64_t>(r.object.spec.revision_history_limit, 0, crds::max_status_history)
        );
        if (status.history.size() > most) {
            status.history.erase(
                status.history.begin(), status.history.end() - static_cast<std::ptrdiff_t>(most)
            );
        }
    }
    with.counters.sync_finished(crds::to_string(phase), *state.finished_at - state.started_at);
    const bool succeeded = phase == crds::operation_phase::succeeded;
    log::write(
        succeeded ? log::level::info : log::level::warn, succeeded ? "synced" : "a sync failed",
        {{"application", r.key()}, {"revision", state.sync_result->revision}, {"message", state.message}}
    );
    tell(
        r, succeeded ? kube::event_severity::normal : kube::event_severity::warning,
        succeeded ? "OperationCompleted" : "OperationFailed", "Sync", state.message
    );
    r.progress.reset();
}

// An attempt failed: another one follows, or the operation has.
void application_controller::state::fail_attempt(application_record& r, std::string message) {
    auto& state = *r.object.status.operation_state;
    auto strategy = state.operation.retry;
    if (!strategy) {
        strategy = r.object.spec.sync_policy.retry;
    }
    if (!strategy && !is_automated(state.operation)) {
        strategy = crds::retry_strategy{};
        strategy->limit = 0;
    }
    if (!strategy) {
        strategy = crds::retry_strategy{};
    }
    const auto& pace = strategy->backoff;
    backoff waits{
        {.base = pace.duration.value,
         .cap = pace.max_duration.value,
         .factor = static_cast<double>(pace.factor),
         .jitter = 0.0}
    };
    for (std::int64_t i = 0; i < state.retry_count && i < 64; ++i) {
        waits.next();
    }
    const auto wait = waits.next();
    if (strategy->limit < 0 || state.retry_count < strategy->limit) {
        ++state.retry_count;
        state.next_retry_at = wall_clock::now() + wait;
        state.message = message + " (attempt " + std::to_string(state.retry_count + 1) + " at " +
                        format_time(*state.next_retry_at) + ")";
        if (r.progress) {
            std::erase_if(r.progress->done, [](const auto& entry) {
                return entry.second.what == sync::outcome::failed ||
                       entry.second.what == sync::outcome::prune_failed;
            });
        }
        if (state.retry_count == 1) {
            tell(r, kube::event_severity::warning, "OperationRetrying", "Sync", message);
        }
        queue.add_after(r.key(), wait);
        return;
    }
    // Never given up silently: an automatic operation begins again, slowly, or at once when something
    // changes.
    r.resume_not_before =
        steady_clock::now() + std::max<steady_clock::duration>(pace.max_duration.value, 3min);
    finish_operation(r, crds::operation_phase::failed, std::move(message));
    if (r.object.spec.is_automated()) {
        queue.add_after(r.key(), r.resume_not_before - steady_clock::now());
    }
}

sync::plan_input application_controller::state::plan_input_of(const application_record& r) const {
    sync::plan_input input;
    const auto& state = *r.object.status.operation_state;
    const auto& asked = request_of(state.operation);
    auto& s = input.settings;
    s.application = r.ref();
    s.prune = asked.prune;
    s.dry_run = asked.dry_run;
    s.allow_empty = r.object.spec.sync_policy.automated && r.object.spec.sync_policy.automated->allow_empty;
    for (const auto& resource : asked.resources) {
        s.only.push_back({resource.group, resource.kind, resource.namespace_, resource.name});
    }
    std::vector<std::string> ignored;
    s.options = sync::parse_sync_options(r.object.spec.sync_policy.sync_options, ignored);
    if (!asked.sync_options.empty()) {
        s.options = sync::merged(s.options, sync::parse_sync_options(asked.sync_options, ignored));
    }
    if (asked.sync_strategy && ((asked.sync_strategy->apply && asked.sync_strategy->apply->force) ||
                                (asked.sync_strategy->hook && asked.sync_strategy->hook->force))) {
        s.options.force = true;
    }
    std::set<sync::application_ref> owners;
    for (const auto& o : with.live.owned_by(r.ref())) {
        input.live.emplace(o.id, *o.record);
    }
    for (const auto& w : *r.wanted) {
        input.desired.push_back(w.plan);
        if (const auto* record = with.live.find(w.kind, w.plan.id.namespace_, w.plan.id.name)) {
            input.live.insert_or_assign(w.plan.id, *record);
            if (!record->owner.name.empty() && record->owner != s.application) {
                owners.insert(record->owner);
            }
        }
    }
    for (const auto& owner : owners) {
        if (!records.contains(owner.namespace_ + "/" + owner.name)) {
            s.gone_owners.push_back(owner);
        }
    }
    const auto objects = static_cast<std::int64_t>(input.live.size());
    s.prune_limit =
        static_cast<std::size_t>(crds::prune_limit_of(r.object.spec.sync_policy.prune_limit, objects));
    const auto& pending = r.object.status.pending_prune;
    const auto confirmed = r.object.metadata.annotations.find("holdfast.dev/confirm-prune");
    s.prune_confirmed =
        pending && confirmed != r.object.metadata.annotations.end() && confirmed->second == pending->token;
    if (r.progress) {
        input.done = r.progress->done;
    }
    return input;
}

asio::awaitable<result<void>> application_controller::state::check_schemas(record_ptr r) {
    std::set<kube::group_version_kind> kinds;
    for (const auto& w : *r->wanted) {
        if (!w.plan.in_sync) {
            kinds.insert(w.kind);
        }
    }
    std::vector<kube::group_version_kind> list{kinds.begin(), kinds.end()};
    auto loaded = co_await with.schema.load(std::move(list));
    if (!loaded) {
        co_return loaded.error().within("reading the server's schemas");
    }
    std::string all;
    std::size_t count = 0;
    for (const auto& w : *r->wanted) {
        if (w.plan.in_sync || w.plan.synthetic || w.plan.orders.options.validate == false) {
            continue;
        }
        const auto* m = manifest_of(*r->full, w.plan.id);
        if (m == nullptr) {
            continue;
        }
        for (const auto& problem : with.schema.check(m->object.manifest)) {
            if (++count <= 20) {
                all += (all.empty() ? "" : "; ") + render::to_string(m->from) + ": " +
                       sync::describe(w.plan.id) + ": " + sync::to_string(problem);
            }
        }
    }
    if (count > 20) {
        all += "; and " + std::to_string(count - 20) + " more";
    }
    if (count > 0) {
        co_return user_error(std::move(all));
    }
    co_return result<void>{};
}

asio::awaitable<void> application_controller::state::operate(record_ptr r, findings& found) {
    const auto generation = r->object.metadata.generation;
    auto& status = r->object.status;
    if (status.operation_state->next_retry_at) {
        const auto left = *status.operation_state->next_retry_at - wall_clock::now();
        if (left > 0s) {
            queue.add_after(r->key(), std::chrono::duration_cast<steady_clock::duration>(left) + 1ms);
            co_return;
        }
        status.operation_state->next_retry_at.reset();
    }
    if (!r->progress || r->progress->of != status.operation_state->started_at) {
        r->progress =
            operation_progress{.of = status.operation_state->started_at, .build_key = r->from->build_key};
    }
    if (auto built = co_await make_full(r); !built) {
        fail_attempt(*r, built.error().message());
        co_return;
    }
    if (!r->progress) { // another build than the one that was in progress
        begin_operation(*r, status.operation_state->operation);
    }
    if (!r->progress->checked) {
        auto checked = co_await check_schemas(r);
        if (!checked) {
            found.problems["SyncError"] = checked.error().message();
            found.reason = "InvalidManifests";
            found.stalled = checked.error().kind() == error_kind::user;
            fail_attempt(*r, checked.error().message());
            co_return;
        }
        r->progress->checked = true;
    }
    for (;;) {
        if (is_stale(*r, generation)) {
            queue.add(r->key());
            co_return;
        }
        const auto plan = sync::next_step(plan_input_of(*r));
        r->progress->reports = plan.objects;
        for (const auto& warning : plan.warnings) {
            if (std::find(r->build_warnings.begin(), r->build_warnings.end(), warning) ==
                r->build_warnings.end()) {
                r->build_warnings.push_back(warning);
            }
        }
        if (const auto* step = std::get_if<sync::apply_step>(&plan.next)) {
            co_await apply(r, *step);
        } else if (const auto* removal = std::get_if<sync::prune_step>(&plan.next)) {
            co_await prune(r, *removal);
        } else if (const auto* wait = std::get_if<sync::wait_step>(&plan.next)) {
            status.operation_state->message = wait->sentence;
            found.waiting = wait->sentence;
            if (const auto& limit = r->object.spec.sync_policy.timeout) {
                const auto left = status.operation_state->started_at + limit->value - wall_clock::now();
                queue.add_after(r->key(), std::max<steady_clock::duration>(left, 0s) + 10ms);
            }
            // The watch event that changes the answer comes; should it be lost, this does.
            queue.add_after(r->key(), 60s);
            co_return;
        } else if (const auto* blocked = std::get_if<sync::blocked_step>(&plan.next)) {
            crds::pending_prune pending;
            hasher h;
            for (const auto& id : blocked->objects) {
                h.add(sync::to_string(id));
                if (pending.resources.size() < 20) {
                    pending.resources.push_back(sync::to_string(id));
                }
            }
            pending.token = to_hex(h.add(r->from->build_key).finish()).substr(0, 16);
            pending.count = static_cast<std::int64_t>(blocked->objects.size());
            pending.limit = static_cast<std::int64_t>(plan_input_of(*r).settings.prune_limit.value_or(0));
            pending.requested_at = wall_clock::now();
            const bool same = status.pending_prune && status.pending_prune->token == pending.token;
            if (!same) {
                status.pending_prune = std::move(pending);
            }
            finish_operation(
                *r, crds::operation_phase::failed,
                blocked->sentence + (blocked->reason == sync::block_reason::empty_render
                                         ? std::string{}
                                         : "; to confirm: kubectl annotate application.holdfast.dev -n " +
                                               r->object.metadata.namespace_ + " " + r->object.metadata.name +
                                               " holdfast.dev/confirm-prune=" + status.pending_prune->token)
            );
            r->resume_not_before = steady_clock::time_point::max();
            co_return;
        } else if (const auto* done = std::get_if<sync::done_step>(&plan.next)) {
            status.pending_prune.reset();
            const auto count = count_synced(plan.objects);
            finish_operation(
                *r, crds::operation_phase::succeeded,
                done->sentence.empty() ? std::to_string(count) + " objects synced" : done->sentence
            );
            co_return;
        } else if (const auto* failed = std::get_if<sync::failed_step>(&plan.next)) {
            found.problems["SyncError"] = failed->sentence;
            found.reason = "SyncFailed";
            fail_attempt(*r, failed->sentence);
            co_return;
        }
    }
}

asio::awaitable<void> application_controller::state::apply(record_ptr r, sync::apply_step step) {
    for (std::size_t begin = 0; begin < step.objects.size(); begin += side_by_side) {
        std::vector<asio::awaitable<void>> some;
        for (std::size_t i = begin; i < std::min(begin + side_by_side, step.objects.size()); ++i) {
            some.push_back(apply_one(r, step.objects[i]));
        }
        co_await all_of(std::move(some));
    }
}

asio::awaitable<void> application_controller::state::apply_one(record_ptr r, sync::apply_action action) {
    const auto wanted = std::find_if(r->wanted->begin(), r->wanted->end(), [&](const wanted_object& w) {
        return w.plan.id == action.id;
    });
    if (wanted == r->wanted->end() || !r->full || !r->progress) {
        co_return;
    }
    const auto kind = wanted->kind;
    const auto hash = wanted->plan.hash;
    const bool dry_run = request_of(r->object.status.operation_state->operation).dry_run;
    auto held = r->full;
    json::object manifest;
    if (wanted->plan.synthetic) {
        const auto& managed = r->object.spec.sync_policy.managed_namespace_metadata;
        const crds::string_map none;
        manifest = sync::make_namespace(
                       action.id.name, managed ? managed->labels : none, managed ? managed->annotations : none
        )
                       .manifest;
    } else if (const auto* m = manifest_of(*held, action.id)) {
        manifest = m->object.manifest;
    }
    const auto fail = [&](const error& e) {
        auto message = e.message();
        if (const auto advice = sync::explain_refusal(action.id, message)) {
            message += "; " + *advice;
        }
        with.counters.object_written("apply", to_string(e.kind()));
        if (r->progress) {
            // The uid of what was deleted for this stays, so that it is not deleted again.
            auto& attempt = r->progress->done[action.id];
            attempt = {.what = sync::outcome::failed, .hash = hash, .uid = attempt.uid, .message = message};
        }
    };
    const auto resource = co_await with.discovery.resolve(kind);
    if (!resource) {
        fail(resource.error());
        co_return;
    }
    if (!wanted->plan.synthetic) {
        with.live.watch(*resource);
    }
    const auto options = call_as(*r, config);
    const auto rules = ignore_rules(r->object.spec);
    if (std::any_of(rules.begin(), rules.end(), [&](const auto& rule) {
            return sync::matches(rule, action.id);
        })) {
        const auto live = co_await with.api.get(*resource, action.id.namespace_, action.id.name, options);
        if (live) {
            manifest = sync::apply_ignored(std::move(manifest), *live, rules);
        } else if (!live.error().is_not_found()) {
            fail(live.error());
            co_return;
        }
    }
    kube::apply_options how;
    how.field_manager = std::string{sync::field_manager};
    how.force = true;
    how.dry_run = dry_run;
    kube::reply<json::object> answer = json::object{};
    if (action.mode == sync::apply_mode::replace) {
        const auto live = co_await with.api.get(*resource, action.id.namespace_, action.id.name, options);
        const kube::write_options write{.dry_run = dry_run, .validation = kube::field_validation::strict};
        if (live) {
            auto& metadata = manifest["metadata"].as_object();
            metadata["resourceVersion"] = kube::resource_version_of(*live);
            answer = co_await with.api.update(*resource, manifest, sync::field_manager, write, options);
            metadata.erase("resourceVersion");
        }
    }
    if (answer) {
        // After a replacement too: what an apply owns is what drift is told by.
        answer = co_await with.api.apply(*resource, manifest, how, options);
    }
    if (!answer) {
        fail(answer.error());
        co_return;
    }
    with.counters.object_written(dry_run ? "dry_run" : "apply", "ok");
    if (!r->progress) {
        co_return;
    }
    r->progress->done[action.id] = {
        .what = sync::outcome::applied, .hash = hash, .generation = kube::generation_of(*answer)
    };
    if (dry_run) {
        co_return;
    }
    with.live.note(kind, *answer);
    r->known[action.id] = {hash, sync::observe(*answer).owned_hash};
    for (auto& w : *r->wanted) {
        if (w.plan.id == action.id) {
            w.plan.in_sync = true;
        }
    }
}

asio::awaitable<void> application_controller::state::prune(record_ptr r, sync::prune_step step) {
    for (std::size_t begin = 0; begin < step.objects.size(); begin += side_by_side) {
        std::vector<asio::awaitable<void>> some;
        for (std::size_t i = begin; i < std::min(begin + side_by_side, step.objects.size()); ++i) {
            some.push_back(
                [](state* self, record_ptr record, sync::prune_action action,
                   bool to_recreate) -> asio::awaitable<void> {
                    auto attempt = co_await self->remove_one(record, action);
                    if (!record->progress) {
                        co_return;
                    }
                    if (to_recreate && attempt.what == sync::outcome::pruned && record->wanted) {
                        attempt.what = sync::outcome::removed;
                        attempt.uid = action.uid;
                        for (const auto& w : *record->wanted) {
                            if (w.plan.id == action.id) {
                                attempt.hash = w.plan.hash;
                            }
                        }
                    }
                    record->progress->done[action.id] = std::move(attempt);
                }(this, r, step.objects[i], step.to_recreate)
            );
        }
        co_await all_of(std::move(some));
    }
}

asio::awaitable<sync::attempt>
application_controller::state::remove_one(record_ptr r, sync::prune_action action) {
    sync::attempt failed{.what = sync::outcome::prune_failed};
    kube::group_version_kind kind;
    for (const auto& o : with.live.owned_by(r->ref())) {
        if (o.id == action.id) {
            kind = o.kind;
        }
    }
    if (kind.kind.empty()) {
        co_return sync::attempt{.what = sync::outcome::pruned};
    }
    const auto resource = co_await with.discovery.resolve(kind);
    if (!resource) {
        failed.message = resource.error().message();
        co_return failed;
    }
    const auto options = call_as(*r, config);
    for (int attempt = 0; attempt < 5; ++attempt) {
        // Whom it belongs to is checked on the live object, and the deletion is of just what was checked.
        const auto live = co_await with.api.get(*resource, action.id.namespace_, action.id.name, options);
        if (!live) {
            if (live.error().is_not_found()) {
                co_return sync::attempt{.what = sync::outcome::pruned};
            }
            failed.message = live.error().message();
            co_return failed;
        }
        const auto owner = sync::owner_of(*live);
        if (!owner || owner->application != r->ref() || kube::uid_of(*live) != action.uid) {
            failed.message = sync::describe(action.id) + " is not ours any more, so it is not deleted";
            co_return failed;
        }
        kube::delete_options how;
        how.uid = action.uid;
        how.resource_version = std::string{kube::resource_version_of(*live)};
        how.policy = to_kube(action.dependents);
        const auto removed =
            co_await with.api.remove(*resource, action.id.namespace_, action.id.name, how, options);
        with.counters.object_written("prune", removed ? "ok" : to_string(removed.error().kind()));
        if (removed) {
            r->known.erase(action.id);
            co_return sync::attempt{.what = sync::outcome::pruned};
        }
        failed.message = removed.error().message();
        if (!removed.error().is_conflict()) {
            co_return failed;
        }
    }
    co_return failed;
}

} // namespace holdfast::control
