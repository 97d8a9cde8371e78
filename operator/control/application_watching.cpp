// What the watch of Applications says: which there are, and which of them are to be looked at.

#include "control/application_access.hpp"
#include "control/application_controller_state.hpp"
#include "control/application_sources_of.hpp"
#include "engine/termination.hpp"
#include "policy/cluster_use.hpp"

#include <utility>
#include <vector>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// Whether there is more in it than a status, most likely our own.
bool is_news(const crds::application& before, const crds::application& now) {
    return before.metadata.generation != now.metadata.generation ||
           before.metadata.deletion_timestamp != now.metadata.deletion_timestamp ||
           before.metadata.annotations != now.metadata.annotations ||
           before.metadata.finalizers != now.metadata.finalizers || !(before.spec == now.spec) ||
           before.operation != now.operation;
}

// Whether the leader has brought it to the same state of the same sources.
bool is_brought_alike(const crds::application& before, const crds::application& now) {
    const auto& a = before.status.sync;
    const auto& b = now.status.sync;
    return before.spec == now.spec && a.revision == b.revision && a.revisions == b.revisions &&
           a.build_key == b.build_key;
}

// Of what others write into a status only one thing is taken: that the operation which runs is to end.
bool takes_termination(application_record& r, const crds::application_status& told) {
    auto& ours = r.object.status.operation_state;
    const auto& theirs = told.operation_state;
    if (!ours || !engine::is_terminating(theirs) || !engine::is_same_operation(*ours, *theirs)) {
        return false;
    }
    status_writer::note_termination(r);
    if (!engine::asks_to_terminate(ours, theirs)) {
        return false; // it has ended meanwhile
    }
    ours->phase = crds::operation_phase::terminating;
    return true;
}

// It is there since a set saw refs that are news: to list them once more would only take its time. Where they
// have moved since, that is told.
bool is_of_a_set(const crds::application& one) {
    return one.metadata.annotations.contains("holdfast.dev/application-set");
}

// A wrong operation is no reason to stop the rest.
void note_problems(application_record& r, std::vector<crds::problem> problems) {
    r.unreadable_operation.clear();
    if (r.object.operation) {
        auto of_operation = problems;
        std::erase_if(of_operation, [](const auto& one) { return !crds::is_about_operation(one); });
        std::erase_if(problems, crds::is_about_operation);
        r.unreadable_operation = crds::join(of_operation);
    }
    r.unreadable = crds::join(problems);
}

// Ours are refused or pruned by their definition. What another version of Argo CD may know is asked for in vain.
void note_not_known(
    application_record& r, std::vector<crds::problem> unknown_fields, crds::application_api api
) {
    r.not_known.clear();
    if (api == crds::application_api::holdfast_dev) {
        return;
    }
    for (auto& one : unknown_fields) {
        if (one.path.starts_with("spec.")) {
            r.not_known.push_back({std::move(one.path), "is not known to this version of Holdfast"});
        }
    }
}

} // namespace

std::optional<kube::object_version> application_controller::state::version_of(const kube::object_name& name
) const {
    const auto r = applications.find(name.namespace_ + "/" + name.name);
    if (!r) {
        return std::nullopt;
    }
    const auto& metadata = r->object.metadata;
    return kube::object_version{.uid = metadata.uid, .resource_version = metadata.resource_version};
}

void application_controller::state::for_each_known(const std::function<void(const kube::object_name&)>& see
) const {
    for (const auto& [key, record] : applications.all()) {
        see({record->object.metadata.namespace_, record->object.metadata.name});
    }
}

void application_controller::state::synced() {
    if (std::exchange(is_older_list, false)) {
        config.store_went_back();
    }
}

void application_controller::state::added(const json::object& object) {
    changed(object);
}

void application_controller::state::changed(const json::object& object) {
    take_in(object);
    config.application_told(object);
}

void application_controller::state::take_in(const json::object& object) {
    auto read = crds::examine_application(object, config.api);
    auto& now = read.value;
    const auto key = now.metadata.namespace_ + "/" + now.metadata.name;
    auto& r = applications.at(key);
    if (r && kube::is_older_version(now.metadata.resource_version, r->object.metadata.resource_version)) {
        // Said though the list as a whole may be newer again than what was known: others write, too.
        is_older_list = true;
    }
    const bool foreign =
        !config.names.get().is_for(object, config.installation) || config.is_left_to_others(object);
    // What another replica makes of it is all that is known of it.
    const bool fresh = !r || !runs.leads() || r->foreign != foreign;
    if (foreign) {
        note_foreign(r, std::move(now));
        return;
    }
    const auto checks_before = r ? r->object.spec.health_checks : std::vector<crds::health_check>{};
    if (fresh) {
        const bool is_elsewhere = !r || !is_brought_alike(r->object, now);
        take_up(r, std::move(now), object);
        if (is_elsewhere && !runs.leads()) {
            ready.prepare(key);
        }
    } else if (!follow(*r, std::move(now))) {
        return;
    }
    applications.note_dependencies(r->object, /*there=*/true);
    if (r->object.spec.health_checks != checks_before) {
        if (const auto to = destination_of(with.clusters, r->object)) {
            to->live().recheck(r->ref());
        }
    }
    (void)note_grants(*r);
    note_use_of_cluster(*r);
    note_claims(*r);
    if (!runs.leads()) {
        ending.watch_kinds_of(r->object);
    }
    note_problems(*r, std::move(read.problems));
    note_not_known(*r, std::move(read.unknown_fields), config.api);
    if (fresh && runs.leads()) {
        others.expect_reconcile(*r);
    }
    with.sources.use(config.user_of(key), uses_of(*r));
    triggers.reconcile(key);
}

