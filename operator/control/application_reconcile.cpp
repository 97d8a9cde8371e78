// One reconcile of an application, from what is wanted of it to what its status says.

#include "base/counted_list.hpp"
#include "base/log.hpp"
#include "control/application_access.hpp"
#include "control/application_controller_state.hpp"
#include "control/application_sources_of.hpp"
#include "engine/cluster_condition.hpp"
#include "engine/not_served.hpp"
#include "engine/retry.hpp"
#include "engine/termination.hpp"
#include "policy/own_kinds.hpp"
#include "policy/specification_checks.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view refresh_annotation = "holdfast.dev/refresh";
constexpr std::string_view argo_refresh_annotation = "argocd.argoproj.io/refresh";
constexpr std::size_t most_repositories = 3;
constexpr std::size_t most_outside = 5;
constexpr auto soon = 10s;

// Nothing but drift can be what differs then.
bool is_what_was_applied(const application_record& r) {
    const bool is_asked = r.object.operation && !r.operation.taken;
    return !is_asked && !r.operating() && r.sources.from->sources == sources_of(r) &&
           r.sources.from->build_key == r.object.status.sync.applied_build_key;
}

// Where a status has no place for the build that was applied last, the operation that ended well tells it: by what
// it was of.
void recall_what_was_applied(application_record& r) {
    auto& status = r.object.status;
    const auto& last = status.operation_state;
    if (!r.sources.from || !status.sync.applied_build_key.empty() || !last || !last->sync_result ||
        last->phase != crds::operation_phase::succeeded) {
        return;
    }
    const auto& asked = request_of(last->operation);
    const auto& was = *last->sync_result;
    auto sources = was.sources;
    if (sources.empty() && was.source) {
        sources.push_back(*was.source);
    }
    std::vector<std::string> revisions;
    for (const auto& one : r.sources.from->revisions) {
        revisions.push_back(one.text);
    }
    const bool is_same = was.revisions.empty() ? revisions.size() == 1 && revisions.front() == was.revision
                                               : revisions == was.revisions;
    if (is_same && sources == r.sources.from->sources && !asked.dry_run && asked.resources.empty()) {
        status.sync.applied_build_key = r.sources.from->build_key;
        status.sync.applied_revision = was.revision;
    }
}

// What is asked for and not there yet: the rest is done, and the whole is not ready.
void name_what_is_not_served(const application_record& r, engine::findings& found) {
    const auto* before = crds::find_condition(r.object.status.conditions, engine::not_served_type);
    auto of_spec = policy::not_served(r.object.spec);
    of_spec.insert(of_spec.end(), r.not_known.begin(), r.not_known.end());
    auto words = engine::not_served(
        of_spec, r.compared.wanted ? &*r.compared.wanted : nullptr,
        before == nullptr ? std::string_view{} : std::string_view{before->message}
    );
    if (words.empty()) {
        return;
    }
    if (found.reason.empty() && !r.operating()) {
        found.reason = engine::not_served_type;
    }
    found.stalled = found.stalled || found.problems.empty();
    found.problems.emplace(engine::not_served_type, std::move(words));
}

// What is held is held still; but nothing that is pushed arrives, which has to be seen where people look.
// Said after all else was decided: drift is taken back, and what is asked for is done.
void name_repositories_in_trouble(
    const application_record& r, const sources::repositories& known, engine::findings& found
) {
    if (found.problems.contains("ComparisonError")) {
        return; // the sources could not be had, which says why
    }
    counted_list all{most_repositories};
    for (const auto& use : uses_of(r)) {
        const auto trouble = known.trouble_with(use);
        if (!trouble) {
            continue;
        }
        if (all.empty() && found.reason.empty() && !r.operating()) {
            found.reason = trouble->reason;
        }
        all.add(trouble->message);
    }
    if (!all.empty()) {
        found.problems.emplace("RepositoryError", all.text());
    }
}

