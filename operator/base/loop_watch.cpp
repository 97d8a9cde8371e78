#include "base/loop_watch.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
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

std::string milliseconds(std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

} // namespace

// How long a thread has waited for a processor: the second number of its schedstat. Read with every
// measurement, so the file stays open.
class loop_watch::processor_waits {
public:
    // Of the thread that makes it.
    processor_waits() : file_{::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)} {}
    ~processor_waits() {
        if (file_ >= 0) {
            ::close(file_);
        }
    }
    processor_waits(const processor_waits&) = delete;
    processor_waits& operator=(const processor_waits&) = delete;

    [[nodiscard]] std::chrono::nanoseconds now() const {
        std::array<char, 96> buffer{};
        const auto size = file_ < 0 ? 0 : ::pread(file_, buffer.data(), buffer.size(), 0);
        const char* const begin = buffer.data();
        const char* const end = begin + std::max<ssize_t>(size, 0);
        const char* const space = std::find(begin, end, ' ');
        std::int64_t waited = 0;
        if (space != end) {
            std::from_chars(space + 1, end, waited);
        }
        return std::chrono::nanoseconds{waited};
    }

private:
    int file_;
};

loop_watch::loop_watch(boost::asio::io_context& context) : context_{context} {}

void loop_watch::tell(std::function<void(silence)> told) {
    told_ = std::move(told);
}

void loop_watch::run() {
    const processor_waits here;
    waits_ = &here;
    struct end {
        const processor_waits*& of;
        ~end() { of = nullptr; }
    } const at_end{waits_};
    while (true) {
        start now{clock::now(), measuring_ ? std::chrono::nanoseconds{} : here.now()};
        was_mark_ = false;
        if (context_.poll_one() == 0) {
            if (context_.stopped()) {
                return;
            }
            const auto before = burned();
            if (context_.run_one() == 0) {
                return;
            }
            now = {clock::now() - (burned() - before), here.now()};
        }
        if (!measuring_ && !was_mark_) {
            begin_turn(now);
        }
    }
}

// Comes after all that is ready now.
void loop_watch::begin_turn(start since) {
    measuring_ = true;
    boost::asio::post(context_, [this, since] { end_turn(since); });
}

void loop_watch::end_turn(start since) {
    measuring_ = false;
    was_mark_ = true;
    const clock::duration whole = clock::now() - since.at;
    silence found;
    found.without_processor = std::clamp<clock::duration>(
        waits_ == nullptr ? clock::duration{} : waits_->now() - since.waited, {}, whole
    );
    found.busy = whole - found.without_processor;
    if (found.busy >= too_long) {
        log::warn(
            "the loop was silent: everybody waited for one piece of work",
            {{"milliseconds", milliseconds(found.busy)}}
        );
    }
    if (found.without_processor >= too_long) {
        log::warn(
            "the loop was silent: it got no processor; give the operator more CPU, or the node less to do",
            {{"milliseconds", milliseconds(found.without_processor)}}
        );
    }
    if (told_) {
        told_(found);
    }
}

} // namespace holdfast
