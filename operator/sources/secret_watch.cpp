#include "sources/secret_watch.hpp"

#include "base/log.hpp"
#include "kube/object.hpp"
#include "kube/resource.hpp"
#include "policy/unserved.hpp"

#include <utility>

namespace holdfast::sources {

namespace {

// In a namespace: more are not named.
constexpr std::size_t most_unserved = 100;

kube::informer_options options_for(const std::string& namespace_) {
    kube::informer_options o;
    o.kind = kube::resources::secrets();
    o.what.namespace_ = namespace_;
    o.what.field_selector = "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token";
    return o;
}

std::set<std::string> keys_of(const json::object& secret) {
    std::set<std::string> keys;
    if (const auto* data = kube::find_object(secret, {"data"})) {
        for (const auto& [key, value] : *data) {
            keys.emplace(key);
        }
    }
    return keys;
}

} // namespace

secret_watch::secret_watch(
    boost::asio::any_io_executor executor, kube::client& api, const std::string& namespace_,
    const std::string& own_namespace, std::function<void(const std::string& name)> changed
)
    : changed_{std::move(changed)},
      namespace_{namespace_},
      own_namespace_{own_namespace},
      secrets_{
          [this](const json::object& secret) {
              name_unserved(secret);
              return keys_of(secret);
          },
          {.added = [this](const auto& name, const auto&) { tell(name); },
           .changed = [this](const auto& name, const auto&, const auto&) { tell(name); },
           .removed = [this](const auto& name, const auto&) { tell(name); },
           .synced = [this] { known_ = true; }}
      },
      tasks_{std::move(executor)},
      informer_{api, options_for(namespace_), secrets_} {
    tasks_.spawn("watch secrets of " + namespace_, [](kube::informer* i) -> boost::asio::awaitable<void> {
        co_await i->run();
    }(&informer_));
}

boost::asio::awaitable<void> secret_watch::stop() {
    tasks_.cancel();
    co_await tasks_.join();
}

std::optional<std::set<std::string>> secret_watch::keys(const std::string& name) const {
    const auto* found = secrets_.find({namespace_, name});
    return found == nullptr ? std::nullopt : std::optional{*found};
}

void secret_watch::name_unserved(const json::object& secret) {
    const auto name = kube::name_of(secret);
    const auto why = policy::unserved_secret(secret, namespace_, own_namespace_);
    if (!why.empty() && unserved_.size() < most_unserved && unserved_.emplace(name).second) {
        log::warn(
            "a Secret is not read", {{"secret", namespace_ + "/" + std::string{name}}, {"why", "it " + why}}
        );
    }
}

void secret_watch::tell(const kube::object_name& secret) const {
    if (known_) {
        changed_(secret.name);
    }
}

} // namespace holdfast::sources
