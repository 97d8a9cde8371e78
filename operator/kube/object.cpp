#include "kube/object.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <charconv>
#include <ostream>

namespace holdfast::kube {

namespace {

std::string_view text_of(const json::object& object, std::string_view key) noexcept {
    const auto* value = object.if_contains(key);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

const json::object* metadata(const json::object& object) noexcept {
    const auto* value = object.if_contains("metadata");
    return value == nullptr ? nullptr : value->if_object();
}

std::string_view metadata_text(const json::object& object, std::string_view key) noexcept {
    const auto* meta = metadata(object);
    return meta == nullptr ? std::string_view{} : text_of(*meta, key);
}

std::optional<std::string_view>
metadata_entry(const json::object& object, std::string_view map, std::string_view key) noexcept {
    const auto* entries = find_object(object, {"metadata", map});
    const auto* value = entries == nullptr ? nullptr : entries->if_contains(key);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    if (text == nullptr) {
        return std::nullopt;
    }
    return std::string_view{text->data(), text->size()};
}

} // namespace

std::string group_kind::to_string() const {
    return group.empty() ? kind : kind + '.' + group;
}

std::string group_version_kind::api_version() const {
    return group.empty() ? version : group + '/' + version;
}

std::string group_version_kind::to_string() const {
    return api_version() + ' ' + kind;
}

group_version_kind make_gvk(std::string_view api_version, std::string_view kind) {
    const auto slash = api_version.find('/');
    if (slash == std::string_view::npos) {
        return {"", std::string{api_version}, std::string{kind}};
    }
    return {
        std::string{api_version.substr(0, slash)}, std::string{api_version.substr(slash + 1)},
        std::string{kind}
    };
}

std::string object_key::to_string() const {
    std::string text;
    text.reserve(group.size() + kind.size() + namespace_.size() + name.size() + 3);
    if (!group.empty()) {
        text.append(group).append("/");
    }
    text.append(kind).append(" ");
    if (!namespace_.empty()) {
        text.append(namespace_).append("/");
    }
    return text.append(name);
}

std::ostream& operator<<(std::ostream& out, const object_key& key) {
    return out << key.to_string();
}

std::string_view name_of(const json::object& object) noexcept {
    return metadata_text(object, "name");
}

std::string_view namespace_of(const json::object& object) noexcept {
    return metadata_text(object, "namespace");
}

std::string_view uid_of(const json::object& object) noexcept {
    return metadata_text(object, "uid");
}

std::string_view resource_version_of(const json::object& object) noexcept {
    return metadata_text(object, "resourceVersion");
}

std::optional<std::uint64_t> version_number(std::string_view resource_version) noexcept {
    std::uint64_t value = 0;
    const auto* last = resource_version.data() + resource_version.size();
    const auto [end, ec] = std::from_chars(resource_version.data(), last, value);
    if (ec != std::errc{} || end != last || resource_version.empty()) {
        return std::nullopt;
    }
    return value;
}

bool is_older_version(std::string_view a, std::string_view b) noexcept {
    const auto x = version_number(a);
    const auto y = version_number(b);
    return x && y && *x < *y;
}

std::string_view api_version_of(const json::object& object) noexcept {
    return text_of(object, "apiVersion");
}

std::string_view kind_of(const json::object& object) noexcept {
    return text_of(object, "kind");
}

std::int64_t generation_of(const json::object& object) noexcept {
    const auto* value = find_path(object, {"metadata", "generation"});
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::optional<std::string_view> deletion_timestamp(const json::object& object) noexcept {
    const auto time = metadata_text(object, "deletionTimestamp");
    return time.empty() ? std::nullopt : std::optional{time};
}

std::vector<std::string_view> finalizers_of(const json::object& object) {
    std::vector<std::string_view> all;
    if (const auto* list = find_array(object, {"metadata", "finalizers"})) {
        for (const auto& entry : *list) {
            if (const auto* text = entry.if_string()) {
                all.emplace_back(text->data(), text->size());
            }
        }
    }
    return all;
}

bool has_owner(const json::object& object) noexcept {
    const auto* owners = find_array(object, {"metadata", "ownerReferences"});
    return owners != nullptr && !owners->empty();
}

bool has_owner_of_kind(const json::object& object, std::string_view kind) noexcept {
    const auto* owners = find_array(object, {"metadata", "ownerReferences"});
    return owners != nullptr && std::any_of(owners->begin(), owners->end(), [&](const json::value& one) {
               const auto* owner = one.if_object();
               return owner != nullptr && find_text(*owner, {"kind"}) == kind;
           });
}

bool has_finalizer(const json::object& object, std::string_view finalizer) noexcept {
    const auto* list = find_array(object, {"metadata", "finalizers"});
    return list != nullptr && std::any_of(list->begin(), list->end(), [&](const json::value& entry) {
               const auto* text = entry.if_string();
               return text != nullptr && std::string_view{text->data(), text->size()} == finalizer;
           });
}

std::optional<std::string_view> annotation(const json::object& object, std::string_view key) noexcept {
    return metadata_entry(object, "annotations", key);
}

std::optional<std::string_view> label(const json::object& object, std::string_view key) noexcept {
    return metadata_entry(object, "labels", key);
}

group_version_kind gvk_of(const json::object& object) {
    return make_gvk(api_version_of(object), kind_of(object));
}

object_key key_of(const json::object& object) {
    auto gvk = gvk_of(object);
    return {
        std::move(gvk.group), std::move(gvk.kind), std::string{namespace_of(object)},
        std::string{name_of(object)}
    };
}

object_name object_name_of(const json::object& object) {
    return {std::string{namespace_of(object)}, std::string{name_of(object)}};
}

const json::value* find_path(const json::object& object, path steps) noexcept {
    const json::object* at = &object;
    const json::value* found = nullptr;
    for (const auto step : steps) {
        found = at == nullptr ? nullptr : at->if_contains(step);
        if (found == nullptr) {
            return nullptr;
        }
        at = found->if_object();
    }
    return found;
}

const json::object* find_object(const json::object& object, path steps) noexcept {
    const auto* found = find_path(object, steps);
    return found == nullptr ? nullptr : found->if_object();
}

const json::array* find_array(const json::object& object, path steps) noexcept {
    const auto* found = find_path(object, steps);
    return found == nullptr ? nullptr : found->if_array();
}

std::string_view find_text(const json::object& object, path steps) noexcept {
    const auto* found = find_path(object, steps);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

namespace {

std::size_t mix(std::initializer_list<std::string_view> parts) noexcept {
    std::size_t seed = 0;
    for (const auto part : parts) {
        seed ^= std::hash<std::string_view>{}(part) + 0x9e3779b97f4a7c15U + (seed << 6U) + (seed >> 2U);
    }
    return seed;
}

} // namespace
} // namespace holdfast::kube

std::size_t std::hash<holdfast::kube::group_kind>::operator()(const holdfast::kube::group_kind& key
) const noexcept {
    return holdfast::kube::mix({key.group, key.kind});
}

std::size_t
std::hash<holdfast::kube::group_version_kind>::operator()(const holdfast::kube::group_version_kind& key
) const noexcept {
    return holdfast::kube::mix({key.group, key.version, key.kind});
}

std::size_t std::hash<holdfast::kube::object_key>::operator()(const holdfast::kube::object_key& key
) const noexcept {
    return holdfast::kube::mix({key.group, key.kind, key.namespace_, key.name});
}

std::size_t std::hash<holdfast::kube::object_name>::operator()(const holdfast::kube::object_name& key
) const noexcept {
    return holdfast::kube::mix({key.namespace_, key.name});
}
