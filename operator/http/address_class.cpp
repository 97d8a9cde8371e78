#include "http/address_class.hpp"

#include "base/ascii.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace holdfast::http {

namespace ip = boost::asio::ip;

namespace {

struct network_v4 {
    std::uint32_t address;
    unsigned bits;
    address_class what;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
    return a << 24U | b << 16U | c << 8U | d;
}

// The first that fits.
constexpr std::array<network_v4, 18> networks_v4{{
    {v4(168, 63, 129, 16), 32, address_class::metadata},   // Azure's host
    {v4(100, 100, 100, 200), 32, address_class::metadata}, // Alibaba Cloud
    {v4(192, 0, 0, 192), 32, address_class::metadata},     // Oracle Cloud
    {v4(0, 0, 0, 0), 8, address_class::unspecified},
    {v4(10, 0, 0, 0), 8, address_class::private_network},
    {v4(100, 64, 0, 0), 10, address_class::shared},
    {v4(127, 0, 0, 0), 8, address_class::loopback},
    {v4(169, 254, 0, 0), 16, address_class::link_local},
    {v4(172, 16, 0, 0), 12, address_class::private_network},
    {v4(192, 0, 0, 0), 24, address_class::reserved},
    {v4(192, 0, 2, 0), 24, address_class::reserved},
    {v4(192, 88, 99, 0), 24, address_class::reserved},
    {v4(192, 168, 0, 0), 16, address_class::private_network},
    {v4(198, 18, 0, 0), 15, address_class::reserved},
    {v4(198, 51, 100, 0), 24, address_class::reserved},
    {v4(203, 0, 113, 0), 24, address_class::reserved},
    {v4(224, 0, 0, 0), 4, address_class::multicast},
    {v4(240, 0, 0, 0), 4, address_class::reserved},
}};

address_class class_of_v4(const ip::address_v4& address) noexcept {
    const auto value = address.to_uint();
    for (const auto& n : networks_v4) {
        const auto mask = ~std::uint32_t{0} << (32U - n.bits);
        if ((value & mask) == n.address) {
            return n.what;
        }
    }
    return address_class::open;
}

using bytes_v6 = ip::address_v6::bytes_type;

bool begins_with(const bytes_v6& bytes, std::initializer_list<unsigned char> prefix) noexcept {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

ip::address_v4 v4_at(const bytes_v6& bytes, std::size_t at) noexcept {
    return ip::address_v4{{bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]}};
}

address_class class_of_v6(const ip::address_v6& address) noexcept {
    if (address.is_unspecified()) {
        return address_class::unspecified;
    }
    if (address.is_loopback()) {
        return address_class::loopback;
    }
    if (const auto inner = embedded_in(address)) {
        return class_of_v4(*inner);
    }
    const auto bytes = address.to_bytes();
    // fd00:ec2::254, and its neighbours with Amazon's other services.
    if (begins_with(bytes, {0xfd, 0x00, 0x0e, 0xc2})) {
        return address_class::metadata;
    }
    // fd20:ce::254 of Google's.
    if (begins_with(bytes, {0xfd, 0x20, 0x00, 0xce})) {
        return address_class::metadata;
    }
    if ((bytes[0] & 0xfeU) == 0xfcU || begins_with(bytes, {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01})) {
        return address_class::private_network;
    }
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80U) {
        return address_class::link_local;
    }
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0xc0U) {
        return address_class::private_network;
    }
    if (bytes[0] == 0xff) {
        return address_class::multicast;
    }
    // Teredo hides another address; documentation; beyond 2000::/3 nobody was given any.
    if (begins_with(bytes, {0x20, 0x01, 0x00, 0x00}) || begins_with(bytes, {0x20, 0x01, 0x0d, 0xb8}) ||
        (bytes[0] & 0xe0U) != 0x20U) {
        return address_class::reserved;
    }
    return address_class::open;
}

} // namespace

std::optional<ip::address_v4> embedded_in(const ip::address_v6& address) noexcept {
    const auto bytes = address.to_bytes();
    const bool begins_empty = std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; });
    const bool is_mapped = begins_empty && bytes[10] == 0xff && bytes[11] == 0xff;
    const bool is_compatible = begins_empty && bytes[10] == 0 && bytes[11] == 0 &&
                               !address.is_unspecified() && !address.is_loopback();
    // ::ffff:0:a.b.c.d, which SIIT translates.
    const bool is_translated = std::all_of(bytes.begin(), bytes.begin() + 8, [](auto b) { return b == 0; }) &&
                               bytes[8] == 0xff && bytes[9] == 0xff && bytes[10] == 0 && bytes[11] == 0;
    const bool is_nat64 = begins_with(bytes, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
    if (is_mapped || is_compatible || is_translated || is_nat64) {
        return v4_at(bytes, 12);
    }
    if (begins_with(bytes, {0x20, 0x02})) {
        return v4_at(bytes, 2); // 6to4
    }
    return std::nullopt;
}

address_class class_of(const ip::address& address) noexcept {
    return address.is_v4() ? class_of_v4(address.to_v4()) : class_of_v6(address.to_v6());
}

std::string_view describe(address_class c) noexcept {
    switch (c) {
    case address_class::open: return "a public address";
    case address_class::unspecified: return "the unspecified address";
    case address_class::loopback: return "a loopback address";
    case address_class::link_local: return "a link-local address";
    case address_class::metadata: return "a cloud's metadata address";
    case address_class::private_network: return "a private address";
    case address_class::shared: return "an address of the shared range 100.64.0.0/10";
    case address_class::cluster: return "an address of the cluster";
    case address_class::multicast: return "a multicast address";
    case address_class::reserved: return "a reserved address";
    }
    return "an address";
}

std::optional<ip::address> literal_address(std::string_view host) {
    while (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    const auto text = ascii_lower(host);
    if (text == "localhost" || text.ends_with(".localhost")) {
        return ip::address{ip::address_v4::loopback()};
    }
    boost::system::error_code ec;
    if (auto address = ip::make_address(text, ec); !ec) {
        return address;
    }
    ::in_addr value{};
    if (!text.empty() && ::inet_aton(text.c_str(), &value) != 0) {
        return ip::address{ip::address_v4{ntohl(value.s_addr)}};
    }
    return std::nullopt;
}

} // namespace holdfast::http
