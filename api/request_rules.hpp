#pragma once

#include "http/server.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::api {

/// Why a request is not taken, whoever sent it; nothing where it is. What changes something has to come from a
/// page of ours, or from no page, and to be JSON: no other site can have a browser send it.
[[nodiscard]] std::optional<http::response> refusal_of(const http::request_info& request);

/// The token of "Authorization: Bearer …"; empty where there is none.
[[nodiscard]] std::string_view bearer_token(const http::request_info& request);

/// The same handler, with what browsers are to be told with every answer: nothing from elsewhere, in no frame, no
/// guesses about types.
[[nodiscard]] http::handler with_security_headers(http::handler handle);

/// An answer in JSON, which nobody keeps.
[[nodiscard]] http::response json_response(unsigned status, std::string body);
/// {"code": "Forbidden", "message": "…", "missing": "…"}; `missing` is left out where it is empty.
[[nodiscard]] http::response
refuse(unsigned status, std::string_view code, std::string_view message, std::string_view missing = {});

} // namespace holdfast::api
