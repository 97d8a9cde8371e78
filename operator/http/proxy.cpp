#include "http/proxy.hpp"

#include "base/ascii.hpp"
#include "base/trim.hpp"
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <cstdlib>

namespace holdfast::http {

namespace ip = boost::asio::ip;

namespace {

bool in_network(const std::string& network, const ip::address& host) {
    boost::system::error_code ec;
    if (host.is_v4()) {
        const auto net = ip::make_network_v4(network, ec);
        return !ec && ip::make_network_v4(host.to_v4(), net.prefix_length()).canonical() == net.canonical();
    }
    const auto net = ip::make_network_v6(network, ec);
    return !ec && ip::make_network_v6(host.to_v6(), net.prefix_length()).canonical() == net.canonical();
}

bool covers(std::string_view item, const proxied_place& where) {
    if (item == "*") {
        return true;
    }
    boost::system::error_code ec;
    const auto address = ip::make_address(where.host, ec);
    const bool is_address = !ec;
    if (item.find('/') != std::string_view::npos) {
        return is_address && in_network(std::string{item}, address);
    }
    auto name = ascii_lower(item);
    if (const auto bracket = name.find(']'); name.starts_with('[') && bracket != std::string::npos) {
        if (bracket + 1 < name.size() && name.substr(bracket + 1) != ":" + std::to_string(where.port)) {
            return false;
        }
        name = name.substr(1, bracket - 1);
    } else if (std::ranges::count(name, ':') == 1) {
        const auto colon = name.find(':');
        if (name.substr(colon + 1) != std::to_string(where.port)) {
            return false;
        }
        name.resize(colon);
    }
    if (is_address) {
        const auto other = ip::make_address(name, ec);
        return !ec && other == address;
    }
    if (name.starts_with("*.")) {
        name.erase(0, 1);
    }
    if (name.starts_with('.')) {
        return where.host.ends_with(name);
    }
    return !name.empty() && (where.host == name || where.host.ends_with("." + name));
}

} // namespace

bool is_excepted(std::string_view list, const proxied_place& where) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (covers(trimmed(list.substr(0, comma), " \t"), where)) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

std::string proxy_for(
    const proxied_place& where, const std::string& own, const std::string& own_exceptions,
    const variables& environment
) {
    const auto either = [&](const char* small, const char* capitals) {
        auto value = environment(small);
        return value.empty() ? environment(capitals) : value;
    };
    const auto exceptions = own_exceptions.empty() ? either("no_proxy", "NO_PROXY") : own_exceptions;
    if (is_excepted(exceptions, where)) {
        return {};
    }
    if (!own.empty()) {
        return own;
    }
    auto proxy = where.tls ? either("https_proxy", "HTTPS_PROXY") : either("http_proxy", "HTTP_PROXY");
    return proxy.empty() ? either("all_proxy", "ALL_PROXY") : proxy;
}

std::string own_environment(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing of ours changes it
    return value == nullptr ? std::string{} : std::string{value};
}

} // namespace holdfast::http
