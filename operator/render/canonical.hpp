#pragma once

#include "base/hash.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace holdfast::render {

/// Appends `object` as JSON without blanks and with sorted keys: one text for what means the same.
/// Stops and gives false when `text` has more than `limit` bytes.
bool append_canonical(
    std::string& text, const boost::json::object& object,
    std::size_t limit = std::numeric_limits<std::size_t>::max()
);

/// One hash for a set of them, whatever their order.
sha256_digest combine(std::vector<sha256_digest> digests);

} // namespace holdfast::render
