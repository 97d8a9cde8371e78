// The end of an application: what is deleted, in which order.

#include "sync/order.hpp"
#include "sync/planner.hpp"
#include "sync/planner_sentences.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace holdfast::sync {

namespace {

bool is_namespace(const object_id& id) {
    return id.group.empty() && id.kind == "Namespace";
}

/// What goes together; groups go in ascending order. Custom resources go before the workloads of their wave,
/// which may hold the controller that has to clean up behind them; Namespaces after everything.
std::tuple<int, std::int64_t, int> group_of(const object_id& id, const live_record& live) {
    const bool is_listed = kind_rank(id.kind) != kind_rank({});
    return {is_namespace(id) ? 1 : 0, -std::int64_t{live.wave}, is_listed ? 1 : 0};
}

/// What speaks against a deletion; nothing where all members are empty.
struct obstacle {
    bool unknown = false; ///< nobody has looked yet
    std::string failure;
    std::string takes; ///< what goes along and is not the application's to delete
};

obstacle obstacle_of(
    const object_id& id, const deletion_input& input,
    const std::map<std::string, std::vector<object_id>>& staying
) {
    if (!is_namespace(id) || input.confirmed) return {};
    const auto along = input.along.find(id);
    if (along == input.along.end()) return {.unknown = true, .failure = {}, .takes = {}};
    if (!along->second.failure.empty()) {
        return {.failure = "its contents could not be listed: " + along->second.failure, .takes = {}};
    }
    const auto inside = staying.find(id.name);
    return {
        .failure = {},
        .takes =
            sentence_of(along->second, inside == staying.end() ? std::vector<object_id>{} : inside->second)
    };
}

} // namespace

plan next_deletion(const deletion_input& input) {
    plan result;
    std::map<std::tuple<int, std::int64_t, int>, std::vector<std::pair<object_id, const live_record*>>>
        groups;
    std::vector<object_id> unconfirmed;
    std::map<std::string, std::vector<object_id>> staying; // by namespace
    for (const auto& [id, live] : input.live) {
        if (live.owner != input.application) continue;
        const auto policy = delete_policy(live, input.options);
        const auto skip = [&, &key = id](std::string message) {
            result.objects.push_back({key, standing::prune_skipped, std::move(message)});
            if (!key.namespace_.empty()) staying[key.namespace_].push_back(key);
        };
        if (live.released_to != 0) {
            skip("handed over");
        } else if (const auto heir = input.heirs.find(id); heir != input.heirs.end() && !live.deleting) {
            skip(fmt::format("left to the application {}, which wants it", to_string(heir->second)));
        } else if (id.kind == "CustomResourceDefinition" && id.group == "apiextensions.k8s.io" &&
                   !live.deleting) {
            skip("stays: all objects of its kind would go with it");
        } else if (policy == removal::foundation && !live.deleting) {
            skip("stays: Holdfast itself stands on it");
        } else if (policy == removal::never && !live.deleting) {
            skip("stays (Delete=false)");
        } else if (policy == removal::needs_confirmation && !input.confirmed && !live.deleting) {
            skip("its deletion needs a confirmation (Delete=confirm)");
            unconfirmed.push_back(id);
        } else {
            groups[group_of(id, live)].emplace_back(id, &live);
        }
    }
    std::optional<step> next;
    std::vector<std::string> holding; // Namespaces, and what they would take along
    for (const auto& [key, members] : groups) {
        prune_step prune;
        inspect_step inspect;
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
            } else if (next) {
                result.objects.push_back({id, standing::pending, {}});
            } else if (auto found = obstacle_of(id, input, staying); !found.failure.empty()) {
                failures.push_back(describe(id) + ": " + found.failure);
                result.objects.push_back({id, standing::sync_failed, std::move(found.failure)});
            } else if (!found.takes.empty()) {
                holding.push_back("the deletion of " + describe(id) + " " + found.takes);
                result.objects.push_back(
                    {id, standing::prune_skipped, "its deletion needs a confirmation: it " + found.takes}
                );
            } else {
                result.objects.push_back({id, standing::pending, {}});
                if (found.unknown) {
                    inspect.objects.push_back(id);
                } else {
                    prune.objects.push_back(
                        {id, live->uid, live->prune_propagation.value_or(input.dependents)}
                    );
                }
            }
        }
        if (next) continue;
        if (!inspect.objects.empty()) {
            next = std::move(inspect);
        } else if (!prune.objects.empty()) {
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
    if (!next && !(unconfirmed.empty() && holding.empty())) {
        if (!unconfirmed.empty()) {
            holding.insert(
                holding.begin(),
                fmt::format(
                    "the deletion of {} needs a confirmation (Delete=confirm)", enumerate(unconfirmed)
                )
            );
        }
        next = blocked_step{
            block_reason::prune_confirmation, std::move(unconfirmed), enumerate_texts(holding, "; "), {}
        };
    }
    result.next =
        next ? std::move(*next) : step{done_step{"everything that goes with the application is deleted"}};
    return result;
}

} // namespace holdfast::sync
