#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::test {

namespace json = boost::json;

/// The text of a JSON string, or empty for everything else.
std::string text_of(const json::value* value);

/// The text at a path of objects, what is no string as JSON; empty where there is nothing.
std::string text_at(const json::object& object, std::initializer_list<std::string_view> path);

/// What `kubectl get -o jsonpath={PATH}` prints of an object, for paths of names, [0] and [*] such as
/// ".spec.ports[*].port" or ".metadata.labels.example\\.com/name": texts, numbers and booleans with a space
/// between them; empty where there is nothing. Nothing for what is a list or an object, which kubectl writes in
/// its own way, and for paths with anything else.
std::optional<std::string> printed_at(const json::object& object, std::string_view path);

/// Puts all fields of an object into another: objects into objects, everything else over what was there.
void merge(json::object& into, const json::object& from);

} // namespace holdfast::test
