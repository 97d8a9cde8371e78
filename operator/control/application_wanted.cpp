// From what an application's sources are to what it wants in the cluster.

#include "base/counted_list.hpp"
#include "base/log.hpp"
#include "control/application_access.hpp"
#include "control/application_sources.hpp"
#include "control/application_sources_of.hpp"
#include "control/made_namespaces.hpp"
#include "control/owned_objects.hpp"
#include "control/status_report.hpp"
#include "engine/not_served.hpp"
#include "engine/pacing.hpp"
#include "engine/summary.hpp"
#include "policy/specification_checks.hpp"
#include "policy/unserved.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace holdfast::control {

namespace {

constexpr std::array<std::string_view, 2> words_to_keep{"Warning", engine::not_served_type};

// Whether a build is given the names of entries: kustomize runs functions that turn them into references.
bool names_entries(const sources::source_identity& identity) {
    return identity.type == crds::source_type::kustomize;
}

// What is to be known of a build, beside what the builds said themselves.
std::vector<std::string> warnings_of(
    const sources::desired_set& built, const crds::application& object, const application_settings& config
) {
    auto warnings = built.warnings;
    for (const auto& problem : policy::without_effect(object.spec)) {
        warnings.push_back(problem.text());
    }
    if (config.api ==
        crds::application_api::holdfast_dev) { // their readers go on with Argo CD's Applications
        for (const auto& problem : policy::unserved_annotations(object.metadata)) {
            warnings.push_back(problem.text());
        }
    }
    counted_list unserved{3};
    for (const auto& one : built.objects) {
        if (auto why = policy::unserved_secret(one.manifest, one.id.namespace_, config.own_namespace);
            !why.empty()) {
            unserved.add([&] { return sync::describe(one.id) + " " + why; });
        }
    }
    if (!unserved.empty()) {
        warnings.push_back(unserved.text());
    }
    return warnings;
}

// What is remembered of the objects, with the Namespace that is made: in the order of their ids.
std::vector<sync::planned_object>
planned_of(const sources::desired_set& built, const crds::application_spec& spec) {
    std::vector<sync::planned_object> planned;
    planned.reserve(built.objects.size() + 1);
    if (const auto made = made_namespace_of(spec); made && built.find(made->id) == nullptr) {
        planned.push_back(sync::plan_object(*made));
        planned.back().synthetic = true;
    }
    for (const auto& object : built.objects) {
        planned.push_back(sync::plan_object(object));
    }
    std::ranges::sort(planned, {}, &sync::planned_object::id);
    return planned;
}

// Whether values of secrets may be in other fields than a Secret's: then nothing of the objects is repeated.
bool has_values_anywhere(const inputs& from) {
    return from.stores.places == secrets::places::everywhere ||
           std::ranges::any_of(from.identities, &sources::source_identity::is_secret);
}

// Messages about what the last build brought may come when the next one is there already. No newer values are
// those of the one before: a build that is repeated gives the same.
void note_mask(application_record& r) {
    constexpr std::size_t most = 3;
    auto& masks = r.compared.masks;
    const auto& mask = r.compared.full->mask;
    if (mask && (masks.empty() || !masks.front()->is_like(*mask))) {
        masks.insert(masks.begin(), mask);
        if (masks.size() > most) {
            masks.resize(most);
        }
    }
}

// What is not known from the status alone: whoever has such a condition is built again after a restart.
bool has_words_to_keep(const crds::application_status& status) {
    return std::ranges::any_of(words_to_keep, [&](std::string_view type) {
        return crds::find_condition(status.conditions, type) != nullptr;
    });
}

} // namespace

// As after a restart. The live objects tell whether anything changed meanwhile; what is watched is known by
// now.
bool application_sources::is_as_applied(application_record& r, const inputs& from) {
    if (r.sources.from) {
        return false; // it was built, or found to be as applied, since the process began
    }
    const auto& applied = r.object.status.sync;
    const auto is_built = [&](std::string_view why) {
        log::debug("an application needs a build", {{"application", r.key()}, {"why", std::string{why}}});
        return false;
    };
    if (applied.applied_state.empty()) {
        return is_built("its status does not record what was applied");
    }
    if (applied.applied_build_key != from.build_key) {
        return is_built("its sources are not those that were applied");
    }
    if (r.operating() || r.object.operation) {
        return is_built("an operation is under way");
    }
    if (has_words_to_keep(r.object.status)) {
        return is_built("it has a condition that only a build can tell of");
    }
    if (has_values_anywhere(from)) { // what live objects say may have them in it
        return is_built("values of secrets may be in any of its objects");
    }
    const auto to = destination_of(with_.clusters, r.object);
    const auto owned = owned_by(*to, r).known;
    if (owned.empty() || applied_state_of(owned, with_.config.state_key()) != applied.applied_state) {
        return is_built("its objects are not as they were applied");
    }
    r.sources.from = from;
    r.compared.trusted.clear();
    for (const auto& object : owned) {
        r.compared.trusted[object.id] = object.record->owned_hash;
        to->live().remember(object.kind, object.id);
    }
    return true;
}

