#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace holdfast::http {

/// Who was a nuisance too often: a bucket of tokens for each source, for so many sources; who was not heard
/// of the longest is forgotten first. What was in order costs nothing, so that nobody who shares an address
/// (an ingress, a gateway) is kept out by others. One thread.
class rate_limit {
public:
    struct settings {
        double per_second = 50;
        double burst = 200;
        std::size_t most_sources = 10'000;
    };
    using time = std::chrono::steady_clock::time_point;

    rate_limit() : rate_limit(settings{}) {}
    explicit rate_limit(settings s) : settings_{s} {}

    /// Nothing while a source has a token, else how long until it has one again.
    [[nodiscard]] std::optional<std::chrono::seconds> spent(std::string_view source, time now);
    /// Takes tokens for having been a nuisance. Goes below zero, no further than `burst`.
    void charge(std::string_view source, double tokens, time now);

    [[nodiscard]] std::size_t sources() const noexcept { return buckets_.size(); }

private:
    struct bucket {
        std::string source;
        double tokens;
        time filled;
    };
    bucket& of(std::string_view source, time now);

    settings settings_;
    std::list<bucket> order_; // last heard of first
    std::unordered_map<std::string_view, std::list<bucket>::iterator> buckets_;
};

/// What stands for the sender in limits: the address of a peer ("10.0.0.7:41234", "[2001:db8::1]:443")
/// without its port; of IPv6 the network of 64 bits, since a customer has as many addresses there as they
/// like.
[[nodiscard]] std::string source_of(std::string_view peer);

} // namespace holdfast::http
