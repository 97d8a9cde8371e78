#pragma once

#include <boost/json/parse_options.hpp>

namespace holdfast::kube {

/// For whatever an API server sends. Schemas in CRDs, and the ownership of their fields, are deeper than the
/// 32 levels that Boost.JSON allows by itself; unbounded, a hostile peer could exhaust the stack.
[[nodiscard]] inline boost::json::parse_options server_json() noexcept {
    boost::json::parse_options options;
    options.max_depth = 512;
    return options;
}

} // namespace holdfast::kube
