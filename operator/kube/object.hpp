#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a Kubernetes object says about itself. Objects are boost::json::object throughout: the client is
/// generic over kinds.
namespace holdfast {
namespace json = boost::json;
}

namespace holdfast::kube {

struct group_kind {
    /// Empty: the core group.
    std::string group;
    std::string kind;

    /// "Deployment.apps", "Pod".
    [[nodiscard]] std::string to_string() const;
    friend auto operator<=>(const group_kind&, const group_kind&) = default;
};

struct group_version_kind {
    std::string group;
    std::string version;
    std::string kind;

    /// As in an object's field: "apps/v1", "v1".
    [[nodiscard]] std::string api_version() const;
    /// "apps/v1 Deployment".
    [[nodiscard]] std::string to_string() const;
    friend auto operator<=>(const group_version_kind&, const group_version_kind&) = default;
};

/// From the two fields of an object. Never fails: what comes after the first slash is the version.
[[nodiscard]] group_version_kind make_gvk(std::string_view api_version, std::string_view kind);

/// Which object it is, whatever version it is spoken of in. Ordered by group, kind, namespace, name.
struct object_key {
    std::string group;
    std::string kind;
    /// Empty for objects of the cluster.
    std::string namespace_;
    std::string name;

    /// "apps/Deployment shop/web", "Namespace shop".
    [[nodiscard]] std::string to_string() const;
    friend auto operator<=>(const object_key&, const object_key&) = default;
};

std::ostream& operator<<(std::ostream& out, const object_key& key);

/// Which object of one kind.
struct object_name {
    /// Empty for objects of the cluster.
    std::string namespace_;
    std::string name;

    friend auto operator<=>(const object_name&, const object_name&) = default;
};

// What is read of metadata. A missing field, or one of another type, is empty: the API server has validated
// what it hands out, and what a user wrote is validated before.
[[nodiscard]] std::string_view name_of(const json::object& object) noexcept;
[[nodiscard]] std::string_view namespace_of(const json::object& object) noexcept;
[[nodiscard]] std::string_view uid_of(const json::object& object) noexcept;
[[nodiscard]] std::string_view resource_version_of(const json::object& object) noexcept;
/// Resource versions of one kind are comparable as numbers where the server's storage is etcd (KEP-5504);
/// nothing elsewhere.
[[nodiscard]] std::optional<std::uint64_t> version_number(std::string_view resource_version) noexcept;
/// False too where nobody can say.
[[nodiscard]] bool is_older_version(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] std::string_view api_version_of(const json::object& object) noexcept;
[[nodiscard]] std::string_view kind_of(const json::object& object) noexcept;
/// 0 when there is none.
[[nodiscard]] std::int64_t generation_of(const json::object& object) noexcept;
/// RFC 3339; nothing for an object that is not being deleted.
[[nodiscard]] std::optional<std::string_view> deletion_timestamp(const json::object& object) noexcept;
[[nodiscard]] std::vector<std::string_view> finalizers_of(const json::object& object);
/// Whether the garbage collector deletes it with another object.
[[nodiscard]] bool has_owner(const json::object& object) noexcept;
/// Whether one of its owners is of this kind, whatever its group.
[[nodiscard]] bool has_owner_of_kind(const json::object& object, std::string_view kind) noexcept;
[[nodiscard]] bool has_finalizer(const json::object& object, std::string_view finalizer) noexcept;
[[nodiscard]] std::optional<std::string_view>
annotation(const json::object& object, std::string_view key) noexcept;
[[nodiscard]] std::optional<std::string_view>
label(const json::object& object, std::string_view key) noexcept;
[[nodiscard]] group_version_kind gvk_of(const json::object& object);
[[nodiscard]] object_key key_of(const json::object& object);
[[nodiscard]] object_name object_name_of(const json::object& object);

using path = std::initializer_list<std::string_view>;
/// The value at a path of field names, `find_path(deployment, {"spec", "replicas"})`; null when a step is
/// missing or is no object. Owned by `object`.
[[nodiscard]] const json::value* find_path(const json::object& object, path steps) noexcept;
/// The same for what must be an object, a list or a string: null or empty when it is something else.
[[nodiscard]] const json::object* find_object(const json::object& object, path steps) noexcept;
[[nodiscard]] const json::array* find_array(const json::object& object, path steps) noexcept;
[[nodiscard]] std::string_view find_text(const json::object& object, path steps) noexcept;

} // namespace holdfast::kube

template <>
struct std::hash<holdfast::kube::group_kind> {
    std::size_t operator()(const holdfast::kube::group_kind& key) const noexcept;
};
template <>
struct std::hash<holdfast::kube::group_version_kind> {
    std::size_t operator()(const holdfast::kube::group_version_kind& key) const noexcept;
};
template <>
struct std::hash<holdfast::kube::object_key> {
    std::size_t operator()(const holdfast::kube::object_key& key) const noexcept;
};
template <>
struct std::hash<holdfast::kube::object_name> {
    std::size_t operator()(const holdfast::kube::object_name& key) const noexcept;
};
