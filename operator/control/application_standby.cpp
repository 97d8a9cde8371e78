// What a replica that stands by has ready of an application's sources.

#include "control/application_sources.hpp"
#include "control/application_sources_of.hpp"

#include <algorithm>

namespace holdfast::control {

namespace {

// The revisions that the leader has brought the sources to; none: it has not built them yet.
std::vector<std::string> brought_to(const application_record& r, std::size_t sources) {
    const auto& at = r.object.status.sync;
    auto all = at.revisions.empty() ? std::vector{at.revision} : at.revisions;
    const bool is_of_these = all.size() == sources && std::ranges::none_of(all, &std::string::empty);
    return is_of_these ? all : std::vector<std::string>{};
}

bool stands_at(const inputs& made, const std::vector<std::string>& revisions) {
    return std::ranges::equal(made.revisions, revisions, {}, &source_revision::text);
}

} // namespace

asio::awaitable<result<void>> application_sources::prepare(record_ptr r) {
    inputs made;
    if (auto found = co_await find_revisions(r, made); !found) {
        co_return found.error();
    }
    const auto brought = brought_to(*r, made.sources.size());
    if (!stands_at(made, brought)) {
        // The leader listed the refs later, most likely.
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
    if (auto fetched = co_await collect(r, made, made.facts); !fetched) {
        co_return fetched.error();
    }
    if (brought.empty()) {
        co_return result<void>{};
    }
    // What ends a process by being planned must not end both: only what the leader got over is planned. That
    // may be an older commit, where the newer one changes nothing for the application.
    for (std::size_t i = 0; i < brought.size(); ++i) {
        made.revisions[i].text = brought[i];
        if (made.revisions[i].commit) {
            auto at = co_await with_.sources.resolve(
                made.sources[i].repo_url, r->object.metadata.namespace_, brought[i], {}
            );
            if (!at) {
                co_return at.error();
            }
            made.revisions[i].commit = std::move(*at);
        }
    }
    if (auto planned = co_await identify(r, made); !planned) {
        co_return planned.error();
    }
    with_.sources.use(with_.config.user_of(r->key()), uses_of(*r));
    co_return result<void>{};
}

} // namespace holdfast::control
