#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>

namespace holdfast {

/// Runs a loop and measures for how long it is silent: how long what is ready to run, and what the network
/// has, waits for its turn because of what others do on the loop. A measurement begins with a piece of work
/// and ends when all that was ready then has run; while nothing happens nothing is measured and nothing
/// wakes up. On the loop's thread.
class loop_watch {
public:
    using clock = std::chrono::steady_clock;

    /// `context`, which outlives it, is run by nobody else.
    explicit loop_watch(boost::asio::io_context& context);

    /// Who is told of each measurement; nobody when empty. Must not throw.
    void tell(std::function<void(clock::duration silent)> told);

    /// As io_context::run(): returns when there is no work left, or the context was stopped. Logs a warning
    /// of silences of half a second and more.
    void run();

private:
    void begin_turn(clock::time_point since);
    void end_turn(clock::time_point since);

    boost::asio::io_context& context_;
    std::function<void(clock::duration)> told_;
    bool measuring_ = false;
    bool was_mark_ = false; // the handler that ran last was the end of a measurement
};

} // namespace holdfast
