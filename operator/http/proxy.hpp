#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace holdfast::http {

/// The value of an environment variable; empty where there is none.
using variables = std::function<std::string(const char*)>;

/// What is spoken to. The host is in lower case, an IPv6 address without its brackets.
struct proxied_place {
    bool tls = false;
    std::string host;
    std::uint16_t port = 0;
};

/// Through which proxy a place is reached; empty: none. `own` and `own_exceptions` (as no_proxy has them)
/// where they are not empty, else what the environment says (https_proxy, http_proxy, all_proxy, no_proxy, in
/// small letters or capitals).
[[nodiscard]] std::string proxy_for(
    const proxied_place& where, const std::string& own, const std::string& own_exceptions,
    const variables& environment
);

/// Whether a list as of no_proxy covers a host: names (with all below them), addresses, networks as
/// "10.0.0.0/8", each with a port if it is for that alone; "*".
[[nodiscard]] bool is_excepted(std::string_view list, const proxied_place& where);

/// The operator's own environment.
[[nodiscard]] std::string own_environment(const char* name);

} // namespace holdfast::http
