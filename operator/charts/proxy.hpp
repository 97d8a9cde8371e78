#pragma once

#include "charts/address.hpp"
#include "git/credentials.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace holdfast::charts {

/// The value of an environment variable; empty where there is none.
using variables = std::function<std::string(const char*)>;

/// Through which proxy an address is reached; empty: none. That of the credentials, else what the environment
/// says (https_proxy, http_proxy, all_proxy, no_proxy, in small letters or capitals).
[[nodiscard]] std::string
proxy_for(const web_address& where, const git::credentials* with, const variables& environment);

/// Whether a list as of no_proxy covers a host: names (with all below them), addresses, networks as
/// "10.0.0.0/8", each with a port if it is for that alone; "*".
[[nodiscard]] bool is_excepted(std::string_view list, const web_address& where);

/// The operator's own environment.
[[nodiscard]] std::string own_environment(const char* name);

} // namespace holdfast::charts
