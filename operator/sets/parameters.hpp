#pragma once

#include "base/error.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Parameters of one result. In fast mode names with dots in them ("cluster.name") and values that are texts,
/// mostly; with Go templates an object with others inside.
namespace holdfast::sets {

namespace json = boost::json;
using parameters = json::object;

/// Every value inside by its path with dots ("a.b.0"), printed as Go does; empty objects and lists are gone.
parameters flattened(const parameters& of);

/// Fast mode, for a matrix: both as texts. Error: user, for a name that both have with different values.
result<parameters> combined(const parameters& a, const parameters& b);

/// Fast mode, for a merge: both as texts, those of `b` win.
parameters overridden(const parameters& a, const parameters& b);

/// Go mode: objects are merged, lists are not; what `first` has wins, an empty text too, null not.
parameters merged_first_wins(parameters first, const parameters& second);

/// Go mode: objects are merged, lists are not; what `second` has wins.
parameters merged_last_wins(parameters first, const parameters& second);

/// The values of these parameters as JSON with sorted names, null for those that are not there: equal for
/// results that belong together.
std::string merge_key_of(const parameters& of, const std::vector<std::string>& keys);

/// About the bytes that it takes as JSON.
std::size_t bytes_of(const json::value& value) noexcept;
std::size_t bytes_of(const json::object& object) noexcept;

} // namespace holdfast::sets
