// What the status says.

#include "base/bounded_text.hpp"
#include "control/application_controller_state.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// Problem types that come and go with what a look finds. Kept in Argo CD's names.
constexpr std::array<std::string_view, 6> problem_types{"ComparisonError",  "DeletionError",
                                                        "InvalidSpecError", "SyncError",
                                                        "UnknownError",     "Warning"};

crds::health_code to_code(sync::health_status status) {
    switch (status) {
    case sync::health_status::healthy: return crds::health_code::healthy;
    case sync::health_status::suspended: return crds::health_code::suspended;
    case sync::health_status::progressing: return crds::health_code::progressing;
    case sync::health_status::missing: return crds::health_code::missing;
    case sync::health_status::degraded: return crds::health_code::degraded;
    case sync::health_status::unknown: return crds::health_code::unknown;
    }
    return crds::health_code::unknown;
}

// Those that need attention first, and one of each kind before the rest: the list is bounded, and a restart
// learns from it which kinds to watch.
void bound(std::vector<crds::resource_status>& resources) {
    if (resources.size() <= crds::max_status_resources) {
        return;
    }
    std::set<std::tuple<std::string, std::string, std::string>> kinds;
    std::vector<crds::resource_status> first;
    std::vector<crds::resource_status> rest;
    for (auto& resource : resources) {
        if (kinds.emplace(resource.group, resource.version, resource.kind).second) {
            first.push_back(std::move(resource));
        } else {
            rest.push_back(std::move(resource));
        }
    }
    const auto needs_attention = [](const crds::resource_status& r) {
        return r.status != crds::sync_code::synced ||
               (r.health && r.health->status != crds::health_code::healthy);
    };
    std::sort(rest.begin(), rest.end(), [&](const crds::resource_status& a, const crds::resource_status& b) {
        const auto rank = [&](const crds::resource_status& r) {
            return std::tuple{!needs_attention(r), std::tie(r.group, r.kind, r.namespace_, r.name)};
        };
        return rank(a) < rank(b);
    });
    std::move(rest.begin(), rest.end(), std::back_inserter(first));
    first.resize(crds::max_status_resources);
    resources = std::move(first);
}

} // namespace

std::string applied_state_of(const std::vector<live_objects::found>& owned) {
    hasher h;
    for (const auto& o : owned) {
        h.add(sync::to_string(o.id)).add(to_hex(o.record->owned_hash));
    }
    return to_hex(h.finish()).substr(0, 40);
}

void application_controller::state::fill_status(application_record& r, const findings& found) {
    auto& status = r.object.status;
    const auto& metadata = r.object.metadata;
    const bool same_generation = status.observed_generation == metadata.generation;
    status.observed_generation = metadata.generation;
    const auto now = wall_clock::now();
    const auto before = status.sync.status;

    std::vector<sync::member_health> members;
    if (!found.unknown && r.wanted) {
        fill_resources(r, members);
    } else if (!found.unknown && !r.trusted.empty()) {
        fill_trusted(r, members);
    } else {
        status.sync.status = crds::sync_code::unknown;
    }
    if (found.problems.contains("ComparisonError")) {
        status.sync.status = crds::sync_code::unknown;
    }
    // A commit that changed nothing for the application is not worth a write of its own.
    const bool same_build = same_generation && r.from && r.from->build_key == status.sync.build_key &&
                            !r.operating() && status.sync.status == before && !status.sync.revision.empty();
    if (r.from && !found.unknown && !same_build) {
        status.sync.revision = r.from->revisions.front().text;
        status.sync.revisions.clear();
        if (r.from->revisions.size() > 1) {
            for (const auto& revision : r.from->revisions) {
                status.sync.revisions.push_back(revision.text);
            }
        }
        status.sync.short_revision = crds::short_revision(status.sync.revision);
        status.sync.build_key = r.from->build_key;
        status.source_type = r.from->identities.front().type;
    }
    if (status.sync.status == crds::sync_code::synced && r.wanted) {
        status.sync.applied_state = applied_state_of(with.live.owned_by(r.ref()));
        // Found to be so without an operation, as after a restart or a sync by hand.
        status.sync.applied_build_key = status.sync.build_key;
        status.sync.applied_revision = status.sync.revision;
    }

    if (!found.unknown) {
        const auto health = sync::aggregate(members);
        const auto code = to_code(health.status);
        if (status.health.status != code) {
            status.health.last_transition_time = now;
        }
        status.health.status = code;
        status.health.message = health.message;
    }

    fill_conditions(r, found);
}

