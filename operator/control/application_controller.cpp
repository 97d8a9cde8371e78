#include "control/application_controller.hpp"

#include "base/log.hpp"
#include "control/application_access.hpp"
#include "control/application_controller_state.hpp"
#include "policy/own_kinds.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// What a process sent that was killed: longer than the deadline of any request.
constexpr auto longest_in_flight = 60s;

} // namespace

application_controller::state::state(asio::any_io_executor ex, parts p, settings s)
    : with{p},
      config{std::move(s)},
      runs{
          ex,
          p.home,
          {.kind = policy::application_kind(config.api),
           .namespace_ = config.watch_namespace,
           .name = "application",
           .concurrency = config.concurrency},
          *this,
          [this](std::string key) { return reconcile(std::move(key)); },
          &p.counters
      },
      claims{
          config.own_namespace,
          [this](const crds::application_destination& to) { return with.clusters.id_of(to.server, to.name); }
      },
      in_projects{p.project_used},
      triggers{runs.queue()},
      turns{ex, runs.tasks(), p.journal},
      places{std::max<std::size_t>(config.concurrency / 8, 2)},
      others{{config, applications, p.clusters, wants, looks, triggers}},
      sources{
          {config, applications, p.clusters, p.sources, p.supplies, p.secrets, p.build, turns, p.counters,
           wants, looks, others, triggers}
      },
      ready{
          ex,
          {applications, sources,
           [this] { return with.sources.ready() && with.projects.are_known() && runs.knows_all(); }}
      },
      namespaces{{config, applications, p.clusters, p.counters, triggers}},
      compared{{config, p.clusters, sources, namespaces, p.counters, triggers}},
      objects{{config, applications, p.clusters, others, namespaces, p.counters, triggers}},
      checks{{config, p.clusters, runs.wanted()}},
      looking_ahead{{config, applications, p.clusters, sources}},
      operation{
          {config, applications, p.clusters, sources, compared, others, checks, looking_ahead, objects,
           triggers}
      },
      at_the_end{{config, p.home, p.clusters, sources, objects, triggers}},
      ending{{config, p.home, applications, p.clusters, others, objects, at_the_end, triggers}},
      orphans{ex, triggers},
      report{{config, p.clusters, others, p.counters}},
      statuses{
          ex,
          p.home,
          p.events,
          p.counters,
          config,
          {.find = [this](const std::string& key) { return applications.find(key); },
           .waiting = [this] { return runs.queue().waiting_now(); },
           .settled = [this](const std::string& key) { reconcile_dependents(key); }}
      },
      around{{config, applications, claims, in_projects, p.clusters, p.projects, p.sources, p.build}} {}

application_controller::application_controller(asio::any_io_executor executor, parts p, settings s)
    : state_{std::make_shared<state>(std::move(executor), p, std::move(s))} {}

application_controller::~application_controller() = default;

void application_controller::start() {
    state_->runs.start();
}

asio::awaitable<void> application_controller::lead(bool after_another) {
    const auto s = state_;
    co_await s->ready.end();
    if (after_another) {
        // The watch may not have told yet of the last that the leader before wrote: what it has done would be
        // done again.
        const auto see = [s](const json::object& one) {
            const auto known = s->version_of(kube::object_name_of(one));
            const auto version = kube::resource_version_of(one);
            if (!known || !kube::is_older_version(version, known->resource_version)) {
                s->changed(one); // else the watch was faster
            }
        };
        co_await s->runs.read_all(see);
    }
    s->runs.lead();
    std::set<std::string> ours;
    if (s->with.journal.ended_uncleanly()) {
        s->untold_until = steady_clock::now() + longest_in_flight;
    }
    for (const auto& [key, r] : s->applications.all()) {
        r->untold_until = s->untold_until;
        if (!r->foreign) {
            ours.insert(key);
            s->others.expect_reconcile(*r);
        }
        s->triggers.reconcile(key);
    }
    s->turns.begin_to_lead(std::move(ours));
    s->runs.tasks().spawn("survey kinds", [](std::shared_ptr<state> all) -> asio::awaitable<void> {
        co_await all->runs.wait_until_all_are_known();
        co_await all->ending.survey();
    }(s));
    s->statuses.release();
}

asio::awaitable<void> application_controller::hand_over(steady_clock::duration limit) {
    const auto s = state_;
    if (!s->runs.leads()) {
        co_return;
    }
    const auto until = steady_clock::now() + limit;
    co_await s->runs.hand_over(limit);
    co_await s->statuses.hand_over(std::max<steady_clock::duration>(until - steady_clock::now(), 300ms));
}

