#include "http/rate_limit.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cmath>

namespace holdfast::http {

rate_limit::bucket& rate_limit::of(std::string_view source, time now) {
    if (const auto known = buckets_.find(source); known != buckets_.end()) {
        order_.splice(order_.begin(), order_, known->second);
        auto& b = *known->second;
        const double seconds = std::chrono::duration<double>(now - b.filled).count();
        b.tokens = std::min(settings_.burst, b.tokens + std::max(0.0, seconds) * settings_.per_second);
        b.filled = now;
        return b;
    }
    while (buckets_.size() >= settings_.most_sources) {
        buckets_.erase(order_.back().source);
        order_.pop_back();
    }
    order_.push_front({std::string{source}, settings_.burst, now});
    buckets_.emplace(order_.front().source, order_.begin());
    return order_.front();
}

std::optional<std::chrono::seconds> rate_limit::spent(std::string_view source, time now) {
    const auto& b = of(source, now);
    if (b.tokens >= 1) {
        return std::nullopt;
    }
    return std::chrono::seconds{
        std::max<std::int64_t>(1, std::llround(std::ceil((1 - b.tokens) / settings_.per_second)))
    };
}

void rate_limit::charge(std::string_view source, double tokens, time now) {
    auto& b = of(source, now);
    b.tokens = std::max(-settings_.burst, b.tokens - tokens);
}

std::string source_of(std::string_view peer) {
    auto host = peer.substr(0, peer.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(std::string{host}, ec);
    if (ec) {
        return std::string{host};
    }
    if (!address.is_v6()) {
        return address.to_string();
    }
    if (address.to_v6().is_v4_mapped()) {
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    auto bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return boost::asio::ip::address_v6{bytes}.to_string() + "/64";
}

} // namespace holdfast::http
