// A repository moved: which of the applications that read from it have something to do.

#include "base/loop_turns.hpp"
#include "control/application_controller_state.hpp"

namespace holdfast::control {

// Some refs of a repository moved. One fetch and one look at the trees for all applications that read from
// it; only those whose inputs are not what they were are looked at.
asio::awaitable<void>
application_controller::state::follow_moved(git::url moved, std::vector<std::string> applications) {
    struct candidate {
        std::string key;
        std::string namespace_;
        crds::application_source source;
        std::string identity;
        std::shared_ptr<const builders::build_facts> facts;
    };
    const auto is_it = [&moved](const std::string& text) {
        const auto url = git::url::parse(text);
        return url && url->identity() == moved.identity();
    };
    const auto look_again = [&](const std::string& key, const std::string& namespace_) {
        looks.expect(moved.normalised(), namespace_, key, steady_clock::now());
        queue.add(key);
    };
    std::vector<candidate> candidates;
    loop_turns turns;
    for (const auto& key : applications) {
        co_await turns.give_back();
        const auto r = find(key);
        if (!r) {
            continue;
        }
        const auto sources = sources_of(*r);
        const auto* ready = crds::find_condition(r->object.status.conditions, "Ready");
        const bool settled = ready != nullptr && ready->status == "True" && r->from &&
                             r->from->sources == sources && !r->operating();
        // Whoever is not at rest, reads more than one thing, or is built with care, looks for itself.
        if (!settled || care.is_careful() || care.is_suspected(key) || sources.size() != 1 ||
            !r->from->refs.empty() || !r->from->needs.empty() || !is_it(sources.front().repo_url)) {
            look_again(key, r->object.metadata.namespace_);
            continue;
        }
        candidates.push_back(
            {key, r->object.metadata.namespace_, sources.front(), r->from->identities.front().key,
             r->from->facts}
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
                look_again(c.key, c.namespace_);
            }
            continue;
        }
        const auto commit = opened->revision.commit.hex();
        std::vector<build_input> sources;
        sources.reserve(group.size());
        for (const auto& c : group) {
            build_input input;
            input.source = {.spec = c.source, .at = opened->snapshot, .revision = commit, .refs = {}};
            input.facts = c.facts;
            sources.push_back(std::move(input));
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
                r->from->revisions.front() = {.text = commit, .commit = opened->revision};
            } else {
                look_again(group[i].key, group[i].namespace_);
            }
        }
    }
}

} // namespace holdfast::control
