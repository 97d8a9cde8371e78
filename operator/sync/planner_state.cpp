#include "sync/planner_state.hpp"

#include "sync/planner_sentences.hpp"
#include "sync/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace holdfast::sync {

namespace {

bool selects(const selector& s, const object_id& id) {
    return (s.kind.empty() || (s.kind == id.kind && s.group == id.group)) &&
           (s.namespace_.empty() || s.namespace_ == id.namespace_) && (s.name.empty() || s.name == id.name) &&
           (s.group.empty() || s.group == id.group);
}

bool is_selected(const plan_settings& settings, const object_id& id) {
    return settings.only.empty() ||
           std::any_of(settings.only.begin(), settings.only.end(), [&](const auto& s) {
               return selects(s, id);
           });
}

} // namespace

plan_state::plan_state(const plan_input& input, plan& result) : input_{input}, settings_{input.settings} {
    gather_wanted(result);
    gather_unwanted();
    guard_prunes();
    judge_tasks();
}

// ---- what there is to do

void plan_state::gather_wanted(plan& result) {
    std::vector<placed> places;
    for (const auto& wanted : input_.desired) {
        for (const auto& warning : wanted.orders.warnings) {
            result.warnings.push_back(describe(wanted.id) + ": " + warning);
        }
        wanted_ids_.insert(wanted.id);
        has_content_ = has_content_ || !wanted.synthetic;
        if (wanted.orders.skip) continue;
        if (wanted.orders.is_hook) {
            result.hooks_not_run = true;
            result.warnings.push_back(
                describe(wanted.id) + " is a hook and was not applied: hooks are not run yet"
            );
            continue;
        }
        if (!wanted.synthetic && !is_selected(settings_, wanted.id)) continue;
        task t;
        t.wanted = &wanted;
        t.options = merged(settings_.options, wanted.orders.options);
        if (const auto found = input_.live.find(wanted.id); found != input_.live.end()) {
            t.live = &found->second;
        }
        if (const auto found = input_.done.find(wanted.id);
            found != input_.done.end() && found->second.hash == wanted.hash &&
            found->second.what != outcome::pruned && found->second.what != outcome::prune_failed) {
            t.tried = &found->second;
        }
        places.push_back({wanted.id, phase::sync, wanted.orders.wave, wanted.defines});
        tasks.push_back(std::move(t));
    }
    bring_synthetic_first(places);
    bring_forward(places);
    std::vector<task> sorted;
    for (const auto i : apply_order(places)) {
        tasks[i].place = places[i];
        sorted.push_back(std::move(tasks[i]));
    }
    tasks = std::move(sorted);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        const auto& wanted = *tasks[i].wanted;
        if (wanted.defines) definitions_.emplace(*wanted.defines, i);
        if (wanted.id.group.empty() && wanted.id.kind == "Namespace") namespaces_.emplace(wanted.id.name, i);
    }
}

/// Never a wave of its own: an operation of a single wave ends without waiting for health.
void plan_state::bring_synthetic_first(std::vector<placed>& places) const {
    std::optional<std::int32_t> first;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!tasks[i].wanted->synthetic) first = std::min(first.value_or(places[i].wave), places[i].wave);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (tasks[i].wanted->synthetic) places[i].wave = first.value_or(0);
    }
}

void plan_state::gather_unwanted() {
    for (const auto& [id, live] : input_.live) {
        if (live.owner != settings_.application) continue;
        if (!live.hook) ++owned;
        if (live.hook || live.released_to != 0 || wanted_ids_.contains(id) || !is_selected(settings_, id))
            continue;
        removal_task t;
        t.id = id;
        t.live = &live;
        t.wave = live.wave;
        if (const auto found = input_.done.find(id); found != input_.done.end()) t.tried = &found->second;
        unwanted.push_back(std::move(t));
    }
    for (const auto& [id, tried] : input_.done) {
        if (tried.what != outcome::pruned || wanted_ids_.contains(id)) continue;
        ++pruned;
        if (input_.live.contains(id)) continue;
        ++owned;
        removal_task t;
        t.id = id;
        t.tried = &tried;
        t.state = standing::pruned;
        t.message = "pruned";
        gone.push_back(std::move(t));
    }
}

