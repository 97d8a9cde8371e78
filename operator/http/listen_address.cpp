#include "http/listen_address.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <charconv>

namespace holdfast::http {

using asio::ip::tcp;

namespace {

result<tcp::endpoint> parse_address(const std::string& text) {
    const auto wrong = [&text] {
        return user_error(
            "\"" + text + "\" is not an address to listen on, like :8080, 127.0.0.1:8080 or [::1]:8080"
        );
    };
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) {
        return wrong();
    }
    std::uint16_t port = 0;
    const auto digits = std::string_view{text}.substr(colon + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (failure != std::errc{} || end != digits.data() + digits.size()) {
        return wrong();
    }
    auto host = text.substr(0, colon);
    if (host.empty()) {
        return tcp::endpoint{tcp::v6(), port};
    }
    if (host == "localhost") {
        host = "127.0.0.1";
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    if (ec) {
        return wrong();
    }
    return tcp::endpoint{address, port};
}

boost::system::error_code
bind_to(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool both_families) {
    boost::system::error_code ec;
    acceptor.open(endpoint.protocol(), ec);
    if (ec) return ec;
    acceptor.set_option(asio::socket_base::reuse_address{true}, ec);
    if (both_families) {
        acceptor.set_option(asio::ip::v6_only{false}, ec);
    }
    acceptor.bind(endpoint, ec);
    if (ec) return ec;
    acceptor.listen(asio::socket_base::max_listen_connections, ec);
    return ec;
}

} // namespace

result<void> listen_at(tcp::acceptor& acceptor, const std::string& address) {
    const auto endpoint = parse_address(address);
    if (!endpoint) {
        return endpoint.error();
    }
    const bool any = address.starts_with(':');
    auto ec = bind_to(acceptor, *endpoint, any);
    if (ec && any) {
        // A machine without IPv6.
        boost::system::error_code ignored;
        acceptor.close(ignored);
        ec = bind_to(acceptor, tcp::endpoint{tcp::v4(), (*endpoint).port()}, false);
    }
    if (ec) {
        return user_error("cannot listen on " + address + ": " + ec.message());
    }
    return {};
}

std::string host_of(const tcp::endpoint& peer) {
    const auto address = peer.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

std::string text_of(const tcp::endpoint& peer) {
    const auto host = host_of(peer);
    const auto port = std::to_string(peer.port());
    return host.find(':') == std::string::npos ? host + ":" + port : "[" + host + "]:" + port;
}

} // namespace holdfast::http
