#include "control/application_controller.hpp"

#include "base/log.hpp"
#include "base/loop_turns.hpp"
#include "control/application_controller_state.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::control {

using namespace std::chrono_literals;

const kube::resource application_kind{
    .group = std::string{crds::group},
    .version = std::string{crds::version},
    .plural = "applications",
    .kind = "Application",
    .namespaced = true,
    .verbs = {},
    .subresources = {}
};

namespace {

// More than there are connections to the server, so that none of these is without work.
constexpr std::size_t most_requests = 64;

kube::informer_options informer_options(const std::string& namespace_) {
    kube::informer_options o;
    o.kind = application_kind;
    o.what.namespace_ = namespace_;
    return o;
}

} // namespace

application_controller::state::state(asio::any_io_executor ex, parts p, settings s)
    : executor{ex},
      with{p},
      config{std::move(s)},
      tasks{ex},
      queue{
          ex, "application", config.concurrency, [this](std::string key) { return look(std::move(key)); },
          &p.counters
      },
      statuses{
          ex,
          p.api,
          p.events,
          p.counters,
          {.find = [this](const std::string& key) { return find(key); },
           .waiting = [this] { return queue.waiting_now(); },
           .settled = [this](const std::string& key) { queue_dependents(key); }}
      },
      requests{ex, most_requests},
      one_build{ex, 1},
      informer{p.api, informer_options(config.watch_namespace), *this},
      claims{config.own_namespace} {
    queue.hold();
}

record_ptr application_controller::state::find(const std::string& key) const {
    const auto found = records.find(key);
    return found == records.end() ? nullptr : found->second;
}

bool application_controller::state::is_stale(const application_record& r, std::int64_t generation) const {
    return r.object.metadata.generation != generation || r.deleting() || find(r.key()).get() != &r;
}

std::shared_ptr<const kube::api_catalog> application_controller::state::current_catalog() {
    if (!catalog || catalog_generation != with.discovery.generation()) {
        catalog = std::make_shared<const kube::api_catalog>(with.discovery.catalog());
        catalog_generation = with.discovery.generation();
        api_versions.reset();
    }
    return catalog;
}

std::shared_ptr<const std::vector<std::string>> application_controller::state::current_api_versions() {
    const auto current = current_catalog();
    if (!api_versions) {
        api_versions = std::make_shared<const std::vector<std::string>>(current->api_versions());
    }
    return api_versions;
}

kube::call_options application_controller::state::call_as(const application_record& r, const settings& s) {
    kube::call_options options;
    const auto& metadata = r.object.metadata;
    auto account = r.object.spec.service_account_name;
    if (account.empty() && metadata.namespace_ != s.own_namespace) {
        // Outside the operator's own namespace an application has no more rights than its namespace gives it.
        account = "default";
    }
    if (!account.empty()) {
        // Its groups are the server's to say. To name them would need the right to impersonate groups, which
        // no ClusterRole can bound to those of ServiceAccounts.
        options.as = kube::impersonation{
            .user = "system:serviceaccount:" + metadata.namespace_ + ":" + account,
            .groups = {},
            .uid = {},
            .extra = {}
        };
    }
    return options;
}

application_controller::application_controller(asio::any_io_executor executor, parts p, settings s)
    : state_{std::make_shared<state>(std::move(executor), p, std::move(s))} {}

application_controller::~application_controller() = default;

void application_controller::start(std::string kube_version) {
    state_->kube_version = std::move(kube_version);
    state_->tasks.spawn("watch applications", [](std::shared_ptr<state> s) -> asio::awaitable<void> {
        co_await s->informer.run();
    }(state_));
}

