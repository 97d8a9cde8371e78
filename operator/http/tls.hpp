#pragma once

// TLS over anything that moves bytes, by OpenSSL. Not a public header: for the .cpp files of this folder.

#include "base/error.hpp"
#include "http/client.hpp"
#include "http/layer.hpp"
#include "http/server.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace holdfast::http {

/// A shared, immutable TLS configuration.
using tls_context = std::shared_ptr<SSL_CTX>;

/// User error when certificates or keys cannot be read or do not fit.
result<tls_context> make_client_context(const tls_options& options);
result<tls_context> make_server_context(const server_tls& options);

/// Client side: `name` (a host name, or an address, matched as such) is sent as SNI and must be in the peer's
/// certificate, unless the context verifies nothing.
std::unique_ptr<layer>
make_tls_client(std::unique_ptr<layer> below, const tls_context& context, const std::string& name);

std::unique_ptr<layer> make_tls_server(std::unique_ptr<layer> below, const tls_context& context);

} // namespace holdfast::http
