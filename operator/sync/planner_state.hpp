#pragma once

// What an operation is about and how far it is: the first half of the planner. Only for planner.cpp.

#include "sync/order.hpp"
#include "sync/planner.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::sync {

using group_and_kind = std::pair<std::string, std::string>;

/// One wanted object in this operation.
struct task {
    const planned_object* wanted = nullptr;
    placed place;
    sync_options options;
    /// Null where it is not in the cluster.
    const live_record* live = nullptr;
    /// What was done at this hash; null where nothing.
    const attempt* tried = nullptr;
    standing state = standing::pending;
    std::string message;
    /// Another application owns it, of which is not known yet whether it still wants it.
    bool waits_for_owner = false;
    /// Another application owns it.
    bool is_shared = false;

    [[nodiscard]] bool is_synced() const { return state == standing::synced; }
    [[nodiscard]] bool has_failed() const { return state == standing::sync_failed; }
    /// What is known of it is at least as new as what this operation did to it.
    [[nodiscard]] bool is_fresh() const {
        return live != nullptr && (tried == nullptr || live->generation >= tried->generation);
    }
    void fail(std::string why) {
        state = standing::sync_failed;
        message = std::move(why);
    }
};

/// One object that is not wanted any more.
struct removal_task {
    object_id id;
    /// Null where it has gone.
    const live_record* live = nullptr;
    const attempt* tried = nullptr;
    std::int32_t wave = 0;
    /// It is among those to delete now; else `state` and `message` say why not.
    bool due = false;
    /// It is being deleted, and not because this operation asked for it.
    bool leaving = false;
    standing state = standing::pending;
    std::string message;

    [[nodiscard]] bool was_deleted() const { return tried != nullptr && tried->what == outcome::pruned; }
    /// It has been created anew since.
    [[nodiscard]] bool is_another() const {
        return was_deleted() && live != nullptr && !tried->uid.empty() && tried->uid != live->uid;
    }
    /// Deleted by this operation, and still there: the watch may not even have told that it is going.
    [[nodiscard]] bool is_requested() const { return was_deleted() && !is_another(); }
    [[nodiscard]] bool has_failed() const { return tried != nullptr && tried->what == outcome::prune_failed; }
    /// To be deleted, or being deleted by this operation: it makes a wave.
    [[nodiscard]] bool makes_wave() const { return due || is_requested(); }
    [[nodiscard]] bool has_place() const { return makes_wave() || leaving; }
};

/// The tasks of an operation, sorted and judged. Everything that it points to is in the input.
class plan_state {
public:
    /// Puts warnings into `result`.
    plan_state(const plan_input& input, plan& result);

    // Read by the planner, which also settles states while it looks for what is ready.
    /// In the order of the operation.
    std::vector<task> tasks;
    std::vector<removal_task> unwanted;
    /// Deleted by this operation, and gone.
    std::vector<removal_task> gone;
    /// How many objects the application has, or had when this operation began.
    std::size_t owned = 0;
    /// How many this operation has deleted.
    std::size_t pruned = 0;
    /// Of which is to be found out what goes along with them, before anything is decided.
    std::vector<object_id> to_inspect;
    /// It is too early to delete what is due.
    bool is_too_early = false;
    /// What may be deleted: just decided, or earlier. Null where there is nothing to decide.
    const prune_ruling* ruling = nullptr;

    /// The wanted objects that must be there before this one: its CustomResourceDefinition, its Namespace.
    [[nodiscard]] const task* definition_of(const task& t) const;
    [[nodiscard]] const task* namespace_of(const task& t) const;
    /// Whether this operation brings its kind: its definition is among the wanted objects, or something is
    /// said to make it.
    [[nodiscard]] bool brings_kind_of(const task& t) const;
    [[nodiscard]] bool is_kind_served(const task& t) const;
    /// True where it has to be deleted before it can be applied.
    [[nodiscard]] bool must_recreate(const task& t) const;

private:
    void gather_wanted(plan& result);
    void bring_synthetic_first(std::vector<placed>& places) const;
    void gather_unwanted();
    void guard_prunes(plan& result);
    void decide_prunes(const std::vector<removal_task*>& candidates, plan& result);
    [[nodiscard]] prune_facts facts_about(const std::vector<removal_task*>& candidates) const;
    void place_prunes();
    void judge_tasks();
    [[nodiscard]] bool may_recreate(const task& t) const;

    const plan_input& input_;
    const plan_settings& settings_;
    std::map<group_and_kind, std::size_t> definitions_;
    std::map<std::string, std::size_t, std::less<>> namespaces_;
    std::set<object_id> wanted_ids_;
    bool has_content_ = false;
};

} // namespace holdfast::sync
