#pragma once

#include "base/timestamp.hpp"
#include "sync/identity.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace holdfast::sync {

namespace json = boost::json;

/// What keeps an object that was marked for deletion, as `live` says of itself, and once it has been there
/// for longer than a minute what somebody can do about it: "held by the finalizer …". Empty where it does not
/// say, or is not being deleted.
[[nodiscard]] std::string
what_holds(const object_id& id, const json::object& live, wall_clock::time_point now);

} // namespace holdfast::sync
