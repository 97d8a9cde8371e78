#include "rights/watch.hpp"

#include "base/counted_list.hpp"
#include "base/log.hpp"
#include "kube/resource.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::rights {

using namespace std::chrono_literals;

namespace {

constexpr auto longest_wait = 1min;
constexpr std::size_t most_named = 20;
/// Its bindings are none: what is allowed here is allowed everywhere.
constexpr std::string_view nowhere = "holdfast-nowhere-0f6b2c";

kube::resource reviews() {
    return {
        .group = "authorization.k8s.io",
        .version = "v1",
        .plural = "selfsubjectrulesreviews",
        .kind = "SelfSubjectRulesReview",
        .namespaced = false,
        .verbs = {},
        .subresources = {}
    };
}

} // namespace

watch::watch(
    kube::client& api, std::string own_namespace, std::vector<right> needed,
    std::function<void(std::size_t)> told
)
    : api_{api},
      own_namespace_{std::move(own_namespace)},
      needed_{std::move(needed)},
      told_{std::move(told)} {}

asio::awaitable<kube::reply<std::vector<right>>> watch::ask() {
    const auto kind = reviews();
    const auto of_nowhere = review_of(nowhere);
    const auto everywhere = co_await api_.create(kind, of_nowhere, "holdfast");
    if (!everywhere) {
        co_return everywhere.error();
    }
    const auto of_home = review_of(own_namespace_);
    const auto at_home = co_await api_.create(kind, of_home, "holdfast");
    if (!at_home) {
        co_return at_home.error();
    }
    co_return rights::missing(needed_, *everywhere, *at_home);
}

asio::awaitable<void> watch::run() {
    std::chrono::milliseconds wait = 5s;
    for (;;) {
        const auto lacking = co_await ask();
        if (lacking) {
            told_(lacking->size());
            counted_list all{most_named, ", "};
            for (const auto& one : *lacking) {
                all.add([&] { return describe(one); });
            }
            auto text = lacking->empty() ? std::string{} : all.text();
            if (text != missing_) {
                missing_ = std::move(text);
                if (missing_.empty()) {
                    log::info("the operator has all rights that it needs now");
                } else {
                    log::error(
                        "the operator lacks rights: an administrator has to apply the rights of this version "
                        "(config/base/rbac, config/base/namespaced/rbac.yaml and config/webhook/rbac.yaml, or "
                        "config/overlays/one-namespace/rbac.yaml)",
                        {{"missing", missing_}}
                    );
                }
            }
            if (lacking->empty()) {
                co_return;
            }
        }
        co_await sleep_for(wait);
        wait = std::min<std::chrono::milliseconds>(wait * 2, longest_wait);
    }
}

} // namespace holdfast::rights
