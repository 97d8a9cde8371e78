#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <boost/asio/redirect_error.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace holdfast {

/// So many may be inside at once; the others wait in line. One place is a mutex. On one executor's thread.
class async_semaphore {
    struct state {
        explicit state(asio::any_io_executor e, std::size_t n) : executor{std::move(e)}, places{n} {}
        asio::any_io_executor executor;
        std::size_t places;
        struct waiter {
            asio::steady_timer timer;
            bool granted = false;
        };
        std::list<waiter> line;

        void leave() {
            for (auto& w : line) {
                if (!w.granted) {
                    w.granted = true; // the place goes from hand to hand
                    w.timer.cancel();
                    return;
                }
            }
            ++places;
        }
    };

public:
    /// A place inside; given back when it goes.
    class place {
    public:
        place() = default;
        explicit place(std::shared_ptr<state> s) noexcept : state_{std::move(s)} {}
        place(place&&) noexcept = default;
        place& operator=(place&& other) noexcept {
            std::swap(state_, other.state_);
            return *this;
        }
        ~place() {
            if (state_) {
                state_->leave();
            }
        }

    private:
        std::shared_ptr<state> state_;
    };

    async_semaphore(asio::any_io_executor executor, std::size_t places)
        : state_{std::make_shared<state>(std::move(executor), places)} {}

    /// Waits for a place. Throws operation_aborted when cancelled, holding none.
    asio::awaitable<place> enter() { return enter(state_); }

    /// True when a place is free now.
    [[nodiscard]] bool is_free() const noexcept { return state_->places > 0; }

private:
    static asio::awaitable<place> enter(std::shared_ptr<state> s) {
        if (s->places > 0) {
            --s->places;
            co_return place{std::move(s)};
        }
        const auto me = s->line.emplace(
            s->line.end(), asio::steady_timer{s->executor, asio::steady_timer::time_point::max()}
        );
        // Whatever ends the wait, a frame that is destroyed included, leaves the line.
        struct in_line {
            state* s;
            std::list<state::waiter>::iterator me;
            bool taken = false;
            ~in_line() {
                const bool unused = me->granted && !taken;
                s->line.erase(me);
                if (unused) {
                    s->leave();
                }
            }
        };
        in_line guard{s.get(), me};
        boost::system::error_code ignored;
        co_await me->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (!me->granted) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
        guard.taken = true;
        co_return place{s};
    }

    std::shared_ptr<state> state_;
};

/// One operation that several wait for. The one that runs it gives the outcome; the others get copies.
template <class T>
class flight {
public:
    explicit flight(const asio::any_io_executor& executor)
        : landed_{executor, asio::steady_timer::time_point::max()} {}

    void land(T outcome) {
        outcome_.emplace(std::move(outcome));
        landed_.cancel();
    }

    /// Throws operation_aborted when the caller is cancelled; the operation goes on.
    static asio::awaitable<T> wait(std::shared_ptr<flight> f) {
        if (!f->outcome_) {
            boost::system::error_code ignored;
            co_await f->landed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        if (!f->outcome_) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
        co_return *f->outcome_;
    }

private:
    asio::steady_timer landed_;
    std::optional<T> outcome_;
};

/// Lands a flight in every case, also when what runs is cancelled or throws: whoever waits for it must not
/// wait for ever.
template <class T>
class lander {
public:
    lander(std::shared_ptr<flight<result<T>>> f, error otherwise)
        : flight_{std::move(f)}, otherwise_{std::move(otherwise)} {}
    lander(const lander&) = delete;
    lander& operator=(const lander&) = delete;
    ~lander() {
        if (flight_) {
            flight_->land(otherwise_);
        }
    }
    void land(result<T> outcome) { std::exchange(flight_, nullptr)->land(std::move(outcome)); }

private:
    std::shared_ptr<flight<result<T>>> flight_;
    error otherwise_;
};

} // namespace holdfast
