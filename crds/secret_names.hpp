#pragma once

#include "crds/application.hpp"
#include "crds/repository.hpp"

#include <set>
#include <string>

namespace holdfast::crds {

/// The names of the Secrets that a Repository or an Application names; they are in its namespace.
[[nodiscard]] std::set<std::string> secrets_named_by(const repository_spec& spec);
[[nodiscard]] std::set<std::string> secrets_named_by(const application_spec& spec);

} // namespace holdfast::crds
