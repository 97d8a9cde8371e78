#include "engine/retry.hpp"

#include "base/backoff.hpp"
#include "engine/decide.hpp"
#include "engine/request.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::engine {

namespace {

crds::retry_strategy
strategy_of(const crds::operation& operation, const std::optional<crds::retry_strategy>& of_spec) {
    if (operation.retry) {
        return *operation.retry;
    }
    if (of_spec) {
        return *of_spec;
    }
    crds::retry_strategy strategy;
    if (!is_automated(operation)) {
        strategy.limit = 0;
    }
    return strategy;
}

} // namespace

bool is_to_refresh(
    const crds::operation_state& running, const std::optional<crds::retry_strategy>& of_spec,
    wall_clock::time_point now
) noexcept {
    return running.next_retry_at && *running.next_retry_at <= now &&
           strategy_of(running.operation, of_spec).refresh;
}

after_failure after_attempt(
    const crds::operation_state& running, const std::optional<crds::retry_strategy>& of_spec, std::string why,
    wall_clock::time_point now
) {
    const auto strategy = strategy_of(running.operation, of_spec);
    const auto& pace = strategy.backoff;
    if (strategy.limit >= 0 && running.retry_count >= strategy.limit) {
        const auto rest = std::max<steady_clock::duration>(pace.max_duration.value, least_rest);
        return {.next_at = std::nullopt, .wait = rest, .message = std::move(why)};
    }
    backoff waits{
        {.base = pace.duration.value,
         .cap = pace.max_duration.value,
         .factor = static_cast<double>(pace.factor),
         .jitter = 0.0}
    };
    for (std::int64_t i = 0; i < running.retry_count && i < 64; ++i) {
        waits.next();
    }
    const auto wait = waits.next();
    const auto next = now + wait;
    why += " (attempt " + std::to_string(running.retry_count + 2) + " at " + format_time(next) + ")";
    return {.next_at = next, .wait = wait, .message = std::move(why)};
}

} // namespace holdfast::engine
