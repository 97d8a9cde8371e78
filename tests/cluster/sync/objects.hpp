#pragma once

#include "cluster/control_plane.hpp"
#include "sync/identity.hpp"
#include "sync/openapi.hpp"

#include <string>
#include <vector>

namespace holdfast::sync {

/// The control plane of this program, with the namespace "shop" and the definition of Widget.
const test::control_plane& cluster();

/// Objects of many kinds that the server takes, written as people write them. JSON.
const std::vector<std::string>& right_objects();

/// An object from JSON in which single quotes stand for double ones.
json::object object(std::string text);

/// The server's schemas of the kinds of `right_objects`, and of Widget.
const schema_set& schemas();

/// Server-side apply as Holdfast does it; dry: nothing is kept.
test::command_result apply(const json::object& o, bool dry = false);

/// The object as it is now, with managedFields.
json::object get(const json::object& o);

/// Runs kubectl; it must succeed.
std::string kubectl(std::vector<std::string> args, std::string input = {});

} // namespace holdfast::sync
