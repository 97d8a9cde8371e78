#pragma once

#include "options.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace holdfast {

/// Follows the option file until cancelled, and calls `changed` when it says something else than `now` does.
/// What is wrong in it is logged, once, and the options stay as they are. Nothing to do without a file.
boost::asio::awaitable<void> follow_options(
    option_source source, operator_options now, std::function<void(const operator_options&)> changed
);

} // namespace holdfast
