#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/lru.hpp"
#include "git/credentials.hpp"
#include "git/ref_protocol.hpp"
#include "git/url.hpp"
#include "http/client.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace holdfast::git {

/// Asks for refs over http(s) in Git's protocol version 2, on kept connections and without a process: one
/// request where a server is known to speak it, two for the first time. Connections are shared by all
/// repositories of a host that are reached in the same way; each request has its own credentials. On the
/// thread of its executor.
class http_refs {
public:
    http_refs(asio::any_io_executor executor, std::chrono::milliseconds connect_timeout);

    struct question {
        /// http or https.
        url remote;
        std::shared_ptr<const credentials> with;
        /// A token of a GitHub App; goes before all else in `with`.
        std::string app_token;
        ref_selection which;
        /// It has answered in version 2 before.
        bool is_known = false;
        std::chrono::milliseconds deadline{30'000};
        std::size_t max_bytes = std::size_t{64} << 20U;
    };
    struct answer {
        /// As `git ls-remote --symref` prints it. Nothing: git(1) is to be asked, which says what is wrong,
        /// follows redirects and speaks the older protocols.
        std::optional<std::string> listing;
        /// Why not; without secrets. Set where there is no listing.
        std::optional<error> failure;
        /// The server was reached, and what it offers is not version 2: asking it again soon is of no use.
        bool is_too_old = false;
    };
    asio::awaitable<answer> ask(question what);

private:
    using client_pointer = std::shared_ptr<http::client>;
    result<client_pointer> client_for(const question& what);

    asio::any_io_executor executor_;
    std::chrono::milliseconds connect_timeout_;
    lru_map<std::string, client_pointer> clients_;
};

} // namespace holdfast::git
