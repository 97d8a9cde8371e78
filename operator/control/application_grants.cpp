// What applications may do: of their Projects, and of the fence around their namespaces.

#include "control/application_access.hpp"
#include "control/application_controller_state.hpp"
#include "control/application_sources_of.hpp"
#include "policy/orphans.hpp"

#include <utility>

namespace holdfast::control {

bool application_controller::state::note_grants(application_record& r) {
    const auto& a = r.object;
    auto now = policy::grants_of(
        a, around.cluster_meant_by(a.spec.destination), around.projects(), config.own_namespace
    );
    const bool is_forbidden = !policy::what_is_not_granted(a, now).empty();
    const auto& project = a.spec.project.empty() ? std::string{policy::default_project} : a.spec.project;
    in_projects.note(r.key(), project, is_forbidden);
    if (now == r.granted) {
        return false;
    }
    r.granted = std::move(now);
    r.note_forbidden();
    return true;
}

void application_controller::state::project_changed(const std::string& project) {
    const auto users = in_projects.of(project);
    for (const auto& key : users) {
        const auto r = applications.find(key);
        if (!r || r->foreign) {
            continue;
        }
        (void)grant_anew(*r);
        note_claims(*r);
        triggers.reconcile(key);
    }
}

bool application_controller::state::grant_anew(application_record& r) {
    if (!note_grants(r)) {
        return false;
    }
    note_use_of_cluster(r);
    r.operation.paced.resume_at_once(); // it may be just what was missing
    r.sources.failures = 0;
    return true;
}

void application_controller::state::note_orphans(const application_record& r, engine::findings& found) {
    const auto& project = r.granted.project;
    const auto& namespace_ = r.object.spec.destination.namespace_;
    const auto* ignored = project ? project->orphans() : nullptr;
    if (ignored == nullptr || namespace_.empty() || !policy::deploys_where_it_may(r.object, r.granted) ||
        stand_of_cluster(with.clusters, r.object).now != cluster::standing::stand::ready) {
        return;
    }
    const auto to = destination_of(with.clusters, r.object);
    const auto known = orphans.look(r.key(), to, namespace_);
    found.requeue(orphan_listings::max_age);
    if (!known) {
        return;
    }
    std::vector<sync::object_id> all;
    for (const auto& one : known->objects) {
        const auto& id = one.id;
        if (!(one.owner && applications.find(*one.owner)) && !ignored->covers(id) &&
            project->permits_namespaced_kind(id.group, id.kind) && wants.wanting(to->id(), id).empty()) {
            all.push_back(id);
        }
    }
    found.orphans = policy::orphans_sentence(all, known->is_cut);
}

bool application_controller::state::is_granted(application_record& r, engine::findings& found) {
    const auto problems = policy::what_is_not_granted(r.object, r.granted);
    const crds::problem* first = nullptr;
    for (const auto& one : problems) {
        if (!crds::is_about_operation(one)) {
            first = first == nullptr ? &one : first;
        }
    }
    if (first != nullptr) {
        operation.refuse(r, first->message);
        with.sources.use(config.user_of(r.key()), {}); // nothing is asked for on its behalf
        found.health_unknown = true;
        return false;
    }
    // An operation may have sources of its own.
    if (r.operating()) {
        if (auto why = policy::why_not_from(all_sources_of(r), r.granted); !why.empty()) {
            operation.refuse(r, std::move(why));
        }
    }
    return true;
}

void application_controller::project_changed(const std::string& project) {
    state_->project_changed(project);
}

void application_controller::declarations_changed() {
    for (const auto& [key, r] : state_->applications.all()) {
        if (!r->foreign && state_->grant_anew(*r)) {
            state_->note_claims(*r);
            state_->triggers.reconcile(key);
        }
    }
}

void application_controller::projects_are_known() {
    for (const auto& [key, r] : state_->applications.all()) {
        if (!r->foreign) {
            (void)state_->note_grants(*r);
            state_->note_use_of_cluster(*r);
            state_->note_claims(*r);
            state_->triggers.reconcile(key);
        }
    }
}

application_controller::usage_of_project application_controller::usage_of(const std::string& project) const {
    const auto& users = state_->in_projects;
    return {.applications = users.of(project).size(), .forbidden = users.forbidden_of(project)};
}

} // namespace holdfast::control
