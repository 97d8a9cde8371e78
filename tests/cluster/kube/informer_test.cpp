#include "cluster.hpp"

#include "kube/informer.hpp"
#include "kube/object_store.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace holdfast::kube {
namespace {

using contents = std::map<std::string, std::string>;

const resource config_maps = resources::config_maps();

/// An informer, its store, and a copy made of nothing but what the store told.
struct follower {
    follower(client& api, const std::string& ns, bool streaming) :
        store{
            [](const json::object& o) { return std::string{resource_version_of(o)}; },
            {.added = [this](const object_name& k, const std::string& v) { told[k.name] = v; },
             .changed = [this](const object_name& k, const std::string&, const std::string& v) { told[k.name] = v; },
             .removed = [this](const object_name& k, const std::string&) { told.erase(k.name); }}
        },
        watcher{api, options(ns, streaming), store} {}

    static informer_options options(const std::string& ns, bool streaming) {
        informer_options o{.kind = config_maps, .what = {.namespace_ = ns}};
        o.reflector.watch_list = streaming;
        o.reflector.pause = {.base = 50ms, .cap = 1s, .factor = 2, .jitter = 1};
        o.reflector.min_watch = 3s;
        o.reflector.max_watch = 5s;
        o.grace = 500ms;
        o.request_deadline = 5s;
        return o;
    }
    contents now() const {
        contents all;
        store.for_each([&](const object_name& k, const std::string& v) { all[k.name] = v; });
        return all;
    }

