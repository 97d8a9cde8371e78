#pragma once

#include "git/credentials.hpp"
#include "http/guard.hpp"
#include "http/proxy.hpp"

#include <string>

namespace holdfast::git {

/// How an HTTP client reaches a host: through which proxy (empty: none), and what it may connect to.
struct http_route {
    std::string proxy;
    http::guards guards;
};

/// With these credentials; nullptr: as the environment says, to any address.
[[nodiscard]] http_route http_route_to(const http::proxied_place& where, const credentials* with);

} // namespace holdfast::git
