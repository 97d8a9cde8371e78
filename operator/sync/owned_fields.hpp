#pragma once

#include "base/hash.hpp"
#include "sync/identity.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

/// The fields of a live object that one manager owns by server-side apply.
struct owned_fields {
    /// Over the paths and the values found there, in a canonical order. Changes whenever such a value changes
    /// or the ownership moves; not with anything else, and not with `status`.
    sha256_digest hash{};
    /// The API version that the paths are those of.
    std::string api_version;
    /// True where that is not the version in which `live` is given: the paths may then not fit, and the hash
    /// means nothing. Read the object in `api_version`.
    bool other_version = false;
};

/// Walks `metadata.managedFields` for the entry of `manager` (operation Apply, no subresource). Nothing where
/// it owns nothing. A map or list that is owned as a whole is hashed as a whole, without the members that
/// other managers claim.
std::optional<owned_fields> owned_fields_of(const json::object& live, std::string_view manager);

/// The owned paths that `desired` does not have: what the next apply of it takes away, or gives up. As
/// "spec.template.spec.containers[name=web].image".
std::vector<std::string>
owned_beyond(const json::object& live, const json::object& desired, std::string_view manager);

} // namespace holdfast::sync
