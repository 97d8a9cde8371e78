#pragma once

#include "base/async.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace holdfast {

/// So many places, for the work of several tenants. Once there is more than one tenant, none of them has all
/// places, where there are two or more, so that the others' work begins while one's goes on. Whoever waits is
/// let in in turn: the tenant that has the fewest places first, of these the one that was let in longest ago,
/// and of one tenant's the one that came first. On one executor's thread.
class fair_places {
    struct state {
        state(asio::any_io_executor e, std::size_t n)
            : executor{std::move(e)}, all{std::max<std::size_t>(n, 1)} {}
        asio::any_io_executor executor;
        std::size_t all;
        std::size_t taken = 0;
        std::uint64_t admitted = 0;
        struct tenant {
            std::size_t taken = 0;
            std::size_t waiting = 0;
            std::uint64_t last = 0; // of `admitted`
        };
        std::map<std::string, tenant> tenants; // those that have or want something
        std::set<std::string> seen;            // the first two: more need not be known
        struct waiter {
            asio::steady_timer timer;
            std::string tenant;
            bool granted = false;
        };
        std::list<waiter> line;

        void note(const std::string& name) {
            if (seen.size() < 2) {
                seen.insert(name);
            }
        }
        [[nodiscard]] std::size_t most_of_one() const noexcept {
            return seen.size() < 2 ? all : std::max<std::size_t>(all - 1, 1);
        }
        void admit() {
            while (taken < all) {
                auto best = line.end();
                for (auto w = line.begin(); w != line.end(); ++w) {
                    if (w->granted || tenants[w->tenant].taken >= most_of_one()) {
                        continue;
                    }
                    const auto rank = [this](const waiter& of) {
                        const auto& t = tenants[of.tenant];
                        return std::pair{t.taken, t.last};
                    };
                    if (best == line.end() || rank(*w) < rank(*best)) {
                        best = w;
                    }
                }
                if (best == line.end()) {
                    return;
                }
                auto& t = tenants[best->tenant];
                ++taken;
                ++t.taken;
                t.last = ++admitted;
                best->granted = true;
                best->timer.cancel();
            }
        }
        void leave(const std::string& name) {
            --taken;
            --tenants[name].taken;
            admit();
            tidy(name);
        }
        // One that has nothing is let in before others anyway, but for those that have nothing either.
        void tidy(const std::string& name) {
            if (const auto found = tenants.find(name);
                found != tenants.end() && found->second.taken == 0 && found->second.waiting == 0) {
                tenants.erase(found);
            }
        }
    };

public:
    /// A place that is taken; given back when it goes.
    class place {
    public:
        place() = default;
        place(std::shared_ptr<state> s, std::string tenant) noexcept
            : state_{std::move(s)}, tenant_{std::move(tenant)} {}
        place(place&& other) noexcept
            : state_{std::exchange(other.state_, nullptr)}, tenant_{std::move(other.tenant_)} {}
        place& operator=(place&& other) noexcept {
            std::swap(state_, other.state_);
            std::swap(tenant_, other.tenant_);
            return *this;
        }
        ~place() {
            if (state_) {
                state_->leave(tenant_);
            }
        }

    private:
        std::shared_ptr<state> state_;
        std::string tenant_;
    };

    fair_places(asio::any_io_executor executor, std::size_t places)
        : state_{std::make_shared<state>(std::move(executor), places)} {}

    /// That there is such a tenant, who may want a place soon.
    void note(const std::string& tenant) { state_->note(tenant); }
    /// Waits for a place. Throws operation_aborted when cancelled, holding none.
    asio::awaitable<place> enter(std::string tenant) { return enter(state_, std::move(tenant)); }

    [[nodiscard]] std::size_t taken() const noexcept { return state_->taken; }
    /// Of how many tenants something has a place or waits for one.
    [[nodiscard]] std::size_t tenants() const noexcept { return state_->tenants.size(); }

private:
    static asio::awaitable<place> enter(std::shared_ptr<state> s, std::string tenant) {
        s->note(tenant);
        const auto me = s->line.emplace(
            s->line.end(), asio::steady_timer{s->executor, asio::steady_timer::time_point::max()}, tenant
        );
        ++s->tenants[tenant].waiting;
        // Whatever ends the wait, a frame that is destroyed included, leaves the line.
        struct in_line {
            state* s;
            std::list<state::waiter>::iterator me;
            bool taken = false;
            ~in_line() {
                const auto name = me->tenant;
                const bool is_unused = me->granted && !taken;
                s->line.erase(me);
                --s->tenants[name].waiting;
                if (is_unused) {
                    s->leave(name);
                } else {
                    s->tidy(name);
                }
            }
        };
        in_line guard{s.get(), me};
        s->admit();
        if (!me->granted) {
            boost::system::error_code ignored;
            co_await me->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        if (!me->granted) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
        guard.taken = true;
        co_return place{s, std::move(tenant)};
    }

    std::shared_ptr<state> state_;
};

} // namespace holdfast