const policy::surroundings& application_controller::around() const {
    return state_->around;
}

bool application_controller::ready() const {
    return state_->runs.knows_all();
}

void application_controller::object_changed(const std::string& cluster, const sync::application_ref& owner) {
    const auto key = owner.namespace_ + "/" + owner.name;
    const auto r = state_->applications.find(key);
    if (r && cluster_id_of(state_->with.clusters, r->object) == cluster) {
        state_->triggers.reconcile(key);
    }
}

void application_controller::clusters_changed(const std::set<std::string>& applications) {
    for (const auto& key : applications) {
        const auto r = state_->applications.find(key);
        if (!r) {
            continue;
        }
        if (state_->note_grants(*r)) { // by the other of its cluster's names
            state_->note_use_of_cluster(*r);
        }
        state_->note_claims(*r);
        if (!state_->runs.leads()) {
            state_->ending.watch_kinds_of(r->object);
        }
        if (r->object.status.sync.status != crds::sync_code::synced) {
            r->operation.paced.hurry(); // it may be just what was missing
        }
        state_->triggers.reconcile(key);
    }
}

const std::string* application_controller::health_check_of(
    const std::string& cluster, const sync::application_ref& owner, const kube::group_kind& kind
) const {
    const auto r = state_->applications.find(owner);
    if (!r || r->foreign || r->object.spec.health_checks.empty() ||
        cluster_id_of(state_->with.clusters, r->object) != cluster) {
        return nullptr;
    }
    for (const auto& one : r->object.spec.health_checks) {
        if (one.kind == kind.kind && one.group == kind.group) {
            return &one.check;
        }
    }
    return nullptr;
}

void application_controller::kind_ready() {
    state_->triggers.kinds_are_listed();
}

void application_controller::namespace_changed(const std::string& cluster, const std::string& name) {
    state_->namespaces.changed(cluster, name);
}

void application_controller::repository_moved(
    const git::url& repository, const std::set<std::string>& applications
) {
    if (applications.empty()) {
        return;
    }
    if (!state_->runs.leads()) {
        state_->runs.tasks().spawn(
            "fetch " + repository.normalised(),
            [](std::shared_ptr<state> s, git::url url,
               std::vector<std::string> keys) -> asio::awaitable<void> {
                const auto others = co_await s->sources.fetch_moved(std::move(url), std::move(keys));
                for (const auto& key : others) {
                    s->ready.prepare(key);
                }
            }(state_, repository, {applications.begin(), applications.end()})
        );
        return; // who begins to lead looks at all
    }
    state_->looks.begin_move(repository.normalised(), steady_clock::now());
    state_->runs.tasks().spawn(
        "moved " + repository.normalised(),
        [](std::shared_ptr<state> s, git::url url, std::vector<std::string> keys) -> asio::awaitable<void> {
            struct end_of_move {
                pending_looks& looks;
                std::string url;
                ~end_of_move() { looks.end_move(url); }
            } const end{s->looks, url.normalised()};
            co_await s->sources.follow_moved(std::move(url), std::move(keys));
        }(state_, repository, {applications.begin(), applications.end()})
    );
}

void application_controller::charts_moved(const std::set<std::string>& applications) {
    if (state_->runs.leads()) {
        state_->sources.charts_moved(applications);
    }
}

void application_controller::kinds_changed(const std::string& cluster) {
    // Charts and plugins see which kinds there are.
    for (const auto& [key, r] : state_->applications.all()) {
        const auto sees_kinds = [](const sources::source_identity& one) {
            return one.type == crds::source_type::helm || one.type == crds::source_type::plugin;
        };
        if (r->sources.from && cluster_id_of(state_->with.clusters, r->object) == cluster &&
            std::ranges::any_of(r->sources.from->identities, sees_kinds)) {
            state_->triggers.reconcile(key);
        }
    }
    // Who named a kind that nobody knew may find it now.
    for (const auto& [key, r] : state_->applications.all()) {
        if (!r->compared.wanted || !r->object.status.conditions.empty()) {
            const auto* ready = crds::find_condition(r->object.status.conditions, "Ready");
            if ((ready == nullptr || ready->status != "True") &&
                cluster_id_of(state_->with.clusters, r->object) == cluster) {
                state_->triggers.reconcile(key);
            }
        }
    }
}

asio::awaitable<void> application_controller::stop() {
    auto state = state_;
    co_await state->ready.end();
    co_await state->runs.stop();
    co_await state->orphans.stop();
    state->statuses.send_events();
    co_await state->statuses.stop();
}

} // namespace holdfast::control
