#include "control/application_controller.hpp"

#include "base/log.hpp"
#include "control/application_controller_state.hpp"
#include "control/specification_checks.hpp"

#include <boost/system/system_error.hpp>

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

constexpr std::string_view refresh_annotation = "holdfast.dev/refresh";
constexpr std::string_view argo_refresh_annotation = "argocd.argoproj.io/refresh";

kube::informer_options informer_options(const std::string& namespace_) {
    kube::informer_options o;
    o.kind = application_kind;
    o.what.namespace_ = namespace_;
    return o;
}

// Whether there is more in it than a status, most likely our own.
bool is_news(const crds::application& before, const crds::application& now) {
    return before.metadata.uid != now.metadata.uid || before.metadata.generation != now.metadata.generation ||
           before.metadata.deletion_timestamp != now.metadata.deletion_timestamp ||
           before.metadata.annotations != now.metadata.annotations ||
           before.metadata.finalizers != now.metadata.finalizers || !(before.spec == now.spec) ||
           before.operation != now.operation;
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
          ex, "application status", 8, [this](std::string key) { return write_status(std::move(key)); },
          &p.counters
      },
      informer{p.api, informer_options(config.watch_namespace), *this} {
    queue.hold();
    statuses.hold();
}

// ---- watching

void application_controller::state::begin_replace() {
    replacing.emplace();
}

void application_controller::state::end_replace() {
    if (!replacing) {
        return;
    }
    const auto said = std::move(*replacing);
    replacing.reset();
    std::vector<std::string> gone;
    for (const auto& [key, record] : records) {
        if (!said.contains(key)) {
            gone.push_back(key);
        }
    }
    for (const auto& key : gone) {
        forget(key);
    }
}

void application_controller::state::changed(const json::object& object) {
    auto read = crds::examine_application(object);
    auto& now = read.value;
    const auto key = now.metadata.namespace_ + "/" + now.metadata.name;
    if (replacing) {
        replacing->insert(key);
    }
    auto& r = records[key];
    if (r && !replacing && r->object.metadata.uid == now.metadata.uid &&
        kube::is_older_version(now.metadata.resource_version, r->object.metadata.resource_version)) {
        return; // a list was faster than the watch
    }
    const bool foreign = !is_for(object, config.installation);
    // What another replica makes of it is all that is known of it.
    const bool fresh = !r || standby || r->object.metadata.uid != now.metadata.uid || r->foreign != foreign;
    if (foreign) {
        // Known all the same: what it owns is not free, and ours may depend on it.
        r = std::make_shared<application_record>();
        r->foreign = true;
        r->object = std::move(now);
        with.sources.use(key, {});
        queue_dependents(key);
        return;
    }
    if (fresh) {
        r = std::make_shared<application_record>();
        r->heal_backoff = backoff{{.base = 2s, .cap = 300s, .factor = 3.0, .jitter = 0.0}};
        r->written = now.status;
        note_status(*r, object);
        r->object = std::move(now);
        // A killed operator may have begun with the operation without having taken it out of the object.
        const auto& o = r->object;
        r->operation_taken = o.operation && o.status.operation_state &&
                             o.status.operation_state->operation == *o.operation &&
                             o.status.observed_generation == o.metadata.generation;
        if (o.status.pending_prune && o.status.observed_generation == o.metadata.generation) {
            r->resume_not_before = steady_clock::time_point::max();
        }
    } else {
        const bool news = is_news(r->object, now);
        if (r->object.metadata.generation != now.metadata.generation) {
            r->resume_not_before = {}; // it may be just what was missing
        }
        // The status is ours: what we made of it is newer than what comes back.
        now.status = std::move(r->object.status);
        r->object = std::move(now);
        if (!r->object.operation) {
            r->operation_taken = false;
        }
        if (!news) {
            return;
        }
    }
    if (standby) {
        watch_kinds_of(r->object);
    }
    r->unreadable = crds::join(read.problems);
    with.sources.use(key, uses_of(*r));
    for (const auto& dependency : r->object.spec.depends_on) {
        const auto& ns =
            dependency.namespace_.empty() ? r->object.metadata.namespace_ : dependency.namespace_;
        dependents[ns + "/" + dependency.name].insert(key);
    }
    queue.add(key);
}

