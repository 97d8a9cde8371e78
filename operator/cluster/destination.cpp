#include "cluster/destination.hpp"

#include "base/log.hpp"
#include "cluster/inspection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::cluster {

using namespace std::chrono_literals;

destination::destination(
    asio::any_io_executor executor, kube::client& api, settings s, handlers told, write_observer& counters
)
    : api_{api},
      settings_{std::move(s)},
      told_{std::move(told)},
      counters_{counters},
      requests_{executor, settings_.requests},
      discovery_{api},
      schemas_{api},
      live_{
          executor, api,
          live_objects::settings{
              .names = settings_.names,
              .installation = settings_.installation,
              .is_foundation = settings_.is_foundation,
              .within = settings_.within,
              .applier_of = [this](const sync::object_id& id) { return applier_of(id); },
              .cluster = settings_.id,
              .checks = settings_.checks
          },
          told_.object_changed, told_.kind_ready
      },
      namespaces_{executor, api, told_.namespace_changed, told_.kind_ready},
      surveyor_{
          api, discovery_, live_,
          survey_settings{
              .names = settings_.names, .installation = settings_.installation, .within = settings_.within
          }
      },
      tasks_{executor} {}

asio::awaitable<void> destination::start() {
    auto wait = 500ms;
    for (;;) {
        const auto started = co_await try_start();
        if (started) {
            co_return;
        }
        log::warn("waiting for the API server", {{"error", started.error().message()}});
        co_await sleep_for(std::exchange(wait, std::min<std::chrono::milliseconds>(wait * 2, 10s)));
    }
}

asio::awaitable<kube::reply<void>> destination::try_start() {
    if (!discovery_.ready()) {
        if (const auto refreshed = co_await discovery_.refresh(); !refreshed) {
            co_return refreshed.error();
        }
    }
    const auto version = co_await api_.version();
    if (!version) {
        co_return version.error();
    }
    kube_version_ = version->git_version.substr(version->git_version.starts_with('v') ? 1 : 0);
    tasks_.spawn("follow kinds", follow_kinds());
    if (settings_.within.is_all()) {
        tasks_.spawn("follow definitions", discovery_.follow());
    } // else a kind that is not known is asked for when somebody names it
    co_return kube::reply<void>{};
}

asio::awaitable<void> destination::stop() {
    tasks_.cancel();
    co_await tasks_.join();
    co_await live_.stop();
    co_await namespaces_.stop();
}

asio::awaitable<void> destination::follow_kinds() {
    auto seen = discovery_.generation();
    for (;;) {
        co_await discovery_.wait_changed(seen);
        seen = discovery_.generation();
        for (const auto& kind : live_.kinds()) {
            if (discovery_.catalog().find(kind) == nullptr && !discovery_.catalog().is_stale(kind.group)) {
                live_.unwatch(kind);
            }
        }
        schemas_.invalidate();
        told_.kinds_changed();
    }
}

std::shared_ptr<const kube::api_catalog> destination::catalog() {
    if (!catalog_ || catalog_generation_ != discovery_.generation()) {
        catalog_ = std::make_shared<const kube::api_catalog>(discovery_.catalog());
        catalog_generation_ = discovery_.generation();
        api_versions_.reset();
    }
    return catalog_;
}

std::shared_ptr<const std::vector<std::string>> destination::api_versions() {
    const auto current = catalog();
    if (!api_versions_) {
        api_versions_ = std::make_shared<const std::vector<std::string>>(current->api_versions());
    }
    return api_versions_;
}

asio::awaitable<kube::reply<kube::resource>> destination::resolve(kube::group_version_kind kind) {
    return discovery_.resolve(std::move(kind));
}

void destination::read_ahead(std::vector<kube::group_version_kind> kinds) {
    if (schemas_.busy()) {
        return;
    }
    tasks_.spawn_along(
        "read schemas",
        [](schemas& all, std::vector<kube::group_version_kind> of) -> asio::awaitable<void> {
            (void)co_await all.load(std::move(of));
        }(schemas_, std::move(kinds))
    );
}

kind_state destination::state_of(kube::resource kind) const {
    kind_state state;
    state.listed = live_.ready(kind.gvk());
    state.trouble = live_.trouble(kind.gvk());
    state.kind = std::move(kind);
    return state;
}

asio::awaitable<kind_state> destination::watch(kube::group_version_kind kind) {
    auto known = co_await discovery_.resolve(std::move(kind));
    if (!known) {
        kind_state state;
        state.trouble = known.error();
        co_return state;
    }
    if (!known->namespaced && !settings_.within.has_cluster_resources()) {
        co_return kind_state{}; // there is nothing of it for us
    }
    live_.watch(*known);
    co_return state_of(std::move(*known));
}

void destination::watch_known(const kube::group_version_kind& kind) {
    if (const auto* known = discovery_.catalog().find(kind)) {
        live_.watch(*known);
    }
}

kind_state destination::watch_namespaces() {
    if (!settings_.within.has_cluster_resources()) {
        return {};
    }
    namespaces_.start();
    kind_state state;
    state.kind = kube::resources::namespaces();
    state.listed = namespaces_.ready();
    state.trouble = namespaces_.trouble();
    return state;
}

asio::awaitable<void> destination::survey(std::function<void(bool found_more)> looked) {
    return surveyor_.run(std::move(looked));
}

const sync::application_ref* destination::applier_of(const sync::object_id& id) const {
    const auto found = in_flight_.find(id);
    return found == in_flight_.end() ? nullptr : &found->second;
}

asio::awaitable<namespace_content> destination::list_namespace(std::string namespace_) {
    const auto known = catalog();
    return read_namespace(api_, kinds_in_namespaces(*known), std::move(namespace_), settings_.names);
}

asio::awaitable<sync::goes_along>
destination::inspect(sync::object_id id, sync::application_ref application) {
    inspection with{
        .api = api_,
        .requests = requests_,
        .catalog = catalog(),
        .application = std::move(application),
        .names = settings_.names,
        .installation = settings_.installation
    };
    return cluster::inspect(std::move(with), std::move(id));
}

asio::awaitable<access> destination::enter(kube::call_options as) {
    auto place = co_await requests_.enter();
    const access::parts with{
        .api = api_,
        .names = settings_.names,
        .schema = schemas_,
        .live = live_,
        .namespaces = namespaces_,
        .in_flight = in_flight_,
        .counters = counters_
    };
    co_return access{with, std::move(place), std::move(as)};
}

} // namespace holdfast::cluster
