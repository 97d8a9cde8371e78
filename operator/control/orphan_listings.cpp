#include "control/orphan_listings.hpp"

#include "base/log.hpp"

namespace holdfast::control {

std::shared_ptr<const cluster::namespace_content> orphan_listings::look(
    const std::string& application, const std::shared_ptr<cluster::destination>& to,
    const std::string& namespace_
) {
    const auto now = steady_clock::now();
    const place where{to->id(), namespace_};
    auto& known = listings_[where];
    known.asked = now;
    if (!known.content || now - known.listed >= max_age) {
        known.waiting.insert(application);
        if (!known.is_under_way) {
            known.is_under_way = true;
            forget_what_nobody_asks_about();
            tasks_.spawn("list a namespace", list(this, where, to));
        }
    }
    return listings_.at(where).content;
}

asio::awaitable<void>
orphan_listings::list(orphan_listings* self, place where, std::shared_ptr<cluster::destination> to) {
    const auto turn = co_await self->turns_.enter();
    auto content = co_await to->list_namespace(where.second);
    for (const auto& why : content.unlisted) {
        log::debug("orphaned objects of a kind cannot be told", {{"namespace", where.second}, {"why", why}});
    }
    auto& known = self->listings_[where];
    known.content = std::make_shared<const cluster::namespace_content>(std::move(content));
    known.listed = steady_clock::now();
    known.is_under_way = false;
    for (const auto& application : std::exchange(known.waiting, {})) {
        self->triggers_.reconcile(application);
    }
}

void orphan_listings::forget_what_nobody_asks_about() {
    const auto old = steady_clock::now() - 3 * max_age;
    std::erase_if(listings_, [&](const auto& one) {
        return !one.second.is_under_way && one.second.asked < old;
    });
}

asio::awaitable<void> orphan_listings::stop() {
    tasks_.cancel();
    co_await tasks_.join();
}

} // namespace holdfast::control
