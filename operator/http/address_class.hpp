#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace holdfast::http {

/// What an address is for, as far as it matters to who connects to it on somebody else's behalf.
enum class address_class {
    /// The internet's: whatever is none of the others.
    open,
    /// 0.0.0.0/8 and ::, which systems take for themselves.
    unspecified,
    loopback,
    /// 169.254.0.0/16, fe80::/10: of the node, most clouds' metadata among them.
    link_local,
    /// A cloud's metadata or host services at an address of another class.
    metadata,
    /// RFC 1918, fc00::/7, fec0::/10, and what is translated locally (64:ff9b:1::/48).
    private_network,
    /// 100.64.0.0/10, between a provider and its customers; some clouds' pods.
    shared,
    /// What the administrator says is the cluster's (address_rules::cluster).
    cluster,
    multicast,
    /// For documentation, measurements, tunnels, and what nobody was given.
    reserved,
};

/// Of an IPv6 address that stands for an IPv4 one (mapped, compatible, NAT64, 6to4): that of the latter.
/// Never `cluster`.
[[nodiscard]] address_class class_of(const boost::asio::ip::address& address) noexcept;

/// The IPv4 address that an IPv6 one stands for.
[[nodiscard]] std::optional<boost::asio::ip::address_v4>
embedded_in(const boost::asio::ip::address_v6& address) noexcept;

/// "a link-local address": for messages.
[[nodiscard]] std::string_view describe(address_class c) noexcept;

/// The address that a host is, without asking anybody: also of the forms that resolvers and curl take for one
/// ("2130706433", "0x7f.1"), and of localhost. Nothing of a name.
[[nodiscard]] std::optional<boost::asio::ip::address> literal_address(std::string_view host);

} // namespace holdfast::http
