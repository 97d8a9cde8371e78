#include "render/normalise.hpp"

#include "base/base64.hpp"
#include "render/manifest.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace holdfast::render {

namespace json = boost::json;

namespace {

bool is_empty(const json::value& value) noexcept {
    if (value.is_null()) return true;
    if (const auto* object = value.if_object()) return object->empty();
    if (const auto* array = value.if_array()) return array->empty();
    if (const auto* text = value.if_string()) return text->empty();
    return false;
}

/// Drops a field; true when it had a value.
bool drop(json::object& object, std::string_view name) {
    const auto found = object.find(name);
    if (found == object.end()) return false;
    const bool had_value = !is_empty(found->value());
    object.stable_erase(found);
    return had_value;
}

/// Drops null values of a map, and the map where it is null itself.
void drop_nulls(json::object& object, std::string_view name) {
    auto* field = object.if_contains(name);
    if (field == nullptr) return;
    if (field->is_null()) {
        object.stable_erase(name);
        return;
    }
    auto* map = field->if_object();
    if (map == nullptr) return;
    for (auto each = map->begin(); each != map->end();) {
        each = each->value().is_null() ? map->stable_erase(each) : each + 1;
    }
}

void clean_metadata(json::object& object, std::vector<std::string>& warnings) {
    auto* field = object.if_contains("metadata");
    if (field == nullptr || !field->is_object()) return;
    json::object& metadata = field->get_object();
    constexpr std::array<std::string_view, 8> servers{
        "creationTimestamp", "deletionGracePeriodSeconds",
        "deletionTimestamp", "generation",
        "managedFields",     "resourceVersion",
        "selfLink",          "uid",
    };
    std::string dropped;
    for (const std::string_view name : servers) {
        if (drop(metadata, name)) {
            if (!dropped.empty()) dropped += ", ";
            dropped.append("metadata.").append(name);
        }
    }
    if (!dropped.empty()) {
        warnings.push_back(fmt::format(
            "{}: left out, because the API server writes it itself; remove it from the file", dropped
        ));
    }
    drop_nulls(metadata, "labels");
    drop_nulls(metadata, "annotations");
}

void fold_string_data(json::object& secret, std::vector<std::string>& warnings) {
    auto* field = secret.if_contains("stringData");
    if (field == nullptr) return;
    if (field->is_null()) {
        secret.stable_erase("stringData");
        return;
    }
    auto* plain = field->if_object();
    bool is_text = plain != nullptr;
    if (is_text) {
        for (const auto& [key, value] : *plain) {
            if (!value.is_string() && !value.is_null()) is_text = false;
        }
    }
    auto* data = secret.if_contains("data");
    if (!is_text || (data != nullptr && !data->is_object() && !data->is_null())) {
        // The API server refuses it, with the field's name. What is in it is nobody's business here.
        warnings.emplace_back("stringData: every value has to be a string; quote numbers and booleans");
        return;
    }
    json::object encoded;
    for (const auto& [key, value] : *plain) {
        const auto* text = value.if_string();
        encoded[key] = text == nullptr ? std::string{} : base64_encode({text->data(), text->size()});
    }
    secret.stable_erase("stringData");
    if (encoded.empty()) return;
    auto& target = secret["data"];
    if (!target.is_object()) target.emplace_object();
    for (auto& [key, value] : encoded) {
        target.get_object()[key] = std::move(value);
    }
}

} // namespace

std::vector<std::string> normalise(json::object& object) {
    std::vector<std::string> warnings;
    clean_metadata(object, warnings);
    const object_names names = names_of(object);
    if (names.group.empty() && names.kind == "Secret") {
        drop_nulls(object, "data");
        if (!is_encrypted(object)) fold_string_data(object, warnings);
    } else if (names.group.empty() && names.kind == "ConfigMap") {
        drop_nulls(object, "data");
        drop_nulls(object, "binaryData");
    }
    return warnings;
}

bool is_encrypted(const json::object& object) noexcept {
    return object.contains("sops");
}

} // namespace holdfast::render
