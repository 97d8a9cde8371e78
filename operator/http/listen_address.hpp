#pragma once

// Not a public header: for the .cpp files of this folder.

#include "base/async.hpp"
#include "base/error.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace holdfast::http {

/// Listens at "host:port", "[::1]:port" or ":port" (all interfaces, of both families where there is IPv6). A
/// user error when it is none of these, or is taken.
result<void> listen_at(asio::ip::tcp::acceptor& acceptor, const std::string& address);

/// "10.0.0.7", or "2001:db8::1": an IPv4 address that came over IPv6 as itself.
[[nodiscard]] std::string host_of(const asio::ip::tcp::endpoint& peer);
/// "10.0.0.7:41234" or "[::1]:41234".
[[nodiscard]] std::string text_of(const asio::ip::tcp::endpoint& peer);

} // namespace holdfast::http
