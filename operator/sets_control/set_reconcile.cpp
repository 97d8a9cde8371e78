// One look at a set: what it stands for, what of that is missing or different, and what there is to say.

#include "base/counted_list.hpp"
#include "base/log.hpp"
#include "base/merge_patch.hpp"
#include "crds/bounded_status.hpp"
#include "policy/own_kinds.hpp"
#include "policy/set_checks.hpp"
#include "sets_control/set_controller_state.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::sets_control {

using namespace std::chrono_literals;

namespace {

constexpr auto start_up = 200ms;
// A watch that has not told by then of what was sent will tell another way.
constexpr auto longest_on_the_way = 60s;
constexpr std::size_t most_named = 10;
// Ours, and Argo CD's.
constexpr std::array<std::string_view, 2> refresh_annotations{
    "holdfast.dev/refresh", "argocd.argoproj.io/application-set-refresh"
};

std::vector<std::string> texts_of(const crds::application_set_spec& spec) {
    std::vector<std::string> texts;
    texts.reserve(spec.generators.size());
    for (const auto& one : spec.generators) {
        texts.push_back(json::serialize(crds::write(one)));
    }
    return texts;
}

std::string said(std::string_view verb, const std::vector<std::string>& names) {
    counted_list all{most_named, ", "};
    for (const auto& name : names) {
        all.add(name);
    }
    return std::string{verb} + " " + std::to_string(names.size()) + ": " + all.text();
}

} // namespace

plan_facts set_controller::state::facts_of(const set_work& r) const {
    const auto& namespace_ = r.now.object->metadata.namespace_;
    plan_facts facts;
    facts.wanted = *r.made->wanted;
    const auto enter = [&](const std::string& name) {
        if (const auto* there = with.around.application(namespace_, name)) {
            facts.existing.try_emplace(
                name,
                existing_application{.value = there, .owners = owners.owners_of(namespace_ + "/" + name)}
            );
        }
    };
    for (const auto& name : owners.of_set(r.key)) {
        enter(name);
    }
    for (const auto& one : *r.made->wanted) {
        enter(one.value.metadata.name);
    }
    for (const auto& [name, sent] : r.sent) {
        facts.sent.emplace(name, sent.what);
    }
    facts.asked = asked_in(r.reported);
    facts.some_failed = !r.made->failures.empty();
    if (facts.some_failed) {
        const auto texts = texts_of(r.now.object->spec);
        std::set<std::string> kept;
        bool all_known = true;
        for (const auto& failure : r.made->failures) {
            const auto known =
                failure.generator < texts.size() ? r.made_by.find(texts[failure.generator]) : r.made_by.end();
            if (known == r.made_by.end()) {
                all_known = false;
            } else {
                kept.insert(known->second.begin(), known->second.end());
            }
        }
        if (all_known) {
            facts.made_by_failed = std::move(kept);
        }
    }
    return facts;
}

void set_controller::state::note_made(set_work& r) const {
    const auto texts = texts_of(r.now.object->spec);
    std::map<std::string, std::set<std::string>> now;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const bool failed = std::ranges::any_of(r.made->failures, [&](const sets::generator_failure& one) {
            return one.generator == i;
        });
        if (!failed) {
            now[texts[i]]; // it may have given nothing
        } else if (const auto before = r.made_by.find(texts[i]); before != r.made_by.end()) {
            now.insert(*before);
        }
    }
    for (std::size_t i = 0; i < r.made->wanted->size(); ++i) {
        const auto generator = (*r.made->generators)[i];
        if (generator < texts.size()) {
            now[texts[generator]].insert((*r.made->wanted)[i].value.metadata.name);
        }
    }
    r.made_by = std::move(now);
}

