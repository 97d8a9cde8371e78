#include "policy/grants.hpp"

#include "crds/words.hpp"
#include "match/own_cluster.hpp"

#include <utility>

namespace holdfast::policy {

namespace {

std::string project_of(const crds::application_spec& spec) {
    return spec.project.empty() ? std::string{default_project} : spec.project;
}

// As it is written: what else the cluster is called is not everybody's to know.
std::string called(const crds::application_destination& destination) {
    const auto written = cluster_of(destination);
    return written.server.empty() ? written.name : written.server;
}

// As Argo CD has it: in the destination's namespace where the account names none, else in the application's.
std::string
user_of(const crds::application& value, const project_rules& rules, const cluster_identity& cluster) {
    const auto& into = value.spec.destination.namespace_;
    const auto account = rules.account_for(cluster, into);
    if (account.empty()) {
        return {};
    }
    constexpr std::string_view prefix = "system:serviceaccount:";
    if (account.find(':') != std::string_view::npos) {
        return std::string{prefix}.append(account);
    }
    return std::string{prefix}
        .append(into.empty() ? value.metadata.namespace_ : into)
        .append(":")
        .append(account);
}

void judge_source(
    const crds::application_source& source, std::string path, const project_rules& rules,
    std::vector<crds::problem>& into
) {
    if (!rules.permits_source(source.repo_url)) {
        into.push_back(
            {std::move(path) + ".repoURL",
             "application repo " + source.repo_url + " is not permitted in project '" + rules.name() + "'"}
        );
    }
}

void judge_sources(
    const std::vector<crds::application_source>& sources, const std::string& path, const project_rules& rules,
    std::vector<crds::problem>& into
) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
        judge_source(sources[i], path + "[" + std::to_string(i) + "]", rules, into);
    }
}

} // namespace

std::string grants::why_not(const sync::object_id& id) const {
    if (!refused.message.empty()) {
        return refused.message;
    }
    if (!confined_to.empty() && id.namespace_ != confined_to) {
        return sync::describe(id) + " is outside of the namespace " + crds::quoted(confined_to) +
               ", which the application is confined to";
    }
    if (!project) {
        return {};
    }
    const bool is_kind_permitted = id.namespace_.empty()
                                       ? project->permits_cluster_kind(id.group, id.kind, id.name)
                                       : project->permits_namespaced_kind(id.group, id.kind);
    if (!is_kind_permitted) {
        return "resource " + id.group + ":" + id.kind + " is not permitted in project " + project->name();
    }
    if (!id.namespace_.empty() && !project->permits_destination(cluster, id.namespace_)) {
        return "namespace " + id.namespace_ + " is not permitted in project '" + project->name() + "'";
    }
    return {};
}

cluster_identity cluster_of(const crds::application_destination& destination) {
    cluster_identity made{.server = destination.server, .name = destination.name, .project = {}};
    if (made.server == match::own_cluster_server && made.name.empty()) {
        made.name = match::own_cluster_name;
    } else if (made.name == match::own_cluster_name && made.server.empty()) {
        made.server = match::own_cluster_server;
    }
    return made;
}