void application_controller::state::fill_resources(
    application_record& r, std::vector<sync::member_health>& members
) {
    auto& status = r.object.status;
    std::vector<crds::resource_status> resources;
    bool in_sync = true;
    for (const auto& w : *r.wanted) {
        if (w.plan.orders.is_hook || w.plan.orders.skip) {
            continue;
        }
        const auto* record = with.live.find(w.kind, w.plan.id.namespace_, w.plan.id.name);
        const bool ours = record != nullptr && record->owner == r.ref();
        crds::resource_status resource;
        resource.group = w.plan.id.group;
        resource.version = w.kind.version;
        resource.kind = w.plan.id.kind;
        resource.namespace_ = w.plan.id.namespace_;
        resource.name = w.plan.id.name;
        resource.status = w.plan.in_sync ? crds::sync_code::synced : crds::sync_code::out_of_sync;
        resource.sync_wave = w.plan.orders.wave;
        if (!w.plan.synthetic) {
            if (record == nullptr) {
                resource.health = crds::resource_health{crds::health_code::missing, {}};
            } else if (record->status) {
                resource.health = crds::resource_health{to_code(*record->status), record->health_message};
            }
            sync::member_health member{
                .id = w.plan.id, .exists = ours, .ignored = w.plan.orders.ignore_healthcheck, .verdict = {}
            };
            if (record != nullptr && record->status) {
                member.verdict = sync::health{*record->status, record->health_message};
            }
            members.push_back(std::move(member));
        }
        in_sync = in_sync && w.plan.in_sync;
        resources.push_back(std::move(resource));
    }
    const auto options = sync_options_of(r.object.spec);
    const auto surplus = surplus_of(r);
    const auto heirs = heirs_of(r, surplus);
    for (const auto& o : surplus) {
        crds::resource_status resource;
        resource.group = o.id.group;
        resource.version = o.kind.version;
        resource.kind = o.id.kind;
        resource.namespace_ = o.id.namespace_;
        resource.name = o.id.name;
        resource.status =
            o.record->ignore_extraneous ? crds::sync_code::synced : crds::sync_code::out_of_sync;
        resource.requires_pruning = !heirs.contains(o.id);
        resource.requires_deletion_confirmation =
            sync::prune_policy(*o.record, options) == sync::removal::needs_confirmation;
        in_sync = in_sync && o.record->ignore_extraneous;
        resources.push_back(std::move(resource));
    }
    status.resources_count = static_cast<std::int64_t>(resources.size());
    bound(resources);
    status.resources = std::move(resources);
    status.sync.status = in_sync ? crds::sync_code::synced : crds::sync_code::out_of_sync;
}

void application_controller::state::fill_trusted(
    application_record& r, std::vector<sync::member_health>& members
) const {
    auto& status = r.object.status;
    // It was when that was written down; a look that could not be finished may have said otherwise meanwhile.
    status.sync.status = crds::sync_code::synced;
    for (auto& resource : status.resources) {
        const auto* record = with.live.find(
            {resource.group, resource.version, resource.kind}, resource.namespace_, resource.name
        );
        if (record != nullptr && record->status) {
            resource.health = crds::resource_health{to_code(*record->status), record->health_message};
        }
    }
    for (const auto& o : with.live.owned_by(r.ref())) {
        sync::member_health member{
            .id = o.id, .exists = true, .ignored = o.record->ignore_healthcheck, .verdict = {}
        };
        if (o.record->status) {
            member.verdict = sync::health{*o.record->status, o.record->health_message};
        }
        members.push_back(std::move(member));
    }
}

