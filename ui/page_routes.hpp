#pragma once

#include "http/router.hpp"

#include <vector>

/// The page: what browsers load.
namespace holdfast::ui {

/// Answers with the files of the page, and with its index for every address that may be one of its screens.
[[nodiscard]] std::vector<http::route> make_routes();

} // namespace holdfast::ui