asio::awaitable<void> application_controller::lead(bool after_another) {
    const auto s = state_;
    // The watch may not have told yet of the last that the leader before wrote: what it has done would be
    // done again.
    for (auto wait = 200ms; after_another; wait = std::min(wait * 2, 5'000ms)) {
        auto all = co_await s->with.api.list(application_kind, s->informer.wanted());
        if (all) {
            loop_turns turns;
            for (const auto& one : all->items) {
                const auto known = s->version_of(kube::object_name_of(one));
                const auto version = kube::resource_version_of(one);
                if (!known || !kube::is_older_version(version, known->resource_version)) {
                    s->changed(one); // else the watch was faster
                }
                co_await turns.give_back();
            }
            break;
        }
        log::warn("waiting for the Applications", {{"error", all.error().message()}});
        co_await sleep_for(wait);
    }
    s->standby = false;
    s->begin_with_care();
    for (const auto& [key, r] : s->records) {
        if (!r->foreign) {
            s->expect_look(*r);
        }
        s->queue.add(key);
    }
    s->tasks.spawn("survey kinds", [](std::shared_ptr<state> all) -> asio::awaitable<void> {
        co_await all->survey();
    }(s));
    s->statuses.release();
    s->queue.release();
}

asio::awaitable<void> application_controller::hand_over(steady_clock::duration limit) {
    const auto s = state_;
    if (s->standby) {
        co_return;
    }
    const auto until = steady_clock::now() + limit;
    co_await s->queue.drain(limit);
    co_await s->statuses.hand_over(std::max<steady_clock::duration>(until - steady_clock::now(), 300ms));
}

bool is_for(const json::object& application, std::string_view installation) {
    const auto named = kube::label(application, sync::installation_label);
    return named.value_or(default_installation) == installation;
}

const surroundings& application_controller::around() const {
    return *state_;
}

bool application_controller::ready() const {
    return state_->informer.status().synced;
}

void application_controller::object_changed(const sync::application_ref& owner) {
    auto key = owner.namespace_ + "/" + owner.name;
    if (state_->records.contains(key)) {
        state_->queue.add(std::move(key));
    }
}

void application_controller::kind_ready() {
    for (const auto& key : std::exchange(state_->wait_for_kinds, {})) {
        state_->queue.add(key);
    }
}

void application_controller::namespace_changed(const std::string& name) {
    state_->namespace_changed(name);
}

void application_controller::repository_moved(
    const git::url& repository, const std::set<std::string>& applications
) {
    if (state_->standby || applications.empty()) {
        return; // who begins to lead looks at all
    }
    state_->looks.begin_move(repository.normalised(), steady_clock::now());
    state_->tasks.spawn(
        "moved " + repository.normalised(),
        [](std::shared_ptr<state> s, git::url url, std::vector<std::string> keys) -> asio::awaitable<void> {
            struct end_of_move {
                pending_looks& looks;
                std::string url;
                ~end_of_move() { looks.end_move(url); }
            } const end{s->looks, url.normalised()};
            co_await s->follow_moved(std::move(url), std::move(keys));
        }(state_, repository, {applications.begin(), applications.end()})
    );
}

void application_controller::kinds_changed() {
    state_->with.schema.invalidate();
    // Charts and plugins see which kinds there are.
    for (const auto& [key, r] : state_->records) {
        const auto sees_kinds = [](const source_identity& one) {
            return one.type == crds::source_type::helm || one.type == crds::source_type::plugin;
        };
        if (r->sources.from && std::ranges::any_of(r->sources.from->identities, sees_kinds)) {
            state_->queue.add(key);
        }
    }
    // Who named a kind that nobody knew may find it now.
    for (const auto& [key, r] : state_->records) {
        if (!r->compared.wanted || !r->object.status.conditions.empty()) {
            const auto* ready = crds::find_condition(r->object.status.conditions, "Ready");
            if (ready == nullptr || ready->status != "True") {
                state_->queue.add(key);
            }
        }
    }
}

asio::awaitable<void> application_controller::stop() {
    auto state = state_;
    state->tasks.cancel();
    co_await state->queue.stop();
    state->statuses.send_events();
    co_await state->tasks.join();
    co_await state->statuses.stop();
}

} // namespace holdfast::control