grants grants_of(
    const crds::application& value, cluster_identity cluster, const known_projects& projects,
    const std::string& own_namespace
) {
    const auto& metadata = value.metadata;
    const auto name = project_of(value.spec);
    const bool is_elsewhere = !metadata.namespace_.empty() && metadata.namespace_ != own_namespace;
    grants made{
        .project = {},
        .confined_to = is_elsewhere ? metadata.namespace_ : std::string{},
        .cluster = std::move(cluster),
        .account = {},
        .refused = {},
        .awaits_project = false
    };
    const auto refuse = [&made](std::string why) { made.refused = {"spec.project", std::move(why)}; };
    if (!made.cluster.project.empty() && made.cluster.project != name) {
        made.refused = {
            "spec.destination", "cluster '" + called(value.spec.destination) +
                                    "' is declared for another project than '" + name + "'"
        };
    }
    auto rules = projects.find(name);
    if (!rules) {
        if (name != default_project) {
            refuse("Application referencing project " + name + " which does not exist");
            made.awaits_project = true;
        }
        return made;
    }
    const bool is_let_in = !is_elsewhere || rules->permits_applications_in(metadata.namespace_);
    if (!is_let_in && name != default_project) {
        refuse(
            "application '" + metadata.name + "' in namespace '" + metadata.namespace_ +
            "' is not allowed to use project '" + name + "'"
        );
        return made;
    }
    if (!rules->problem().empty()) {
        refuse("project '" + name + "' is wrong, and permits nothing until it is right: " + rules->problem());
    }
    if (is_let_in) {
        made.confined_to.clear();
    }
    made.account = user_of(value, *rules, made.cluster);
    const bool needs_account =
        !rules->spec().destination_service_accounts.empty() && value.spec.service_account_name.empty();
    if (needs_account && made.account.empty() && made.refused.message.empty()) {
        // Not as somebody with more rights instead.
        made.refused = {
            "spec.destination", "no matching service account found for destination server '" +
                                    called(value.spec.destination) + "' and namespace '" +
                                    value.spec.destination.namespace_ + "' in project '" + name + "'"
        };
    }
    made.project = std::move(rules);
    return made;
}

std::vector<crds::problem> what_is_not_granted(const crds::application& value, const grants& granted) {
    if (!granted.refused.message.empty()) {
        return {granted.refused};
    }
    std::vector<crds::problem> all;
    if (!granted.project) {
        return all;
    }
    const auto& rules = *granted.project;
    const auto& spec = value.spec;
    if (spec.source) {
        judge_source(*spec.source, "spec.source", rules, all);
    }
    judge_sources(spec.sources, "spec.sources", rules, all);
    for (std::size_t i = 0; i < spec.secrets.size(); ++i) { // its values get into the objects
        const auto& pass = spec.secrets[i].pass;
        if (pass && !rules.permits_source(pass->repo_url)) {
            all.push_back(
                {"spec.secrets[" + std::to_string(i) + "].pass.repoURL",
                 "password store " + pass->repo_url + " is not permitted in project '" + rules.name() + "'"}
            );
        }
    }
    const auto& destination = spec.destination;
    if (!rules.permits_destination(granted.cluster, destination.namespace_)) {
        all.push_back(
            {"spec.destination", "application destination server '" + called(destination) +
                                     "' and namespace '" + destination.namespace_ +
                                     "' do not match any of the allowed destinations in project '" +
                                     rules.name() + "'"}
        );
    }
    // What is asked for may come from elsewhere.
    if (value.operation && value.operation->sync) {
        if (value.operation->sync->source) {
            judge_source(*value.operation->sync->source, "operation.sync.source", rules, all);
        }
        judge_sources(value.operation->sync->sources, "operation.sync.sources", rules, all);
    }
    return all;
}

std::string why_not_from(const std::vector<crds::application_source>& sources, const grants& granted) {
    if (!granted.refused.message.empty()) {
        return granted.refused.message;
    }
    std::vector<crds::problem> all;
    if (granted.project) {
        judge_sources(sources, "sources", *granted.project, all);
    }
    return all.empty() ? std::string{} : std::move(all.front().message);
}

bool deploys_where_it_may(const crds::application& value, const grants& granted) {
    const auto& into = value.spec.destination.namespace_;
    if (!granted.refused.message.empty() ||
        (!granted.confined_to.empty() && !into.empty() && into != granted.confined_to)) {
        return false;
    }
    return !granted.project || granted.project->permits_destination(granted.cluster, into);
}

bool is_let_out(const crds::object_metadata& of, const grants& granted, const std::string& own_namespace) {
    return of.namespace_ != own_namespace && granted.project && granted.confined_to.empty() &&
           granted.refused.message.empty();
}

} // namespace holdfast::policy
