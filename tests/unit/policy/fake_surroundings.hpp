#pragma once

#include "policy/claim_index.hpp"
#include "policy/project_index.hpp"
#include "policy/repository_index.hpp"
#include "policy/surroundings.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>

namespace holdfast::policy::test {

namespace json = boost::json;

/// A world of a few objects, to judge others in.
class fake_surroundings : public surroundings {
public:
    std::string home = "holdfast";
    std::vector<crds::application> applications;
    std::vector<crds::repository> repositories;
    /// By "namespace/name".
    std::map<std::string, std::set<std::string>> secrets;
    /// By URL: what its refs are called; a URL that is not here was not listed.
    std::map<std::string, std::set<std::string>> branches;
    /// Names of clusters that are none.
    std::map<std::string, cluster_trouble> clusters{
        {"elsewhere", {"there are 2 clusters with the same name: elsewhere", true}},
        {"coming", {"there are no clusters with this name: coming", false}}
    };
    std::vector<crds::problem> in_sources;
    project_index known;
    mutable int looks_into_sources = 0;
    /// The paths of what was last looked into.
    mutable std::vector<std::string> looked_at;

    fake_surroundings() { known.all_are_known(); }

    [[nodiscard]] const std::string& own_namespace() const override { return home; }
    [[nodiscard]] std::optional<cluster_trouble> trouble_with_cluster(const crds::application_destination& to
    ) const override {
        const auto found = clusters.find(to.name);
        return found == clusters.end() ? std::nullopt : std::optional{found->second};
    }
    [[nodiscard]] const known_projects& projects() const override { return known; }
    void for_each_application_of(
        const std::string& project, const std::function<void(const crds::application&)>& see
    ) const override {
        for (const auto& one : applications) {
            if (one.spec.project == project) {
                see(one);
            }
        }
    }
    [[nodiscard]] const crds::application*
    rival_of(const crds::application& value, const crds::application_source& source) const override {
        claim_index claims{home};
        for (const auto& one : applications) {
            claims.put(one);
        }
        const auto claim = claim_of(value, source);
        const auto* key = claim ? claims.rival_of(value, *claim) : nullptr;
        if (key == nullptr) {
            return nullptr;
        }
        const auto slash = key->find('/');
        return application(key->substr(0, slash), key->substr(slash + 1));
    }
    [[nodiscard]] const crds::application*
    application(const std::string& namespace_, const std::string& name) const override {
        for (const auto& one : applications) {
            if (one.metadata.namespace_ == namespace_ && one.metadata.name == name) {
                return &one;
            }
        }
        return nullptr;
    }
    [[nodiscard]] const crds::repository* rival_of(const crds::repository& value) const override {
        const auto scope = scope_of(value.spec.url);
        const auto name = scope ? index().rival_of(value.metadata, *scope) : std::nullopt;
        return name ? repository(*name) : nullptr;
    }
    [[nodiscard]] const crds::repository*
    repository_for(const std::string& namespace_, const std::string& url) const override {
        const crds::repository* found = nullptr;
        if (const auto scope = scope_of(url)) {
            index().covering(namespace_, home, *scope, [&](const kube::object_name& name) {
                found = repository(name);
                return true;
            });
        }
        return found;
    }
    [[nodiscard]] std::optional<std::set<std::string>>
    secret_keys(const std::string& namespace_, const std::string& name) const override {
        const auto found = secrets.find(namespace_ + "/" + name);
        return found == secrets.end() ? std::nullopt : std::optional{found->second};
    }
    [[nodiscard]] std::optional<bool> has_revision(
        const std::string& /*namespace_*/, const std::string& url, const std::string& revision,
        const std::string& /*tag_prefix*/
    ) const override {
        const auto found = branches.find(url);
        return found == branches.end() ? std::nullopt : std::optional{found->second.contains(revision)};
    }
    [[nodiscard]] asio::awaitable<std::vector<crds::problem>> look_into_sources(crds::application value
    ) const override {
        ++looks_into_sources;
        looked_at.clear();
        for (const auto& source : value.spec.all_sources()) {
            looked_at.push_back(source.path);
        }
        co_return in_sources;
    }

private:
    [[nodiscard]] repository_index index() const {
        repository_index made;
        for (const auto& one : repositories) {
            if (const auto scope = scope_of(one.spec.url)) {
                made.put(one.metadata, *scope);
            }
        }
        return made;
    }
    [[nodiscard]] const crds::repository* repository(const kube::object_name& name) const {
        const auto found = std::ranges::find_if(repositories, [&](const crds::repository& one) {
            return one.metadata.namespace_ == name.namespace_ && one.metadata.name == name.name;
        });
        return found == repositories.end() ? nullptr : &*found;
    }
};

/// An Application that is right, in namespace "holdfast", with a merge patch; created at `created` when that
/// is not empty.
inline json::object application_object(const std::string& patch = "{}", const std::string& created = {}) {
    auto object = json::parse(R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Application",
        "metadata": {"name": "shop", "namespace": "holdfast"},
        "spec": {"source": {"repoURL": "https://git.example.com/team/deploy", "path": "shop", "targetRevision": "v1"},
                 "destination": {"name": "in-cluster", "namespace": "shop"}}})")
                      .as_object();
    const std::function<void(json::object&, const json::object&)> merge = [&](json::object& into,
                                                                              const json::object& from) {
        for (const auto& [key, value] : from) {
            if (value.is_null()) {
                into.erase(key);
            } else if (value.is_object() && into.contains(key) && into[key].is_object()) {
                merge(into[key].as_object(), value.as_object());
            } else {
                into[key] = value;
            }
        }
    };
    merge(object, json::parse(patch).as_object());
    if (!created.empty()) {
        object["metadata"].as_object()["creationTimestamp"] = created;
    }
    return object;
}

inline crds::application application(const std::string& patch = "{}", const std::string& created = {}) {
    auto read = crds::examine_application(application_object(patch, created));
    if (!read.problems.empty()) {
        throw std::runtime_error{crds::join(read.problems)};
    }
    return std::move(read.value);
}

inline crds::repository
repository(const std::string& spec, const std::string& metadata = R"({"name": "team"})") {
    json::object object{{"apiVersion", "holdfast.dev/v1alpha1"}, {"kind", "Repository"}};
    object["metadata"] = json::parse(metadata);
    if (!object["metadata"].as_object().contains("namespace")) {
        object["metadata"].as_object()["namespace"] = "holdfast";
    }
    object["spec"] = json::parse(spec);
    auto read = crds::examine_repository(object);
    if (!read.problems.empty()) {
        throw std::runtime_error{crds::join(read.problems)};
    }
    return std::move(read.value);
}

inline crds::project
project(const std::string& name, const std::string& spec, const std::string& namespace_ = "holdfast") {
    json::object object{{"apiVersion", "holdfast.dev/v1alpha1"}, {"kind", "Project"}};
    object["metadata"] = json::object{{"name", name}, {"namespace", namespace_}};
    object["spec"] = json::parse(spec);
    auto read = crds::examine_project(object);
    if (!read.problems.empty()) {
        throw std::runtime_error{crds::join(read.problems)};
    }
    return std::move(read.value);
}

} // namespace holdfast::policy::test
