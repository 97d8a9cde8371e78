#pragma once

#include "base/error.hpp"
#include "base/timestamp.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The API: the kinds that Holdfast adds to a cluster, as plain structs. What each field means, its bounds
/// and its default are said once, in the tables of the `*_fields.cpp` files; docs/api-reference.md is made
/// from them.
namespace holdfast::crds {

namespace json = boost::json;

inline constexpr std::string_view group = "holdfast.dev";
inline constexpr std::string_view version = "v1alpha1";
inline constexpr std::string_view api_version = "holdfast.dev/v1alpha1";

/// What is wrong with one field of an object, as it is told to the user who wrote it.
struct problem {
    /// The field: "spec.sources[1].path". Empty for the object as a whole.
    std::string path;
    /// A sentence about it: "must be an integer, is \"five\"".
    std::string message;

    /// "spec.sources[1].path: must be …"
    [[nodiscard]] std::string text() const;
    bool operator==(const problem&) const = default;
};

/// All problems as one text, "; " between them; those beyond `limit` are only counted.
std::string join(const std::vector<problem>& problems, std::size_t limit = 20);

/// What came of reading an object: the value, which has its default wherever there is a problem, and
/// everything that is wrong with the object, in the order of the fields.
template <class Kind>
struct reading {
    Kind value;
    /// What is of the wrong type, out of bounds, missing or unreadable, but for the status.
    std::vector<problem> problems;
    /// The same of the status. It stands in nobody's way: another version may have written it, and it is written anew.
    std::vector<problem> status_problems;
    /// Fields that the kind does not have, with the nearest that it has. The value is not affected by them.
    std::vector<problem> unknown_fields;
};

/// A duration as people write it ("90s" stays "90s" when it is written back) with what it says.
struct duration {
    std::string text;
    std::chrono::milliseconds value{0};

    duration() = default;
    /// In the shortest writing: duration{3min} is "3m".
    duration(std::chrono::milliseconds length); // NOLINT(google-explicit-constructor): reads as a literal

    bool operator==(const duration&) const = default;
};

/// A count or a percentage ("50%"): IntOrString of Kubernetes.
using int_or_string = std::variant<std::int64_t, std::string>;

/// metav1.Time: whole seconds.
using timestamp = wall_clock::time_point;

using string_map = std::map<std::string, std::string>;

/// What Holdfast looks at of metav1.ObjectMeta.
struct object_metadata {
    std::string name;
    std::string namespace_;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
    std::optional<timestamp> creation_timestamp;
    /// Set from the moment of the deletion request until the last finalizer is gone.
    std::optional<timestamp> deletion_timestamp;
    std::vector<std::string> finalizers;
    string_map labels;
    string_map annotations;

    bool operator==(const object_metadata&) const = default;
};

/// metav1.Condition. `status` is "True", "False" or "Unknown".
struct condition {
    std::string type;
    std::string status;
    std::int64_t observed_generation = 0;
    /// When `status` changed last; another message or reason leaves it.
    timestamp last_transition_time;
    std::string reason;
    std::string message;

    bool operator==(const condition&) const = default;
};

/// The condition of a type, or nothing.
const condition* find_condition(const std::vector<condition>& conditions, std::string_view type) noexcept;

/// Puts a condition in, in place of the one of its type. `last_transition_time` of the one in place is kept
/// where the status stays the same. Returns whether anything changed that is worth a write.
bool set_condition(std::vector<condition>& conditions, condition wanted);

/// Takes the condition of a type out. Returns whether there was one.
bool remove_condition(std::vector<condition>& conditions, std::string_view type);

/// A Secret in the namespace of the object that refers to it.
struct secret_reference {
    std::string name;

    bool operator==(const secret_reference&) const = default;
};

/// One key of a Secret in the namespace of the object that refers to it.
struct secret_key_reference {
    std::string name;
    std::string key;

    bool operator==(const secret_key_reference&) const = default;
};

} // namespace holdfast::crds
