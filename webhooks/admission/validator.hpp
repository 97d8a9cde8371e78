#pragma once

#include "admission/audience.hpp"
#include "admission/examine.hpp"
#include "admission/review.hpp"
#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "http/router.hpp"
#include "observe/metrics.hpp"
#include "policy/surroundings.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <string>
#include <vector>

namespace holdfast::admission {

/// Judges what the API server asks about, with what is in memory: no request, no waiting. Pure but for
/// `around`. (The route adds warnings about what the fetched commits do not have.)
///
/// What an update does not change is no reason to refuse it: problems that the old object has too are told as
/// warnings, so that an object that became wrong can still be repaired, and freed of its finalizers. What is
/// being deleted is let through, and so is everything that is none of our kinds. What may well be right is
/// told when the spec is written, and not with every annotation.
[[nodiscard]] decision decide(const examined& what, const policy::surroundings& around);
/// The same from the review itself.
[[nodiscard]] decision
decide(const review& of, const policy::surroundings& around, const std::string& installation);

struct validator_settings {
    std::string installation;
    /// Who asks, and so what may be told.
    audience told = audience::anyone;
    /// More reviews of one address at a time are answered with 503: the API server goes by its failurePolicy
    /// then, at once and not after a timeout. In all there are no more than connections.
    std::size_t most_at_once = 100;
    std::size_t max_body = longest_review;
    /// Judges ConfigMaps with the operator's options; empty: they are let through.
    option_check options;
};

/// The routes of the webhook: POST /validate. All of what is given outlives them. Reviews are read and
/// examined on `readers`, which has nothing else to do: builds that keep the pool busy stop no review, and it
/// has as many threads as reviews may be read at a time.
[[nodiscard]] std::vector<http::route> make_routes(
    const boost::asio::any_io_executor& executor, const policy::surroundings& around,
    observe::metrics& counters, worker_pool& readers, validator_settings settings
);

/// The options of a server for these routes; without certificates yet.
[[nodiscard]] http::listen_options listen_options(std::string address, const validator_settings& settings);

} // namespace holdfast::admission
