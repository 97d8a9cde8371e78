#include "push_target.hpp"

#include "base/log.hpp"

namespace holdfast {

namespace {

crds::repository_webhook_delivery delivery_of(const push::claim& what, bool verified) {
    return {
        .time = std::chrono::floor<std::chrono::seconds>(wall_clock::now()),
        .provider = std::string{push::to_string(what.from)},
        .verified = verified,
        .delivery_id = what.delivery_id
    };
}

// An id that nobody proved is not repeated: it is for anybody to choose.
crds::repository_webhook_delivery unproven(const push::claim& what) {
    auto delivery = delivery_of(what, false);
    delivery.delivery_id.clear();
    return delivery;
}

} // namespace

asio::awaitable<result<std::vector<push::holder>>> push_target::holders(std::vector<std::string> urls) {
    auto found = co_await repositories_.webhook_holders(std::move(urls));
    if (!found) {
        co_return found.error();
    }
    std::vector<push::holder> all;
    for (auto& one : *found) {
        all.push_back({std::move(one.repository), std::move(one.secrets)});
    }
    co_return all;
}

void push_target::accepted(const std::vector<std::string>& repositories, const push::claim& what) {
    log::info(
        "a push was announced", {{"provider", std::string{push::to_string(what.from)}},
                                 {"delivery", what.delivery_id},
                                 {"repository", what.urls.empty() ? std::string{} : what.urls.front()},
                                 {"ref", what.refs.empty() ? std::string{} : what.refs.front()}}
    );
    for (const auto& repository : repositories) {
        repositories_.delivered(repository, what.urls, delivery_of(what, true));
    }
}

void push_target::refused(
    const std::vector<std::string>& repositories, const push::claim& what, std::string_view why
) {
    for (const auto& repository : repositories) {
        repositories_.delivery_refused(repository, unproven(what), std::string{why});
    }
}

void push_target::counted(std::string_view from, std::string_view outcome) {
    counters_.webhook_delivery(from, outcome);
}

} // namespace holdfast