// Who is about to apply finds out in the other way what that changes.
bool is_about_to_apply(const application_record& r, const engine::findings& so_far) {
    return r.object.spec.is_automated() && so_far.requeue_after && *so_far.requeue_after <= soon;
}

} // namespace

asio::awaitable<void> application_controller::state::reconcile(std::string key) {
    const auto r = applications.find(key);
    if (!r || r->foreign) {
        looks.forget(key); // nothing is found out about it here
        co_return;
    }
    if (!with.sources.ready() || !with.projects.are_known() || !runs.knows_all()) {
        // Before the Repositories are known nobody can say which credentials are right; before the Projects are,
        // what it may do; before all applications are, whether a dependency exists.
        runs.queue().add_after(key, engine::delay_of(engine::recheck::start_up));
        co_return;
    }
    const auto begin = steady_clock::now();
    if (r->is_looked_at && r->untold_until && begin >= *r->untold_until) {
        r->untold_until.reset(); // what was there is remembered
    }
    const auto cluster = cluster_id_of(with.clusters, r->object);
    if (!places.take(cluster, key)) {
        co_return; // it is looked at when one of that cluster has ended
    }
    struct end_of_place {
        state& all;
        const std::string& cluster;
        ~end_of_place() {
            if (const auto next = all.places.give_back(cluster)) {
                all.triggers.reconcile(*next);
            }
        }
    } const place{*this, cluster};
    const auto before = r->object.status;
    const auto begun = looks.begin_look();
    auto found = co_await reconcile_now(r);
    if (!found.undecided && !r->deleting() && applications.find(key) == r) {
        note_orphans(*r, found);
    }
    if (found.requeue_after && applications.find(key) == r) {
        runs.queue().add_after(key, *found.requeue_after);
    }
    if (!found.undecided && !r->deleting()) {
        name_what_is_not_served(*r, found);
        name_repositories_in_trouble(*r, with.sources, found);
    }
    // As after a restart, while objects are being listed: nobody knows yet what it wants.
    const bool is_looked_at = r->sources.from || r->deleting() || !found.problems.empty();
    if (is_looked_at && applications.find(key) == r) {
        // Where its cluster is away it takes nothing from anybody either.
        const bool knows = !found.problems.contains("ComparisonError") || found.health_unknown;
        looks.end_look(key, begun, knows, steady_clock::now());
    }
    if (applications.find(key) == r && !found.undecided) {
        report.fill(*r, found);
        r->reported.is_refreshed = !r->reported.refresh.empty();
        r->is_looked_at = r->is_looked_at || r->sources.from.has_value();
        const auto& now = r->object.status;
        if (before.source_type != now.source_type ||
            policy::claim_index::standing_of(before) != policy::claim_index::standing_of(now)) {
            note_claims(*r);
        }
        statuses.changed(*r, before);
        turns.reconciled(key);
    }
    if (runs.queue().waiting_now() == 0) {
        statuses.send_events();
    }
    with.counters.reconciled(
        "application", found.problems.empty() ? "ok" : "problem", steady_clock::now() - begin
    );
}