void application_controller::state::note_foreign(record_ptr& r, crds::application now) {
    // Known all the same: what it owns is not free, and ours may depend on it.
    if (r) {
        applications.note_dependencies(r->object, /*there=*/false);
        r->stop_work();
    }
    r = std::make_shared<application_record>();
    r->foreign = true;
    r->object = std::move(now);
    const auto key = r->key();
    in_projects.forget(key);
    note_claims(*r);
    with.clusters.use(key, {}, {});
    wants.forget(key);
    looks.forget(key);
    with.sources.use(config.user_of(key), {});
    reconcile_dependents(key);
}

void application_controller::state::take_up(
    record_ptr& r, crds::application now, const json::object& object
) {
    auto before = std::exchange(r, std::make_shared<application_record>());
    if (before) {
        applications.note_dependencies(before->object, /*there=*/false);
        before->stop_work();
    }
    r->object = std::move(now);
    r->untold_until = untold_until;
    statuses.begin(*r, object);
    // A killed operator may have begun with the operation without having taken it out of the object.
    const auto& o = r->object;
    if (!is_of_a_set(r->object)) {
        r->sources.not_before = steady_clock::now();
    }
    if (before && !before->foreign && before->object.spec == o.spec && !o.operation) {
        // While another replica leads, each of its writes comes by here.
        r->sources.not_before = before->sources.not_before;
        r->sources.also_reads = std::move(before->sources.also_reads);
    }
    r->operation.taken = o.operation && o.status.operation_state &&
                         o.status.operation_state->operation == *o.operation &&
                         o.status.observed_generation == o.metadata.generation;
    r->operation.paced = engine::pace_of(o.status, o.metadata.generation);
}

bool application_controller::state::follow(application_record& r, crds::application now) {
    const bool is_to_end = takes_termination(r, now.status);
    if (is_to_end) {
        r.stop_work();
    }
    const bool news = is_news(r.object, now) || is_to_end;
    // How it ended, by somebody who came too late.
    const bool is_overwritten = !r.operating() && engine::is_terminating(now.status.operation_state);
    if (!(r.object.spec == now.spec) || (now.metadata.deletion_timestamp && !r.deleting())) {
        r.stop_work(); // what is looked up or built just now is for what was asked before
    }
    if (r.object.metadata.generation != now.metadata.generation) {
        r.operation.paced.resume_at_once(); // it may be just what was missing
        r.sources.failures = 0;
    }
    if (!(r.object.spec == now.spec) || (now.operation && now.operation != r.object.operation)) {
        r.sources.not_before = steady_clock::now();
    }
    if (now.operation != r.object.operation) {
        r.operation.taken = false;
    }
    if (news) {
        applications.note_dependencies(r.object, /*there=*/false);
    }
    // The status is ours: what we made of it is newer than what comes back.
    now.status = std::move(r.object.status);
    r.object = std::move(now);
    if (is_overwritten && runs.leads()) {
        statuses.due(r);
    }
    return news;
}

void application_controller::state::removed(
    const kube::object_name& name, std::string_view /*resource_version*/
) {
    forget(name.namespace_ + "/" + name.name);
    config.application_gone(name);
}

void application_controller::state::forget(const std::string& key) {
    const auto r = applications.find(key);
    if (!r) {
        return;
    }
    with.counters.application_gone(r->object.metadata.namespace_, r->object.metadata.name);
    with.sources.use(config.user_of(key), {});
    with.clusters.use(key, {}, {});
    applications.note_dependencies(r->object, /*there=*/false);
    r->stop_work();
    wants.forget(key);
    looks.forget(key);
    ready.forget(key);
    applications.erase(key);
    in_projects.forget(key);
    for (const auto& other : claims.erase(key)) {
        triggers.reconcile(other);
    }
    runs.queue().forget(key);
    statuses.forget(key);
    turns.forget(key);
    triggers.forget(key);
    reconcile_dependents(key);
}

// Who may not deploy there does not have it connected to either.
void application_controller::state::note_use_of_cluster(const application_record& r) {
    const auto& to = r.object.spec.destination;
    if (policy::may_use_cluster(r.object, r.granted, config.own_namespace)) {
        with.clusters.use(r.key(), to.server, to.name);
    } else {
        with.clusters.use(r.key(), {}, {});
    }
}

void application_controller::state::note_claims(const application_record& r) {
    // Of another installation's it is not known here what they may do.
    const auto rivals = r.foreign ? claims.put(r.object)
                                  : claims.put(r.object, policy::deploys_where_it_may(r.object, r.granted));
    for (const auto& rival : rivals) {
        triggers.reconcile(rival);
    }
}

void application_controller::state::reconcile_dependents(const std::string& key) {
    for (const auto& dependent : applications.dependents_of(key)) {
        triggers.reconcile(dependent);
    }
}

} // namespace holdfast::control