void plan_state::guard_prunes() {
    std::size_t wished = 0;
    for (auto& t : unwanted) {
        if (t.is_requested() || t.live->deleting) {
            t.state = standing::pruned;
            t.message = "being deleted";
        } else if (!settings_.prune) {
            t.state = standing::prune_skipped;
            t.message = "ignored (requires pruning)";
        } else if (t.live->prune == removal::foundation) {
            t.state = standing::prune_skipped;
            t.message = "ignored (Holdfast itself stands on it)";
        } else if (t.live->prune == removal::never) {
            t.state = standing::prune_skipped;
            t.message = "ignored (no prune)";
        } else if (t.live->prune == removal::needs_confirmation && !settings_.prune_confirmed) {
            t.state = standing::prune_skipped;
            t.message = "its deletion needs a confirmation (Prune=confirm)";
            unconfirmed.push_back(t.id);
        } else {
            t.due = true;
            ++wished;
        }
    }
    if (wished == 0) {
        place_prunes();
        return;
    }
    constexpr std::size_t least_limit = 10;
    limit = settings_.prune_limit.value_or(std::max(least_limit, owned / 2));
    if (!has_content_ && !settings_.allow_empty) {
        withhold(block_reason::empty_render, "withheld: nothing is wanted any more");
    } else if (!settings_.prune_confirmed && wished + pruned > limit) {
        withhold(block_reason::prune_limit, "withheld: too many deletions, a confirmation is needed");
    }
    place_prunes();
}

void plan_state::withhold(block_reason why, std::string_view message) {
    block = why;
    for (auto& t : unwanted) {
        if (!t.due) continue;
        t.due = false;
        t.state = standing::prune_skipped;
        t.message = message;
        withheld.push_back(t.id);
    }
}

/// What came last goes first: the waves of what is deleted change places. PruneLast comes after
/// everything.
void plan_state::place_prunes() {
    std::set<std::int32_t> waves;
    std::int32_t last = std::numeric_limits<std::int32_t>::min();
    for (const auto& t : tasks) {
        last = std::max(last, t.place.wave);
    }
    for (const auto& t : unwanted) {
        if (t.has_place()) waves.insert(t.wave);
    }
    const std::vector<std::int32_t> sorted{waves.begin(), waves.end()};
    for (auto& t : unwanted) {
        if (!t.has_place()) continue;
        const auto at =
            static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), t.wave) - sorted.begin());
        t.wave = sorted[sorted.size() - 1 - at];
        last = std::max(last, t.wave);
    }
    for (auto& t : unwanted) {
        const bool at_the_end = t.live->prune_last || settings_.options.prune_last.value_or(false);
        if (t.has_place() && at_the_end && last < std::numeric_limits<std::int32_t>::max()) t.wave = last + 1;
    }
}

// ---- how far it is

void plan_state::judge_tasks() {
    for (auto& t : tasks) {
        if (t.tried != nullptr && t.tried->what == outcome::applied) {
            t.state = standing::synced;
            t.message = settings_.dry_run ? "applied (dry run)" : "applied";
            if (t.live != nullptr && !settings_.dry_run && !t.wanted->synthetic) {
                // Another application may have taken it since.
                if (auto conflict = ownership_conflict(settings_, t.wanted->id, *t.live); !conflict.empty()) {
                    t.fail(std::move(conflict));
                }
            }
        } else if (t.tried != nullptr && t.tried->what == outcome::failed && !may_recreate(t)) {
            t.fail(t.tried->message);
        } else if (t.tried == nullptr && t.live != nullptr) {
            if (auto conflict = ownership_conflict(settings_, t.wanted->id, *t.live);
                !conflict.empty() && !t.wanted->synthetic) {
                t.fail(std::move(conflict));
            } else if (t.wanted->in_sync && !settings_.reapply && !t.live->deleting) {
                t.state = standing::synced;
                t.message = "unchanged";
            }
        }
    }
}

/// Force: an object that cannot be changed is made anew. Not what holds other objects.
bool plan_state::may_recreate(const task& t) const {
    return t.options.force.value_or(false) && !settings_.dry_run && !t.wanted->synthetic &&
           t.live != nullptr && t.wanted->id.kind != "Namespace" &&
           t.wanted->id.kind != "CustomResourceDefinition" && t.tried != nullptr &&
           t.tried->what == outcome::failed && t.tried->uid.empty() && is_immutable_refusal(t.tried->message);
}

bool plan_state::must_recreate(const task& t) const {
    if (t.live == nullptr || t.live->deleting) return false;
    if (may_recreate(t)) return true;
    const bool always = t.options.force.value_or(false) && t.options.replace.value_or(false);
    return always && t.tried == nullptr && !settings_.dry_run && !t.wanted->synthetic &&
           t.wanted->id.kind != "Namespace" && t.wanted->id.kind != "CustomResourceDefinition";
}

/// The wanted object that must be there before this one: its Namespace and its CustomResourceDefinition.
const task* plan_state::definition_of(const task& t) const {
    const auto found = definitions_.find(group_and_kind{t.wanted->id.group, t.wanted->id.kind});
    return found != definitions_.end() ? &tasks[found->second] : nullptr;
}
const task* plan_state::namespace_of(const task& t) const {
    const auto found = namespaces_.find(t.wanted->id.namespace_);
    return found != namespaces_.end() && !t.wanted->id.namespace_.empty() ? &tasks[found->second] : nullptr;
}

} // namespace holdfast::sync
