// What a replica that stands by has ready of an application's sources.

#include "base/loop_turns.hpp"
#include "control/application_sources.hpp"
#include "control/application_sources_of.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace holdfast::control {

bool application_sources::is_where_the_leader_is(const application_record& r, const inputs& made) {
    const auto& at = r.object.status.sync;
    const auto is_same = [](const source_revision& one, const std::string& text) { return one.text == text; };
    if (at.revisions.empty()) {
        return made.revisions.size() == 1 && made.revisions.front().text == at.revision;
    }
    return std::ranges::equal(made.revisions, at.revisions, is_same);
}

asio::awaitable<result<void>> application_sources::prepare(record_ptr r) {
    inputs made;
    if (auto found = co_await find_revisions(r, made); !found) {
        co_return found.error();
    }
    if (!is_where_the_leader_is(*r, made)) {
        // It listed the refs later, most likely.
        r->sources.not_before = steady_clock::now();
        made = {};
        if (auto found = co_await find_revisions(r, made); !found) {
            co_return found.error();
        }
    }
    made.stores = co_await with_.secrets.look(r->object);
    if (auto opened = co_await with_.secrets.open(made.stores); !opened) {
        co_return opened.error();
    }
    r->sources.also_reads.insert(made.stores.repositories.begin(), made.stores.repositories.end());
    made.facts = facts_of(*r, made.stores);
    if (auto brought = co_await collect(r, made, made.facts); !brought) {
        co_return brought.error();
    }
    // What ends a process by being planned must not end both: the leader goes first.
    if (is_where_the_leader_is(*r, made)) {
        if (auto planned = co_await identify(r, made); !planned) {
            co_return planned.error();
        }
        with_.sources.use(r->key(), uses_of(*r));
    }
    co_return result<void>{};
}

asio::awaitable<std::vector<std::string>>
application_sources::fetch_moved(git::url moved, std::vector<std::string> applications) {
    std::vector<std::string> others;
    std::set<std::tuple<std::string, std::string, std::string, std::string>> fetched;
    loop_turns turns;
    for (auto& key : applications) {
        co_await turns.give_back();
        const auto r = with_.applications.find(key);
        if (!r) {
            continue;
        }
        const auto& namespace_ = r->object.metadata.namespace_;
        bool is_source = false;
        for (const auto& source : all_sources_of(*r)) {
            const auto url = git::url::parse(source.repo_url);
            if (!source.chart.empty() || !url || url->identity() != moved.identity()) {
                continue;
            }
            is_source = true;
            if (fetched.emplace(namespace_, source.repo_url, source.target_revision, source.tag_prefix)
                    .second) {
                // What cannot be had is asked for again when the leader is there.
                co_await with_.sources.open(
                    source.repo_url, namespace_, source.target_revision, source.tag_prefix
                );
            }
        }
        if (!is_source) {
            others.push_back(std::move(key));
        }
    }
    co_return others;
}

} // namespace holdfast::control
