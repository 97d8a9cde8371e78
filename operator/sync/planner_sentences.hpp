#pragma once

// The wording that the planners share.

#include "sync/identity.hpp"

#include <span>
#include <string>
#include <string_view>

namespace holdfast::sync {

/// "1 object", "2 objects".
std::string count_of(std::size_t count, std::string_view noun);
/// The first few, joined, and " and 4 more".
std::string enumerate_texts(std::span<const std::string> texts, std::string_view separator);
/// The same of objects, joined by commas.
std::string enumerate(std::span<const object_id> objects);
/// `Deployment "shop/web" (1 of 3 …)`.
std::string with_reason(const object_id& id, std::string_view reason);

} // namespace holdfast::sync
