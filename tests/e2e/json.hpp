#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace holdfast::test {

namespace json = boost::json;

/// The text of a JSON string, or empty for everything else.
std::string text_of(const json::value* value);

/// The text at a path of objects, what is no string as JSON; empty where there is nothing.
std::string text_at(const json::object& object, std::initializer_list<std::string_view> path);

/// Puts all fields of an object into another: objects into objects, everything else over what was there.
void merge(json::object& into, const json::object& from);

} // namespace holdfast::test
