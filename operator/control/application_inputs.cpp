// What an application's sources are: resolving revisions, identifying builds, building.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// A source that only gives files to others builds nothing itself.
bool is_reference_only(const crds::application_source& source) {
    return !source.ref.empty() && source.path.empty() && source.chart.empty();
}

} // namespace

// The sources to look at, with the revision that holds now: an operation's own, a held one, or what the
// specification says.
std::vector<crds::application_source> application_controller::state::sources_of(const application_record& r
) const {
    auto sources = r.object.spec.all_sources();
    if (!r.object.spec.hold.empty()) {
        for (auto& source : sources) {
            source.target_revision = r.object.spec.hold;
        }
    }
    const auto& running = r.object.status.operation_state;
    const crds::sync_request* asked = nullptr;
    if (r.object.operation && r.object.operation->sync) {
        asked = &*r.object.operation->sync;
    } else if (r.operating() && running->operation.sync) {
        asked = &*running->operation.sync;
    }
    if (asked != nullptr) {
        if (!asked->sources.empty()) {
            sources = asked->sources;
        } else if (asked->source) {
            sources = {*asked->source};
        }
        for (std::size_t i = 0; i < sources.size(); ++i) {
            if (i < asked->revisions.size()) {
                sources[i].target_revision = asked->revisions[i];
            } else if (!asked->revision.empty()) {
                sources[i].target_revision = asked->revision;
            }
        }
    }
    std::erase_if(sources, is_reference_only);
    return sources;
}

std::string application_controller::state::build_key_of(
    const application_record& r, const std::vector<source_identity>& of
) const {
    hasher h;
    for (const auto& identity : of) {
        h.add(identity.key);
    }
    h.add(r.object.spec.destination.namespace_).add(config.installation);
    const auto spec = crds::write(r.object.spec);
    for (const auto* part : {"ignoreDifferences", "syncPolicy"}) {
        const auto* value = spec.if_contains(part);
        if (value == nullptr) {
            continue;
        }
        if (std::string_view{part} != "syncPolicy") {
            h.add(sync::canonical_json(*value));
            continue;
        }
        for (const auto* option : {"syncOptions", "managedNamespaceMetadata"}) {
            if (const auto* inner = value->get_object().if_contains(option)) {
                h.add(option).add(sync::canonical_json(*inner));
            }
        }
    }
    return to_hex(h.finish()).substr(0, 40);
}

asio::awaitable<result<inputs>> application_controller::state::find_inputs(record_ptr r) {
    inputs made;
    made.sources = sources_of(*r);
    if (made.sources.empty()) {
        co_return user_error("spec.source: there is nothing to build");
    }
    const auto namespace_ = r->object.metadata.namespace_;
    for (const auto& source : made.sources) {
        if (!source.chart.empty()) {
            co_return user_error("spec.source.chart: helm charts are not supported yet by this version");
        }
        auto resolved = co_await with.sources.resolve(
            source.repo_url, namespace_, source.target_revision, source.tag_prefix
        );
        if (!resolved) {
            co_return resolved.error();
        }
        made.revisions.push_back(std::move(*resolved));
    }
    // Same commits of the same sources: the same builds, without a look at any tree.
    if (r->from && r->from->sources == made.sources && r->from->revisions == made.revisions) {
        made.identities = r->from->identities;
        made.build_key = build_key_of(*r, made.identities);
        co_return made;
    }
    auto at = co_await snapshots(r, made);
    if (!at) {
        co_return at.error();
    }
    std::vector<build_input> to_identify;
    for (std::size_t i = 0; i < made.sources.size(); ++i) {
        to_identify.push_back({made.sources[i], (*at)[i]});
    }
    auto identities = co_await with.build.identify(std::move(to_identify));
    for (std::size_t i = 0; i < identities.size(); ++i) {
        if (!identities[i]) {
            if (identities[i].error().kind() == error_kind::conflict) {
                co_await with.sources.verify(made.sources[i].repo_url, namespace_);
                queue.add_after(r->key(), 1s);
            }
            co_return identities[i].error();
        }
        made.identities.push_back(std::move(*identities[i]));
    }
    made.build_key = build_key_of(*r, made.identities);
    co_return made;
}

