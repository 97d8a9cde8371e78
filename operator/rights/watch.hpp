#pragma once

#include "base/async.hpp"
#include "kube/client.hpp"
#include "rights/rights.hpp"

#include <functional>
#include <string>
#include <vector>

namespace holdfast::rights {

/// Follows which of the needed rights are missing. On the loop's thread.
class watch {
public:
    /// `api` outlives it, and is one that asks also while another replica leads. `told` is called with how
    /// many are missing, whenever that was asked.
    watch(
        kube::client& api, std::string own_namespace, std::vector<right> needed,
        std::function<void(std::size_t missing)> told
    );

    /// Asks now, and while something is missing or could not be asked again and again. Returns when nothing is
    /// missing.
    asio::awaitable<void> run();
    /// What is missing as far as is known, in words: "list projects.holdfast.dev, …"; empty: nothing.
    [[nodiscard]] const std::string& missing() const noexcept { return missing_; }

private:
    asio::awaitable<kube::reply<std::vector<right>>> ask();

    kube::client& api_;
    std::string own_namespace_;
    std::vector<right> needed_;
    std::function<void(std::size_t)> told_;
    std::string missing_;
};

} // namespace holdfast::rights
