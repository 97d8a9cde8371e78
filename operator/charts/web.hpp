#pragma once

// Requests over holdfast::http to whatever hosts a repository leads to: who gets to see which credentials,
// redirects, hosts that do not answer.

#include "base/async_semaphore.hpp"
#include "base/lru.hpp"
#include "charts/address.hpp"
#include "charts/failures.hpp"
#include "git/credentials.hpp"
#include "http/client.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::charts {

using shared_credentials = std::shared_ptr<const git::credentials>;

/// What of credentials a host gets.
enum class trust {
    /// Nothing; it is reached through the proxy and must have a certificate that the system trusts.
    none,
    /// Its certificate is judged by their authorities, or not at all where they say so. It gets no secret by
    /// itself: `web_call::authorization` is what it gets.
    authorities,
    /// The same, and our client certificate.
    full,
};

struct web_call {
    std::string method = "GET";
    web_address where;
    /// Sent to every host that it leads to: no secrets.
    std::vector<http::header> headers;
    /// The Authorization header; empty: none. Only to the place of `where`.
    std::string authorization;
    shared_credentials with;
    trust much = trust::none;
    std::size_t max_body = std::size_t{4} << 20U;
    /// How many redirects are followed.
    unsigned redirects = 5;
    /// Zero: that of the `web`.
    std::chrono::milliseconds deadline{};
};

struct web_answer {
    http::response response;
    /// What answered, after redirects.
    web_address from;
    /// It saw the authorization.
    bool knew_us = false;
};

/// One client a host and way of trusting it, a bounded number of them. On the thread of its executor; held by
/// those who use it.
class web {
public:
    web(asio::any_io_executor executor, std::chrono::milliseconds deadline)
        : executor_{std::move(executor)}, deadline_{deadline} {}

    /// Any status is an answer, but for redirects, which are followed: never from https to http, and to
    /// another place without `authorization` and with trust::none. A host that could not be reached, or
    /// asked for patience (429, 503), is left alone for a moment. Errors: as http::client; user where a
    /// password would travel in the clear.
    asio::awaitable<result<web_answer>> ask(web_call call);

    void close_idle();

private:
    struct host {
        explicit host(const asio::any_io_executor& executor) : places{executor, 8} {}
        std::unique_ptr<http::client> client;
        async_semaphore places;
        recent_failure failure;
    };
    using host_pointer = std::shared_ptr<host>;

    result<host_pointer> host_for(const web_address& where, const shared_credentials& with, trust much);
    asio::awaitable<result<http::response>> ask_once(host_pointer of, web_call call);

    asio::any_io_executor executor_;
    std::chrono::milliseconds deadline_;
    lru_map<std::string, host_pointer> hosts_{64};
};

/// "Basic …" or "Bearer …"; empty where there is nothing to show.
std::string authorization_of(const shared_credentials& with);

/// Says what is wrong with sending credentials there; nothing where it is all right.
result<void> check_in_the_clear(const web_address& where, const shared_credentials& with);

/// What credentials are, as a key of caches: nobody is answered with what another's opened.
std::string fingerprint(const shared_credentials& with);

/// Why an answer that is no success is none: not_found for 404 and 410, forbidden for 401 and 403, transient
/// for what the server may do better later, user for the rest. `what` is said first.
error refusal(const web_answer& answer, bool had_credentials);

} // namespace holdfast::charts
