#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "http/server.hpp"

#include <string>

namespace holdfast {

/// A serving certificate and its key in two PEM files, as a mounted Secret has them.
struct serving_files {
    std::string certificate;
    std::string key;

    /// User errors name the file.
    [[nodiscard]] result<http::server_tls> read() const;
    /// Has the server present what the files hold, from when they change on. Looks every few seconds, since
    /// the kubelet swaps directories under the files. What cannot be read or does not fit is logged, once,
    /// and leaves the server as it is. Until cancelled; `server` outlives it.
    static asio::awaitable<void> follow(serving_files files, http::server_tls first, http::server& server);
};

} // namespace holdfast