void application_controller::state::watch_kinds_of(const crds::application& a) {
    for (const auto& resource : a.status.resources) {
        const kube::group_version_kind kind{resource.group, resource.version, resource.kind};
        if (const auto* known = with.discovery.catalog().find(kind)) {
            with.live.watch(*known);
        }
    }
}

void application_controller::state::deleted(const json::object& object) {
    const auto key = std::string{kube::namespace_of(object)} + "/" + std::string{kube::name_of(object)};
    if (replacing) {
        replacing->erase(key);
        return;
    }
    forget(key);
}

void application_controller::state::forget(const std::string& key) {
    const auto found = records.find(key);
    if (found == records.end()) {
        return;
    }
    with.counters.application_gone(
        found->second->object.metadata.namespace_, found->second->object.metadata.name
    );
    with.sources.use(key, {});
    records.erase(found);
    queue.forget(key);
    statuses.forget(key);
    wait_for_kinds.erase(key);
    queue_dependents(key);
}

void application_controller::state::queue_dependents(const std::string& key) {
    if (const auto waiting = dependents.find(key); waiting != dependents.end()) {
        for (const auto& dependent : waiting->second) {
            queue.add(dependent);
        }
    }
}

record_ptr application_controller::state::find(const std::string& key) const {
    const auto found = records.find(key);
    return found == records.end() ? nullptr : found->second;
}

// ---- looking

asio::awaitable<void> application_controller::state::look(std::string key) {
    const auto r = find(key);
    if (!r || r->foreign) {
        co_return;
    }
    if (!with.sources.ready() || !informer.status().synced) {
        // Before the Repositories are known nobody can say which credentials are right; before all
        // applications are, whether a dependency exists.
        queue.add_after(key, 50ms);
        co_return;
    }
    const auto begin = steady_clock::now();
    findings found;
    const auto before = r->object.status;
    co_await look_at(r, found);
    if (find(key) == r && !found.undecided) {
        fill_status(*r, found);
        tell_transitions(*r, before);
        status_due(*r);
    }
    if (queue.waiting_now() == 0) {
        send_events();
    }
    with.counters.reconciled(
        "application", found.problems.empty() ? "ok" : "problem", steady_clock::now() - begin
    );
}

asio::awaitable<void> application_controller::state::look_at(record_ptr r, findings& found) {
    if (r->deleting()) {
        co_await finish_application(r, found);
        co_return;
    }
    auto wrong = r->unreadable;
    if (wrong.empty()) {
        if (const auto problems = problems_of(r->object, *this); !problems.empty()) {
            wrong = crds::join(problems);
        }
    }
    if (!wrong.empty()) {
        found.problems["InvalidSpecError"] = wrong;
        found.reason = "InvalidSpec";
        found.stalled = true;
        found.unknown = true;
        co_return;
    }
    co_await take_refresh(r);
    if (r->object.spec.suspend) {
        found.reason = "Suspended";
        found.waiting = "spec.suspend is set: nothing is changed until it is taken away";
    }

    if (!r->from && !r->object.status.resources.empty() && !co_await watch_kinds(r, found)) {
        co_return; // as after a restart: what is there is known in a moment
    }
    auto from = co_await find_inputs(r);
    if (!from) {
        found.problems["ComparisonError"] = from.error().message();
        found.reason = "ComparisonError";
        found.stalled =
            from.error().kind() == error_kind::user || from.error().kind() == error_kind::not_found;
        if (from.error().is_transient()) {
            queue.add_after(r->key(), 10s);
        }
    } else {
        const bool same =
            r->from && r->from->build_key == from->build_key && (r->wanted || !r->trusted.empty());
        if (!same) {
            auto built = co_await build_wanted(r, *from);
            if (!built) {
                found.problems["ComparisonError"] = built.error().message();
                found.reason = "ComparisonError";
                found.stalled = !built.error().is_transient();
                if (built.error().is_transient()) {
                    queue.add_after(r->key(), 10s);
                }
            }
        } else {
            r->from = std::move(*from);
        }
    }
    with.sources.use(r->key(), uses_of(*r));
    look_again_at_the_untold(*r, found.problems.contains("ComparisonError"));
    if (!r->from || (!r->wanted && r->trusted.empty())) {
        found.unknown = true;
        co_return;
    }
    if (!co_await watch_kinds(r, found)) {
        co_return;
    }
    // With an error above, what was built last is still held.
    const bool may_begin = found.problems.empty();
    co_await compare(r, !r->object.spec.is_automated() || r->object.spec.suspend);
    if (may_begin && !r->object.spec.suspend) {
        decide(r, found);
    }
    if (r->operating() && !r->object.spec.suspend) {
        co_await operate(r, found);
    }
    if (!r->operating()) {
        r->full.reset();
    }
}

