#pragma once

// What judging an Application and judging a Repository have in common; for the files that do it and for
// nobody else.

#include "base/error.hpp"
#include "crds/types.hpp"
#include "git/url.hpp"
#include "policy/surroundings.hpp"

#include <string>

namespace holdfast::policy {

/// "namespace/name".
[[nodiscard]] std::string name_of(const crds::object_metadata& metadata);

/// Whether it is outside of the operator's own namespace, and so has no more than its own.
[[nodiscard]] bool is_confined(const crds::object_metadata& object, const surroundings& around);

/// A Repository's URL, or one that may be covered, as an address: registries as those of the web.
[[nodiscard]] result<git::url> address_of(const std::string& url);

/// Whether it leads to a disk: what does not parse leads nowhere.
[[nodiscard]] bool is_file(const std::string& url);

} // namespace holdfast::policy
