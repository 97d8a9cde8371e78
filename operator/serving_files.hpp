#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "http/server.hpp"

#include <functional>
#include <string>

namespace holdfast {

/// A PEM file, at most 1 MiB of it. User error when it cannot be read, or is empty.
[[nodiscard]] result<std::string> read_pem_file(const std::string& path);

/// Gives the file's content to `use` whenever it is another than `first`, or than what `use` took last. Looks
/// every few seconds. What cannot be read, or `use` gives an error for, is logged, once, with `what` it is
/// for, and tried again. Until cancelled.
asio::awaitable<void> follow_pem_file(
    std::string path, std::string first, std::string what, std::function<result<void>(const std::string&)> use
);

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
