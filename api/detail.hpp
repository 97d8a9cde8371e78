#pragma once

#include "api/actions.hpp"
#include "crds/application.hpp"

#include <map>
#include <string>

namespace holdfast::api {

/// What somebody may do with an Application: each action with the right for it that is missing; empty: none is.
using possible_actions = std::map<action, std::string>;

/// An Application as kubectl has it, without what other tools keep in its annotations, and what may be done with
/// it: {metadata, spec, status, operation, can: {sync: {allowed, missing, inTheWay}}}.
[[nodiscard]] crds::json::object detail_of(const crds::application& one, const possible_actions& can);

} // namespace holdfast::api
