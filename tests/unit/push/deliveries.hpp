#pragma once

#include "push/delivery.hpp"

#include <string>
#include <string_view>

namespace holdfast::push::test {

/// A delivery as its provider documents it: data/NAME.http, headers, an empty line, and the body. Unsigned.
http::request_info recorded(const std::string& name);

/// The same, signed as its provider does it.
http::request_info signed_with(http::request_info request, provider from, std::string_view secret);

/// Puts a header in place of those of its name.
void set_header(http::request_info& request, const std::string& name, const std::string& value);
void remove_header(http::request_info& request, std::string_view name);

/// The header in which the provider sends what proves the delivery.
std::string proof_header(provider from);

/// When `signed_with` signs where time is signed too.
wall_clock::time_point signing_time();

} // namespace holdfast::push::test
