// One look at an application, from what is wanted of it to what its status says.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"
#include "control/specification_checks.hpp"
#include "engine/termination.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view refresh_annotation = "holdfast.dev/refresh";
constexpr std::string_view argo_refresh_annotation = "argocd.argoproj.io/refresh";

} // namespace

asio::awaitable<void> application_controller::state::look(std::string key) {
    const auto r = find(key);
    if (!r || r->foreign) {
        looks.forget(key); // nothing is found out about it here
        co_return;
    }
    if (!with.sources.ready() || !informer.status().synced) {
        // Before the Repositories are known nobody can say which credentials are right; before all
        // applications are, whether a dependency exists.
        queue.add_after(key, engine::delay_of(recheck::start_up));
        co_return;
    }
    const auto begin = steady_clock::now();
    const auto before = r->object.status;
    const auto begun = looks.begin_look();
    const auto found = co_await look_at(r);
    if (found.requeue_after && find(key) == r) {
        queue.add_after(key, *found.requeue_after);
    }
    // As after a restart, while objects are being listed: nobody knows yet what it wants.
    const bool is_looked_at = r->sources.from || r->deleting() || !found.problems.empty();
    if (is_looked_at && find(key) == r) {
        looks.end_look(key, begun, !found.problems.contains("ComparisonError"), steady_clock::now());
    }
    if (find(key) == r && !found.undecided) {
        fill_status(*r, found);
        if (before.source_type != r->object.status.source_type) {
            note_claims(*r);
        }
        statuses.changed(*r, before);
        looked_at_with_care(key);
    }
    if (queue.waiting_now() == 0) {
        statuses.send_events();
    }
    with.counters.reconciled(
        "application", found.problems.empty() ? "ok" : "problem", steady_clock::now() - begin
    );
}

asio::awaitable<findings> application_controller::state::look_at(record_ptr r) {
    findings found;
    if (r->deleting()) {
        co_return co_await finish_application(r);
    }
    if (engine::is_terminating(r->object.status.operation_state)) {
        end_terminated(*r); // whatever else may be in the way
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
        co_return found;
    }
    found.add(co_await take_refresh(r));
    if (r->object.spec.suspend) {
        found.reason = "Suspended";
        found.waiting = "spec.suspend is set: nothing is changed until it is taken away";
    }
    if (!r->sources.from && !r->object.status.resources.empty()) {
        auto watched = co_await watch_kinds(r);
        found.add(std::move(watched.found));
        if (!watched.complete) {
            co_return found; // as after a restart: what is there is known in a moment
        }
    }
    found.add(co_await find_wanted_state(r));
    if (found.undecided) {
        co_return found;
    }
    const bool failed = found.problems.contains("ComparisonError");
    if (failed && care.is_set_aside(r->key())) {
        found.reason = "SetAside";
    }
    with.sources.use(r->key(), uses_of(*r));
    if (const auto untold = recheck_of_sources(*r, failed)) {
        found.requeue(*untold);
    }
    if (!r->sources.from || (!r->compared.wanted && r->compared.trusted.empty())) {
        found.unknown = true;
        co_return found;
    }
    auto listed = co_await watch_kinds(r);
    found.add(std::move(listed.found));
    if (!listed.complete) {
        co_return found;
    }
    // With an error above, what was built last is still held.
    const bool may_begin = found.problems.empty();
    co_await compare(r, !r->object.spec.is_automated() || r->object.spec.suspend);
    if (may_begin && !r->object.spec.suspend) {
        found.add(decide(r));
    }
    if (r->operating() && !r->object.spec.suspend) {
        found.add(co_await operate(r));
    }
    // Whoever waits for health or for its turn, perhaps for long, is not to hold its objects and their
    // secrets.
    r->compared.full.reset();
    co_return found;
}

asio::awaitable<findings> application_controller::state::find_wanted_state(record_ptr r) {
    findings found;
    std::optional<error> why;
    if (auto from = co_await find_inputs(r); !from) {
        why = from.error();
    } else if (r->sources.from && r->sources.from->build_key == from->build_key &&
               (r->compared.wanted || !r->compared.trusted.empty())) {
        r->sources.from = std::move(*from);
    } else if (const auto built = co_await build_wanted(r, std::move(*from)); !built) {
        why = built.error();
    }
    if (!why) {
        r->sources.failures = 0;
        co_return found;
    }
    if (why->kind() == error_kind::cancelled) {
        // Something newer made it pointless, or somebody else's build that it waited for was: that says
        // nothing of the application.
        found.undecided = true;
        found.requeue(recheck::look_left);
        co_return found;
    }
    const auto again = engine::retry_delay(why->kind(), r->sources.failures);
    ++r->sources.failures;
    if (again) {
        found.requeue(*again);
    }
    found.problems["ComparisonError"] = why->message();
    found.reason = "ComparisonError";
    found.stalled = !why->is_transient() && why->kind() != error_kind::conflict;
    co_return found;
}

asio::awaitable<findings> application_controller::state::take_refresh(record_ptr r) {
    findings found;
    const auto& annotations = r->object.metadata.annotations;
    std::string name;
    for (const auto candidate : {refresh_annotation, argo_refresh_annotation}) {
        if (annotations.contains(std::string{candidate})) {
            name = candidate;
        }
    }
    if (name.empty()) {
        co_return found;
    }
    const bool hard = annotations.at(name) == "hard";
    for (const auto& use : uses_of(*r)) {
        with.sources.refresh(use);
    }
    with.supplies.refresh();
    if (hard) {
        r->sources.from.reset();
        r->compared.wanted.reset();
        r->compared.trusted.clear();
        r->compared.known.clear();
        care.retry(r->key());
    }
    json::object annotation;
    annotation[name] = nullptr;
    json::object metadata;
    metadata["annotations"] = std::move(annotation);
    json::object patch;
    patch["metadata"] = std::move(metadata);
    const auto done = co_await with.home.patch_merge(
        application_kind, r->object.metadata.namespace_, r->object.metadata.name, patch, sync::field_manager
    );
    if (done) {
        r->object.metadata.annotations.erase(name);
    } else if (!done.error().is_not_found()) {
        log::warn(
            "a refresh annotation cannot be taken away",
            {{"application", r->key()}, {"error", done.error().message()}}
        );
        found.requeue(recheck::refused);
    }
    co_return found;
}

std::optional<recheck>
application_controller::state::recheck_of_sources(const application_record& r, bool failed) const {
    const auto sources = sources_of(r);
    const auto is_untold = [](const auto& one) { return one.first.what != builders::need::kind::repository; };
    if (std::ranges::any_of(sources, [](const auto& source) { return !source.chart.empty(); }) ||
        (r.sources.from && std::ranges::any_of(r.sources.from->needs, is_untold))) {
        return failed ? recheck::untold_secret : recheck::untold_source;
    }
    if (failed && (!r.object.spec.secrets.empty() || !r.sources.from)) {
        return recheck::untold_secret;
    }
    return std::nullopt;
}

} // namespace holdfast::control