asio::awaitable<result<sources::builder::built>>
application_sources::build(record_ptr r, inputs from, plans how) {
    auto facts = from.facts;
    if (!from.stores.stores.empty() && std::ranges::any_of(from.identities, names_entries)) {
        auto index = co_await with_.secrets.index(from.stores);
        if (!index) {
            co_return index.error();
        }
        auto more = *from.facts;
        more.secrets_index = std::move(*index);
        facts = std::make_shared<const builders::build_facts>(std::move(more));
        how.clear(); // they do not have the index
    }
    r->compared.full.reset(); // what is held already is not to be waited for
    auto sources = co_await collect(r, from, std::move(facts));
    if (!sources) {
        co_return sources.error();
    }
    for (std::size_t i = 0; i < how.size(); ++i) {
        (*sources)[i].plan = std::move(how[i]);
    }
    sources::build_target target{
        .who =
            {.application = r->ref(),
             .installation = with_.config.installation,
             .names = with_.config.names,
             .destination_namespace = r->object.spec.destination.namespace_},
        .namespace_ = r->object.spec.destination.namespace_,
        .options = sync_options_of(r->object.spec),
        .confined_to = r->granted.confined_to
    };
    auto turn = co_await with_.turns.begin(r, from, sources::build_care::step::building);
    if (!turn) {
        co_return turn.error();
    }
    const auto begin = steady_clock::now();
    auto built = co_await with_.build.build(
        std::move(*sources), from.identities, std::move(target),
        destination_of(with_.clusters, r->object)->catalog(), from.stores, r->owner()
    );
    co_await with_.turns.end(std::move(*turn));
    with_.counters.rendered(built ? "ok" : to_string(built.error().kind()), steady_clock::now() - begin);
    co_return built;
}

// Makes `wanted` of the inputs, or finds that nothing changed since it was applied last.
asio::awaitable<result<void>> application_sources::build_wanted(record_ptr r, inputs from, plans how) {
    if (is_as_applied(*r, from)) {
        co_return result<void>{};
    }
    auto built = co_await build(r, from, std::move(how));
    if (!built) {
        co_return built.error();
    }
    auto ignored = co_await sources::find_ignored_fields(
        with_.build.jq(), built->wanted, r->object.spec.ignore_differences, r->compared.ignored
    );
    if (!ignored) {
        co_return ignored.error();
    }
    r->compared.full = std::move(built->wanted);
    r->compared.ignored = std::move(*ignored);
    from.entries = std::move(built->entries);
    if (auto known = co_await identify_entries(r, from); !known) {
        co_return known.error();
    }
    note_mask(*r);
    r->compared.warnings = warnings_of(*r->compared.full, r->object, with_.config);
    r->compared.summary = has_values_anywhere(from) ? crds::application_summary{}
                                                    : engine::summary_of(r->compared.full->objects);
    take_over(*r, planned_of(*r->compared.full, r->object.spec), std::move(from));
    co_return result<void>{};
}

void application_sources::take_over(
    application_record& r, std::vector<sync::planned_object> wanted, inputs from
) {
    const bool same_build = r.sources.from && r.sources.from->build_key == from.build_key;
    for (auto& w : wanted) {
        if (!same_build) {
            break;
        }
        // Built again only to have the objects at hand: what was found out about them still holds.
        const auto* before = r.compared.find(w.id);
        w.in_sync = before != nullptr && before->in_sync && before->hash == w.hash;
        // What was trusted without having been built has hashes now. Of another build it says nothing: what
        // is there is as the one before had it.
        if (const auto trusted = r.compared.trusted.find(w.id); trusted != r.compared.trusted.end()) {
            r.compared.known[w.id] = {w.hash, trusted->second};
        }
    }
    std::vector<sync::object_id> ids;
    ids.reserve(wanted.size());
    for (const auto& w : wanted) {
        ids.push_back(w.id);
    }
    r.compared.wanted = std::move(wanted);
    r.compared.trusted.clear();
    r.sources.from = std::move(from);
    with_.wants.set(r.key(), cluster_id_of(with_.clusters, r.object), ids);
    if (same_build) {
        return;
    }
    r.compared.remarked.clear();
    with_.others.wake_heirs(r);
    if (r.operation.progress && r.operation.progress->build_key != r.sources.from->build_key) {
        r.operation.progress.reset();
    }
}

