#pragma once

#include "base/async_semaphore.hpp"
#include "base/work_budget.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace holdfast::sources {

/// Whose work on the pool it is: places are counted by tenant (a namespace), and it ends when its owner does.
struct work_owner {
    std::string tenant;
    /// Requested when the work is no longer wanted; null: it always is.
    std::shared_ptr<const work_stop> stop;
};

/// So many pieces of work of one tenant are on the pool at a time, so that those of the others find a thread
/// there. On one executor's thread.
class work_shares {
public:
    work_shares(asio::any_io_executor executor, std::size_t places)
        : executor_{std::move(executor)}, places_{places} {}

    /// Held while a piece of work is on the pool.
    struct place {
        std::shared_ptr<async_semaphore> line;
        async_semaphore::place held;
    };

    /// Waits for a place. Throws operation_aborted when cancelled, holding none.
    asio::awaitable<place> enter(std::string tenant) {
        const auto line = line_of(tenant);
        auto held = co_await line->enter();
        co_return place{line, std::move(held)};
    }

    /// Of how many tenants something is on the pool or waits for it.
    [[nodiscard]] std::size_t tenants() const noexcept {
        std::size_t count = 0;
        for (const auto& [tenant, line] : lines_) {
            count += line.expired() ? 0U : 1U;
        }
        return count;
    }

private:
    std::shared_ptr<async_semaphore> line_of(const std::string& tenant) {
        if (const auto found = lines_.find(tenant); found != lines_.end()) {
            if (auto line = found->second.lock()) {
                return line;
            }
        }
        std::erase_if(lines_, [](const auto& one) { return one.second.expired(); });
        auto made = std::make_shared<async_semaphore>(executor_, places_);
        lines_.emplace(tenant, made);
        return made;
    }

    asio::any_io_executor executor_;
    std::size_t places_;
    std::map<std::string, std::weak_ptr<async_semaphore>> lines_;
};

} // namespace holdfast::sources
