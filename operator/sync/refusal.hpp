#pragma once

#include "sync/identity.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::sync {

/// What a server, or the way to it, says about an object, for a sentence that names the object already:
/// without "apply v1/Service shop/web: " and "Service \"web\" " at its beginning.
std::string without_its_name(const object_id& id, std::string_view message);

/// What can be done about an apply that the server refused, as a sentence to put after the server's own: for
/// immutable fields, items of lists that are given twice, unknown fields, objects that are being deleted,
/// missing kinds and namespaces, exceeded quotas, too large objects, Roles that give more than who deploys
/// them has. It does not name the object. Nothing where the server's message says it all. `message` is what
/// the server answered.
std::optional<std::string>
explain_refusal(const object_id& id, std::string_view message, const dialect& names);

/// True where the server refused because it does not know a field, or not yet: it takes a moment until a
/// changed CustomResourceDefinition counts.
bool is_unknown_field_refusal(std::string_view message);

/// True where the server refused because a field cannot be changed on a living object.
bool is_immutable_refusal(std::string_view message);

} // namespace holdfast::sync
