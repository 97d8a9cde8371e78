#pragma once

#include "base/async.hpp"

#include <cstddef>
#include <vector>

namespace holdfast {

/// Requests of one application, or one set of them, at a time: enough to keep a connection pool busy, few enough to let others in.
inline constexpr std::size_t requests_side_by_side = 16;

/// Runs tasks side by side and returns when all have ended. What they refer to outlives them.
asio::awaitable<void> all_of(std::vector<asio::awaitable<void>> tasks);

} // namespace holdfast
