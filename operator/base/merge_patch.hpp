#pragma once

#include <boost/json/object.hpp>

namespace holdfast {

namespace json = boost::json;

/// The JSON merge patch (RFC 7386) that makes `after` of `before`: null for what is gone, lists as a whole.
/// Empty when they are equal.
json::object merge_patch(const json::object& before, const json::object& after);

} // namespace holdfast
