#pragma once

#include "cluster/destination.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace holdfast::cluster {

/// The clusters that applications are deployed to, by the URL or the name that an Application gives them.
/// There is one: that which the operator itself is in (or was given a kubeconfig for). The checks of a
/// specification refuse another one before anybody asks for it here, and what such an application had before
/// is in this one.
class destinations {
public:
    /// `in_cluster` outlives it.
    explicit destinations(destination& in_cluster) : in_cluster_{in_cluster} {}

    /// The cluster of that API server, or of that name. It lives as long as this.
    [[nodiscard]] destination& of(std::string_view /*server*/, std::string_view /*name*/) const noexcept {
        return in_cluster_;
    }

    /// destination::survey of all of them.
    asio::awaitable<void> survey(std::function<void(bool found_more)> looked) {
        return in_cluster_.survey(std::move(looked));
    }

private:
    destination& in_cluster_;
};

} // namespace holdfast::cluster