asio::awaitable<result<std::vector<git::snapshot>>>
application_controller::state::snapshots(record_ptr r, const inputs& from) {
    const auto namespace_ = r->object.metadata.namespace_;
    std::vector<git::snapshot> all;
    for (std::size_t i = 0; i < from.sources.size(); ++i) {
        auto at = co_await with.sources.fetch(from.sources[i].repo_url, namespace_, from.revisions[i]);
        if (!at) {
            co_return at.error();
        }
        all.push_back(std::move(*at));
    }
    co_return all;
}

// Makes `wanted` of the inputs, or finds that nothing changed since it was applied last.
asio::awaitable<result<void>> application_controller::state::build_wanted(record_ptr r, const inputs& from) {
    const bool first_sight = !r->from;
    const auto& applied = r->object.status.sync;
    if (first_sight && !applied.applied_state.empty() && applied.applied_build_key == from.build_key &&
        !r->operating() && !r->object.operation) {
        // As after a restart. The live objects tell whether anything changed meanwhile; what is watched is
        // known by now.
        const auto owned = with.live.owned_by(r->ref());
        if (!owned.empty() && applied_state_of(owned) == applied.applied_state) {
            r->from = from;
            r->trusted.clear();
            for (const auto& object : owned) {
                r->trusted[object.id] = object.record->owned_hash;
            }
            co_return result<void>{};
        }
    }
    auto at = co_await snapshots(r, from);
    if (!at) {
        co_return at.error();
    }
    std::vector<build_input> sources;
    for (std::size_t i = 0; i < from.sources.size(); ++i) {
        sources.push_back({from.sources[i], (*at)[i]});
    }
    build_target target{
        .who = {.application = r->ref(), .installation = config.installation},
        .namespace_ = r->object.spec.destination.namespace_,
        .confined_to = r->object.metadata.namespace_ == config.own_namespace ? std::string{}
                                                                             : r->object.metadata.namespace_
    };
    const auto begin = steady_clock::now();
    auto built =
        co_await with.build.build(std::move(sources), from.identities, std::move(target), current_catalog());
    with.counters.git_operation(
        "render", built ? "ok" : to_string(built.error().kind()), steady_clock::now() - begin
    );
    if (!built) {
        co_return built.error();
    }
    r->full = *built;
    r->build_warnings = r->full->warnings;
    for (const auto& check : r->object.spec.health_checks) {
        r->build_warnings.push_back(
            "spec.healthChecks: checks in Lua are not run yet by this version; " + check.kind +
            " is judged by its conditions"
        );
    }
    for (const auto& rule : r->object.spec.ignore_differences) {
        if (!rule.jq_path_expressions.empty()) {
            r->build_warnings.push_back("spec.ignoreDifferences: jqPathExpressions are not understood yet by "
                                        "this version; say it with jsonPointers");
        }
    }
    std::vector<wanted_object> wanted;
    std::vector<std::string> warnings;
    const auto options = sync::parse_sync_options(r->object.spec.sync_policy.sync_options, warnings);
    const auto& namespace_ = r->object.spec.destination.namespace_;
    if (options.create_namespace.value_or(false) && !namespace_.empty()) {
        const auto& managed = r->object.spec.sync_policy.managed_namespace_metadata;
        const crds::string_map none;
        const auto made = sync::make_namespace(
            namespace_, managed ? managed->labels : none, managed ? managed->annotations : none
        );
        auto planned = sync::plan_object(made);
        planned.synthetic = true;
        if (r->full->find(made.id) == nullptr) {
            wanted.push_back({std::move(planned), kube::make_gvk("v1", "Namespace"), {}});
        }
    }
    for (const auto& m : r->full->objects) {
        wanted.push_back(
            {sync::plan_object(m.object), kube::make_gvk(m.object.api_version, m.object.id.kind), m.from}
        );
    }
    std::sort(wanted.begin(), wanted.end(), [](const wanted_object& a, const wanted_object& b) {
        return a.plan.id < b.plan.id;
    });
    const bool same_build = r->from && r->from->build_key == from.build_key;
    r->from = from;
    if (same_build) {
        // Built again only to have the objects at hand: what was found out about them still holds.
        for (auto& w : wanted) {
            const auto* before = r->find_wanted(w.plan.id);
            w.plan.in_sync = before != nullptr && before->plan.in_sync && before->plan.hash == w.plan.hash;
        }
    }
    r->wanted = std::move(wanted);
    if (!same_build && r->progress && r->progress->build_key != from.build_key) {
        r->progress.reset();
    }
    // What was trusted without having been built has hashes now. Of another build it says nothing: what is
    // there is as the one before had it.
    if (same_build) {
        for (const auto& w : *r->wanted) {
            if (const auto trusted = r->trusted.find(w.plan.id); trusted != r->trusted.end()) {
                r->known[w.plan.id] = {w.plan.hash, trusted->second};
            }
        }
    }
    r->trusted.clear();
    co_return result<void>{};
}

