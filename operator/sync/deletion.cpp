// The end of an application: what is deleted, in which order.

#include "sync/order.hpp"
#include "sync/planner.hpp"
#include "sync/planner_sentences.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>

namespace holdfast::sync {

namespace {

/// What goes together; groups go in ascending order. Custom resources go before the workloads of their wave,
/// which may hold the controller that has to clean up behind them; Namespaces after everything.
std::tuple<int, std::int64_t, int> group_of(const object_id& id, const live_record& live) {
    const bool is_namespace = id.group.empty() && id.kind == "Namespace";
    const bool is_listed = kind_rank(id.kind) != kind_rank({});
    return {is_namespace ? 1 : 0, -std::int64_t{live.wave}, is_listed ? 1 : 0};
}

} // namespace

plan next_deletion(const deletion_input& input) {
    plan result;
    std::map<std::tuple<int, std::int64_t, int>, std::vector<std::pair<object_id, const live_record*>>>
        groups;
    std::vector<object_id> unconfirmed;
    for (const auto& [id, live] : input.live) {
        if (live.owner != input.application) continue;
        const auto skip = [&, &key = id](std::string message) {
            result.objects.push_back({key, standing::prune_skipped, std::move(message)});
        };
        if (live.released_to != 0) {
            skip("handed over");
        } else if (id.kind == "CustomResourceDefinition" && id.group == "apiextensions.k8s.io" &&
                   !live.deleting) {
            skip("stays: all objects of its kind would go with it");
        } else if (live.remove == removal::foundation && !live.deleting) {
            skip("stays: Holdfast itself stands on it");
        } else if (live.remove == removal::never && !live.deleting) {
            skip("stays (Delete=false)");
        } else if (live.remove == removal::needs_confirmation && !input.confirmed && !live.deleting) {
            skip("its deletion needs a confirmation (Delete=confirm)");
            unconfirmed.push_back(id);
        } else {
            groups[group_of(id, live)].emplace_back(id, &live);
        }
    }
    std::optional<step> next;
    for (const auto& [key, members] : groups) {
        prune_step prune;
        std::vector<object_id> leaving;
        std::vector<std::string> failures;
        for (const auto& [id, live] : members) {
            const auto tried = input.done.find(id);
            const bool refused = tried != input.done.end() && tried->second.what == outcome::prune_failed;
            const bool requested = tried != input.done.end() && tried->second.what == outcome::pruned;
            if (live->deleting || requested) {
                leaving.push_back(id);
                result.objects.push_back({id, standing::pruned, "being deleted"});
            } else if (refused) {
                failures.push_back(describe(id) + ": " + tried->second.message);
                result.objects.push_back({id, standing::sync_failed, tried->second.message});
            } else {
                result.objects.push_back({id, standing::pending, {}});
                if (!next) {
                    prune.objects.push_back(
                        {id, live->uid, live->prune_propagation.value_or(input.dependents)}
                    );
                }
            }
        }
        if (next) continue;
        if (!prune.objects.empty()) {
            next = std::move(prune);
        } else if (!failures.empty()) {
            next = failed_step{fmt::format(
                "{} could not be deleted: {}", count_of(failures.size(), "object"),
                enumerate_texts(failures, "; ")
            )};
        } else if (!leaving.empty()) {
            auto sentence = "waiting for the deletion of " + enumerate(leaving) + " to end";
            next = wait_step{wait_reason::deletion, std::move(leaving), std::move(sentence)};
        }
    }
    if (!next && !unconfirmed.empty()) {
        auto sentence =
            fmt::format("the deletion of {} needs a confirmation (Delete=confirm)", enumerate(unconfirmed));
        next = blocked_step{block_reason::prune_confirmation, std::move(unconfirmed), std::move(sentence)};
    }
    result.next =
        next ? std::move(*next) : step{done_step{"everything that goes with the application is deleted"}};
    return result;
}

} // namespace holdfast::sync
