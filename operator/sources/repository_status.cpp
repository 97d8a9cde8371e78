// What the status of a Repository says, and the events that go with it.

#include "base/log.hpp"
#include "base/merge_patch.hpp"
#include "crds/bounded_status.hpp"
#include "policy/own_kinds.hpp"
#include "policy/specification_checks.hpp"
#include "sources/repositories_state.hpp"
#include "sources/users.hpp"

#include <algorithm>

namespace holdfast::sources {

using namespace std::chrono_literals;

void repositories::state::status_due(const std::string& owner, std::chrono::milliseconds after) {
    if (!owner.empty()) {
        runs.queue().add_after(owner, after);
    }
}

asio::awaitable<void> repositories::state::write_status(std::string key) {
    const auto name = name_of(key);
    const auto* found = declared_store.find(name);
    if (found == nullptr) {
        co_return;
    }
    const auto d = *found;
    if (const auto group = index.group_of(name); group && index.holder(*group) != name) {
        judge(*d); // which one is right may be another one than when it was judged
    }
    auto wanted_status = d->object.status;
    fill_status(*d, key, wanted_status);
    const auto rest = crds::stored_size(crds::write(d->object.spec));
    const auto patch =
        merge_patch(crds::bounded_status(d->object.status, rest), crds::bounded_status(wanted_status, rest));
    if (patch.empty()) {
        co_return;
    }
    const auto done = co_await api.patch_merge(
        policy::repository_kind(), name.namespace_, name.name, json::object{{"status", patch}}, "holdfast",
        "status"
    );
    if (!done) {
        if (done.error().is_transient()) {
            runs.queue().add_after(key, 5s);
        } else if (!done.error().is_not_found()) {
            log::warn(
                "a repository's status cannot be written",
                {{"repository", key}, {"error", done.error().message()}}
            );
        }
        co_return;
    }
    tell(*d, wanted_status);
    d->object.status = std::move(wanted_status);
}

void repositories::state::fill_status(
    const declared_repository& d, const std::string& key, crds::repository_status& status
) const {
    status.observed_generation = d.object.metadata.generation;
    status.heads.clear();
    std::set<std::string> users;
    std::optional<error> failed;
    std::string refused;
    bool reached = false;
    std::set<std::pair<std::string, std::string>> told; // one entry for each URL and ref
    for (const auto& tracked : tracked_by_owner.of(key)) {
        const auto& t = all.at(tracked);
        users.insert(t->users.begin(), t->users.end());
        if (t->failed) {
            failed = t->failed;
        }
        reached = reached || t->refs != nullptr;
        if (t->last_fetch && (!status.last_fetch || status.last_fetch->time <= t->last_fetch->time)) {
            status.last_fetch = t->last_fetch;
        }
        for (const auto& revision : t->revisions) {
            if (status.heads.size() < crds::max_status_heads && t->refs) {
                auto parsed = match::revision::parse(revision);
                if (!parsed) {
                    continue;
                }
                if (const auto head = git::resolve(*parsed, *t->refs)) {
                    if (const auto* why = t->refused.find(head->commit); why != nullptr && refused.empty()) {
                        refused = *why;
                    }
                    const bool exact = d.scope && t->url.scope() == d.scope->address;
                    const auto url = exact ? std::string{} : t->url.text();
                    const auto name = revision.empty() ? std::string{"HEAD"} : revision;
                    if (told.emplace(url, name).second) {
                        status.heads.push_back({.url = url, .ref = name, .sha = head->commit.hex()});
                    }
                }
            }
        }
    }
    status.applications =
        std::ranges::count_if(users, [](const std::string& user) { return set_of_user(user).empty(); });
    if (const auto last = deliveries.find(key); last != deliveries.end()) {
        status.last_webhook = last->second.delivery;
    }
    crds::condition ready{
        .type = "Ready",
        .status = "True",
        .observed_generation = d.object.metadata.generation,
        .last_transition_time = wall_clock::now(),
        .reason = "Reached",
        .message = {}
    };
    if (const auto& problem = d.problem.empty() ? d.clash : d.problem; !problem.empty()) {
        ready.status = "False";
        ready.reason = "InvalidSpec";
        ready.message = problem;
    } else if (const auto unserved = crds::join(policy::not_served(d.object.spec)); !unserved.empty()) {
        ready.status = "False";
        ready.reason = "NotServed";
        ready.message = unserved;
    } else if (failed) {
        ready.status = "False";
        ready.reason = reason_of(*failed);
        ready.message = failed->message();
    } else if (!refused.empty()) {
        ready.status = "False";
        ready.reason = "SignatureRefused";
        ready.message = refused;
    } else if (!reached) {
        ready.status = users.empty() ? "True" : "Unknown";
        ready.reason = users.empty() ? "NotInUse" : "Pending";
        ready.message =
            users.empty() ? "No application reads from it, so it is not polled." : "It is being reached.";
    } else {
        ready.message = "Polled every " + d.object.spec.interval.text + ".";
    }
    crds::set_condition(status.conditions, std::move(ready));
    if (d.warnings.empty()) {
        crds::remove_condition(status.conditions, "ConfigurationWarning");
    } else {
        crds::set_condition(
            status.conditions, {.type = "ConfigurationWarning",
                                .status = "True",
                                .observed_generation = d.object.metadata.generation,
                                .last_transition_time = wall_clock::now(),
                                .reason = "Specification",
                                .message = d.warnings}
        );
    }
}

kube::object_reference repositories::state::reference_to(const declared_repository& d) {
    return {
        .api_version = std::string{crds::api_version},
        .kind = "Repository",
        .namespace_ = d.object.metadata.namespace_,
        .name = d.object.metadata.name,
        .uid = d.object.metadata.uid,
        .resource_version = {}
    };
}

void repositories::state::tell(const declared_repository& d, const crds::repository_status& now) {
    const auto* before = crds::find_condition(d.object.status.conditions, "Ready");
    const auto* after = crds::find_condition(now.conditions, "Ready");
    if (after == nullptr ||
        (before != nullptr && before->status == after->status && before->reason == after->reason)) {
        return;
    }
    if (after->status == "False" ||
        (after->status == "True" && before != nullptr && before->status == "False")) {
        events.record(
            reference_to(d), {.severity = after->status == "False" ? kube::event_severity::warning
                                                                   : kube::event_severity::normal,
                              .reason = after->reason,
                              .action = "Poll",
                              .note = after->message}
        );
    }
}

} // namespace holdfast::sources
