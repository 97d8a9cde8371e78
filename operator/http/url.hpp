#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::http {

/// An http or https URL, taken apart. Names only an origin and a path: queries and fragments are refused.
struct url {
    bool tls = false;
    /// Decoded; empty when there are none.
    std::string user;
    std::string password;
    /// A name or an address; an IPv6 address without its brackets.
    std::string host;
    std::uint16_t port = 0;
    /// "" or "/something", without a slash at its end.
    std::string path;

    /// "host:port" as in a Host header: brackets around IPv6, no port when it is the scheme's own.
    [[nodiscard]] std::string authority() const;
    /// "host:port" with the port in every case, as CONNECT wants it.
    [[nodiscard]] std::string endpoint() const;
    /// "https://host:port", for people; never the password.
    [[nodiscard]] std::string origin() const;
};

/// User error, which does not repeat a password, when `text` is not such a URL.
result<url> parse_url(std::string_view text);

} // namespace holdfast::http
