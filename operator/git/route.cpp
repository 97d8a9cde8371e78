#include "git/route.hpp"

#include "git/http_route.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace holdfast::git {

namespace {

std::uint16_t port_of(const url& remote) {
    switch (remote.kind()) {
    case transport::https: return remote.port().value_or(443);
    case transport::http: return remote.port().value_or(80);
    case transport::ssh: return remote.port().value_or(22);
    case transport::file: return 0;
    }
    return 0;
}

struct endpoint {
    std::string host;
    std::uint16_t port = 1080; // as curl has it
};

// Of "[scheme://][user:password@]host[:port][/]", in all the forms that curl takes for a proxy. The error
// does not repeat it.
result<endpoint> endpoint_of_proxy(std::string_view proxy) {
    if (const auto scheme = proxy.find("://"); scheme != std::string_view::npos) {
        proxy.remove_prefix(scheme + 3);
    }
    proxy = proxy.substr(0, proxy.find_first_of("/?#"));
    if (const auto at = proxy.rfind('@'); at != std::string_view::npos) {
        proxy.remove_prefix(at + 1);
    }
    endpoint found;
    const auto colon = proxy.rfind(':');
    const auto bracket = proxy.rfind(']');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    auto host = proxy.substr(0, has_port ? colon : proxy.size());
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    const auto port = has_port ? proxy.substr(colon + 1) : std::string_view{};
    const auto* end = port.data() + port.size();
    const auto read = std::from_chars(port.data(), end, found.port);
    if (host.empty() || (!port.empty() && (read.ec != std::errc{} || read.ptr != end))) {
        return user_error("the proxy is not a URL such as http://proxy.example.com:3128");
    }
    found.host = host;
    return found;
}

} // namespace

asio::awaitable<result<route>>
find_route(url remote, std::shared_ptr<const credentials> with, steady_clock::time_point end) {
    route found;
    found.port = port_of(remote);
    if (remote.kind() == transport::file) {
        co_return found;
    }
    auto host = remote.host();
    auto by = with->reachable->guard_for(remote.host(), found.port);
    http::guard by_proxy;
    if (remote.kind() != transport::ssh) {
        auto over = http_route_to(
            {.tls = remote.kind() == transport::https, .host = remote.host(), .port = found.port}, with.get()
        );
        found.proxy = std::move(over.proxy);
        by_proxy = std::move(over.guards.proxy);
    }
    if (!found.proxy.empty()) {
        if (auto fine = by.check_literal(remote.host()); !fine) {
            co_return fine.error();
        }
        auto proxy = endpoint_of_proxy(found.proxy);
        if (!proxy) {
            co_return proxy.error();
        }
        host = std::move(proxy->host);
        found.port = proxy->port;
        by = std::move(by_proxy);
    }
    auto addresses = co_await http::resolve(std::move(host), std::move(by), end);
    if (!addresses) {
        co_return addresses.error();
    }
    for (const auto& address : *addresses) {
        found.addresses.push_back(address.to_string());
    }
    co_return found;
}

} // namespace holdfast::git
