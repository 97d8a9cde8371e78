#include "git/http_refs.hpp"

#include "git/git_process.hpp"
#include "git/http_route.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::git {

namespace {

constexpr std::size_t max_hosts = 256;
constexpr std::size_t connections_each = 8;
constexpr unsigned ok = 200;

struct address {
    std::string origin;
    /// The path as it is written, without a '/' at its end.
    std::string path;
};

address address_of(const url& remote) {
    const std::string& text = remote.text();
    const auto host = text.find("://") + 3;
    const auto slash = std::min(text.find('/', host), text.size());
    address found{.origin = text.substr(0, slash), .path = text.substr(slash)};
    while (found.path.ends_with('/')) {
        found.path.pop_back();
    }
    return found;
}

http::request request_for(const http_refs::question& what, std::string target) {
    http::request made;
    made.target = std::move(target);
    made.headers = {{"User-Agent", "git/holdfast"}, {"Git-Protocol", "version=2"}};
    if (auto letting_in = authorization(what.with.get(), what.app_token); !letting_in.empty()) {
        made.headers.push_back({"Authorization", std::move(letting_in)});
    }
    return made;
}

std::chrono::milliseconds left_until(steady_clock::time_point end) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now());
}

http_refs::answer not_over_http(error why) {
    return {.listing = std::nullopt, .failure = std::move(why), .is_too_old = false};
}

error not_that(unsigned status) {
    return user_error("the server answered " + std::to_string(status));
}

} // namespace

http_refs::http_refs(asio::any_io_executor executor, std::chrono::milliseconds connect_timeout)
    : executor_{std::move(executor)}, connect_timeout_{connect_timeout}, clients_{max_hosts} {}

result<http_refs::client_pointer> http_refs::client_for(const question& what) {
    const bool is_tls = what.remote.kind() == transport::https;
    const auto port = what.remote.port().value_or(is_tls ? 443 : 80);
    const auto* with = what.with.get();
    http::client_options options;
    options.url = address_of(what.remote).origin;
    auto over = http_route_to({.tls = is_tls, .host = what.remote.host(), .port = port}, with);
    options.proxy = std::move(over.proxy);
    if (with != nullptr) {
        options.tls.ca = with->ca;
        options.tls.certificate = with->client_certificate;
        options.tls.key = with->client_key;
        options.tls.insecure_skip_verify = with->insecure_skip_tls_verify;
    }
    options.max_connections = connections_each;
    options.connect_timeout = connect_timeout_;
    const auto key = http::connection_key(options, over.guards);
    if (auto* known = clients_.find(key)) {
        return *known;
    }
    auto made = http::make_client(executor_, std::move(options), std::move(over.guards));
    if (!made) {
        return made.error();
    }
    return clients_.insert(key, std::move(*made));
}

asio::awaitable<http_refs::answer> http_refs::ask(question what) {
    const auto end = steady_clock::now() + what.deadline;
    const auto client = client_for(what);
    if (!client) {
        co_return not_over_http(client.error());
    }
    const auto host = *client; // stays, whoever makes room for others meanwhile
    const auto path = address_of(what.remote).path;
    http::send_options how;
    how.max_body = what.max_bytes;
    if (!what.is_known) {
        how.deadline = left_until(end);
        auto asked = host->send(request_for(what, path + "/info/refs?service=git-upload-pack"), how);
        const auto offered = co_await std::move(asked);
        if (!offered) {
            co_return not_over_http(offered.error());
        }
        if (offered->status != ok) {
            co_return not_over_http(not_that(offered->status));
        }
        if (!offers_ref_listing(offered->body)) {
            auto old = not_over_http(user_error("the server does not offer protocol version 2"));
            old.is_too_old = true;
            co_return old;
        }
    }
    auto question = request_for(what, path + "/git-upload-pack");
    question.method = "POST";
    question.repeatable = true;
    question.headers.push_back({"Content-Type", "application/x-git-upload-pack-request"});
    question.headers.push_back({"Accept", "application/x-git-upload-pack-result"});
    question.body = ls_refs_request(what.which);
    how.deadline = left_until(end);
    const auto listed = co_await host->send(std::move(question), how);
    if (!listed) {
        co_return not_over_http(listed.error());
    }
    if (listed->status != ok) {
        co_return not_over_http(not_that(listed->status));
    }
    answer given;
    given.listing = listing_text(listed->body, what.which);
    if (!given.listing) {
        given.failure = user_error("the server's answer is not a listing of refs in protocol version 2");
    }
    co_return given;
}

} // namespace holdfast::git
