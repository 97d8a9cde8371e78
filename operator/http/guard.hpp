#pragma once

// Which addresses are connected to on whose behalf. Who writes a URL into a repository is not to reach with
// the operator's feet what he cannot reach himself: metadata services, the operator's own ports, other
// people's services.

#include "base/async.hpp"
#include "base/error.hpp"
#include "http/address_class.hpp"
#include "http/client.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::http {

/// How far somebody's requests get.
enum class reach {
    /// To the internet.
    public_addresses,
    /// To networks of one's own too: private, shared and cluster addresses.
    private_addresses,
    /// To the node and the operator itself too.
    all_addresses,
};

/// "10.0.0.0/8", "fd00::/8", "192.0.2.7", and names of hosts ("git.corp.example").
class address_list {
public:
    /// User error naming the item that is none of them. Names may be forbidden.
    static result<address_list> parse(const std::vector<std::string>& items, bool with_names);

    /// Also of the IPv4 address that an IPv6 one stands for.
    [[nodiscard]] bool has(const boost::asio::ip::address& address) const;
    /// Whatever its case.
    [[nodiscard]] bool has_host(std::string_view host) const;

private:
    struct network {
        boost::asio::ip::address address;
        unsigned bits = 0;
    };
    std::vector<network> networks_;
    std::vector<std::string> hosts_;
};

/// What holds for everybody.
struct address_rules {
    /// Reached whoever asks.
    address_list allowed;
    /// Of the cluster, though nothing in the addresses says so.
    address_list cluster;
    /// What a refusal ends with: how a host of the two kinds is declared.
    std::string way_to_private;
    std::string way_to_local;
};

/// What a connection is judged by. The default lets everything pass.
struct guard {
    std::shared_ptr<const address_rules> rules;
    reach most = reach::all_addresses;

    /// Error: forbidden, which names the host, what its address is, and the way out.
    [[nodiscard]] result<void> check(std::string_view host, const boost::asio::ip::address& address) const;
    /// Of a host that somebody else resolves, a proxy: refused where it is an address, or localhost.
    [[nodiscard]] result<void> check_literal(std::string_view host) const;
    /// For keys of what is shared by who has the same.
    [[nodiscard]] std::string key() const;
};

/// How far somebody gets with which host. Shared by all that is done on his behalf.
struct reachable {
    /// Where it is equal, so are all answers: it belongs into the keys of caches.
    std::string key;
    std::shared_ptr<const address_rules> rules;
    /// Of a host in lower case, an IPv6 address without brackets. On the loop's thread.
    std::function<reach(std::string_view host, std::uint16_t port)> of;
    /// Of what he names himself in his own settings, not in what is asked for: a proxy, an API of a host.
    reach named = reach::public_addresses;

    [[nodiscard]] guard guard_for(std::string_view host, std::uint16_t port) const {
        return {rules, of(host, port)};
    }
};

/// The addresses of a host that may be connected to, in the resolver's order; never none. Errors: transient
/// when it cannot be resolved; forbidden when all of them are refused. Whoever connects uses these and does
/// not resolve again.
asio::awaitable<result<std::vector<boost::asio::ip::address>>>
resolve(std::string host, guard by, steady_clock::time_point end);

/// A client that is judged by these: its server, or where there is a proxy the proxy, and of the server's
/// host what can be said of it by itself.
struct guards {
    guard server;
    guard proxy;
};
result<std::unique_ptr<client>>
make_client(boost::asio::any_io_executor executor, client_options options, guards by);

/// Equal only for clients that speak to one server in the same way, and may share connections.
[[nodiscard]] std::string connection_key(const client_options& options, const guards& by);

} // namespace holdfast::http
