#include "secrets/pass_secret.hpp"

#include "base/json_as_yaml.hpp"
#include "render/normalise.hpp"
#include "render/yaml.hpp"
#include "secrets/reference.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

namespace {

constexpr std::string_view behavior_annotation = "kustomize.config.k8s.io/behavior";
constexpr std::string_view hash_annotation = "kustomize.config.k8s.io/needs-hash";

// A map of texts; nullptr where there is none.
result<const json::object*> texts(const json::object& in, std::string_view field, std::string_view path) {
    const auto* value = in.if_contains(field);
    if (value == nullptr || value->is_null()) return nullptr;
    const auto* map = value->if_object();
    if (map == nullptr) return user_error(std::string{path} + " has to be a map of texts");
    for (const auto& [key, each] : *map) {
        if (!each.is_string()) {
            return user_error(
                std::string{path} + '.' + std::string{key} + " has to be a text: put it in quotes"
            );
        }
    }
    return map;
}

result<std::string> text(const json::object& in, std::string_view field, std::string_view path) {
    const auto* value = in.if_contains(field);
    if (value == nullptr || value->is_null()) return std::string{};
    if (!value->is_string()) return user_error(std::string{path} + " has to be a text");
    return std::string{value->get_string()};
}

// create, merge or replace.
result<std::string> behavior_of(const json::object& pass_secret) {
    auto behavior = text(pass_secret, "behavior", "behavior");
    if (behavior.has_error()) return behavior;
    if (behavior->empty()) return std::string{"create"};
    for (const std::string_view known : {"create", "merge", "replace"}) {
        if (*behavior == known) return behavior;
    }
    return user_error("behavior is \"" + *behavior + "\"; it can be create, merge or replace");
}

result<std::string> source_of(const json::object& pass_secret) {
    const auto* source = pass_secret.if_contains("source");
    if (source == nullptr || source->is_null()) return std::string{};
    const auto* fields = source->if_object();
    auto url = fields == nullptr ? result<std::string>{std::string{}} : text(*fields, "url", "source.url");
    if (url.has_value() && url->empty()) {
        return user_error("source has to have a url: that of the Git repository that is the store");
    }
    return url;
}

// What the Secret has of the metadata, as kustomize-pass keeps it.
result<json::object> metadata_of(const json::object& pass_secret, const std::string& behavior) {
    const auto* value = pass_secret.if_contains("metadata");
    const auto* given = value != nullptr ? value->if_object() : nullptr;
    if (given == nullptr) return user_error("metadata.name is missing");
    json::object metadata;
    for (const std::string_view field : {"name", "namespace"}) {
        auto each = text(*given, field, "metadata." + std::string{field});
        if (each.has_error()) return each.error();
        if (!each->empty()) metadata.emplace(field, *each);
    }
    if (!metadata.contains("name")) return user_error("metadata.name is missing");
    auto labels = texts(*given, "labels", "metadata.labels");
    if (labels.has_error()) return labels.error();
    if (*labels != nullptr) metadata.emplace("labels", **labels);
    auto annotations = texts(*given, "annotations", "metadata.annotations");
    if (annotations.has_error()) return annotations.error();
    json::object kept = *annotations == nullptr ? json::object{} : **annotations;
    kept.erase("config.kubernetes.io/function");
    kept.erase("config.kubernetes.io/local-config");
    if (behavior != "create") kept[behavior_annotation] = behavior;
    if (!kept.empty()) metadata.emplace("annotations", std::move(kept));
    return metadata;
}

result<json::object> string_data_of(const json::object& pass_secret, const store_index* index) {
    auto store = source_of(pass_secret);
    if (store.has_error()) return store.error();
    auto data = texts(pass_secret, "data", "data");
    if (data.has_error()) return data.error();
    if (*data == nullptr)
        return user_error("data is missing: a map of keys of the Secret to names of entries");
    json::object string_data;
    for (const auto& [key, value] : **data) {
        // "/shop/db" is "shop/db", to the original as to pass.
        const std::string_view name = value.get_string();
        const auto entry = name.substr(name.starts_with('/') ? 1 : 0);
        reference r{.entry = std::string{entry}, .part = part::whole, .store = *store};
        if (auto fine = check_entry_name(r.entry); fine.has_error()) {
            return fine.error().within("data." + std::string{key} + " (\"" + r.entry + "\")");
        }
        if (index != nullptr) r.blob = index->blob_of(r.store, r.entry);
        string_data.emplace(key, to_string(r));
    }
    auto plain = texts(pass_secret, "plainData", "plainData");
    if (plain.has_error()) return plain.error();
    if (*plain == nullptr) return string_data;
    for (const auto& [key, value] : **plain) {
        if (!string_data.emplace(key, value).second) {
            return user_error(
                "plainData." + std::string{key} + " is in data too; a key can be in one of them"
            );
        }
    }
    return string_data;
}

result<json::object> convert(const json::object& pass_secret, const store_index* index) {
    if (render::names_of(pass_secret).version != "v1beta1") {
        return user_error("apiVersion has to be ftsell.de/v1beta1");
    }
    auto behavior = behavior_of(pass_secret);
    if (behavior.has_error()) return behavior.error();
    auto metadata = metadata_of(pass_secret, *behavior);
    if (metadata.has_error()) return metadata;
    auto string_data = string_data_of(pass_secret, index);
    if (string_data.has_error()) return string_data;
    json::object secret{
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata", std::move(*metadata)},
        {"data", json::object{}},
        {"stringData", std::move(*string_data)}
    };
    if (const auto* immutable = pass_secret.if_contains("immutable");
        immutable != nullptr && !immutable->is_null()) {
        if (!immutable->is_bool()) return user_error("immutable has to be true or false");
        secret.emplace("immutable", *immutable);
    }
    auto type = text(pass_secret, "type", "type");
    if (type.has_error()) return type.error();
    if (!type->empty()) secret.emplace("type", *type);
    return secret;
}

// ---- without kustomize
// -------------------------------------------------------------------------------------

void merge_map(json::object& into, const json::object& from, std::string_view field) {
    const auto* given = from.if_contains(field);
    if (given == nullptr || !given->is_object()) return;
    auto& to = into[field];
    if (!to.is_object()) to.emplace_object();
    for (const auto& [key, value] : given->get_object())
        to.get_object()[key] = value;
}

void merge_secret(json::object& into, const json::object& from) {
    merge_map(into, from, "data");
    merge_map(into["metadata"].get_object(), from.at("metadata").get_object(), "labels");
    merge_map(into["metadata"].get_object(), from.at("metadata").get_object(), "annotations");
    for (const std::string_view field : {"type", "immutable"}) {
        if (const auto* value = from.if_contains(field)) into[field] = *value;
    }
}

// Takes what is for kustomize alone out of the annotations.
void drop_kustomize_annotations(json::object& secret) {
    auto& metadata = secret.at("metadata").get_object();
    auto* annotations = metadata.if_contains("annotations");
    if (annotations == nullptr) return;
    annotations->get_object().erase(behavior_annotation);
    annotations->get_object().erase(hash_annotation);
    if (annotations->get_object().empty()) metadata.erase("annotations");
}

render::manifest* find_secret(std::vector<render::manifest>& among, const render::object_names& wanted) {
    const auto found = std::find_if(among.begin(), among.end(), [&](const render::manifest& each) {
        const auto names = render::names_of(each.object);
        return names.kind == "Secret" && names.group.empty() && names.name == wanted.name &&
               names.namespace_ == wanted.namespace_;
    });
    return found == among.end() ? nullptr : &*found;
}

result<void>
place_secret(render::manifest pass_secret, const store_index* index, std::vector<render::manifest>& among) {
    auto secret = to_secret(pass_secret.object, index);
    if (secret.has_error()) return secret.error();
    const auto behavior = *behavior_of(pass_secret.object); // checked by then
    drop_kustomize_annotations(*secret);
    render::normalise(*secret);
    if (behavior == "create") {
        pass_secret.object = std::move(*secret);
        among.push_back(std::move(pass_secret));
        return {};
    }
    auto* other = find_secret(among, render::names_of(*secret));
    if (other == nullptr) {
        return user_error(
            render::describe(render::names_of(pass_secret.object)) + ": behavior is " + behavior +
            ", but there is no Secret of this name and namespace among the objects before it"
        );
    }
    if (behavior == "merge") {
        merge_secret(other->object, *secret);
    } else {
        other->object = std::move(*secret);
    }
    return {};
}

} // namespace

