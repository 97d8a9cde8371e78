#include "control/secret_watch.hpp"

#include "kube/object.hpp"
#include "kube/resource.hpp"

#include <utility>

namespace holdfast::control {

namespace {

kube::informer_options options_for(const std::string& namespace_) {
    kube::informer_options o;
    o.kind = kube::resources::secrets();
    o.what.namespace_ = namespace_;
    o.what.metadata_only = true;
    return o;
}

} // namespace

secret_watch::secret_watch(
    boost::asio::any_io_executor executor, kube::client& api, const std::string& namespace_,
    std::function<void(const std::string& name)> changed
)
    : tell_{std::move(changed)}, tasks_{std::move(executor)}, informer_{api, options_for(namespace_), *this} {
    tasks_.spawn("watch secrets of " + namespace_, [](kube::informer* i) -> boost::asio::awaitable<void> {
        co_await i->run();
    }(&informer_));
}

boost::asio::awaitable<void> secret_watch::stop() {
    tasks_.cancel();
    co_await tasks_.join();
}

void secret_watch::begin_replace() {
    next_.emplace();
}

void secret_watch::end_replace() {
    if (!next_) {
        return;
    }
    const auto before = std::exchange(versions_, std::move(*next_));
    next_.reset();
    if (!known_) {
        known_ = true;
        return;
    }
    for (const auto& [name, version] : before) {
        if (!versions_.contains(name)) {
            tell_(name);
        }
    }
    for (const auto& [name, version] : versions_) {
        const auto old = before.find(name);
        if (old == before.end() || old->second != version) {
            tell_(name);
        }
    }
}

void secret_watch::changed(const json::object& object) {
    std::string name{kube::name_of(object)};
    std::string version{kube::resource_version_of(object)};
    if (next_) {
        next_->insert_or_assign(std::move(name), std::move(version));
        return;
    }
    auto& slot = versions_[name];
    if (slot != version) {
        slot = std::move(version);
        tell_(name);
    }
}

void secret_watch::deleted(const json::object& object) {
    const std::string name{kube::name_of(object)};
    if (next_) {
        next_->erase(name);
        return;
    }
    versions_.erase(name);
    tell_(name);
}

} // namespace holdfast::control
