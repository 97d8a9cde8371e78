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
    o.what.field_selector = "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token";
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

std::optional<std::set<std::string>> secret_watch::keys(const std::string& name) const {
    const auto found = secrets_.find(name);
    return found == secrets_.end() ? std::nullopt : std::optional{found->second.keys};
}

void secret_watch::begin_replace() {
    next_.emplace();
}

void secret_watch::end_replace() {
    if (!next_) {
        return;
    }
    const auto before = std::exchange(secrets_, std::move(*next_));
    next_.reset();
    if (!known_) {
        known_ = true;
        return;
    }
    for (const auto& [name, secret] : before) {
        if (!secrets_.contains(name)) {
            tell_(name);
        }
    }
    for (const auto& [name, secret] : secrets_) {
        const auto old = before.find(name);
        if (old == before.end() || old->second.version != secret.version) {
            tell_(name);
        }
    }
}

void secret_watch::changed(const json::object& object) {
    std::string name{kube::name_of(object)};
    seen now{.version = std::string{kube::resource_version_of(object)}, .keys = {}};
    if (const auto* data = kube::find_object(object, {"data"})) {
        for (const auto& [key, value] : *data) {
            now.keys.emplace(key);
        }
    }
    if (next_) {
        next_->insert_or_assign(std::move(name), std::move(now));
        return;
    }
    auto& slot = secrets_[name];
    if (slot.version != now.version) {
        slot = std::move(now);
        tell_(name);
    }
}

void secret_watch::deleted(const json::object& object) {
    const std::string name{kube::name_of(object)};
    if (next_) {
        next_->erase(name);
        return;
    }
    secrets_.erase(name);
    tell_(name);
}

} // namespace holdfast::control
