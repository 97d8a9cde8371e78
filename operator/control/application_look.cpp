// One look at an application, from what is wanted of it to what its status says.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"
#include "control/specification_checks.hpp"

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
        queue.add_after(key, 50ms);
        co_return;
    }
    const auto begin = steady_clock::now();
    findings found;
    const auto before = r->object.status;
    const auto begun = looks.begin_look();
    co_await look_at(r, found);
    // As after a restart, while objects are being listed: nobody knows yet what it wants.
    const bool is_looked_at = r->from || r->deleting() || !found.problems.empty();
    if (is_looked_at && find(key) == r) {
        looks.end_look(key, begun, !found.problems.contains("ComparisonError"), steady_clock::now());
    }
    if (find(key) == r && !found.undecided) {
        fill_status(*r, found);
        if (before.source_type != r->object.status.source_type) {
            note_claims(*r);
        }
        tell_transitions(*r, before);
        status_due(*r);
        looked_at_with_care(key);
    }
    if (queue.waiting_now() == 0) {
        send_events();
    }
    with.counters.reconciled(
        "application", found.problems.empty() ? "ok" : "problem", steady_clock::now() - begin
    );
}

// The look was left, since something newer made it pointless or somebody else's build that it waited for was:
// that says nothing of the application.
void application_controller::state::left(const application_record& r, findings& found) {
    found.undecided = true;
    queue.add_after(r.key(), 1s);
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
    if (!from && from.error().kind() == error_kind::cancelled) {
        left(*r, found);
        co_return;
    }
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
            if (!built && built.error().kind() == error_kind::cancelled) {
                left(*r, found);
                co_return;
            }
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
    if (found.problems.contains("ComparisonError") && care.is_set_aside(r->key())) {
        found.reason = "SetAside";
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
    // Whoever waits for health or for its turn, perhaps for long, is not to hold its objects and their
    // secrets.
    r->full.reset();
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
        with.sources.refresh(use);
    }
    with.supplies.refresh();
    if (hard) {
        r->from.reset();
        r->wanted.reset();
        r->trusted.clear();
        r->known.clear();
        care.retry(r->key());
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

} // namespace holdfast::control
