#include "sync/planner_hooks.hpp"

#include "sync/order.hpp"
#include "sync/phases.hpp"
#include "sync/planner_sentences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace holdfast::sync {

hook_planning::hook_planning(const plan_input& input) {
    const auto& settings = input.settings;
    if (settings.attempt.empty() || settings.dry_run || !settings.only.empty()) return;
    for (const auto& wanted : input.desired) {
        if (!wanted.orders.is_run()) continue;
        const auto options = merged(settings.options, wanted.orders.options);
        for (const auto during : wanted.orders.hook_phases) {
            if (is_of_deletion(during)) continue;
            task t{.key = {during, wanted.id}, .wanted = &wanted};
            t.dependents = options.prune_propagation.value_or(propagation::foreground);
            if (const auto found = input.live.find(wanted.id); found != input.live.end())
                t.live = &found->second;
            judge(t, input);
            tasks_.push_back(std::move(t));
        }
    }
    std::ranges::sort(tasks_, {}, [](const task& t) {
        return std::tuple{
            t.key.during, t.wanted->orders.wave, kind_rank(t.key.id.kind), t.key.id.name, t.key.id
        };
    });
}

void hook_planning::judge(task& t, const plan_input& input) const {
    const auto settle = [&](hook_attempt what) {
        t.is = what.state == hook_state::running     ? stand::running
               : what.state == hook_state::succeeded ? stand::succeeded
                                                     : stand::failed;
        t.attempt = std::move(what);
    };
    const auto known = input.hooks.find(t.key);
    if (known != input.hooks.end() && known->second.state != hook_state::running) {
        settle(known->second);
        return;
    }
    const auto run = run_key(hook_run(input.settings.attempt, t.key.during));
    const bool is_made = t.live != nullptr && t.live->hook_run == run;
    if (is_made) {
        settle(judge_hook(*t.live));
        return;
    }
    if (known != input.hooks.end()) {
        settle({.state = hook_state::failed, .message = "it was deleted before it was complete"});
        return;
    }
    if (t.live == nullptr) return; // to be made
    if (auto conflict = ownership_conflict(input.settings, t.key.id, *t.live); !conflict.empty()) {
        settle({.state = hook_state::failed, .is_refused = true, .message = std::move(conflict)});
    } else if (input.cleared.contains(t.live->uid) || (t.live->deleting && !t.live->has_hook_finalizer)) {
        t.is = stand::leaving;
    } else if (t.live->deleting || t.wanted->orders.hook_deletion.before_creation) {
        t.is = stand::to_clear;
    }
}

std::vector<const hook_planning::task*>
hook_planning::of(phase during, std::optional<std::int32_t> wave) const {
    std::vector<const task*> found;
    for (const auto& t : tasks_) {
        if (t.key.during == during && (!wave || t.wanted->orders.wave == *wave)) found.push_back(&t);
    }
    return found;
}

bool hook_planning::has(phase during) const {
    return std::ranges::any_of(tasks_, [&](const task& t) { return t.key.during == during; });
}

bool hook_planning::need(phase during, const planned_object& wanted) const {
    const bool is_namespace = wanted.id.group.empty() && wanted.id.kind == "Namespace";
    return std::ranges::any_of(tasks_, [&](const task& t) {
        return t.key.during == during && ((is_namespace && t.key.id.namespace_ == wanted.id.name) ||
                                          (wanted.defines && wanted.defines->first == t.key.id.group &&
                                           wanted.defines->second == t.key.id.kind));
    });
}

std::set<std::int32_t> hook_planning::waves(phase during) const {
    std::set<std::int32_t> found;
    for (const auto* t : of(during, std::nullopt)) {
        found.insert(t->wanted->orders.wave);
    }
    return found;
}

std::optional<step> hook_planning::begin(phase during, std::optional<std::int32_t> wave) const {
    clear_hooks_step clear{.during = during, .objects = {}};
    apply_step make;
    std::vector<object_id> leaving;
    for (const auto* t : of(during, wave)) {
        if (t->is == stand::to_clear) {
            clear.objects.push_back({t->key.id, t->live->uid, t->dependents});
        } else if (t->is == stand::to_make) {
            make.objects.push_back({t->key.id, apply_mode::apply, during});
        } else if (t->is == stand::leaving) {
            leaving.push_back(t->key.id);
        }
    }
    if (!clear.objects.empty()) return clear;
    if (!make.objects.empty()) return make;
    if (leaving.empty()) return std::nullopt;
    auto sentence = fmt::format(
        "waiting for the deletion of {} to end before {} again", enumerate(leaving),
        leaving.size() == 1 ? "the hook runs" : "the hooks run"
    );
    return wait_step{wait_reason::deletion, std::move(leaving), std::move(sentence)};
}

std::optional<step> hook_planning::await(phase during, std::optional<std::int32_t> wave) const {
    std::vector<object_id> running;
    std::vector<std::string> reasons;
    std::vector<std::string> failures;
    for (const auto* t : of(during, wave)) {
        if (t->is == stand::running) {
            running.push_back(t->key.id);
            reasons.push_back(with_reason(t->key.id, t->attempt.message));
        } else if (t->is == stand::failed) {
            failures.push_back(with_reason(t->key.id, t->attempt.message));
        }
    }
    if (!running.empty()) {
        return wait_step{
            wait_reason::health, std::move(running),
            fmt::format(
                "waiting for completion of {} {}: {}", to_string(during),
                reasons.size() == 1 ? "hook" : "hooks", enumerate_texts(reasons, ", ")
            )
        };
    }
    if (failures.empty()) return std::nullopt;
    return failed_step{fmt::format(
        "{} {} failed: {}", to_string(during), failures.size() == 1 ? "hook" : "hooks",
        enumerate_texts(failures, "; ")
    )};
}

bool hook_planning::has_begun(phase during) const {
    return std::ranges::any_of(of(during, std::nullopt), [](const task* t) {
        return t->is == stand::running || t->is == stand::succeeded || t->is == stand::failed;
    });
}

std::vector<std::pair<hook_key, hook_attempt>> hook_planning::begun() const {
    std::vector<std::pair<hook_key, hook_attempt>> all;
    for (const auto& t : tasks_) {
        if (t.is == stand::running || t.is == stand::succeeded || t.is == stand::failed) {
            all.emplace_back(t.key, t.attempt);
        }
    }
    return all;
}

} // namespace holdfast::sync
