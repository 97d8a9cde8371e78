#pragma once

#include "base/async.hpp"

#include <chrono>

namespace holdfast {

/// For work on the loop's thread that grows with what others send: gives the loop back in between, so that
/// whatever else is ready gets its turn. What a caller knows of shared state may have changed after each
/// give_back(). Used by one coroutine.
class loop_turns {
public:
    /// The loop is held for `longest`, and for one more piece of work.
    explicit loop_turns(steady_clock::duration longest = std::chrono::milliseconds{10})
        : longest_{longest}, since_{steady_clock::now()} {}

    /// To be awaited between two pieces of work. Returns at once while the loop was not held for long.
    asio::awaitable<void> give_back();

private:
    steady_clock::duration longest_;
    steady_clock::time_point since_;
};

} // namespace holdfast
