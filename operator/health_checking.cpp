#include "health_checking.hpp"

#include "base/async.hpp"
#include "kube/object.hpp"

#include <utility>

namespace holdfast {

namespace {

/// The object as a script may see it: what it says comes into statuses, which more people may read than Secrets.
json::object shown(const json::object& live) {
    auto object = live;
    if (const auto kind = kube::gvk_of(object); !kind.group.empty() || kind.kind != "Secret") return object;
    object.erase("data");
    object.erase("stringData");
    if (auto* metadata = object["metadata"].if_object())
        metadata->erase("annotations"); // kubectl keeps a copy there
    return object;
}

} // namespace

asio::awaitable<cluster::checked_health>
health_checking::run(std::string script, std::shared_ptr<const json::object> live) {
    auto work = [this, script = std::move(script), live = std::move(live)] {
        auto came = scripts_.run(script, shown(*live));
        return cluster::checked_health{std::move(came.verdict), came.again_in};
    };
    co_return co_await on_pool(pool_, std::move(work));
}

} // namespace holdfast
