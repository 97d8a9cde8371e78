// A repository moved: which of the applications that read from it have something to do.

#include "base/loop_turns.hpp"
#include "control/application_sources.hpp"
#include "control/application_sources_of.hpp"

#include <algorithm>
#include <compare>
#include <functional>
#include <map>
#include <set>
#include <span>

namespace holdfast::control {

namespace {

// An application whose answer one comparison may give.
struct candidate {
    std::string key;
    std::shared_ptr<const sources::source_reads> reads;
};

// By namespace, since that decides about credentials, and by what the source names.
struct moved_source {
    std::string namespace_;
    std::string url;
    std::string revision;
    std::string tag_prefix;
    friend auto operator<=>(const moved_source&, const moved_source&) = default;
};

moved_source moved_source_of(const application_record& r, const crds::application_source& source) {
    return {r.object.metadata.namespace_, source.repo_url, source.target_revision, source.tag_prefix};
}

// Whether URLs name the repository that moved; most applications say it in the same way.
class naming {
public:
    explicit naming(const git::url& moved) : identity_{moved.identity()} {}
    [[nodiscard]] bool is_it(const std::string& text) {
        const auto [at, is_new] = known_.try_emplace(text, false);
        if (is_new) {
            const auto url = git::url::parse(text);
            at->second = url && url->identity() == identity_;
        }
        return at->second;
    }

private:
    std::string identity_;
    std::map<std::string, bool, std::less<>> known_;
};

// Comparisons in one piece of work on the pool.
constexpr std::size_t compared_at_a_time = 1000;

} // namespace

// Some refs of a repository moved. One fetch for all applications that read from it, and one comparison for
// each whose inputs are what they were; only the others are looked at.
asio::awaitable<void>
application_sources::follow_moved(git::url moved, std::vector<std::string> applications) {
    naming names{moved};
    const auto look_again = [&](const std::string& key, const std::string& namespace_) {
        if (const auto r = with_.applications.find(key)) {
            with_.looks.expect(
                moved.normalised(), with_.others.place_of(r->object, namespace_), key, steady_clock::now()
            );
        }
        with_.triggers.reconcile(key);
    };
    // That is said on each of them.
    const auto is_in_trouble = [&](const application_record& r) {
        return std::ranges::any_of(uses_of(r), [&](const sources::repository_use& use) {
            return with_.sources.trouble_with(use).has_value();
        });
    };
    std::map<moved_source, std::vector<candidate>> groups;
    loop_turns turns;
    for (auto& key : applications) {
        co_await turns.give_back();
        const auto r = with_.applications.find(key);
        if (!r) {
            continue;
        }
        const auto sources = sources_of(*r);
        const auto* ready = crds::find_condition(r->object.status.conditions, "Ready");
        const bool settled = ready != nullptr && ready->status == "True" && r->sources.from &&
                             r->sources.from->sources == sources && !r->operating();
        // Whoever is not at rest, reads more than one thing there or elsewhere, or is built with care, looks
        // for itself.
        const bool reads_more =
            std::ranges::any_of(r->sources.also_reads, [&](const sources::repository_use& use) {
                return names.is_it(use.url);
            });
        // Each commit is judged, whatever it changes.
        const bool demands_signatures =
            std::ranges::any_of(sources, [&](const crds::application_source& source) {
                return r->granted.project && r->granted.project->demands_signatures(source.repo_url);
            });
        const bool with_care = with_.turns.is_careful_with(key);
        if (!settled || reads_more || with_care || demands_signatures || sources.size() != 1 ||
            !r->sources.from->refs.empty() || !r->sources.from->needs.empty() ||
            !r->sources.from->identities.front().reads || !names.is_it(sources.front().repo_url) ||
            is_in_trouble(*r)) {
            look_again(key, r->object.metadata.namespace_);
            continue;
        }
        const auto& source = sources.front();
        groups[moved_source_of(*r, source)].push_back(
            {std::move(key), r->sources.from->identities.front().reads}
        );
    }
    for (auto& [source, group] : groups) {
        auto opened =
            co_await with_.sources.open(source.url, source.namespace_, source.revision, source.tag_prefix);
        if (!opened) {
            for (const auto& c : group) {
                look_again(c.key, source.namespace_);
            }
            continue;
        }
        const source_revision now{opened->revision.commit.hex(), opened->revision};
        for (std::size_t begin = 0; begin < group.size(); begin += compared_at_a_time) {
            const std::span some{group.data() + begin, std::min(compared_at_a_time, group.size() - begin)};
            std::vector<sources::reads_check> checks;
            checks.reserve(some.size());
            for (const auto& c : some) {
                checks.push_back({.reads = c.reads, .at = opened->snapshot, .refs = {}});
            }
            sources::work_owner owner{source.namespace_, {}};
            const auto same = co_await with_.build.compare_reads(std::move(checks), std::move(owner));
            for (std::size_t i = 0; i < some.size(); ++i) {
                co_await turns.give_back();
                const auto r = with_.applications.find(some[i].key);
                if (!r) {
                    continue;
                }
                // What was read is made anew with every look for the identity.
                if (same[i] && r->sources.from && r->sources.from->identities.size() == 1 &&
                    r->sources.from->identities.front().reads == some[i].reads) {
                    r->sources.from->revisions.front() = now;
                } else {
                    look_again(some[i].key, source.namespace_);
                }
            }
        }
    }
}

asio::awaitable<std::vector<std::string>>
application_sources::fetch_moved(git::url moved, std::vector<std::string> applications) {
    std::vector<std::string> others;
    std::set<moved_source> wanted;
    naming names{moved};
    loop_turns turns;
    for (auto& key : applications) {
        co_await turns.give_back();
        const auto r = with_.applications.find(key);
        if (!r) {
            continue;
        }
        bool is_source = false;
        for (const auto& source : all_sources_of(*r)) {
            if (source.chart.empty() && names.is_it(source.repo_url)) {
                wanted.insert(moved_source_of(*r, source));
                is_source = true;
            }
        }
        if (!is_source) {
            others.push_back(std::move(key));
        }
    }
    for (const auto& one : wanted) {
        // What cannot be had is asked for again when the leader is there.
        co_await with_.sources.open(one.url, one.namespace_, one.revision, one.tag_prefix);
    }
    co_return others;
}

} // namespace holdfast::control
