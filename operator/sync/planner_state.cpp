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
    guard_prunes(result);
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
        if (wanted.orders.is_hook) continue; // see planner_hooks.cpp
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

void plan_state::guard_prunes(plan& result) {
    std::vector<removal_task*> candidates;
    for (auto& t : unwanted) {
        const auto policy = prune_policy(*t.live, settings_.options);
        if (t.is_requested() || t.live->deleting) {
            t.leaving = !t.is_requested() && settings_.prune;
            t.state = standing::pruned;
            t.message = "being deleted";
            continue;
        }
        t.state = standing::prune_skipped;
        if (t.is_another()) {
            t.message = "created anew by somebody since it was deleted";
        } else if (const auto heir = input_.heirs.find(t.id); heir != input_.heirs.end()) {
            t.message = fmt::format("left to the application {}, which wants it", to_string(heir->second));
        } else if (!settings_.prune) {
            t.message = "ignored (requires pruning)";
        } else if (policy == removal::foundation) {
            t.message = "ignored (Holdfast itself stands on it)";
        } else if (policy == removal::never) {
            t.message = "ignored (no prune)";
        } else {
            candidates.push_back(&t);
        }
    }
    if (!candidates.empty()) decide_prunes(candidates, result);
    place_prunes();
}

void plan_state::decide_prunes(const std::vector<removal_task*>& candidates, plan& result) {
    is_too_early = !settings_.too_early.empty() && !settings_.dry_run;
    ruling = input_.ruling ? &*input_.ruling : nullptr;
    if (ruling == nullptr && !is_too_early) {
        const auto facts = facts_about(candidates);
        to_inspect = sync::to_inspect(facts);
        if (to_inspect.empty()) {
            result.ruling = rule_on_prunes(facts);
            ruling = &*result.ruling;
        }
    }
    for (auto* t : candidates) {
        if (ruling == nullptr) { // nothing is decided yet: it keeps its place among the waves
            t->due = is_too_early;
            t->state = standing::pending;
            t->message = settings_.too_early;
            continue;
        }
        const auto found = ruling->objects.find(t->id);
        if (found == ruling->objects.end()) {
            t->message = "left for the next operation: this one had begun already";
        } else if (found->second.may_go) {
            t->due = true;
            t->state = standing::pending;
        } else {
            t->message = found->second.message;
        }
    }
}

prune_facts plan_state::facts_about(const std::vector<removal_task*>& candidates) const {
    prune_facts facts;
    std::set<object_id> going;
    for (const auto* t : candidates) {
        facts.candidates.push_back({t->id, prune_policy(*t->live, settings_.options)});
        going.insert(t->id);
        if (const auto known = input_.along.find(t->id); known != input_.along.end()) {
            facts.along.insert(*known);
        }
    }
    for (const auto& [id, live] : input_.live) {
        const bool stays = live.owner == settings_.application && !live.hook && !live.deleting;
        if (stays && !going.contains(id) && !wanted_ids_.contains(id)) facts.staying.push_back(id);
    }
    // Those too that are yet to be applied.
    for (const auto& wanted : input_.desired) {
        if (wanted.orders.is_applied()) facts.staying.push_back(wanted.id);
    }
    std::sort(facts.staying.begin(), facts.staying.end());
    facts.owned = settings_.owned_at_begin.value_or(owned);
    facts.pruned = pruned;
    facts.limit =
        settings_.rules.limits_prunes ? settings_.prune_limit : std::numeric_limits<std::size_t>::max();
    facts.asks_about_dependents = settings_.rules.confirms_dependents;
    facts.empty = !has_content_ && !settings_.allow_empty;
    facts.confirmed = settings_.confirmed;
    facts.was_confirmed = settings_.was_confirmed;
    facts.build_key = settings_.build_key;
    return facts;
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
        const bool at_the_end = is_pruned_last(*t.live, settings_.options);
        if (t.has_place() && at_the_end && last < std::numeric_limits<std::int32_t>::max()) t.wave = last + 1;
    }
}

// ---- how far it is

void plan_state::judge_tasks() {
    const bool applies_all = settings_.reapply || !settings_.options.apply_out_of_sync_only.value_or(true);
    for (auto& t : tasks) {
        if (t.tried != nullptr && t.tried->what == outcome::applied) {
            t.state = standing::synced;
            t.message = settings_.dry_run ? "applied (dry run)" : "applied";
            if (t.live != nullptr && !settings_.dry_run && !t.wanted->synthetic) {
                // Another application may have taken it since.
                if (auto conflict = ownership_conflict(settings_, t.wanted->id, *t.live); !conflict.empty()) {
                    t.is_shared = true;
                    t.fail(std::move(conflict));
                }
            }
        } else if (t.tried != nullptr && t.tried->what == outcome::failed && !may_recreate(t)) {
            t.fail(t.tried->message);
        } else if (t.tried == nullptr && t.live != nullptr) {
            if (auto conflict = ownership_conflict(settings_, t.wanted->id, *t.live);
                !conflict.empty() && !t.wanted->synthetic) {
                if (settings_.undecided_owners.contains(t.live->owner) && !settings_.dry_run) {
                    t.waits_for_owner = true;
                    t.message = std::move(conflict);
                } else {
                    t.is_shared = true;
                    t.fail(std::move(conflict));
                }
            } else if (t.wanted->in_sync && !applies_all && !t.live->deleting) {
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
bool plan_state::brings_kind_of(const task& t) const {
    return definition_of(t) != nullptr || t.options.skip_dry_run_on_missing.value_or(false);
}
bool plan_state::is_kind_served(const task& t) const {
    return !input_.unserved_kinds.contains(t.wanted->gvk());
}
const task* plan_state::namespace_of(const task& t) const {
    const auto found = namespaces_.find(t.wanted->id.namespace_);
    return found != namespaces_.end() && !t.wanted->id.namespace_.empty() ? &tasks[found->second] : nullptr;
}

} // namespace holdfast::sync
