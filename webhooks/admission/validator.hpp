#pragma once

#include "admission/option_review.hpp"
#include "admission/review.hpp"
#include "base/async.hpp"
#include "control/metrics.hpp"
#include "control/surroundings.hpp"
#include "http/router.hpp"

#include <boost/asio/thread_pool.hpp>

#include <string>
#include <vector>

namespace holdfast::admission {

/// Judges what the API server asks about, with what is in memory: no request, no waiting. Pure but for
/// `around`. (The route adds warnings about what the fetched commits do not have.)
///
/// What an update does not change is no reason to refuse it: problems that the old object has too are told as
/// warnings, so that an object that became wrong can still be repaired, and freed of its finalizers. What is
/// being deleted is let through, and so is everything that is none of our kinds.
[[nodiscard]] decision
decide(const review& of, const control::surroundings& around, const std::string& installation);

struct validator_settings {
    std::string installation;
    /// More reviews at a time are answered with 503: the API server goes by its failurePolicy then, at once
    /// and not after a timeout.
    std::size_t most_at_once = 100;
    /// What an API server may send: an object and the one before it.
    std::size_t max_body = std::size_t{7} << 20U;
    /// Judges ConfigMaps with the operator's options; empty: they are let through.
    option_check options;
};

/// The routes of the webhook: POST /validate. All of what is given outlives them.
[[nodiscard]] std::vector<http::route> make_routes(
    const control::surroundings& around, control::metrics& counters, asio::thread_pool& pool,
    validator_settings settings
);

/// The options of a server for these routes; without certificates yet.
[[nodiscard]] http::listen_options listen_options(std::string address, const validator_settings& settings);

} // namespace holdfast::admission
