// What an operator before this one made without having written it down.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

asio::awaitable<void> application_controller::state::survey() {
    while (!co_await informer.wait_synced(30s)) {
    }
    for (const auto& [key, r] : records) {
        if (!r->foreign) {
            watch_kinds_of(r->object); // as looks at them would
        }
    }
    const cluster::survey_settings how{
        .installation = config.installation, .watch_namespace = config.watch_namespace
    };
    std::set<kube::group_kind> known;
    for (std::chrono::milliseconds wait = 2s;; wait = std::min<std::chrono::milliseconds>(wait * 2, 60s)) {
        for (const auto& kind : with.live.kinds()) {
            known.insert({kind.group, kind.kind});
        }
        auto seen = co_await cluster::survey_kinds(
            with.api, cluster::kinds_to_survey(with.discovery.catalog(), known), how
        );
        for (const auto& kind : seen.found) {
            log::info("objects of a kind are found again", {{"kind", kind.gvk().to_string()}});
            with.live.watch(kind);
            surveyed.found.insert(kind.gvk());
        }
        known.merge(seen.seen);
        surveyed.unlisted = std::move(seen.unlisted);
        for (const auto& stale : with.discovery.catalog().stale()) {
            surveyed.unlisted.push_back(stale + ": it does not answer");
        }
        surveyed.done = true;
        for (const auto& [key, r] : records) {
            if (r->deleting()) {
                queue.add(key);
            } else if (!seen.found.empty()) {
                wait_for_kinds.insert(key); // some of them may have more than they know
            }
        }
        if (surveyed.unlisted.empty()) {
            co_return;
        }
        co_await sleep_for(wait);
    }
}

watching application_controller::state::know_all_of(const application_record& r) {
    watching seen;
    auto& found = seen.found;
    if (!surveyed.done) {
        found.waiting = "all kinds are being looked through for its objects";
        seen.complete = false;
        return seen; // it is looked at again when that is done
    }
    // Of what a sync that has ended did, the status names the kinds. A kind that nobody can list, such as of
    // an aggregated API that is down, is to hold up no more than it must.
    const auto& last = r.object.status.operation_state;
    const bool has_ended = (last && last->finished_at) || !r.object.status.sync.applied_build_key.empty();
    if (!has_ended && !surveyed.unlisted.empty()) {
        found.problems["DeletionError"] =
            "no sync of it has ended, so it may have objects of any kind, and not all can be listed: " +
            surveyed.unlisted.front() +
            (surveyed.unlisted.size() > 1 ? "; and " + std::to_string(surveyed.unlisted.size() - 1) + " more"
                                          : "");
        found.requeue(recheck::refused);
        seen.complete = false;
        return seen;
    }
    for (const auto& kind : with.live.kinds()) {
        if (with.live.ready(kind)) {
            continue;
        }
        const auto trouble = with.live.trouble(kind);
        const bool holds_ours = surveyed.found.contains(kind);
        if (trouble && !trouble->is_transient()) {
            if (!holds_ours) {
                continue;
            }
            found.problems["DeletionError"] = "watching " + kind.to_string() + ": " + trouble->message();
            found.requeue(recheck::refused);
            seen.complete = false;
            return seen;
        }
        if (trouble && has_ended && !holds_ours) {
            continue;
        }
        wait_for_kinds.insert(r.key());
        found.waiting = "the cluster's objects are being listed: " + kind.to_string() +
                        (trouble ? ": " + trouble->message() : std::string{});
        seen.complete = false;
        return seen;
    }
    return seen;
}

} // namespace holdfast::control