void application_controller::state::fill_conditions(application_record& r, const findings& found) {
    auto& status = r.object.status;
    const auto& metadata = r.object.metadata;
    const auto now = wall_clock::now();
    const bool synced = status.sync.status == crds::sync_code::synced;
    const bool healthy = status.health.status == crds::health_code::healthy;
    const bool operating = r.operating();
    const auto generation = metadata.generation;
    const auto condition = [&](std::string type, bool value, std::string reason, std::string message) {
        crds::set_condition(
            status.conditions, {.type = std::move(type),
                                .status = value ? "True" : "False",
                                .observed_generation = generation,
                                .last_transition_time = now,
                                .reason = std::move(reason),
                                .message = std::move(message)}
        );
    };
    std::string problem;
    for (const auto& [type, message] : found.problems) {
        problem = problem.empty() ? message : problem;
        condition(type, true, found.reason.empty() ? type : found.reason, message);
    }
    const auto& last = status.operation_state;
    const bool failed = last && !operating && last->phase != crds::operation_phase::succeeded && !synced;
    std::set<std::string_view> keep;
    if (failed && !found.problems.contains("SyncError")) {
        condition("SyncError", true, "OperationFailed", last->message);
        keep.insert("SyncError");
    } else if (operating && last->retry_count > 0 && !found.problems.contains("SyncError")) {
        keep.insert("SyncError"); // why it is tried again
    }
    if (!r.build_warnings.empty()) {
        std::string all;
        for (const auto& warning : r.build_warnings) {
            all += (all.empty() ? "" : "; ") + warning;
        }
        condition("Warning", true, "SourceWarnings", cut_to_characters(all, 4096));
        keep.insert("Warning");
    }
    for (const auto type : problem_types) {
        if (!found.problems.contains(std::string{type}) && !keep.contains(type)) {
            crds::remove_condition(status.conditions, type);
        }
    }
    // kstatus: Reconciling and Stalled are there while they are true.
    if (operating || !found.waiting.empty() || r.deleting()) {
        condition(
            "Reconciling", true,
            r.deleting() ? "Deleting"
            : operating  ? "Syncing"
                         : "Waiting",
            !found.waiting.empty() ? found.waiting
            : operating            ? last->message
                                   : ""
        );
    } else {
        crds::remove_condition(status.conditions, "Reconciling");
    }
    if (found.stalled && !operating) {
        condition("Stalled", true, found.reason.empty() ? "Failed" : found.reason, problem);
    } else {
        crds::remove_condition(status.conditions, "Stalled");
    }
    const bool ready = synced && healthy && !operating && found.problems.empty() && !r.deleting();
    std::string reason = "Ready";
    std::string message = "Synced to " + status.sync.short_revision + " and healthy";
    if (!ready) {
        message = !problem.empty() ? problem : found.waiting;
        if (!found.reason.empty()) {
            reason = found.reason;
        } else if (operating) {
            reason = "Syncing";
            message = last->message;
        } else if (failed) {
            reason = "SyncFailed";
            message = last->message;
        } else if (!synced) {
            reason = status.sync.status == crds::sync_code::unknown ? "Unknown" : "OutOfSync";
        } else {
            reason = std::string{crds::to_string(status.health.status)};
            message = status.health.message;
        }
    }
    condition("Ready", ready, std::move(reason), std::move(message));
    with.counters.application(
        metadata.namespace_, metadata.name, r.object.spec.project, crds::to_string(status.sync.status),
        crds::to_string(status.health.status)
    );
}

} // namespace holdfast::control
