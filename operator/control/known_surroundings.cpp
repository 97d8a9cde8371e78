#include "control/known_surroundings.hpp"
#include "match/own_cluster.hpp"

#include <algorithm>
#include <map>

namespace holdfast::control {

namespace {

// Whether the files that a source takes from others, as $NAME/path, can be looked for.
bool has_all_refs(
    const crds::application_source& source,
    const std::map<std::string, builders::referenced_source, std::less<>>& refs
) {
    if (!source.helm) {
        return true;
    }
    const auto is_there = [&](const std::string& file) {
        return !file.starts_with('$') || refs.contains(file.substr(1, file.find('/') - 1));
    };
    const auto& helm = *source.helm;
    return std::ranges::all_of(helm.value_files, is_there) &&
           std::ranges::all_of(helm.file_parameters, [&](const auto& one) { return is_there(one.path); });
}

} // namespace

const crds::application*
known_surroundings::rival_of(const crds::application& value, const crds::application_source& source) const {
    const auto claim = with_.claims.claim_of(value, source);
    const auto* key = claim ? with_.claims.rival_of(value, *claim) : nullptr;
    const auto r = key == nullptr ? nullptr : with_.applications.find(*key);
    return r ? &r->object : nullptr;
}

std::optional<policy::cluster_trouble>
known_surroundings::trouble_with_cluster(const crds::application_destination& to) const {
    const auto& known = with_.clusters.known();
    if (!known.is_known()) {
        return std::nullopt;
    }
    auto found = known.find(to.server, to.name);
    if (found.problem.empty()) {
        return std::nullopt;
    }
    return policy::cluster_trouble{.why = std::move(found.problem), .is_wrong = found.is_ambiguous};
}

const crds::application*
known_surroundings::application(const std::string& namespace_, const std::string& name) const {
    const auto r = with_.applications.find(namespace_ + "/" + name);
    return r ? &r->object : nullptr;
}

// By both its names, whichever of them the destination has: a Project may go by the other.
policy::cluster_identity known_surroundings::cluster_meant_by(const crds::application_destination& to) const {
    const auto& known = with_.clusters.known();
    auto made = policy::cluster_of(to);
    const auto found = known.find(to.server, to.name);
    if (!found.problem.empty()) {
        return made;
    }
    const auto* declared = found.id.empty() ? known.home() : known.declaration(found.id);
    if (found.id.empty()) {
        made = {
            .server = std::string{match::own_cluster_server},
            .name = std::string{match::own_cluster_name},
            .project = {}
        };
    }
    if (declared != nullptr) {
        made.server = declared->server;
        if (!declared->name.empty()) {
            made.name = declared->name;
        }
        made.project = declared->project;
    }
    return made;
}

void known_surroundings::for_each_application_of(
    const std::string& project, const std::function<void(const crds::application&)>& see
) const {
    for (const auto& key : with_.in_projects.of(project)) {
        if (const auto r = with_.applications.find(key); r && !r->foreign) {
            see(r->object);
        }
    }
}

const crds::repository* known_surroundings::rival_of(const crds::repository& value) const {
    return with_.sources.rival_of(value);
}

const crds::repository*
known_surroundings::repository_for(const std::string& namespace_, const std::string& url) const {
    return with_.sources.serving(namespace_, url);
}

std::optional<std::set<std::string>>
known_surroundings::secret_keys(const std::string& namespace_, const std::string& name) const {
    return with_.sources.secret_keys(namespace_, name);
}

std::optional<bool> known_surroundings::has_revision(
    const std::string& namespace_, const std::string& url, const std::string& revision,
    const std::string& tag_prefix
) const {
    const auto refs = with_.sources.refs(namespace_, url);
    const auto parsed = match::revision::parse(revision);
    if (!refs || !parsed || parsed->kind == match::revision::form::commit) {
        return std::nullopt;
    }
    const auto found = git::resolve(*parsed, *refs, tag_prefix);
    if (!found && found.error().kind() != error_kind::not_found) {
        return std::nullopt;
    }
    return found.has_value();
}

asio::awaitable<std::vector<crds::problem>> known_surroundings::look_into_sources(crds::application value
) const {
    std::vector<sources::build_input> inputs;
    std::vector<std::string> paths;
    const auto& one = value.spec.source;
    const auto count = one ? 1 : value.spec.sources.size();
    std::map<std::string, builders::referenced_source, std::less<>> refs;
    for (std::size_t i = 0; !one && i < count; ++i) {
        const auto& source = value.spec.sources[i];
        if (source.ref.empty()) {
            continue;
        }
        auto at = co_await with_.sources.at_hand(
            source.repo_url, value.metadata.namespace_, source.target_revision, source.tag_prefix
        );
        if (at) {
            builders::referenced_source reference{source.repo_url, std::move(*at)};
            refs.emplace(source.ref, std::move(reference));
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        const auto& source = one ? *one : value.spec.sources[i];
        if (source.path.empty() || !has_all_refs(source, refs)) {
            continue;
        }
        auto at = co_await with_.sources.at_hand(
            source.repo_url, value.metadata.namespace_, source.target_revision, source.tag_prefix
        );
        if (at) {
            sources::build_input input;
            input.source.spec = source;
            input.source.at = std::move(*at);
            input.source.refs = refs;
            builders::build_facts facts;
            facts.application = value.metadata.name;
            facts.namespace_ = value.metadata.namespace_;
            facts.destination_namespace = value.spec.destination.namespace_;
            input.facts = std::make_shared<const builders::build_facts>(std::move(facts));
            inputs.push_back(std::move(input));
            paths.push_back((one ? "spec.source" : "spec.sources[" + std::to_string(i) + "]") + ".path");
        }
    }
    std::vector<crds::problem> told;
    if (inputs.empty()) {
        co_return told;
    }
    const auto found = co_await with_.build.identify(std::move(inputs), {value.metadata.namespace_, {}});
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i] && (found[i].error().kind() == error_kind::not_found ||
                          found[i].error().kind() == error_kind::user)) {
            told.push_back({paths[i], found[i].error().message()});
        }
    }
    co_return told;
}

} // namespace holdfast::control