// Builds again what was built before, for an operation that needs the objects themselves.
asio::awaitable<result<void>> application_sources::make_full(record_ptr r) {
    if (r->compared.full && r->compared.wanted) {
        co_return result<void>{};
    }
    auto from = *r->sources.from;
    from.is_as_last_known = true; // it is not to become another one
    auto built = co_await build_wanted(r, std::move(from), {});
    if (!built) {
        co_await verify_after(r, built.error());
    }
    co_return built;
}

bool application_sources::has_kind_come(const application_record& r) const {
    if (!r.compared.wanted) {
        return false;
    }
    std::shared_ptr<const kube::api_catalog> catalog;
    return std::ranges::any_of(*r.compared.wanted, [&](const sync::planned_object& w) {
        if (!w.has_unknown_kind) {
            return false;
        }
        if (!catalog) {
            catalog = destination_of(with_.clusters, r.object)->catalog();
        }
        return catalog->find(w.gvk()) != nullptr;
    });
}

// As when this process begins to work while a remote is away: what is deployed is held by what is known of
// it.
asio::awaitable<void> application_sources::find_last_known(record_ptr r) {
    std::optional<error> why;
    if (auto known = co_await find_inputs(r, /*as_last_known=*/true); !known) {
        why = known.error();
    } else if (const auto built = co_await build_wanted(r, std::move(known->now), std::move(known->how));
               !built) {
        why = built.error();
    }
    if (why) {
        log::debug(
            "the stored facts about an application cannot be used",
            {{"application", r->key()}, {"error", why->message()}}
        );
    }
}

asio::awaitable<engine::findings> application_sources::find_wanted_state(record_ptr r) {
    engine::findings found;
    std::optional<error> why;
    if (auto found_now = co_await find_inputs(r); !found_now) {
        why = found_now.error();
        if (!r->sources.from && why->is_transient()) {
            co_await find_last_known(r);
        }
    } else if (r->sources.from && r->sources.from->build_key == found_now->now.build_key &&
               (r->compared.wanted || !r->compared.trusted.empty()) && !has_kind_come(*r)) {
        r->sources.from = std::move(found_now->now);
    } else if (const auto built =
                   co_await build_wanted(r, std::move(found_now->now), std::move(found_now->how));
               !built) {
        why = built.error();
    }
    if (!why) {
        r->sources.failures = 0;
        co_return found;
    }
    if (why->kind() == error_kind::cancelled) {
        // Something newer made it pointless, or somebody else's build that it waited for was: that says
        // nothing of the application.
        found.undecided = true;
        found.requeue(engine::recheck::look_left);
        co_return found;
    }
    co_await verify_after(r, *why);
    const auto again = engine::retry_delay(why->kind(), r->sources.failures);
    ++r->sources.failures;
    if (again) {
        found.requeue(*again);
    }
    found.problems["ComparisonError"] = why->message();
    found.reason = "ComparisonError";
    found.stalled = !why->is_transient() && why->kind() != error_kind::conflict;
    co_return found;
}

void application_sources::refresh(application_record& r, bool hard) {
    for (const auto& use : uses_of(r)) {
        with_.sources.refresh(use);
    }
    with_.supplies.refresh();
    r.sources.not_before = steady_clock::now();
    if (hard) {
        r.sources.from.reset();
        r.compared.wanted.reset();
        r.compared.trusted.clear();
        r.compared.known.clear();
        with_.turns.retry(r.key());
        with_.build.retry(r.object.metadata.namespace_);
    }
}

void application_sources::charts_moved(const std::set<std::string>& applications) {
    with_.supplies.refresh();
    for (const auto& key : applications) {
        with_.triggers.reconcile(key);
    }
}

std::optional<engine::recheck>
application_sources::recheck_of_sources(const application_record& r, bool failed) {
    const auto sources = sources_of(r);
    const auto is_untold = [](const auto& one) { return one.first.what != builders::need::kind::repository; };
    if (std::ranges::any_of(sources, [](const auto& source) { return !source.chart.empty(); }) ||
        (r.sources.from && std::ranges::any_of(r.sources.from->needs, is_untold))) {
        return failed ? engine::recheck::untold_secret : engine::recheck::untold_source;
    }
    if (failed && (!r.object.spec.secrets.empty() || !r.sources.from)) {
        return engine::recheck::untold_secret;
    }
    return std::nullopt;
}

} // namespace holdfast::control
