#include "sets_control/set_controller.hpp"

#include "policy/own_kinds.hpp"
#include "sets_control/set_controller_state.hpp"
#include "sources/users.hpp"

#include <utility>

namespace holdfast::sets_control {

namespace {

// Sets that are looked at side by side: most of the time each waits for the server.
constexpr std::size_t concurrency = 32;
// Writes of all sets: connections are left for everybody else.
constexpr std::size_t most_writes = 16;

} // namespace

set_controller::state::state(asio::any_io_executor ex, parts p, settings s)
    : with{std::move(p)},
      config{std::move(s)},
      declared{[this](const json::object& object) { return project(object); }, callbacks()},
      runs{
          ex,
          with.home,
          {.kind = policy::application_set_kind(),
           .namespace_ = config.watch_namespace,
           .name = "applicationset",
           .concurrency = concurrency},
          declared,
          [this](std::string key) { return reconcile(std::move(key)); },
          &with.counters
      },
      repositories{with.sources, with.pool, trees::limits{}},
      generates{generating::parts{
          .repositories = repositories,
          .pool = with.pool,
          .clusters = with.clusters,
          .render = with.render,
          .installation = config.installation
      }},
      writes{ex, most_writes},
      random{std::random_device{}()} {}

set_controller::set_controller(asio::any_io_executor executor, parts p, settings s)
    : state_{std::make_shared<state>(std::move(executor), std::move(p), std::move(s))} {}

set_controller::~set_controller() = default;

void set_controller::start() {
    state_->runs.start();
}

void set_controller::lead() {
    for (const auto& [key, r] : state_->sets) {
        state_->runs.queue().add(key);
    }
    state_->runs.lead();
}

asio::awaitable<void> set_controller::hand_over(steady_clock::duration limit) {
    const auto s = state_;
    co_await s->runs.hand_over(limit);
}

void set_controller::application_told(const json::object& application) {
    state_->told(application);
}

void set_controller::application_gone(const kube::object_name& name) {
    state_->gone(name);
}

void set_controller::repository_moved(const std::set<std::string>& users) {
    for (auto it = users.lower_bound(std::string{sources::set_prefix}); it != users.end(); ++it) {
        const std::string key{sources::set_of_user(*it)};
        if (key.empty()) {
            break;
        }
        if (state_->sets.contains(key)) {
            state_->runs.queue().add(key);
        }
    }
}

void set_controller::clusters_changed() {
    for (const auto& [key, r] : state_->sets) {
        if (!r->made || r->made->depends_on_clusters) {
            state_->runs.queue().add(key);
        }
    }
}

std::string set_controller::metrics_text() const {
    // Reasons are few; those that people wait for to go are there from the start.
    std::map<std::pair<std::string, std::string>, std::size_t> counts{
        {{"True", "UpToDate"}, 0}, {{"False", "GeneratorFailed"}, 0}, {{"False", "ConfirmationNeeded"}, 0}
    };
    for (const auto& [key, r] : state_->sets) {
        const auto* ready = crds::find_condition(r->reported.conditions, "Ready");
        if (ready != nullptr && !r->now.is_foreign) {
            ++counts[{ready->status, ready->reason}];
        }
    }
    std::string text = "# HELP holdfast_application_sets ApplicationSets, by their condition Ready\n"
                       "# TYPE holdfast_application_sets gauge\n";
    for (const auto& [labels, count] : counts) {
        text += "holdfast_application_sets{ready=\"" + labels.first + "\",reason=\"" + labels.second +
                "\"} " + std::to_string(count) + "\n";
    }
    return text;
}

asio::awaitable<void> set_controller::stop() {
    const auto s = state_;
    co_await s->runs.stop();
}

} // namespace holdfast::sets_control
