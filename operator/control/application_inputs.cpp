// What an application's sources are: their revisions, what their builds read from elsewhere, what names them.

#include "control/application_access.hpp"
#include "control/application_sources.hpp"
#include "control/application_sources_of.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// Argo CD's name for what a plugin's build reads of a repository.
constexpr std::string_view generate_paths_annotation = "argocd.argoproj.io/manifest-generate-paths";

void add_repositories(
    std::set<sources::repository_use>& into, const std::map<builders::need, std::string>& needs,
    const std::string& namespace_
) {
    for (const auto& [need, was] : needs) {
        if (need.what == builders::need::kind::repository) {
            into.insert({namespace_, need.url});
        } else if (need.what == builders::need::kind::chart) {
            into.insert({namespace_, need.url, /*has_charts=*/true});
        }
    }
}

// Somebody who asks for an operation asks for what is newest, and is told where that cannot be known.
sources::refs_wanted how_new(const application_record& r) {
    const auto& running = r.object.status.operation_state;
    const bool is_asked = r.object.operation && !r.operation.taken;
    const bool has_not_begun = r.operating() && !is_automated(running->operation) &&
                               (!running->sync_result || running->sync_result->build_key.empty());
    return {.since = r.sources.not_before, .or_fail = is_asked || has_not_begun};
}

sources::supplier::reader reader_of(const application_record& r, const inputs& of) {
    const auto sources = r.object.spec.all_sources();
    return {
        .namespace_ = r.object.metadata.namespace_,
        .pass_credentials = std::ranges::any_of(
            sources, [](const crds::application_source& source
                     ) { return source.helm && source.helm->pass_credentials; }
        ),
        .how_new = how_new(r),
        .or_last_known = of.is_as_last_known,
        .fence = r.granted.project
    };
}

} // namespace

