#include "base/loop_watch.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

#include <ctime>
#include <string>
#include <utility>

namespace holdfast {

namespace {

constexpr auto too_long = std::chrono::milliseconds{500};

// What this thread has burned. Work that was waited for cannot be told from the wait by a clock on the wall.
std::chrono::nanoseconds burned() {
    std::timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

} // namespace

loop_watch::loop_watch(boost::asio::io_context& context) : context_{context} {}

void loop_watch::tell(std::function<void(clock::duration)> told) {
    told_ = std::move(told);
}

void loop_watch::run() {
    while (true) {
        auto began = clock::now();
        was_mark_ = false;
        if (context_.poll_one() == 0) {
            if (context_.stopped()) {
                return;
            }
            const auto before = burned();
            if (context_.run_one() == 0) {
                return;
            }
            began = clock::now() - (burned() - before);
        }
        if (!measuring_ && !was_mark_) {
            begin_turn(began);
        }
    }
}

// Comes after all that is ready now.
void loop_watch::begin_turn(clock::time_point since) {
    measuring_ = true;
    boost::asio::post(context_, [this, since] { end_turn(since); });
}

void loop_watch::end_turn(clock::time_point since) {
    measuring_ = false;
    was_mark_ = true;
    const auto silent = clock::now() - since;
    if (silent >= too_long) {
        log::warn(
            "the loop was silent: everybody waited for one piece of work",
            {{"milliseconds",
              std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(silent).count())}}
        );
    }
    if (told_) {
        told_(silent);
    }
}

} // namespace holdfast
