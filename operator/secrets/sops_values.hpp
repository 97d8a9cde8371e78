#pragma once

#include "base/error.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::secrets {

namespace json = boost::json;

/// Where a value stands: {"data", "password"}; positions in lists are numbers.
using value_path = std::vector<std::string>;

/// The places of all texts, numbers, booleans and nulls of an object but those of its `sops`, in their order.
std::vector<value_path> values_of(const json::object& object);

/// What sops is given of an object: its values from `first` to before `last`, counted as values_of does, and
/// the metadata. Everything else but the maps and lists around them is left out.
std::string sops_input(
    const json::object& object, const json::object& metadata, std::size_t first = 0,
    std::size_t last = std::numeric_limits<std::size_t>::max()
);

/// One thing that is wrong, and where.
using problem_at = std::pair<value_path, error>;

/// Puts what sops printed (`output`, wiped afterwards) in place of the encrypted values of `object`, and
/// nothing else of it: numbers that are not encrypted keep all their digits. Drops `sops`, and makes of the
/// rest what render::normalise makes of an object that never was encrypted; a Secret's `stringData` becomes
/// `data`. Gives what cannot be right, with no value in it; `object` is wiped then.
std::vector<problem_at> take_output(json::object& object, std::string& output);

} // namespace holdfast::secrets