asio::awaitable<engine::findings> application_controller::state::reconcile_now(record_ptr r) {
    engine::findings found;
    if (r->deleting()) {
        if (auto skipped = r->skipped_by(); !skipped.empty()) {
            found.reason = "Suspended";
            found.waiting = std::move(skipped);
            co_return found;
        }
        co_return co_await ending.finish(r);
    }
    const auto left_alone = r->left_alone_by();
    if (engine::is_terminating(r->object.status.operation_state)) {
        operation.end_terminated(*r); // whatever else may be in the way
    }
    (void)is_granted(*r, found); // what it asks for in vain is among the problems
    if (const auto wrong = take_problems(*r); !wrong.empty()) {
        found.problems["InvalidSpecError"] = wrong;
        found.reason = "InvalidSpec";
        found.stalled = true;
        found.unknown = true;
        co_return found;
    }
    if (auto away = findings_of(stand_of_cluster(with.clusters, r->object))) {
        co_return std::move(*away); // whoever waits is told when that changes
    }
    look_at_cluster(*r);
    found.add(co_await take_refresh(r));
    if (!left_alone.empty()) {
        found.reason = "Suspended";
        found.waiting = left_alone;
    }
    if (!r->sources.from && !r->object.status.resources.empty()) {
        auto watched = co_await compared.watch_kinds(r);
        found.add(std::move(watched.found));
        if (!watched.complete) {
            co_return found; // as after a restart: what is there is known in a moment
        }
    }
    found = co_await find_wanted_state(r, std::move(found));
    if (found.undecided) {
        co_return found;
    }
    if (!config.names.get().keeps_applied_build) {
        recall_what_was_applied(*r);
    }
    const bool failed = found.problems.contains("ComparisonError");
    if (failed && turns.is_set_aside(r->key())) {
        found.reason = "SetAside";
    }
    with.sources.use(config.user_of(r->key()), uses_of(*r));
    if (const auto untold = application_sources::recheck_of_sources(*r, failed)) {
        found.requeue(*untold);
    }
    if (!r->sources.from || (!r->compared.wanted && r->compared.trusted.empty())) {
        found.unknown = true;
        co_return found;
    }
    if (auto outside = objects_outside(*r); !outside.empty()) {
        operation.meet(*r, {.why = outside, .is_lasting = true}, found);
        found.problems["ComparisonError"] = std::move(outside);
        found.reason = "OutsideOfNamespaces";
        found.stalled = true;
        found.unknown = true;
        co_return found;
    }
    auto kept = co_await at_the_end.keep(r);
    if (kept.stalled) {
        operation.meet(*r, {.why = kept.problems.begin()->second, .is_lasting = true}, found);
        found.add(std::move(kept));
        found.unknown = true;
        co_return found;
    }
    auto listed = co_await compared.watch_kinds(r);
    found.add(std::move(listed.found));
    if (!listed.complete) {
        co_return found;
    }
    // With an error above, what was built last is still held: drift is taken back while a remote is away.
    const bool may_begin = found.problems.empty() || (failed && !found.stalled && is_what_was_applied(*r));
    if (!may_begin && !failed) {
        const auto& running = r->object.status.operation_state;
        const bool has_begun = r->operating() && running->sync_result &&
                               running->sync_result->build_key == r->sources.from->build_key;
        operation.meet(*r, {found.problems.begin()->second, /*is_lasting=*/false, has_begun}, found);
    }
    co_await compared.compare(r);
    if (may_begin && left_alone.empty()) {
        found.add(operation.decide(r));
    }
    // What is held may be another state than the one that the operation is to bring.
    if (r->operating() && left_alone.empty() && r->sources.from->sources == sources_of(*r)) {
        found.add(co_await operation.operate(r));
    }
    if (!r->operating() && !r->deleting()) {
        found.add(co_await operation.tidy_hooks(r));
    }
    if (!r->operating() && !r->deleting() && !is_about_to_apply(*r, found)) {
        auto ahead = co_await looking_ahead.look(r);
        if (ahead.requeue_after) {
            found.requeue(*ahead.requeue_after);
        }
    }
    found.add(std::move(kept));
    // Whoever waits for health or for its turn, perhaps for long, is not to hold its objects and their
    // secrets.
    r->compared.full.reset();
    co_return found;
}

std::string application_controller::state::objects_outside(const application_record& r) const {
    const auto to = destination_of(with.clusters, r.object);
    if (to->id().empty() || to->within().is_all() || !r.compared.wanted) {
        return {};
    }
    counted_list all{most_outside};
    for (const auto& w : *r.compared.wanted) {
        if (auto why = to->within().why_outside(w.id); !why.empty()) {
            all.add(why);
        }
    }
    return all.text();
}