// Builds again what was built before, for an operation that needs the objects themselves.
asio::awaitable<result<void>> application_controller::state::make_full(record_ptr r) {
    if (r->full && r->wanted) {
        co_return result<void>{};
    }
    const auto from = *r->from;
    co_return co_await build_wanted(r, from);
}

// Some refs of a repository moved. One fetch and one look at the trees for all applications that read from
// it; only those whose inputs are not what they were are looked at.
asio::awaitable<void> application_controller::state::follow_moved(std::string normalised_url) {
    struct candidate {
        std::string key;
        std::string namespace_;
        crds::application_source source;
        std::string identity;
    };
    std::vector<candidate> candidates;
    for (const auto& [key, r] : records) {
        bool reads = false;
        const auto sources = sources_of(*r);
        for (const auto& source : sources) {
            const auto url = git::url::parse(source.repo_url);
            reads = reads || (url && url->normalised() == normalised_url);
        }
        if (!reads) {
            continue;
        }
        const auto* ready = crds::find_condition(r->object.status.conditions, "Ready");
        const bool settled = ready != nullptr && ready->status == "True" && r->from &&
                             r->from->sources == sources && sources.size() == 1 && !r->operating();
        if (!settled) {
            queue.add(key); // whoever is not at rest looks for itself
            continue;
        }
        candidates.push_back(
            {key, r->object.metadata.namespace_, sources.front(), r->from->identities.front().key}
        );
    }
    // By namespace, since that decides about credentials, and by revision.
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<candidate>> groups;
    for (auto& c : candidates) {
        auto id = std::tuple{c.namespace_, c.source.target_revision, c.source.tag_prefix};
        groups[std::move(id)].push_back(std::move(c));
    }
    for (auto& [id, group] : groups) {
        const auto& [namespace_, revision, tag_prefix] = id;
        auto opened =
            co_await with.sources.open(group.front().source.repo_url, namespace_, revision, tag_prefix);
        if (!opened) {
            for (const auto& c : group) {
                queue.add(c.key);
            }
            continue;
        }
        std::vector<build_input> sources;
        sources.reserve(group.size());
        for (const auto& c : group) {
            sources.push_back({c.source, opened->snapshot});
        }
        const auto identities = co_await with.build.identify(std::move(sources));
        for (std::size_t i = 0; i < group.size(); ++i) {
            const auto r = find(group[i].key);
            if (!r) {
                continue;
            }
            const bool same = identities[i].has_value() && identities[i]->key == group[i].identity &&
                              r->from && r->from->sources.size() == 1 &&
                              r->from->sources.front() == group[i].source;
            if (same) {
                r->from->revisions.front() = opened->revision;
            } else {
                queue.add(group[i].key);
            }
        }
    }
}

} // namespace holdfast::control
