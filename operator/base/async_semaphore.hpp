#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace holdfast {

/// So many places may be taken at once; who finds too few waits in line, and nobody overtakes. One place is a
/// mutex. On one executor's thread.
class async_semaphore {
    struct state {
        state(asio::any_io_executor e, std::size_t n) : executor{std::move(e)}, all{n}, free{n} {}
        asio::any_io_executor executor;
        std::size_t all;
        std::size_t free;
        struct waiter {
            asio::steady_timer timer;
            std::size_t places;
            bool granted = false;
        };
        std::list<waiter> line;

        [[nodiscard]] bool somebody_waits() const noexcept {
            for (const auto& w : line) {
                if (!w.granted) return true;
            }
            return false;
        }

        void admit() {
            for (auto& w : line) {
                if (w.granted) continue;
                if (w.places > free) return;
                free -= w.places; // the places go from hand to hand
                w.granted = true;
                w.timer.cancel();
            }
        }

        void leave(std::size_t places) {
            free += places;
            admit();
        }
    };

public:
    /// Places that are taken; given back when it goes.
    class place {
    public:
        place() = default;
        place(std::shared_ptr<state> s, std::size_t places) noexcept
            : state_{std::move(s)}, places_{places} {}
        place(place&& other) noexcept
            : state_{std::move(other.state_)}, places_{std::exchange(other.places_, 0)} {}
        place& operator=(place&& other) noexcept {
            std::swap(state_, other.state_);
            std::swap(places_, other.places_);
            return *this;
        }
        ~place() {
            if (state_) {
                state_->leave(places_);
            }
        }

    private:
        std::shared_ptr<state> state_;
        std::size_t places_ = 0;
    };

    async_semaphore(asio::any_io_executor executor, std::size_t places)
        : state_{std::make_shared<state>(std::move(executor), places)} {}

    /// Waits for places; for all of them where more are asked for than there are. Throws operation_aborted
    /// when cancelled, holding none.
    asio::awaitable<place> enter(std::size_t places = 1) {
        return enter(state_, std::min(places, state_->all));
    }

    /// True when a place is free now.
    [[nodiscard]] bool is_free() const noexcept { return state_->free > 0; }

private:
    static asio::awaitable<place> enter(std::shared_ptr<state> s, std::size_t places) {
        if (s->free >= places && !s->somebody_waits()) {
            s->free -= places;
            co_return place{std::move(s), places};
        }
        const auto me = s->line.emplace(
            s->line.end(), asio::steady_timer{s->executor, asio::steady_timer::time_point::max()}, places
        );
        // Whatever ends the wait, a frame that is destroyed included, leaves the line.
        struct in_line {
            state* s;
            std::list<state::waiter>::iterator me;
            bool taken = false;
            ~in_line() {
                const std::size_t unused = me->granted && !taken ? me->places : 0;
                s->line.erase(me);
                s->leave(unused); // who came behind may fit where this one did not
            }
        };
        in_line guard{s.get(), me};
        boost::system::error_code ignored;
        co_await me->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (!me->granted) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
        guard.taken = true;
        co_return place{s, places};
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