void application_controller::state::look_at_cluster(application_record& r) {
    auto cluster = cluster_id_of(with.clusters, r.object);
    const auto before = r.compared.cluster ? r.compared.cluster : engine::cluster_of(r.object.status);
    if (before && *before != cluster) {
        log::info(
            "an application is deployed to another cluster than before",
            {{"application", r.key()}, {"was", *before}, {"is", cluster}}
        );
        auto& status = r.object.status;
        engine::note_move(r.object, *before, cluster, wall_clock::now());
        // They are in the other one.
        status.resources.clear();
        status.resources_count = 0;
        status.sync.applied_state.clear();
        auto masks = std::move(r.compared.masks);
        r.compared = {};
        r.compared.masks = std::move(masks);
        r.sources.from.reset();
        r.preview = {};
        r.leaving = {};
        r.operation.progress.reset();
        wants.forget(r.key());
    }
    r.compared.cluster = std::move(cluster);
}

std::string application_controller::state::take_problems(application_record& r) {
    if (!r.unreadable.empty()) {
        return r.unreadable;
    }
    auto problems = policy::problems_of(r.object, around);
    auto of_operation = problems;
    std::erase_if(of_operation, [](const auto& one) { return !crds::is_about_operation(one); });
    std::erase_if(problems, crds::is_about_operation);
    auto wrong = r.unreadable_operation.empty() ? crds::join(of_operation) : r.unreadable_operation;
    if (!wrong.empty() && !r.operation.taken) {
        engine::findings found;
        operation.meet(r, {.why = std::move(wrong), .is_lasting = true}, found);
    }
    return crds::join(problems);
}

asio::awaitable<engine::findings>
application_controller::state::find_wanted_state(record_ptr r, engine::findings so_far) {
    const auto generation = r->object.metadata.generation;
    if (r->operating() &&
        engine::is_to_refresh(
            *r->object.status.operation_state, r->object.spec.sync_policy.retry, wall_clock::now()
        )) {
        r->sources.not_before = steady_clock::now();
    }
    auto found = co_await sources.find_wanted_state(r);
    if (found.problems.contains("ComparisonError") && !applications.is_stale(*r, generation)) {
        engine::obstacle in_the_way{.why = found.problems.at("ComparisonError"), .is_lasting = found.stalled};
        in_the_way.is_held =
            r->sources.from && r->compared.wanted && r->sources.from->sources == sources_of(*r);
        if (operation.meet(*r, in_the_way, found)) {
            // What was asked for is over, and says nothing of what the specification stands for.
            r->sources.failures = 0;
            found = co_await sources.find_wanted_state(r);
        }
    }
    so_far.add(std::move(found));
    co_return so_far;
}

asio::awaitable<engine::findings> application_controller::state::take_refresh(record_ptr r) {
    engine::findings found;
    const auto& annotations = r->object.metadata.annotations;
    std::string name;
    for (const auto candidate : {refresh_annotation, argo_refresh_annotation}) {
        if (annotations.contains(std::string{candidate})) {
            name = candidate;
        }
    }
    if (name.empty()) {
        co_return found;
    }
    const bool hard = annotations.at(name) == "hard";
    if (r->reported.refresh == name) {
        co_return found; // it goes with the status that tells what came of it
    }
    sources.refresh(*r, hard);
    if (config.api == crds::application_api::argoproj_io) {
        r->reported.refresh = name;
        co_return found;
    }
    json::object annotation;
    annotation[name] = nullptr;
    json::object metadata;
    metadata["annotations"] = std::move(annotation);
    json::object patch;
    patch["metadata"] = std::move(metadata);
    const auto done = co_await with.home.patch_merge(
        policy::application_kind(config.api), r->object.metadata.namespace_, r->object.metadata.name, patch,
        config.names.get().field_manager
    );
    if (done) {
        r->object.metadata.annotations.erase(name);
    } else if (!done.error().is_not_found()) {
        log::warn(
            "a refresh annotation cannot be taken away",
            {{"application", r->key()}, {"error", done.error().message()}}
        );
        found.requeue(engine::recheck::refused);
    }
    co_return found;
}

} // namespace holdfast::control
