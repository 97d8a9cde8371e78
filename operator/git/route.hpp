#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "git/credentials.hpp"
#include "git/url.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::git {

/// How a remote is reached: git and ssh resolve by themselves, and would connect to another address than the
/// one that was judged. So it is found out before, and they are told.
struct route {
    /// Of http and https; empty: none. What the environment says is in it.
    std::string proxy;
    /// To connect to: of the proxy where there is one, else of the remote; the best first. Empty: nothing is
    /// connected to.
    std::vector<std::string> addresses;
    /// The port to connect to.
    std::uint16_t port = 0;
};

/// That of a remote with these credentials, whose `reachable` is not null. A host behind a proxy is resolved
/// by the proxy: it is refused where it is an address that may not be reached. Errors: forbidden for what may
/// not be connected to (see http::guard), transient when a name cannot be resolved, user for a proxy that is
/// no URL.
asio::awaitable<result<route>>
find_route(url remote, std::shared_ptr<const credentials> with, steady_clock::time_point end);

} // namespace holdfast::git