bool is_pass_secret(const json::object& object) noexcept {
    const auto names = render::names_of(object);
    return names.kind == "PassSecret" && names.group == "ftsell.de";
}

result<json::object> to_secret(const json::object& pass_secret, const store_index* index) {
    auto secret = convert(pass_secret, index);
    if (secret.has_error()) return secret.error().within(render::describe(render::names_of(pass_secret)));
    return secret;
}

result<std::string> run_function(std::string_view text, const store_index* index) {
    const auto documents = render::read_yaml(text);
    if (documents.has_error()) {
        const auto& e = documents.error();
        return user_error("standard input, line " + std::to_string(e.where.line) + ": " + e.message);
    }
    const auto* list = documents->size() == 1 ? documents->front().value.if_object() : nullptr;
    if (list == nullptr || render::names_of(*list).kind != "ResourceList") {
        return user_error("standard input has to be one ResourceList, as kustomize gives it to functions");
    }
    const auto* config = list->if_contains("functionConfig");
    if (config == nullptr || !config->is_object() || !is_pass_secret(config->get_object())) {
        return user_error("the functionConfig has to be a PassSecret of ftsell.de/v1beta1");
    }
    auto secret = to_secret(config->get_object(), index);
    if (secret.has_error()) return secret.error();
    json::array items;
    if (const auto* given = list->if_contains("items"); given != nullptr && given->is_array()) {
        items = given->get_array();
    }
    items.push_back(std::move(*secret));
    return json_as_yaml(json::serialize(json::object{
        {"apiVersion", "config.kubernetes.io/v1"}, {"kind", "ResourceList"}, {"items", std::move(items)}
    }));
}

render::render_result<std::vector<render::manifest>>
expand_pass_secrets(std::vector<render::manifest> objects, const store_index* index) {
    const auto needed = [](const render::manifest& each) { return is_pass_secret(each.object); };
    if (std::none_of(objects.begin(), objects.end(), needed)) return objects;
    std::vector<render::manifest> expanded;
    expanded.reserve(objects.size());
    render::render_errors errors;
    for (auto& each : objects) {
        if (!needed(each)) {
            expanded.push_back(std::move(each));
            continue;
        }
        const auto from = each.from;
        if (auto placed = place_secret(std::move(each), index, expanded); placed.has_error()) {
            errors.all.push_back(
                {.kind = placed.error().kind(),
                 .file = from.file,
                 .document = from.document,
                 .line = from.line,
                 .message = placed.error().message()}
            );
        }
    }
    if (!errors.all.empty()) return errors;
    return expanded;
}

} // namespace holdfast::secrets