    contents told;
    object_store<std::string> store;
    informer watcher;
};

asio::awaitable<contents> on_server(client& api, std::string ns) {
    contents all;
    const auto list = co_await api.list(config_maps, {.namespace_ = ns});
    if (list.has_error()) {
        BOOST_TEST_MESSAGE(list.error().message());
        co_return all;
    }
    for (const auto& item : list->items) {
        all[std::string{name_of(item)}] = resource_version_of(item);
    }
    co_return all;
}

struct churning {
    bool stop = false;
    unsigned writes = 0;
};

/// Creates, changes and deletes for as long as it is let; what fails fails.
asio::awaitable<void> churn(client& api, std::string ns, churning& state) {
    call_options quick;
    quick.deadline = 2s;
    for (unsigned i = 0; !state.stop; ++i) {
        const auto name = "churn-" + std::to_string(i % 40);
        if (i % 7 == 3) {
            (void)co_await api.remove(config_maps, ns, name, {}, quick);
        } else {
            const auto object = config_map(ns, name, std::to_string(i));
            const auto r =
                co_await api.apply(config_maps, object, {.field_manager = "test", .force = true}, quick);
            state.writes += r.has_value() ? 1U : 0U;
            if (r.has_error()) {
                co_await sleep_for(50ms);
            }
        }
        co_await sleep_for(2ms);
    }
}

/// Returns when so many more writes have succeeded.
asio::awaitable<void> written(const churning& state, unsigned more) {
    const auto until = state.writes + more;
    BOOST_TEST(co_await eventually([&] { return state.writes >= until; }, 60s));
}

asio::awaitable<void> fill(client& api, std::string ns, int from, int to) {
    for (int i = from; i < to; ++i) {
        const auto object = config_map(ns, "many-" + std::to_string(i));
        (void)co_await api.create(config_maps, object, "test");
    }
}

asio::awaitable<void> expect_equal(clustered& f, std::string ns, follower& one) {
    const auto wanted = co_await on_server(f.api, ns);
    BOOST_TEST(!wanted.empty());
    const bool equal = co_await eventually([&] { return one.now() == wanted; });
    BOOST_TEST(equal);
    BOOST_TEST((one.told == wanted));
}

BOOST_FIXTURE_TEST_SUITE(kube_informers, clustered)

asio::awaitable<void> many(clustered& f, std::string ns) {
    auto executor = co_await asio::this_coro::executor;
    task_group group{executor};
    for (int i = 0; i < 8; ++i) {
        group.spawn("fill", fill(f.api, ns, i * 150, (i + 1) * 150));
    }
    co_await group.join();
    follower streaming{f.api, ns, true};
    follower listing{f.api, ns, false};
    group.spawn("streaming", streaming.watcher.run());
    group.spawn("listing", listing.watcher.run());
    BOOST_TEST((co_await streaming.watcher.wait_synced(20s)).has_value());
    BOOST_TEST((co_await listing.watcher.wait_synced(20s)).has_value());
    BOOST_TEST(streaming.store.size() == 1200U);
    BOOST_TEST(streaming.watcher.status().lists == 0U);
    co_await expect_equal(f, ns, streaming);
    co_await expect_equal(f, ns, listing);
    // And on: a change and a deletion arrive.
    const apply_options ours{.field_manager = "test", .force = true};
    BOOST_TEST((co_await f.api.apply(config_maps, config_map(ns, "many-7", "changed"), ours)).has_value());
    BOOST_TEST((co_await f.api.remove(config_maps, ns, "many-8")).has_value());
    co_await expect_equal(f, ns, streaming);
    co_await expect_equal(f, ns, listing);
    BOOST_TEST(streaming.store.size() == 1199U);
    group.cancel();
    co_await group.join();
}

BOOST_AUTO_TEST_CASE(a_collection_of_a_thousand_is_followed_by_streaming_and_by_listing) {
    run(many(*this, make_namespace("many")), 120s);
}

asio::awaitable<void> trouble(clustered& f, std::string ns) {
    auto executor = co_await asio::this_coro::executor;
    task_group group{executor};
    task_group writers{executor};
    follower streaming{f.api, ns, true};
    follower listing{f.api, ns, false};
    churning state;
    group.spawn("streaming", streaming.watcher.run());
    group.spawn("listing", listing.watcher.run());
    writers.spawn("churn", churn(f.api, ns, state));
    auto* cluster = &f.cluster;
    co_await written(state, 50);

    BOOST_TEST_MESSAGE("the API server is killed and comes back");
    co_await f.away([=] { cluster->kill_apiserver(); });
    co_await sleep_for(300ms);
    co_await f.away([=] { cluster->start_apiserver(); });
    co_await written(state, 50);

    BOOST_TEST_MESSAGE("it leaves in an orderly way and comes back");
    co_await f.away([=] {
        (void)cluster->stop_apiserver();
        cluster->start_apiserver();
    });
    co_await written(state, 50);

    BOOST_TEST_MESSAGE("its history is forgotten");
    co_await f.away([=] { (void)cluster->compact(); });
    co_await written(state, 50);

    BOOST_TEST_MESSAGE("it stands still with its connections open, longer than a watch lasts");
    const auto watches = listing.watcher.status().watches;
    co_await f.away([=] { cluster->pause_apiserver(); });
    BOOST_TEST(co_await eventually([&] { return listing.watcher.status().watches > watches; }, 20s));
    co_await f.away([=] { cluster->resume_apiserver(); });
    co_await written(state, 50);

    state.stop = true;
    co_await writers.join();
    co_await expect_equal(f, ns, streaming);
    co_await expect_equal(f, ns, listing);
    group.cancel();
    co_await group.join();
}

BOOST_AUTO_TEST_CASE(whatever_happens_to_the_server_nothing_is_lost) {
    run(trouble(*this, make_namespace("trouble")), 300s);
}

asio::awaitable<void> forgotten(clustered& f, std::string ns, std::string elsewhere) {
    auto executor = co_await asio::this_coro::executor;
    co_await fill(f.api, ns, 0, 5);
    task_group group{executor};
    follower streaming{f.api, ns, true};
    follower listing{f.api, ns, false};
    group.spawn("streaming", streaming.watcher.run());
    group.spawn("listing", listing.watcher.run());
    BOOST_TEST((co_await streaming.watcher.wait_synced(20s)).has_value());
    BOOST_TEST((co_await listing.watcher.wait_synced(20s)).has_value());
    BOOST_TEST(listing.watcher.status().lists == 1U);
    // Here nothing happens, so the version to resume at grows old while the world goes on.
    co_await fill(f.api, elsewhere, 0, 30);
    auto* cluster = &f.cluster;
    co_await f.away([=] { (void)cluster->compact(); });
    BOOST_TEST(co_await eventually([&] { return listing.watcher.status().lists >= 2; }));
    BOOST_TEST((co_await f.api.remove(config_maps, ns, "many-1")).has_value());
    co_await fill(f.api, ns, 5, 7);
    co_await expect_equal(f, ns, streaming);
    co_await expect_equal(f, ns, listing);
    BOOST_TEST(streaming.store.size() == 6U);
    group.cancel();
    co_await group.join();
}

BOOST_AUTO_TEST_CASE(a_version_that_the_server_forgot_is_listed_anew) {
    run(forgotten(*this, make_namespace("quiet"), make_namespace("busy")), 120s);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
