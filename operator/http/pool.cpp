#include "http/pool.hpp"

#include <boost/asio/redirect_error.hpp>

#include <string>

namespace holdfast::http {

pool::pool(const asio::any_io_executor& executor, limits l)
    : executor_{executor}, limits_{l}, sweeper_{executor} {}

// One's place in the line. Left in every way a coroutine can end: a slot that came too late goes to the next.
class pool::place {
public:
    explicit place(pool& owner)
        : owner_{owner},
          self_{std::make_shared<waiter>(asio::steady_timer{owner.executor_})},
          at_{owner.line_.insert(owner.line_.end(), self_)} {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
        if (!self_->granted) {
            owner_.line_.erase(at_);
        } else if (!taken_) {
            owner_.release();
        }
    }

    waiter& self() { return *self_; }
    std::unique_ptr<slot> take() {
        taken_ = true;
        return std::make_unique<slot>(owner_.shared_from_this());
    }

private:
    pool& owner_;
    std::shared_ptr<waiter> self_;
    std::list<std::shared_ptr<waiter>>::iterator at_;
    bool taken_ = false;
};

asio::awaitable<result<std::unique_ptr<pool::slot>>> pool::acquire(steady_clock::time_point end) {
    const auto self = shared_from_this();
    if (in_use_ < limits_.connections) {
        ++in_use_;
        co_return std::make_unique<slot>(self);
    }
    if (line_.size() >= limits_.waiting) {
        co_return transient_error(
            std::to_string(line_.size()) + " requests are waiting for a connection already"
        );
    }
    place here{*this};
    here.self().timer.expires_at(end);
    boost::system::error_code ec;
    co_await here.self().timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (here.self().granted) {
        co_return here.take();
    }
    if (ec) {
        throw boost::system::system_error{ec};
    }
    co_return transient_error(
        "timed out waiting for one of " + std::to_string(limits_.connections) + " connections"
    );
}

void pool::release() {
    if (line_.empty()) {
        --in_use_;
        return;
    }
    const auto next = line_.front();
    line_.pop_front();
    next->granted = true;
    next->timer.cancel();
}

std::unique_ptr<connection> pool::take_idle() {
    while (!idle_.empty()) {
        auto last = std::move(idle_.back());
        idle_.pop_back();
        if (steady_clock::now() < last.until && last.wire->is_quiet()) {
            return std::move(last.wire);
        }
    }
    return nullptr;
}

void pool::give_back(std::unique_ptr<connection> wire, std::uint64_t epoch) {
    if (epoch != epoch_ || limits_.keep_alive.count() <= 0 || !wire->inbox().empty()) {
        return;
    }
    wire->expire_never();
    wire->inbox().shrink_to_fit();
    if (idle_.size() >= limits_.connections) {
        idle_.pop_front();
    }
    idle_.push_back({std::move(wire), steady_clock::now() + limits_.keep_alive});
    watch_oldest();
}

void pool::watch_oldest() {
    if (sweeping_ || idle_.empty()) {
        return;
    }
    sweeping_ = true;
    sweeper_.expires_at(idle_.front().until);
    sweeper_.async_wait([held = weak_from_this()](boost::system::error_code) {
        const auto self = held.lock();
        if (!self) {
            return;
        }
        self->sweeping_ = false;
        const auto now = steady_clock::now();
        while (!self->idle_.empty() && self->idle_.front().until <= now) {
            self->idle_.pop_front();
        }
        self->watch_oldest();
    });
}

void pool::close_idle() {
    idle_.clear();
    sweeper_.cancel();
}

void pool::forget_all() {
    ++epoch_;
    close_idle();
}

} // namespace holdfast::http
