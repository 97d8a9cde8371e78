#include "sync/desired.hpp"

#include "base/base64.hpp"
#include "sync/canonical.hpp"

#include <fmt/format.h>

#include <array>

namespace holdfast::sync {

std::string canonical_json(const json::value& value) {
    std::string out;
    write_canonical(value, out, [] {});
    return out;
}

sha256_digest canonical_hash(const json::value& value) {
    constexpr std::size_t chunk = 4096;
    hasher hash;
    std::string buffer;
    write_canonical(value, buffer, [&] {
        // The pieces depend on nothing but the value.
        if (buffer.size() >= chunk) {
            hash.add(buffer);
            buffer.clear();
        }
    });
    return hash.add(buffer).finish();
}

namespace {

/// What only the server says, or what is none of the desired state.
constexpr std::array<std::string_view, 8> server_metadata{
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid"
};

/// A map of texts under `metadata`, made where it is missing. Error: it is something else.
result<json::object*> text_map(json::object& metadata, std::string_view field, const std::string& what) {
    auto& value = metadata[field];
    if (value.is_null()) value.emplace_object();
    auto* map = value.if_object();
    if (map == nullptr) {
        return user_error(fmt::format("{}: metadata.{} must be a map of texts", what, field));
    }
    for (const auto& member : *map) {
        if (!member.value().is_string()) {
            return user_error(fmt::format(
                "{}: metadata.{}[\"{}\"] must be a text; put it in quotes", what, field,
                std::string_view{member.key()}
            ));
        }
    }
    return map;
}

/// Ownership follows what was sent, but the server keeps `stringData` as `data`: so does this.
result<void> fold_string_data(json::object& manifest, const std::string& what) {
    auto* field = manifest.if_contains("stringData");
    if (field == nullptr) return {};
    if (!field->is_null() && !field->is_object()) {
        return user_error(fmt::format("{}: stringData must be a map of texts", what));
    }
    if (const auto* texts = field->if_object(); texts != nullptr && !texts->empty()) {
        auto& data = manifest["data"];
        if (!data.is_object()) data.emplace_object();
        for (const auto& member : *texts) {
            const auto* text = member.value().if_string();
            if (text == nullptr && !member.value().is_null()) {
                return user_error(fmt::format(
                    "{}: stringData[\"{}\"] must be a text; put it in quotes", what,
                    std::string_view{member.key()}
                ));
            }
            manifest["data"].get_object()[member.key()] =
                base64_encode(text != nullptr ? std::string_view{*text} : std::string_view{});
        }
    }
    manifest.erase("stringData");
    return {};
}

/// Whether the rules are the aggregation controller's, which replaces whatever they are.
bool is_aggregated(const json::object& manifest, const object_id& id) {
    return id.group == "rbac.authorization.k8s.io" && id.kind == "ClusterRole" &&
           kube::find_object(manifest, {"aggregationRule"}) != nullptr;
}

constexpr std::size_t longest_label = 63;

/// As much of a name as a label can have, in the way of Argo CD.
std::string_view label_of(std::string_view name) {
    name = name.substr(0, longest_label);
    const auto last = name.find_last_not_of("-_.");
    return last == std::string_view::npos ? std::string_view{} : name.substr(0, last + 1);
}

/// Error: the label cannot have the application's name.
result<void>
mark(json::object& annotations, json::object& labels, const object_id& id, const ownership& who) {
    const auto& names = who.names.get();
    if (names.marks == marking::by_installation) {
        annotations[names.tracking_annotation] = to_string(tracking_id{who.application, id});
        labels[names.installation_label] = who.installation;
        return {};
    }
    if (names.leaves_unmarked(id.group, id.kind)) return {};
    const auto& name = who.application.name;
    if (names.marks == marking::by_label) {
        if (name.size() > longest_label) {
            return user_error(fmt::format(
                "the application's name has {} characters, and the label {}, by which Argo CD is set to know its "
                "objects, can have {}: use a shorter name, or application.resourceTrackingMethod: annotation",
                name.size(), names.installation_label, longest_label
            ));
        }
        labels[names.installation_label] = name;
        return {};
    }
    annotations[names.tracking_annotation] = argocd_tracking_id(name, id, who.destination_namespace);
    if (names.argocd_installation.empty()) {
        annotations.erase(argocd_installation_annotation);
    } else {
        annotations[argocd_installation_annotation] = names.argocd_installation;
    }
    if (names.marks == marking::by_annotation_and_label) labels[names.installation_label] = label_of(name);
    return {};
}

} // namespace

std::optional<status_field> status_defined(const json::object& definition, std::string_view version) {
    const auto* versions = kube::find_array(definition, {"spec", "versions"});
    if (versions == nullptr) return std::nullopt;
    for (const auto& item : *versions) {
        const auto* one = item.if_object();
        if (one == nullptr || kube::find_text(*one, {"name"}) != version) continue;
        return kube::find_object(*one, {"subresources", "status"}) != nullptr ? status_field::of_the_server
                                                                              : status_field::of_the_manifest;
    }
    return std::nullopt;
}

result<desired_object> make_desired(json::object manifest, const ownership& who, status_field status) {
    desired_object made;
    made.id = kube::key_of(manifest);
    made.api_version = kube::api_version_of(manifest);
    const std::string what = describe(made.id);
    if (made.api_version.empty()) return user_error(fmt::format("{}: apiVersion is missing", what));
    if (made.id.kind.empty()) return user_error(fmt::format("object \"{}\": kind is missing", made.id.name));
    if (made.id.name.empty()) {
        // A generated name would be another object at every apply.
        return user_error(fmt::format(
            "{} has no metadata.name; generateName would make a new object each time: give it a name",
            made.id.kind
        ));
    }
    auto& metadata = manifest["metadata"].get_object();
    for (const auto field : server_metadata) {
        metadata.erase(field);
    }
    if (const auto* field = manifest.if_contains("status");
        field != nullptr && (status == status_field::of_the_server || is_hollow(*field))) {
        manifest.erase("status"); // hollow: what tools leave behind that write manifests of any kind
    }
    if (is_aggregated(manifest, made.id)) manifest.erase("rules");
    for (const auto* map : {"annotations", "labels"}) {
        if (auto made_map = text_map(metadata, map, what); !made_map) return made_map.error();
    }
    auto marked =
        mark(metadata.at("annotations").get_object(), metadata.at("labels").get_object(), made.id, who);
    if (!marked) return marked.error();
    for (const auto* map : {"annotations", "labels"}) {
        if (metadata.at(map).get_object().empty()) metadata.erase(map);
    }
    if (made.id.group.empty() && made.id.kind == "Secret") {
        if (auto folded = fold_string_data(manifest, what); !folded) return folded.error();
    }
    made.orders = read_directives(manifest);
    made.manifest = std::move(manifest);
    made.hash = canonical_hash(made.manifest);
    return made;
}

desired_object make_namespace(
    std::string_view name, const std::map<std::string, std::string>& labels,
    const std::map<std::string, std::string>& annotations
) {
    const auto to_object = [](const std::map<std::string, std::string>& texts) {
        json::object object;
        for (const auto& [key, text] : texts) {
            object[key] = text;
        }
        return object;
    };
    json::object metadata{{"name", name}};
    if (!labels.empty()) metadata["labels"] = to_object(labels);
    if (!annotations.empty()) metadata["annotations"] = to_object(annotations);
    desired_object made;
    made.id = {"", "Namespace", "", std::string{name}};
    made.api_version = "v1";
    made.manifest = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", std::move(metadata)}};
    made.hash = canonical_hash(made.manifest);
    return made;
}

} // namespace holdfast::sync
