#pragma once

// What the client's own files share; not for others.

#include "http/client.hpp"
#include "kube/client.hpp"

#include <boost/json/storage_ptr.hpp>

namespace holdfast::kube {

inline constexpr std::string_view json_type = "application/json";

struct client::call {
    http::request request;
    /// For messages: "apply apps/Deployment shop/web".
    std::string what;
    call_options options;
    std::size_t max_body = 0;
    /// May be sent again though nobody knows what became of it.
    bool idempotent = false;
    /// It changes something.
    bool writes = false;
    /// It cannot be sent at all.
    std::optional<failure> refused;
};

/// "get apps/Deployment shop/web".
std::string describe(std::string_view verb, const resource& kind, std::string_view ns, std::string_view name);

/// The answer's object, or an internal failure.
reply<json::object> read_object(std::string_view body, std::string_view what, json::storage_ptr storage = {});

/// The sentences of `Warning: 299 - "…"` headers (RFC 7234, 5.5).
void tell_warnings(const http::response& answer, const std::function<void(std::string_view)>& tell);

} // namespace holdfast::kube
