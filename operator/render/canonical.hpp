#pragma once

#include "base/hash.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace holdfast::render {

/// Appends `object` as JSON without blanks and with sorted keys: one text for what means the same.
void append_canonical(std::string& text, const boost::json::object& object);

/// One hash for a set of them, whatever their order.
sha256_digest combine(std::vector<sha256_digest> digests);

} // namespace holdfast::render