// Before it is done, so that who looks at the set sees what went and why it did.
void set_controller::state::announce(set_work& r, const write_plan& plan) {
    const auto names_at = [&](const std::vector<std::size_t>& indexes) {
        std::vector<std::string> names;
        names.reserve(indexes.size());
        for (const auto i : indexes) {
            names.push_back((*r.made->wanted)[i].value.metadata.name);
        }
        return names;
    };
    counted_list all{3, "; "};
    if (!plan.creations.empty()) all.add(said("creates", names_at(plan.creations)));
    if (!plan.updates.empty()) all.add(said("changes", names_at(plan.updates)));
    if (!plan.deletions.empty()) all.add(said("then deletes", plan.deletions));
    if (all.empty() || std::exchange(r.announced, all.text()) == all.text()) {
        return; // the same is tried again
    }
    with.events.record(
        reference_to(*r.now.object), {.severity = kube::event_severity::normal,
                                      .reason = "ApplicationsChange",
                                      .action = "Reconcile",
                                      .note = all.text()}
    );
    log::info("a set changes its applications", {{"applicationset", r.key}, {"what", all.text()}});
}

asio::awaitable<void> set_controller::state::reconcile(std::string key) {
    const auto r = find(key);
    if (!r || r->now.is_foreign || r->now.object->metadata.deletion_timestamp) {
        co_return; // at its end Kubernetes collects what it owns
    }
    if (!with.applications_are_known() || !with.sources.ready()) {
        runs.queue().add_after(key, start_up);
        co_return;
    }
    co_await take_refresh(r);
    if (find(key) != r) {
        co_return;
    }
    const auto begin = steady_clock::now();
    set_findings found;
    const bool is_current = co_await look(r, found);
    if (!is_current || find(key) != r) {
        runs.queue().add(key);
        co_return;
    }
    const bool is_well = found.problem.empty() && found.failures.empty() && found.left.empty() &&
                         found.refused.empty() && !found.asked;
    with.counters.reconciled("applicationset", is_well ? "ok" : "problem", steady_clock::now() - begin);
    if (!found.refused.empty() || (r->made && r->made->may_come)) {
        runs.queue().add_after(key, r->retries.next(random));
    } else if (is_well) {
        r->retries.reset();
    }
    if (!r->sent.empty()) {
        runs.queue().add_after(key, longest_on_the_way);
    }
    co_await write_status(r, std::move(found));
}

asio::awaitable<void> set_controller::state::take_refresh(set_work_ptr r) {
    const auto set = r->now.object;
    json::object asked;
    for (const auto name : refresh_annotations) {
        if (set->metadata.annotations.contains(std::string{name})) {
            asked[name] = nullptr;
        }
    }
    if (asked.empty()) {
        co_return;
    }
    const json::object patch{{"metadata", {{"annotations", std::move(asked)}}}};
    const auto done = co_await with.home.patch_merge(
        policy::application_set_kind(), set->metadata.namespace_, set->metadata.name, patch, "holdfast"
    );
    if (!done) {
        // It stays, and the next look takes it.
        if (!done.error().is_not_found()) {
            log::warn(
                "a refresh annotation cannot be removed",
                {{"applicationset", r->key}, {"error", done.error().message()}}
            );
        }
        co_return;
    }
    for (const auto& use : uses_of(*r, r->made ? r->made->trees : std::set<sets::tree_id>{})) {
        with.sources.refresh(use);
    }
    r->made.reset(); // all of it is generated anew
}