std::string application_sources::build_key_of(const application_record& r, const inputs& of) const {
    hasher h;
    for (const auto& identity : of.identities) {
        h.add(identity.key);
    }
    if (!of.entries_key.empty()) {
        h.add(of.entries_key).add(of.stores.places == secrets::places::everywhere ? "everywhere" : "");
    }
    h.add(r.object.spec.destination.namespace_).add(with_.config.installation);
    // Those for the operator's own cluster have no such part: what versions before this one built stays the same.
    if (const auto cluster = cluster_id_of(with_.clusters, r.object); !cluster.empty()) {
        h.add("cluster").add(cluster);
    }
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

// What builds may know of the application and the cluster. The same object while it is the same.
std::shared_ptr<const builders::build_facts>
application_sources::facts_of(const application_record& r, const sources::stores_in_use& stores) {
    const auto& object = r.object;
    builders::build_facts made;
    made.application = object.metadata.name;
    made.namespace_ = object.metadata.namespace_;
    made.project = object.spec.project;
    made.destination_namespace = object.spec.destination.namespace_;
    const auto to = destination_of(with_.clusters, object);
    made.kube_version = to->kube_version();
    made.api_versions = to->api_versions();
    made.secrets_key = stores.key();
    if (const auto paths = object.metadata.annotations.find(std::string{generate_paths_annotation});
        paths != object.metadata.annotations.end()) {
        made.generate_paths = paths->second;
    }
    return std::make_shared<const builders::build_facts>(std::move(made));
}

// Whether its Project lets the commit in, by who signed it.
asio::awaitable<result<void>>
application_sources::accept(record_ptr r, const crds::application_source& source, git::resolved_revision at) {
    return with_.sources.accept_for(
        r->granted.project, source.repo_url, r->object.metadata.namespace_, std::move(at)
    );
}

// The commits and versions that sources and references stand at.
asio::awaitable<result<void>> application_sources::find_revisions(record_ptr r, inputs& made) {
    const auto namespace_ = r->object.metadata.namespace_;
    made.sources = sources_of(*r);
    if (made.sources.empty()) {
        co_return user_error("spec.source: there is nothing to build");
    }
    for (const auto& source : made.sources) {
        if (!source.chart.empty()) {
            auto version = co_await with_.supplies.resolve(builders::chart_need(source), reader_of(*r, made));
            if (!version) {
                co_return version.error();
            }
            made.revisions.push_back({.text = std::move(*version), .commit = {}});
            continue;
        }
        auto at = co_await with_.sources.resolve(
            source.repo_url, namespace_, source.target_revision, source.tag_prefix, how_new(*r)
        );
        if (!at) {
            co_return at.error();
        }
        if (auto accepted = co_await accept(r, source, *at); !accepted) {
            co_return accepted.error();
        }
        auto text = at->commit.hex();
        made.revisions.push_back({.text = std::move(text), .commit = std::move(*at)});
    }
    for (const auto& source : all_sources_of(*r)) {
        if (source.ref.empty()) {
            continue;
        }
        auto at = co_await with_.sources.resolve(
            source.repo_url, namespace_, source.target_revision, source.tag_prefix, how_new(*r)
        );
        if (!at) {
            co_return at.error();
        }
        if (auto accepted = co_await accept(r, source, *at); !accepted) {
            co_return accepted.error();
        }
        made.refs.insert_or_assign(source.ref, source_reference{source, std::move(*at)});
    }
    co_return result<void>{};
}

// Whether all that builds read from elsewhere is what it was.
asio::awaitable<result<bool>>
application_sources::needs_hold(record_ptr r, const inputs& before, const inputs& now_read) {
    for (const auto& [need, was] : before.needs) {
        const auto now = co_await with_.supplies.resolve(need, reader_of(*r, now_read));
        if (!now) {
            co_return now.error();
        }
        if (*now != was) {
            co_return false;
        }
    }
    co_return true;
}

asio::awaitable<result<bool>>
application_sources::reads_hold(record_ptr r, const inputs& before, const inputs& now) {
    if (before.revisions == now.revisions && before.refs == now.refs) {
        co_return true;
    }
    if (before.identities.size() != now.sources.size() || before.revisions.size() != now.revisions.size()) {
        co_return false;
    }
    for (std::size_t i = 0; i < now.revisions.size(); ++i) {
        // Another version of a chart is another chart.
        if (!before.identities[i].reads ||
            (!now.revisions[i].commit && before.revisions[i].text != now.revisions[i].text)) {
            co_return false;
        }
    }
    const auto namespace_ = r->object.metadata.namespace_;
    std::map<std::string, git::snapshot, std::less<>> refs;
    for (const auto& [name, reference] : now.refs) {
        auto at = co_await with_.sources.fetch(reference.source.repo_url, namespace_, reference.at);
        if (!at) {
            co_return at.error();
        }
        refs.emplace(name, std::move(*at));
    }
    std::vector<sources::reads_check> checks;
    for (std::size_t i = 0; i < now.sources.size(); ++i) {
        sources::reads_check check{.reads = before.identities[i].reads, .at = {}, .refs = refs};
        if (now.revisions[i].commit) {
            auto at =
                co_await with_.sources.fetch(now.sources[i].repo_url, namespace_, *now.revisions[i].commit);
            if (!at) {
                co_return at.error();
            }
            check.at = std::move(*at);
        }
        checks.push_back(std::move(check));
    }
    const auto same = co_await with_.build.compare_reads(std::move(checks), r->owner());
    co_return std::ranges::all_of(same, [](bool one) { return one; });
}

asio::awaitable<result<application_sources::found_inputs>>
application_sources::find_inputs(record_ptr r, bool as_last_known) {
    inputs made;
    made.is_as_last_known = as_last_known;
    if (auto found = co_await find_revisions(r, made); !found) {
        co_return found.error();
    }
    made.stores = co_await with_.secrets.look(r->object, {.since = r->sources.not_before});
    // What a build needs is known when it is planned; until then it is what it was.
    auto reads = made.stores.repositories;
    if (r->sources.from) {
        add_repositories(reads, r->sources.from->needs, r->object.metadata.namespace_);
    }
    r->sources.also_reads = std::move(reads);
    made.facts = facts_of(*r, made.stores);
    // The same commits of the same sources, or others that have the same where it matters: the same builds.
    const auto same_reference = [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.source == b.second.source;
    };
    if (r->sources.from && r->sources.from->sources == made.sources &&
        std::ranges::equal(r->sources.from->refs, made.refs, same_reference) &&
        *r->sources.from->facts == *made.facts) {
        const auto before = *r->sources.from;
        auto same = co_await needs_hold(r, before, made);
        if (same && *same) {
            same = co_await reads_hold(r, before, made);
        }
        if (!same) {
            co_return same.error();
        }
        if (*same) {
            made.needs = before.needs;
            made.identities = before.identities;
            made.entries = before.entries;
            // The facts tell where the stores stand: the same commits hold the same entries.
            made.entries_key = before.entries_key;
            made.build_key = build_key_of(*r, made);
            co_return found_inputs{.now = std::move(made), .how = {}};
        }
    }
    auto how = co_await identify(r, made);
    if (!how) {
        co_return how.error();
    }
    if (r->sources.from && r->sources.from->identities == made.identities) {
        made.entries = r->sources.from->entries;
    } else {
        made.entries = co_await with_.build.entries_of(made.identities);
    }
    if (auto known = co_await identify_entries(r, made); !known) {
        co_return known.error();
    }
    co_return found_inputs{.now = std::move(made), .how = std::move(*how)};
}

// What names the sources' builds. Planning tells what they need from elsewhere; with that they are planned
// again.
asio::awaitable<result<application_sources::plans>>
application_sources::identify(record_ptr r, inputs& made) {
    constexpr int most_rounds = 8; // bases that name bases that name bases
    for (int round = 0; round < most_rounds; ++round) {
        auto collected = co_await collect(r, made, made.facts);
        if (!collected) {
            co_return collected.error();
        }
        auto turn = co_await with_.turns.begin(r, made, sources::build_care::step::planning);
        if (!turn) {
            co_return turn.error();
        }
        auto identified = co_await with_.build.identify(std::move(*collected), r->owner());
        co_await with_.turns.end(std::move(*turn));
        made.identities.clear();
        plans how;
        std::set<builders::need> needs;
        std::set<builders::need> missing;
        for (std::size_t i = 0; i < identified.size(); ++i) {
            if (!identified[i]) {
                co_return identified[i].error();
            }
            auto& identity = identified[i]->identity;
            needs.insert(identity.needs.begin(), identity.needs.end());
            missing.insert(identity.missing.begin(), identity.missing.end());
            made.identities.push_back(std::move(identity));
            how.push_back(std::move(identified[i]->plan));
        }
        std::erase_if(made.needs, [&](const auto& one) { return !needs.contains(one.first); });
        if (missing.empty()) {
            co_return how;
        }
        for (const auto& need : missing) {
            if (need.what == builders::need::kind::repository) {
                r->sources.also_reads.insert({r->object.metadata.namespace_, need.url});
            }
            auto now = co_await with_.supplies.resolve(need, reader_of(*r, made));
            if (!now) {
                co_return now.error();
            }
            made.needs[need] = std::move(*now);
        }
        with_.sources.use(with_.config.user_of(r->key()), uses_of(*r));
    }
    co_return user_error(
        "spec.source: the build goes on asking for more from elsewhere; bases that name further remote bases "
        "are followed " +
        std::to_string(most_rounds) + " times"
    );
}

// What is missing in a copy of a repository may be lost from it.
asio::awaitable<void> application_sources::verify_after(record_ptr r, error why) {
    if (why.kind() != error_kind::conflict) {
        co_return;
    }
    for (const auto& use : uses_of(*r)) {
        if (!use.has_charts) {
            co_await with_.sources.verify(use.url, use.namespace_);
        }
    }
}

// Brings the commits, and what else the builds read, for `with_.build`.
asio::awaitable<result<std::vector<sources::build_input>>> application_sources::collect(
    record_ptr r, const inputs& from, std::shared_ptr<const builders::build_facts> facts
) {
    const auto namespace_ = r->object.metadata.namespace_;
    std::map<std::string, builders::referenced_source, std::less<>> refs;
    for (const auto& [name, reference] : from.refs) {
        auto at = co_await with_.sources.fetch(reference.source.repo_url, namespace_, reference.at);
        if (!at) {
            co_return at.error();
        }
        builders::referenced_source one{reference.source.repo_url, std::move(*at)};
        refs.emplace(name, std::move(one));
    }
    builders::supplies supplied;
    for (const auto& [need, was] : from.needs) {
        auto one = co_await with_.supplies.obtain(need, reader_of(*r, from));
        if (!one) {
            co_return one.error();
        }
        supplied.emplace(need, std::move(*one));
    }
    std::vector<sources::build_input> all;
    for (std::size_t i = 0; i < from.sources.size(); ++i) {
        sources::build_input input;
        input.source.spec = from.sources[i];
        input.source.revision = from.revisions[i].text;
        input.source.refs = refs;
        input.supplied = supplied;
        input.facts = facts;
        if (from.revisions[i].commit) {
            auto at =
                co_await with_.sources.fetch(from.sources[i].repo_url, namespace_, *from.revisions[i].commit);
            if (!at) {
                co_return at.error();
            }
            input.source.at = std::move(*at);
        }
        all.push_back(std::move(input));
    }
    co_return all;
}

// What the entries of password stores hold that the builds refer to, and with it the build key.
asio::awaitable<result<void>> application_sources::identify_entries(record_ptr r, inputs& made) {
    made.entries_key.clear();
    if (made.entries && !made.entries->empty()) {
        auto key = co_await with_.secrets.identify(made.stores, *made.entries);
        if (!key) {
            co_return key.error();
        }
        made.entries_key = std::move(*key);
    }
    made.build_key = build_key_of(*r, made);
    co_return result<void>{};
}

} // namespace holdfast::control
