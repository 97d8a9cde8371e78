// The steps of an operation: what is done for each, and what the status says of it.

#include "control/application_access.hpp"
#include "control/operations.hpp"
#include "engine/prune_question.hpp"
#include "sync/goes_along.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

std::size_t count_synced(const std::vector<sync::object_report>& reports) {
    return static_cast<std::size_t>(std::count_if(
        reports.begin(), reports.end(),
        [](const sync::object_report& o) {
            return o.state == sync::standing::synced || o.state == sync::standing::pruned;
        }
    ));
}

// Whether just this, or less, was known to go along when the deletion was decided.
bool is_ruled(const operation_progress& progress, const sync::object_id& id, const sync::goes_along& now) {
    if (!progress.ruling) {
        return false;
    }
    const auto then = progress.ruling->along.find(id);
    return then != progress.ruling->along.end() && sync::is_covered(then->second, now);
}

} // namespace

asio::awaitable<std::optional<engine::findings>>
operations::apply(record_ptr r, progress_ptr progress, sync::apply_step step) {
    if (auto listing = co_await with_.objects.await_owners(r, step.objects); !listing.empty()) {
        engine::findings found;
        found.waiting = std::move(listing);
        r->object.status.operation_state->message = found.waiting;
        note_rows(*r);
        co_return found;
    }
    if (!r->compared.full) { // let go of while it waited
        if (const auto built = co_await with_.sources.make_full(r); !built) {
            co_return fail_attempt(*r, built.error().message());
        }
    }
    co_await with_.objects.apply(r, std::move(progress), std::move(step));
    co_return std::nullopt;
}

asio::awaitable<void> operations::prune(record_ptr r, progress_ptr progress, sync::prune_step step) {
    const bool dry_run = request_of(r->object.status.operation_state->operation).dry_run;
    co_await drop_uncovered(r, *progress, step);
    std::map<sync::object_id, std::string> uids;
    for (const auto& action : step.objects) {
        uids.emplace(action.id, action.uid);
    }
    auto attempts = co_await with_.objects.remove(r, std::move(step.objects), dry_run);
    for (auto& [id, attempt] : attempts) {
        if (step.to_recreate && attempt.what == sync::outcome::pruned && r->compared.wanted) {
            attempt.what = sync::outcome::removed;
            attempt.uid = uids.at(id);
            if (const auto* w = r->compared.find(id)) {
                attempt.hash = w->hash;
            }
        }
        progress->done.insert_or_assign(id, std::move(attempt));
    }
}

asio::awaitable<void>
operations::drop_uncovered(record_ptr r, operation_progress& progress, sync::prune_step& step) {
    if (step.to_recreate) {
        co_return; // never of what holds others
    }
    std::vector<sync::prune_action> covered;
    bool all = true;
    for (auto& action : step.objects) {
        if (sync::takes_others_along(action.id)) {
            const auto now = co_await destination_of(with_.clusters, r->object)->inspect(action.id, r->ref());
            if (!is_ruled(progress, action.id, now)) {
                all = false;
                continue;
            }
        }
        covered.push_back(std::move(action));
    }
    step.objects = std::move(covered);
    if (!all) {
        progress.ruling.reset();
        progress.along.clear();
        r->object.status.operation_state->confirmed_prune.clear();
    }
}

asio::awaitable<void>
operations::inspect(record_ptr r, progress_ptr progress, std::vector<sync::object_id> ids) {
    for (const auto& id : ids) {
        auto along = co_await destination_of(with_.clusters, r->object)->inspect(id, r->ref());
        progress->along[id] = std::move(along);
    }
}

void operations::requeue_at_timeout(const application_record& r, engine::findings& found) {
    if (const auto& limit = r.object.spec.sync_policy.timeout) {
        const auto left = r.object.status.operation_state->started_at + limit->value - wall_clock::now();
        found.requeue(std::max<steady_clock::duration>(left, 0s) + 10ms);
    }
}

engine::findings operations::wait(application_record& r, const sync::wait_step& step, bool is_too_early) {
    engine::findings found;
    auto& state = *r.object.status.operation_state;
    state.message = step.sentence;
    note_rows(r); // written with the sentence, which says what they lead to
    found.waiting = step.sentence;
    requeue_at_timeout(r, found);
    // The watch event that changes the answer comes; should it be lost, this does. The going of a namespace,
    // which belongs to no application, is told to none, nor is what others are waited for.
    const bool is_told = step.reason != sync::wait_reason::deletion &&
                         step.reason != sync::wait_reason::applications && !is_too_early;
    found.requeue(is_told ? engine::recheck::health : engine::recheck::answer);
    if (step.reason == sync::wait_reason::custom_resource_definition) {
        found.requeue(engine::recheck::kind);
    }
    return found;
}

void operations::ask(application_record& r, const sync::blocked_step& step) {
    auto& status = r.object.status;
    status.pending_prune = engine::question_of(
        step, r.operation.progress->ruling ? r.operation.progress->ruling->limit : std::size_t{0},
        std::move(status.pending_prune), wall_clock::now()
    );
    const auto& metadata = r.object.metadata;
    const auto how = step.reason == sync::block_reason::empty_render
                         ? std::string{}
                         : "; to confirm: " + with_.config.names.get().annotate_command(
                                                  metadata.namespace_, metadata.name,
                                                  "holdfast.dev/confirm-prune=" + status.pending_prune->token
                                              );
    finish(r, crds::operation_phase::failed, step.sentence + how);
    r.operation.paced.up_to_a_person = true;
}

void operations::succeed(application_record& r, const sync::done_step& step) {
    r.object.status.pending_prune.reset();
    const auto count = count_synced(r.operation.progress->reports);
    finish(
        r, crds::operation_phase::succeeded,
        step.sentence.empty() ? std::to_string(count) + " objects synced" : step.sentence
    );
}

} // namespace holdfast::control
