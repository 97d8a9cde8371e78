#include "kube/discovery.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <set>

namespace holdfast::kube {

namespace {

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
    std::vector<std::string> texts;
    if (const auto* list = find_array(object, {key})) {
        for (const auto& entry : *list) {
            if (const auto* text = entry.if_string()) {
                texts.emplace_back(text->data(), text->size());
            }
        }
    }
    return texts;
}

std::vector<resource>
resources_of(const json::object& version, std::string_view group, std::string_view version_name) {
    std::vector<resource> found;
    const auto* list = find_array(version, {"resources"});
    if (list == nullptr) {
        return found;
    }
    for (const auto& value : *list) {
        const auto* entry = value.if_object();
        if (entry == nullptr) {
            continue;
        }
        resource r{
            .group = std::string{group},
            .version = std::string{version_name},
            .plural = std::string{find_text(*entry, {"resource"})},
            .kind = std::string{find_text(*entry, {"responseKind", "kind"})},
            .namespaced = find_text(*entry, {"scope"}) == "Namespaced",
            .verbs = texts_of(*entry, "verbs"),
            .subresources = {}
        };
        // One without a kind only carries subresources, and has no objects.
        if (r.plural.empty() || r.kind.empty()) {
            continue;
        }
        if (const auto* subresources = find_array(*entry, {"subresources"})) {
            for (const auto& sub : *subresources) {
                if (const auto* object = sub.if_object()) {
                    r.subresources.emplace_back(find_text(*object, {"subresource"}));
                }
            }
        }
        found.push_back(std::move(r));
    }
    return found;
}

std::string group_version(std::string_view group, std::string_view version) {
    return group.empty() ? std::string{version} : std::string{group} + '/' + std::string{version};
}

} // namespace

void api_catalog::add(std::vector<resource> resources) {
    resources_.insert(
        resources_.end(), std::make_move_iterator(resources.begin()), std::make_move_iterator(resources.end())
    );
}

std::vector<std::string> api_catalog::api_versions() const {
    std::set<std::string> names;
    for (const auto& r : resources_) {
        auto version = group_version(r.group, r.version);
        names.insert(version + '/' + r.kind);
        names.insert(std::move(version));
    }
    return {names.begin(), names.end()};
}

void api_catalog::add_stale(std::string_view group, std::string_view version) {
    stale_.push_back(group_version(group, version));
}

reply<void> api_catalog::add_groups(const json::object& discovery_list) {
    const auto* groups = find_array(discovery_list, {"items"});
    if (kind_of(discovery_list) != "APIGroupDiscoveryList" || groups == nullptr) {
        return failure{internal_error("the server's discovery document is not an APIGroupDiscoveryList")};
    }
    for (const auto& value : *groups) {
        const auto* group = value.if_object();
        const auto* versions = group == nullptr ? nullptr : find_array(*group, {"versions"});
        if (versions == nullptr) {
            continue;
        }
        const auto group_name = name_of(*group);
        for (const auto& entry : *versions) {
            const auto* version = entry.if_object();
            if (version == nullptr) {
                continue;
            }
            const auto version_name = find_text(*version, {"version"});
            if (find_text(*version, {"freshness"}) == "Stale") {
                add_stale(group_name, version_name);
            }
            add(resources_of(*version, group_name, version_name));
        }
    }
    return {};
}

reply<void> api_catalog::add_resource_list(const json::object& resource_list) {
    const auto* list = find_array(resource_list, {"resources"});
    if (kind_of(resource_list) != "APIResourceList" || list == nullptr) {
        return failure{internal_error("the server's discovery document is not an APIResourceList")};
    }
    const auto of = make_gvk(find_text(resource_list, {"groupVersion"}), "");
    std::vector<resource> found;
    std::vector<std::pair<std::string, std::string>> subresources;
    for (const auto& value : *list) {
        const auto* entry = value.if_object();
        if (entry == nullptr) {
            continue;
        }
        const auto name = find_text(*entry, {"name"});
        if (const auto slash = name.find('/'); slash != std::string_view::npos) {
            subresources.emplace_back(name.substr(0, slash), name.substr(slash + 1));
            continue;
        }
        const auto* namespaced = find_path(*entry, {"namespaced"});
        found.push_back(
            {.group = of.group,
             .version = of.version,
             .plural = std::string{name},
             .kind = std::string{find_text(*entry, {"kind"})},
             .namespaced = namespaced != nullptr && namespaced->is_bool() && namespaced->get_bool(),
             .verbs = texts_of(*entry, "verbs"),
             .subresources = {}}
        );
    }
    for (auto& [plural, subresource] : subresources) {
        const auto owner =
            std::find_if(found.begin(), found.end(), [&](const resource& r) { return r.plural == plural; });
        if (owner != found.end()) {
            owner->subresources.push_back(std::move(subresource));
        }
    }
    add(std::move(found));
    return {};
}

const resource* api_catalog::find(const group_version_kind& gvk) const noexcept {
    const auto it = std::find_if(resources_.begin(), resources_.end(), [&](const resource& r) {
        return r.kind == gvk.kind && r.group == gvk.group && r.version == gvk.version;
    });
    return it == resources_.end() ? nullptr : &*it;
}

const resource* api_catalog::find(const group_kind& kind) const noexcept {
    const auto it = std::find_if(resources_.begin(), resources_.end(), [&](const resource& r) {
        return r.kind == kind.kind && r.group == kind.group;
    });
    return it == resources_.end() ? nullptr : &*it;
}

std::vector<std::string> api_catalog::versions_of(const group_kind& kind) const {
    std::vector<std::string> versions;
    for (const auto& r : resources_) {
        if (r.kind == kind.kind && r.group == kind.group) {
            versions.push_back(r.version);
        }
    }
    return versions;
}

bool api_catalog::is_stale(std::string_view group) const noexcept {
    return std::any_of(stale_.begin(), stale_.end(), [&](const std::string& gv) {
        return gv.size() > group.size() && gv.starts_with(group) && gv[group.size()] == '/';
    });
}

void api_catalog::keep_stale_from(const api_catalog& old) {
    for (const auto& r : old.resources_) {
        const auto gv = group_version(r.group, r.version);
        if (std::find(stale_.begin(), stale_.end(), gv) != stale_.end() && find(r.gvk()) == nullptr) {
            resources_.push_back(r);
        }
    }
}

} // namespace holdfast::kube
