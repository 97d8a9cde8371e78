#include "cluster/namespace_watch.hpp"

#include "base/task_group.hpp"
#include "kube/resource.hpp"

#include <utility>

namespace holdfast::cluster {

namespace {

kube::informer_options options() {
    kube::informer_options o;
    o.kind = kube::resources::namespaces();
    o.what.metadata_only = true;
    return o;
}

namespace_watch::entry read(const json::object& live) {
    return {
        .uid = std::string{kube::uid_of(live)},
        .resource_version = std::string{kube::resource_version_of(live)},
        .deleting = kube::deletion_timestamp(live).has_value()
    };
}

using store = kube::object_store<namespace_watch::entry>;

} // namespace

struct namespace_watch::state {
    state(boost::asio::any_io_executor executor, kube::client& api, change_handler c, ready_handler r)
        : changed_handler{std::move(c)},
          ready_handler_{std::move(r)},
          known{
              read,
              {.added = [this](const auto& name, const auto&) { tell(name); },
               .changed = [this](const auto& name, const auto&, const auto&) { tell(name); },
               .removed = [this](const auto& name, const auto&) { tell(name); },
               .synced =
                   [this] {
                       if (!std::exchange(ready, true)) {
                           ready_handler_();
                       }
                   },
               .trouble_changed = [this] { ready_handler_(); }}
          },
          tasks{std::move(executor)},
          informer{api, options(), known} {}

    change_handler changed_handler;
    ready_handler ready_handler_;
    store known;
    task_group tasks;
    kube::informer informer;
    bool started = false;
    bool ready = false;

    void tell(const kube::object_name& name) const {
        if (ready) {
            changed_handler(name.name);
        }
    }
};

namespace_watch::namespace_watch(
    boost::asio::any_io_executor executor, kube::client& api, change_handler changed, ready_handler ready
)
    : state_{std::make_shared<state>(std::move(executor), api, std::move(changed), std::move(ready))} {}

namespace_watch::~namespace_watch() = default;

void namespace_watch::start() {
    if (!std::exchange(state_->started, true)) {
        state_->tasks.spawn("watch namespaces", [](std::shared_ptr<state> s) -> boost::asio::awaitable<void> {
            co_await s->informer.run();
        }(state_));
    }
}

bool namespace_watch::ready() const {
    return state_->ready;
}

std::optional<kube::failure> namespace_watch::trouble() const {
    return state_->informer.status().last_failure;
}

const namespace_watch::entry* namespace_watch::find(const std::string& name) const {
    return state_->known.find({"", name});
}

void namespace_watch::note(const json::object& live) {
    state_->known.note(live);
}

boost::asio::awaitable<void> namespace_watch::stop() {
    const auto s = state_;
    s->tasks.cancel();
    co_await s->tasks.join();
}

} // namespace holdfast::cluster