asio::awaitable<void> application_controller::state::take_refresh(record_ptr r) {
    const auto& annotations = r->object.metadata.annotations;
    std::string name;
    for (const auto candidate : {refresh_annotation, argo_refresh_annotation}) {
        if (annotations.contains(std::string{candidate})) {
            name = candidate;
        }
    }
    if (name.empty()) {
        co_return;
    }
    const bool hard = annotations.at(name) == "hard";
    for (const auto& use : uses_of(*r)) {
        with.sources.refresh(use.url);
    }
    with.supplies.refresh();
    if (hard) {
        r->from.reset();
        r->wanted.reset();
        r->trusted.clear();
        r->known.clear();
    }
    json::object annotation;
    annotation[name] = nullptr;
    json::object metadata;
    metadata["annotations"] = std::move(annotation);
    json::object patch;
    patch["metadata"] = std::move(metadata);
    const auto done = co_await with.api.patch_merge(
        application_kind, r->object.metadata.namespace_, r->object.metadata.name, patch, sync::field_manager
    );
    if (done) {
        r->object.metadata.annotations.erase(name);
    } else if (!done.error().is_not_found()) {
        log::warn(
            "a refresh annotation cannot be taken away",
            {{"application", r->key()}, {"error", done.error().message()}}
        );
        queue.add_after(r->key(), 5s);
    }
}

void application_controller::state::look_again_at_the_untold(const application_record& r, bool failed) {
    const auto sources = sources_of(r);
    const auto is_untold = [](const auto& one) { return one.first.what != builders::need::kind::repository; };
    if (std::ranges::any_of(sources, [](const auto& source) { return !source.chart.empty(); }) ||
        (r.from && std::ranges::any_of(r.from->needs, is_untold))) {
        queue.add_after(r.key(), failed ? 1min : 3min);
    } else if (failed && (!r.object.spec.secrets.empty() || !r.from)) {
        queue.add_after(r.key(), 1min);
    }
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

// ---- the public face

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
            for (const auto& one : all->items) {
                s->changed(one);
            }
            break;
        }
        log::warn("waiting for the Applications", {{"error", all.error().message()}});
        co_await sleep_for(wait);
    }
    s->standby = false;
    for (const auto& [key, r] : s->records) {
        s->queue.add(key);
    }
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
    s->handing_over = true;
    s->send_events();
    co_await s->statuses.flush(std::max<steady_clock::duration>(until - steady_clock::now(), 300ms));
    s->statuses.hold();
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

void application_controller::repository_moved(const std::string& normalised_url) {
    if (state_->standby) {
        return; // who begins to lead looks at all
    }
    state_->tasks.spawn(
        "moved " + normalised_url,
        [](std::shared_ptr<state> s, std::string url) -> asio::awaitable<void> {
            co_await s->follow_moved(std::move(url));
        }(state_, normalised_url)
    );
}

void application_controller::kinds_changed() {
    state_->with.schema.invalidate();
    // Charts and plugins see which kinds there are.
    for (const auto& [key, r] : state_->records) {
        const auto sees_kinds = [](const source_identity& one) {
            return one.type == crds::source_type::helm || one.type == crds::source_type::plugin;
        };
        if (r->from && std::ranges::any_of(r->from->identities, sees_kinds)) {
            state_->queue.add(key);
        }
    }
    // Who named a kind that nobody knew may find it now.
    for (const auto& [key, r] : state_->records) {
        if (!r->wanted || !r->object.status.conditions.empty()) {
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
    state->send_events();
    co_await state->tasks.join();
    co_await state->statuses.stop();
}

} // namespace holdfast::control
