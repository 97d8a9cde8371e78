#include "recovery/backup.hpp"

#include "crds/secret_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::recovery {

namespace {

// What the server makes by itself.
constexpr std::array<std::string_view, 3> usual_namespaces{"default", "kube-system", "kube-public"};
// What kubectl apply writes: a copy of the object, in which there may be the value of an older Secret.
constexpr std::string_view copy_annotation = "kubectl.kubernetes.io/last-applied-configuration";

bool is_brought(const json::object& object, std::string_view tracking_annotation) {
    const auto* annotations = kube::find_object(object, {"metadata", "annotations"});
    return annotations != nullptr && annotations->contains(tracking_annotation);
}

json::object metadata_of(const json::object& object) {
    json::object kept;
    const auto* metadata = kube::find_object(object, {"metadata"});
    if (metadata == nullptr) {
        return kept;
    }
    for (const auto* field : {"name", "namespace", "labels", "annotations", "finalizers"}) {
        if (const auto* value = metadata->if_contains(field)) {
            kept[field] = *value;
        }
    }
    if (auto* annotations = kept.if_contains("annotations");
        annotations != nullptr && annotations->is_object()) {
        annotations->get_object().erase(copy_annotation);
        if (annotations->get_object().empty()) {
            kept.erase("annotations");
        }
    }
    return kept;
}

json::object as_written(const json::object& object) {
    json::object kept;
    for (const auto* field : {"apiVersion", "kind"}) {
        if (const auto* value = object.if_contains(field)) {
            kept[field] = *value;
        }
    }
    kept["metadata"] = metadata_of(object);
    for (const auto* field : {"spec", "type", "immutable", "data", "binaryData"}) {
        if (const auto* value = object.if_contains(field)) {
            kept[field] = *value;
        }
    }
    return kept;
}

json::object empty_namespace(const std::string& name) {
    return {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}};
}

template <class Read>
void add_named(std::set<kube::object_name>& into, const std::vector<json::object>& objects, Read read) {
    for (const auto& object : objects) {
        // What is wrong with one of them is no reason to leave out what it names.
        const auto value = read(object).value;
        for (const auto& name : crds::secrets_named_by(value.spec)) {
            into.insert({value.metadata.namespace_, name});
        }
    }
}

} // namespace

std::set<kube::object_name>
named_secrets(const std::vector<json::object>& applications, const std::vector<json::object>& repositories) {
    std::set<kube::object_name> names;
    add_named(names, applications, crds::examine_application);
    add_named(names, repositories, crds::examine_repository);
    return names;
}

std::vector<json::object> backup_of(const found_objects& found, std::string_view tracking_annotation) {
    std::vector<json::object> objects;
    std::set<std::string, std::less<>> namespaces;
    const auto add = [&](const json::object& object) {
        // What a set made, it makes again.
        if (object.empty() || is_brought(object, tracking_annotation) ||
            kube::has_owner_of_kind(object, "ApplicationSet")) {
            return;
        }
        namespaces.emplace(kube::namespace_of(object));
        objects.push_back(as_written(object));
    };
    for (const auto& one : found.secrets) {
        add(one);
    }
    add(found.options);
    for (const auto* all : {&found.projects, &found.repositories, &found.sets, &found.applications}) {
        for (const auto& one : *all) {
            add(one);
        }
    }
    for (const auto name : usual_namespaces) {
        namespaces.erase(std::string{name});
    }
    std::vector<json::object> whole;
    whole.reserve(namespaces.size() + objects.size());
    for (const auto& name : namespaces) {
        whole.push_back(empty_namespace(name));
    }
    std::move(objects.begin(), objects.end(), std::back_inserter(whole));
    return whole;
}

} // namespace holdfast::recovery
