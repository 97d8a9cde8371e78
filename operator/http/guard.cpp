#include "http/guard.hpp"

#include "base/ascii.hpp"
#include "base/hash.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace holdfast::http {

namespace ip = asio::ip;

namespace {

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
           });
}

bool in_network(const ip::address& network, unsigned bits, const ip::address& address) {
    if (network.is_v4() != address.is_v4()) {
        return false;
    }
    if (network.is_v4()) {
        const auto length = static_cast<unsigned short>(bits);
        return ip::make_network_v4(address.to_v4(), length).canonical() ==
               ip::make_network_v4(network.to_v4(), length).canonical();
    }
    const auto length = static_cast<unsigned short>(bits);
    return ip::make_network_v6(address.to_v6(), length).canonical() ==
           ip::make_network_v6(network.to_v6(), length).canonical();
}

bool needs_all(address_class c) noexcept {
    return c != address_class::private_network && c != address_class::shared && c != address_class::cluster;
}

struct lookup {
    explicit lookup(const asio::any_io_executor& executor) : resolver{executor}, done{executor} {}
    ip::tcp::resolver resolver;
    asio::steady_timer done;
    boost::system::error_code ec;
    std::vector<ip::address> found;
    bool finished = false;
};

// The system's resolver cannot be interrupted, so it is left to itself when the time is over.
asio::awaitable<result<std::vector<ip::address>>> look_up(std::string host, steady_clock::time_point end) {
    boost::system::error_code ec;
    if (const auto address = ip::make_address(host, ec); !ec) {
        co_return std::vector<ip::address>{address};
    }
    const auto executor = co_await asio::this_coro::executor;
    const auto state = std::make_shared<lookup>(executor);
    state->done.expires_at(end);
    state->resolver.async_resolve(
        host, std::string{},
        [state](boost::system::error_code failure, const ip::tcp::resolver::results_type& results) {
            state->ec = failure;
            for (const auto& entry : results) {
                state->found.push_back(entry.endpoint().address());
            }
            state->finished = true;
            state->done.cancel();
        }
    );
    co_await state->done.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (!state->finished) {
        if (ec) {
            throw boost::system::system_error{ec};
        }
        co_return transient_error("cannot resolve " + host + ": timed out");
    }
    if (state->ec || state->found.empty()) {
        co_return transient_error("cannot resolve " + host + ": " + state->ec.message());
    }
    co_return std::move(state->found);
}

} // namespace

result<address_list> address_list::parse(const std::vector<std::string>& items, bool with_names) {
    address_list made;
    for (const auto& item : items) {
        const auto slash = item.find('/');
        boost::system::error_code ec;
        const auto address = ip::make_address(item.substr(0, slash), ec);
        if (!ec) {
            const unsigned most = address.is_v4() ? 32 : 128;
            auto bits = most;
            if (slash != std::string::npos) {
                const auto* end = item.data() + item.size();
                const auto read = std::from_chars(item.data() + slash + 1, end, bits);
                if (read.ec != std::errc{} || read.ptr != end || bits > most) {
                    return user_error("\"" + item + "\" is not a range of addresses such as 10.0.0.0/8");
                }
            }
            made.networks_.push_back({address, bits});
            continue;
        }
        auto name = ascii_lower(item);
        if (!with_names || !is_name(name)) {
            return user_error(
                "\"" + item + "\" is not " +
                (with_names ? "a host name, an address or a range of addresses (10.0.0.0/8)"
                            : "an address or a range of addresses (10.0.0.0/8)")
            );
        }
        made.hosts_.push_back(std::move(name));
    }
    return made;
}

bool address_list::has(const ip::address& address) const {
    const auto inner = address.is_v6() ? embedded_in(address.to_v6()) : std::nullopt;
    return std::ranges::any_of(networks_, [&](const network& n) {
        return in_network(n.address, n.bits, address) ||
               (inner && in_network(n.address, n.bits, ip::address{*inner}));
    });
}

bool address_list::has_host(std::string_view host) const {
    return std::ranges::find(hosts_, ascii_lower(host)) != hosts_.end();
}

result<void> guard::check(std::string_view host, const ip::address& address) const {
    if (!rules || most == reach::all_addresses || rules->allowed.has_host(host) ||
        rules->allowed.has(address)) {
        return {};
    }
    const auto c = rules->cluster.has(address) ? address_class::cluster : class_of(address);
    if (c == address_class::open || (most == reach::private_addresses && !needs_all(c))) {
        return {};
    }
    return error{
        error_kind::forbidden, std::string{host} + " is not connected to: it is " + std::string{describe(c)} +
                                   ", and nothing that counts for this declares it. " +
                                   (needs_all(c) ? rules->way_to_local : rules->way_to_private)
    };
}

result<void> guard::check_literal(std::string_view host) const {
    const auto address = literal_address(host);
    return address ? check(host, *address) : result<void>{};
}

std::string guard::key() const {
    return rules ? std::to_string(static_cast<int>(most)) : std::string{};
}

std::string connection_key(const client_options& options, const guards& by) {
    hasher h;
    h.add(options.url).add(options.proxy);
    h.add(options.tls.ca).add(options.tls.certificate).add(options.tls.key).add(options.tls.server_name);
    h.add(options.tls.insecure_skip_verify ? "1" : "0");
    h.add(by.server.key()).add(by.proxy.key());
    return to_hex(h.finish());
}

asio::awaitable<result<std::vector<ip::address>>>
resolve(std::string host, guard by, steady_clock::time_point end) {
    auto found = co_await look_up(host, end);
    if (!found) {
        co_return found.error();
    }
    std::vector<ip::address> allowed;
    std::optional<error> refused;
    for (const auto& address : *found) {
        if (auto fine = by.check(host, address); fine) {
            allowed.push_back(address);
        } else if (!refused) {
            refused = fine.error();
        }
    }
    if (allowed.empty()) {
        co_return std::move(*refused);
    }
    co_return allowed;
}

} // namespace holdfast::http