// False: the set has changed meanwhile, and nothing of this counts.
asio::awaitable<bool> set_controller::state::look(set_work_ptr r, set_findings& found) {
    const auto set = r->now.object;
    const auto is_still_it = [&] {
        const auto& now = r->now.object->metadata;
        return now.uid == set->metadata.uid && now.generation == set->metadata.generation &&
               now.annotations == set->metadata.annotations && !now.deletion_timestamp;
    };
    if (!r->now.problem.empty()) {
        found.problem = r->now.problem;
        co_return true;
    }
    if (!r->made && r->reported.observed_generation != set->metadata.generation) {
        set_findings pending;
        pending.is_pending = true;
        co_await write_status(r, std::move(pending));
    }
    auto making = generates.make(set, r->made, [this, r](const std::set<sets::tree_id>& trees) {
        read_from(*r, trees);
    });
    auto made = co_await std::move(making);
    if (!is_still_it()) {
        co_return false;
    }
    const bool is_new = r->made != made;
    r->made = std::move(made);
    if (is_new) {
        read_from(*r, r->made->trees);
        note_made(*r);
    }
    const auto now = steady_clock::now();
    std::erase_if(r->sent, [&](const auto& one) { return one.second.at + longest_on_the_way < now; });
    const auto rules = rules_of(*set);
    auto plan = plan_of(rules, facts_of(*r));
    r->blocked.clear();
    for (const auto& one : plan.left) {
        if (one.why == left_because::foreign || one.why == left_because::owned) {
            r->blocked.insert(one.name);
        }
    }
    found.failures = r->made->failures;
    found.warnings = r->made->warnings;
    for (const auto& one : policy::warnings_of(*set)) {
        found.warnings.push_back(one.text());
    }
    found.left = std::move(plan.left);
    found.asked = std::move(plan.asked);
    found.withheld = plan.withheld;
    found.wanted = r->made->wanted->size();
    found.under_way = plan.under_way;
    if (found.asked && asked_in(r->reported) != found.asked->token) {
        co_await write_status(
            r, found
        ); // before anything is created by which they would be no more than half
        if (!is_still_it()) {
            co_return false;
        }
    }
    announce(*r, plan);
    co_await write_all(r, rules, std::move(plan), found);
    co_return is_still_it();
}

asio::awaitable<void> set_controller::state::write_status(set_work_ptr r, set_findings found) {
    const auto set = r->now.object;
    const auto& namespace_ = set->metadata.namespace_;
    std::vector<set_member> members;
    const auto rules = rules_of(*set);
    std::set<std::string> names = owners.of_set(r->key);
    for (const auto& [name, sent] : r->sent) {
        if (sent.what == on_its_way::write) {
            names.insert(name);
        }
    }
    for (const auto& name : names) {
        const auto* there = with.around.application(namespace_, name);
        if (there == nullptr) {
            members.push_back({.name = name, .sync = crds::sync_code::unknown, .health = {}});
            continue;
        }
        const existing_application existing{
            .value = there, .owners = owners.owners_of(namespace_ + "/" + name)
        };
        if (is_of(rules, existing)) {
            members.push_back(
                {.name = name,
                 .sync = there->status.sync.status,
                 .health = {.status = there->status.health.status, .message = there->status.health.message}}
            );
        }
    }
    auto wanted = status_of(found, *set, r->reported, std::move(members), wall_clock::now());
    const auto rest = crds::stored_size(crds::write(set->spec));
    const auto patch =
        merge_patch(crds::bounded_status(r->reported, rest), crds::bounded_status(wanted, rest));
    if (patch.empty()) {
        co_return;
    }
    const auto done = co_await with.home.patch_merge(
        policy::application_set_kind(), namespace_, set->metadata.name, json::object{{"status", patch}},
        "holdfast", "status"
    );
    if (!done) {
        if (done.error().is_transient()) {
            runs.queue().add_after(r->key, 5s);
        } else if (!done.error().is_not_found()) {
            log::warn(
                "a set's status cannot be written",
                {{"applicationset", r->key}, {"error", done.error().message()}}
            );
        }
        co_return;
    }
    const auto* before = crds::find_condition(r->reported.conditions, "Ready");
    const auto* after = crds::find_condition(wanted.conditions, "Ready");
    const bool is_trouble = after->status == "False" && after->reason != "Progressing";
    const bool was_trouble =
        before != nullptr && before->status == "False" && before->reason != "Progressing";
    const bool is_news =
        before == nullptr || before->reason != after->reason || before->message != after->message;
    if ((is_trouble && is_news) || (was_trouble && after->status == "True")) {
        with.events.record(
            reference_to(*set),
            {.severity = is_trouble ? kube::event_severity::warning : kube::event_severity::normal,
             .reason = after->reason,
             .action = "Reconcile",
             .note = after->message}
        );
    }
    r->reported = std::move(wanted);
}

} // namespace holdfast::sets_control
