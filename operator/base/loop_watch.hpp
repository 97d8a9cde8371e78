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

    /// One measurement, in two parts: what the loop did with the time, and what it was not given.
    struct silence {
        /// The work of this thread, and what it waited for by itself: files, locks.
        clock::duration busy{};
        /// The thread could have run and waited for a processor: others had them all, or a limit of the
        /// container was used up. Zero where the kernel does not say (proc(5), /proc/PID/schedstat).
        clock::duration without_processor{};
    };

    /// `context`, which outlives it, is run by nobody else.
    explicit loop_watch(boost::asio::io_context& context);

    /// Who is told of each measurement; nobody when empty. Must not throw.
    void tell(std::function<void(silence)> told);

    /// As io_context::run(): returns when there is no work left, or the context was stopped. Logs a warning
    /// of silences of half a second and more.
    void run();

private:
    /// Since when a measurement lasts, and how long the thread had waited for a processor by then.
    struct start {
        clock::time_point at;
        std::chrono::nanoseconds waited{};
    };
    void begin_turn(start since);
    void end_turn(start since);

    class processor_waits;

    boost::asio::io_context& context_;
    const processor_waits* waits_ = nullptr; // while it runs
    std::function<void(silence)> told_;
    bool measuring_ = false;
    bool was_mark_ = false; // the handler that ran last was the end of a measurement
};

} // namespace holdfast
