#include "control/status_report.hpp"

#include "base/counted_list.hpp"
#include "control/application_access.hpp"
#include "control/owned_objects.hpp"
#include "engine/cluster_condition.hpp"
#include "engine/conditions.hpp"
#include "engine/resources.hpp"

namespace holdfast::control {

namespace {

// There is no count beside them there: what is not among them is not the application's to its readers. Their
// bytes are bounded where they are written.
constexpr std::size_t most_rows_of_argo_cd = 10'000;

} // namespace

std::string applied_state_of(const std::vector<cluster::live_objects::found>& owned, const std::string& key) {
    if (key.empty()) {
        return {};
    }
    hasher h;
    for (const auto& o : owned) {
        h.add(sync::to_string(o.id)).add(to_hex(o.record->owned_hash));
    }
    // Whoever reads a status and knows the rest of the objects could else try a short secret's values.
    const auto mac = hmac(hmac_algorithm::sha256, key, to_hex(h.finish()));
    return to_hex(reinterpret_cast<const unsigned char*>(mac.data()), mac.size()).substr(0, 40);
}

std::string status_report::ownership_of(
    const application_record& r, const std::vector<cluster::live_objects::found>& unproven
) const {
    std::string text;
    if (!r.compared.remarked.empty()) {
        counted_list all{3, ", "};
        for (const auto& id : r.compared.remarked) {
            all.add([&] { return sync::describe(id); });
        }
        text =
            "this application deployed these objects and keeps them, though their marks now name another or no "
            "application (" +
            std::string{with_.config.names.get().tracking_annotation} + "): " + all.text();
    }
    if (const auto question = adoption_question_of(r, unproven, with_.config); !question.empty()) {
        text += (text.empty() ? "" : ". ") + question;
    }
    return text;
}

void status_report::fill(application_record& r, const engine::findings& found) {
    auto& status = r.object.status;
    const auto& metadata = r.object.metadata;
    const bool same_generation = status.observed_generation == metadata.generation;
    status.observed_generation = metadata.generation;
    const auto now = wall_clock::now();
    const auto before = status.sync.status;
    const auto health_before = status.health.status;
    std::string out_of_sync;

    const auto owned = owned_by(*destination_of(with_.clusters, r.object), r);
    if (!found.unknown && r.compared.wanted) {
        out_of_sync = fill_resources(r);
    } else if (!found.unknown && !r.compared.trusted.empty()) {
        fill_trusted(r);
    } else {
        status.sync.status = crds::sync_code::unknown;
    }
    if (found.problems.contains("ComparisonError")) {
        status.sync.status = crds::sync_code::unknown;
    }
    if (found.health_unknown) {
        status.health.status = crds::health_code::unknown;
        status.health.message.clear();
    }
    // A commit that changed nothing for the application is not worth a write of its own.
    const bool same_build = same_generation && r.sources.from &&
                            r.sources.from->build_key == status.sync.build_key && !r.operating() &&
                            status.sync.status == before && !status.sync.revision.empty();
    if (r.sources.from && !found.unknown && !same_build) {
        status.sync.revision = r.sources.from->revisions.front().text;
        status.sync.revisions.clear();
        if (r.sources.from->revisions.size() > 1) {
            for (const auto& revision : r.sources.from->revisions) {
                status.sync.revisions.push_back(revision.text);
            }
        }
        status.sync.short_revision = crds::short_revision(status.sync.revision);
        status.sync.build_key = r.sources.from->build_key;
        const auto& identities = r.sources.from->identities;
        status.source_type = identities.front().type;
        status.source_types.clear();
        for (std::size_t i = 0; identities.size() > 1 && i < identities.size(); ++i) {
            status.source_types.push_back(identities[i].type);
        }
    }
    if (status.sync.status == crds::sync_code::synced && r.compared.wanted) {
        status.sync.applied_state = applied_state_of(owned.known, with_.config.state_key());
        // Found to be so without an operation, as after a restart or a sync by hand.
        status.sync.applied_build_key = status.sync.build_key;
        status.sync.applied_revision = status.sync.revision;
    }

    if (status.health.status != health_before) {
        status.health.last_transition_time = now;
    }
    const auto ownership = ownership_of(r, owned.unproven);
    status.conditions = engine::conditions_of(
        {.status = status,
         .found = found,
         .warnings = r.compared.warnings,
         .ownership = ownership,
         .out_of_sync = out_of_sync,
         .generation = metadata.generation,
         .deleting = r.deleting()},
        now
    );
    fill_cluster(r, now);
    with_.counters.application(
        metadata.namespace_, metadata.name, r.object.spec.project, crds::to_string(status.sync.status),
        crds::to_string(status.health.status)
    );
}

void status_report::fill_cluster(application_record& r, wall_clock::time_point now) const {
    auto& status = r.object.status;
    const auto generation = r.object.metadata.generation;
    const auto away = findings_of(stand_of_cluster(with_.clusters, r.object));
    if (!away && r.compared.cluster) {
        engine::note_cluster(status, *r.compared.cluster, generation, now);
    } else if (away && !away->undecided) {
        engine::note_cluster_away(status, away->reason, away->problems.begin()->second, generation, now);
    }
    if (r.object.metadata.annotations.contains(std::string{engine::forget_left_behind})) {
        crds::remove_condition(status.conditions, engine::left_behind_type);
    }
}

std::string status_report::fill_resources(application_record& r) {
    static const engine::outside_object passed_over{
        .is = engine::outside_object::standing::passed_over,
        .live = {},
        .changes = {},
        .differs = {},
        .why = {}
    };
    engine::resource_view view{.application = r.ref(), .options = sync_options_of(r.object.spec)};
    const auto to = destination_of(with_.clusters, r.object);
    const auto& objects = to->live();
    for (const auto& w : *r.compared.wanted) {
        const auto* live = objects.find(w.gvk(), w.id.namespace_, w.id.name);
        const auto seen = r.compared.differs_at.find(w.id);
        const bool is_current = seen != r.compared.differs_at.end() && live != nullptr && !w.in_sync &&
                                seen->second.hash == w.hash &&
                                seen->second.resource_version == live->resource_version;
        const auto looked = r.preview.seen.find(w.id);
        engine::wanted_member member{.plan = &w, .version = w.version, .live = live};
        if (const auto why = r.compared.forbidden.find(w.id); why != r.compared.forbidden.end()) {
            member.forbidden = why->second;
        }
        if (is_current) {
            member.differs = seen->second.fields;
            member.changes = seen->second.names;
        }
        if (live == nullptr && looked != r.preview.seen.end()) {
            member.outside = &looked->second;
        } else if (live == nullptr && r.preview.seen.size() >= engine::most_looked_at) {
            member.outside = &passed_over;
        }
        view.wanted.push_back(member);
    }
    view.is_previewed = !r.operating();
    const auto surplus = with_.others.surplus_of(r);
    const auto heirs = with_.others.heirs_of(r, surplus);
    for (const auto& o : surplus) {
        view.surplus.push_back({o.id, o.kind.version, o.record, heirs.contains(o.id)});
    }
    if (with_.config.api == crds::application_api::argoproj_io) {
        view.most = most_rows_of_argo_cd;
    }
    auto report = engine::resources_of(view);
    auto& status = r.object.status;
    status.summary = r.compared.summary;
    status.resources = std::move(report.resources);
    status.resources_count = report.count;
    status.sync.status = report.in_sync ? crds::sync_code::synced : crds::sync_code::out_of_sync;
    status.health.status = report.health;
    status.health.message = std::move(report.health_message);
    return std::move(report.out_of_sync);
}

void status_report::fill_trusted(application_record& r) const {
    auto& status = r.object.status;
    const auto to = destination_of(with_.clusters, r.object);
    const auto& live = to->live();
    // It was when that was written down; a look that could not be finished may have said otherwise meanwhile.
    status.sync.status = crds::sync_code::synced;
    for (auto& resource : status.resources) {
        const auto* record =
            live.find({resource.group, resource.version, resource.kind}, resource.namespace_, resource.name);
        if (record != nullptr && record->status) {
            resource.health = crds::resource_health{engine::to_code(*record->status), record->health_message};
        }
    }
    std::vector<sync::member_health> members;
    for (const auto& o : owned_by(*destination_of(with_.clusters, r.object), r).known) {
        members.push_back(engine::member_of(o.id, /*exists=*/true, o.record->ignore_healthcheck, o.record));
    }
    auto health = sync::aggregate(members);
    status.health.status = engine::to_code(health.status);
    status.health.message = std::move(health.message);
}

} // namespace holdfast::control
