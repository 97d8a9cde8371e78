#include "fixture.hpp"

#include "kube/informer.hpp"
#include "kube/object_store.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace holdfast::kube {
namespace {

std::string item(std::string_view name, std::string_view version) {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"n","name":")" +
           std::string{name} + R"(","resourceVersion":")" + std::string{version} + R"("}})";
}

std::string
list(std::string_view version, const std::vector<std::string>& items, std::string_view token = "") {
    std::string text = R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":")" +
                       std::string{version} + R"(","continue":")" + std::string{token} + R"("},"items":[)";
    for (std::size_t i = 0; i < items.size(); ++i) {
        text += (i == 0 ? "" : ",") + items[i];
    }
    return text + "]}";
}

std::string event(std::string_view type, std::string_view object) {
    return R"({"type":")" + std::string{type} + R"(","object":)" + std::string{object} + "}\n";
}

std::string bookmark(std::string_view version, bool initial_end = false) {
    return event(
        "BOOKMARK", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"resourceVersion":")" +
                        std::string{version} + R"(","annotations":{)" +
                        (initial_end ? R"("k8s.io/initial-events-end":"true")" : "") + "}}}"
    );
}

const std::string gone = event("ERROR", status_text(410, "Expired", "too old resource version"));

/// An informer of ConfigMaps on a server that does as it is told, with short pauses.
struct informed : fixture {
    object_store<std::string> store{[](const json::object& o) { return std::string{resource_version_of(o)}; }
    };

    informer_options options(bool streaming = false) const {
        informer_options o{.kind = resources::config_maps(), .what = {}};
        o.reflector.watch_list = streaming;
        o.reflector.pause = {.base = 5ms, .cap = 20ms, .factor = 2, .jitter = 1};
        o.reflector.very_short = 0ms;
        o.seed = 1;
        return o;
    }
    std::string contents() const {
        std::vector<std::string> all;
        store.for_each([&](const object_name& k, const std::string& v) { all.push_back(k.name + v); });
        std::sort(all.begin(), all.end());
        std::string text;
        for (const auto& one : all) {
            text += one + ' ';
        }
        return text;
    }
    /// Runs it until the store holds that.
    void expect(informer_options o, const std::string& wanted) {
        informer i{api, std::move(o), store};
        run_until(i.run(), [&] { return contents() == wanted; });
        status = i.status();
    }
    std::vector<std::string> watches() const {
        auto all = targets();
        std::erase_if(all, [](const std::string& t) { return t.find("watch=1") == std::string::npos; });
        return all;
    }
    std::vector<std::string> lists() const {
        auto all = targets();
        std::erase_if(all, [](const std::string& t) { return t.find("watch=1") != std::string::npos; });
        return all;
    }
    test::imposter::rule on_any_watch() { return server.when("GET", "/api/v1/configmaps", "watch=1"); }
    test::imposter::rule on_list() { return server.when("GET", "/api/v1/configmaps"); }
    informer_status status;
};

bool ends_with_version(const std::string& target, std::string_view version) {
    return target.ends_with("resourceVersion=" + std::string{version});
}

BOOST_FIXTURE_TEST_SUITE(informers, informed)

BOOST_AUTO_TEST_CASE(a_list_and_a_watch_make_the_contents) {
    on_any_watch().always(answer_stream()
                              .chunk(event("ADDED", item("c", "11")))
                              .chunk(event("MODIFIED", item("a", "12")) + event("DELETED", item("b", "13")))
                              .stall());
    on_list().then(answer_json(200, list("10", {item("a", "1"), item("b", "2")})));
    expect(options(), "a12 c11 ");
    BOOST_TEST(lists().size() == 1U);
    BOOST_TEST(lists()[0] == "GET /api/v1/configmaps?limit=500&resourceVersion=0");
    BOOST_TEST(ends_with_version(watches().at(0), "10"));
    BOOST_TEST(status.synced);
    BOOST_TEST(status.resource_version == "13");
    BOOST_TEST(status.events == 3U);
    BOOST_TEST(!status.last_failure.has_value());
}

BOOST_AUTO_TEST_CASE(events_are_whole_wherever_the_network_cuts_them) {
    const auto both = event("ADDED", item("c", "11")) + event("MODIFIED", item("a", "12"));
    on_any_watch().always(answer_stream()
                              .chunk(both.substr(0, 40))
                              .chunk(both.substr(40, 100))
                              .trickle([&] {
                                  // The rest byte by byte, even within the chunk's own head.
                                  const auto rest = both.substr(140);
                                  char size[16];
                                  (void)std::snprintf(size, sizeof size, "%zx\r\n", rest.size());
                                  return size + rest + "\r\n";
                              }())
                              .stall());
    on_list().then(answer_json(200, list("10", {item("a", "1")})));
    expect(options(), "a12 c11 ");
}

BOOST_AUTO_TEST_CASE(a_clean_end_is_resumed_at_the_last_version_and_a_cut_line_is_forgotten) {
    on_any_watch()
        .then(answer_stream()
                  .chunk(event("ADDED", item("b", "11")) + R"({"type":"ADDED","object":{"api)")
                  .last_chunk())
        .always(answer_stream().chunk(event("ADDED", item("c", "12"))).stall());
    on_list().then(answer_json(200, list("10", {})));
    expect(options(), "b11 c12 ");
    BOOST_TEST(ends_with_version(watches().at(1), "11"));
    BOOST_TEST(lists().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_bookmark_moves_the_place_to_resume_at) {
    on_any_watch()
        .then(answer_stream().chunk(bookmark("500")).last_chunk())
        .always(answer_stream().chunk(event("ADDED", item("c", "501"))).stall());
    on_list().then(answer_json(200, list("10", {})));
    expect(options(), "c501 ");
    BOOST_TEST(ends_with_version(watches().at(1), "500"));
}

BOOST_AUTO_TEST_CASE(a_reset_connection_is_resumed) {
    on_any_watch()
        .then(answer_stream().chunk(event("ADDED", item("b", "11"))).pause(20ms).reset())
        .always(answer_stream().chunk(event("ADDED", item("c", "12"))).stall());
    on_list().then(answer_json(200, list("10", {})));
    expect(options(), "b11 c12 ");
    BOOST_TEST(ends_with_version(watches().at(1), "11"));
    BOOST_TEST(lists().size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_expired_watch_is_listed_anew_and_nothing_is_lost) {
    on_any_watch()
        .then(answer_stream().chunk(event("MODIFIED", item("a", "11")) + gone).stall())
        .always(answer_stream().chunk(event("ADDED", item("d", "31"))).stall());
    on_list()
        .then(answer_json(200, list("10", {item("a", "1"), item("b", "2")})))
        .then(answer_json(200, list("30", {item("a", "11"), item("c", "20")})));
    expect(options(), "a11 c20 d31 ");
    BOOST_TEST(lists().at(1) == "GET /api/v1/configmaps?resourceVersion=11");
    BOOST_TEST(ends_with_version(watches().at(1), "30"));
}

BOOST_AUTO_TEST_CASE(an_observer_is_told_of_each_request_and_why_watches_end) {
    struct : observer {
        std::vector<std::string> said;
        void answered(std::string_view verb, unsigned status, std::chrono::nanoseconds took) override {
            BOOST_TEST(took.count() > 0);
            said.push_back(std::string{verb} + " " + std::to_string(status));
        }
        void watch_opened() override { said.emplace_back("opened"); }
        void watch_ended(std::string_view why) override { said.emplace_back(why); }
    } seen;
    auto settings = quick;
    settings.observer = &seen;
    client observed{*connection, settings};
    on_any_watch()
        .then(answer_stream().chunk(event("ADDED", item("b", "11"))).last_chunk())
        .then(answer_stream().chunk(gone).stall())
        .then(answer_json(429, status_text(429, "TooManyRequests", "later")))
        .then(answer_stream().chunk(event("ADDED", item("c", "31"))).pause(20ms).reset())
        .always(answer_stream().chunk(event("ADDED", item("d", "32"))).stall());
    on_list().then(answer_json(200, list("10", {}))).then(answer_json(200, list("30", {item("b", "11")})));
    {
        informer i{observed, options(), store};
        run_until(i.run(), [&] { return contents() == "b11 c31 d32 "; });
    }
    const std::vector<std::string> expected{"list 200", "watch 200", "opened",    "ended",     "watch 200",
                                            "opened",   "expired",   "list 200",  "watch 429", "watch 200",
                                            "opened",   "failed",    "watch 200", "opened",    "stopped"};
    BOOST_TEST(seen.said == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_watch_refused_as_expired_and_a_list_too_end_in_a_list_of_the_newest) {
    on_any_watch()
        .then(answer_json(410, status_text(410, "Expired", "too old")))
        .always(answer_stream().stall());
    on_list()
        .then(answer_json(200, list("10", {item("a", "1")})))
        .then(answer_json(410, status_text(410, "Expired", "too old")))
        .then(answer_json(200, list("30", {item("b", "2")})));
    expect(options(), "b2 ");
    BOOST_TEST(lists().at(2) == "GET /api/v1/configmaps?limit=500");
}

BOOST_AUTO_TEST_CASE(a_list_comes_in_pages_and_takes_effect_as_a_whole) {
    on_any_watch().always(answer_stream().stall());
    server.when("GET", "/api/v1/configmaps?limit=500&continue=two")
        .then(answer_json(200, list("10", {item("b", "2")})));
    on_list().then(answer_json(200, list("10", {item("a", "1")}, "two")));
    expect(options(), "a1 b2 ");
    BOOST_TEST(lists().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_page_whose_token_expired_makes_it_one_whole_list) {
    on_any_watch().always(answer_stream().stall());
    server.when("GET", "/api/v1/configmaps?limit=500&continue=two")
        .then(answer_json(410, status_text(410, "Expired", "the continue token is too old")));
    on_list()
        .then(answer_json(200, list("10", {item("gone", "1")}, "two")))
        .then(answer_json(200, list("12", {item("b", "2")})));
    expect(options(), "b2 ");
    BOOST_TEST(lists().at(2) == "GET /api/v1/configmaps?resourceVersion=0");
}

BOOST_AUTO_TEST_CASE(a_half_open_connection_is_given_up_after_its_time) {
    on_any_watch()
        .then(answer_stream().chunk(event("ADDED", item("b", "11"))).stall())
        .always(answer_stream().chunk(event("ADDED", item("c", "12"))).stall());
    on_list().then(answer_json(200, list("10", {})));
    auto o = options();
    o.reflector.min_watch = o.reflector.max_watch = 1s;
    o.grace = 50ms;
    expect(o, "b11 c12 ");
    BOOST_TEST(ends_with_version(watches().at(1), "11"));
    BOOST_TEST(lists().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_the_request_and_says_nothing_is_given_up) {
    on_any_watch().always(answer_stream().stall());
    on_list().then(script{}.stall()).always(answer_json(200, list("10", {item("a", "1")})));
    auto o = options();
    o.request_deadline = 100ms;
    expect(o, "a1 ");
}

BOOST_AUTO_TEST_CASE(a_busy_server_is_watched_again_without_a_list) {
    on_any_watch()
        .then(answer_json(429, status_text(429, "TooManyRequests", "busy"), "Retry-After: 0\r\n"))
        .then(answer_json(504, "slow"))
        .always(answer_stream().chunk(event("ADDED", item("c", "12"))).stall());
    on_list().then(answer_json(200, list("10", {})));
    expect(options(), "c12 ");
    BOOST_TEST(lists().size() == 1U);
    for (const auto& target : watches()) {
        BOOST_TEST(ends_with_version(target, "10"));
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_was_away_is_listed_and_may_have_an_older_store) {
    on_any_watch()
        .then(answer_stream().chunk(event("ADDED", item("c", "12"))).pause(20ms).reset())
        .then(script{}.reset())
        // A real server says nothing for as long as its store is not at that version.
        .always([](const test::seen_request& request) {
            return ends_with_version(request.target, "12")
                       ? answer_stream().stall()
                       : answer_stream().chunk(event("ADDED", item("d", "6"))).stall();
        });
    on_list()
        .then(answer_json(200, list("10", {item("a", "1")})))
        .then(answer_json(
            504, R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Timeout","code":504,)"
                 R"("message":"Too large resource version: 12, current: 5","details":{"causes":)"
                 R"([{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}})"
        ))
        .then(answer_json(200, list("5", {item("a", "1"), item("b", "2")})));
    expect(options(), "a1 b2 d6 ");
    BOOST_TEST(ends_with_version(lists().at(1), "12"));                     // at least what is known,
    BOOST_TEST(lists().at(2).find("resourceVersion") == std::string::npos); // then the newest there is
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_events_are_listed_anew) {
    on_any_watch()
        .then(answer_stream().chunk("<html>proxy error</html>\n").stall())
        .always(answer_stream().stall());
    on_list()
        .then(answer_json(200, list("10", {item("a", "1")})))
        .then(answer_json(200, list("20", {item("a", "15")})));
    expect(options(), "a15 ");
}

BOOST_AUTO_TEST_CASE(an_endless_line_is_cut_off) {
    on_any_watch()
        .then(answer_stream().chunk(std::string(5000, 'x')).stall())
        .always(answer_stream().stall());
    on_list()
        .then(answer_json(200, list("10", {item("a", "1")})))
        .then(answer_json(200, list("20", {item("a", "15")})));
    auto o = options();
    o.max_line = 1000;
    expect(o, "a15 ");
}

BOOST_AUTO_TEST_CASE(objects_of_another_kind_are_skipped) {
    on_any_watch().always(
        answer_stream()
            .chunk(event("ADDED", R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}})"))
            .chunk(event("ADDED", item("c", "12")))
            .stall()
    );
    on_list().then(answer_json(200, list("10", {})));
    expect(options(), "c12 ");
}

BOOST_AUTO_TEST_CASE(a_streaming_list_swaps_at_its_bookmark_and_goes_on) {
    on_any_watch().always(answer_stream()
                              .chunk(event("ADDED", item("a", "1")) + event("ADDED", item("b", "2")))
                              .chunk(bookmark("10", true) + event("MODIFIED", item("a", "11")))
                              .stall());
    expect(options(true), "a11 b2 ");
    BOOST_TEST(lists().empty());
    BOOST_TEST(watches().size() == 1U);
    BOOST_TEST(
        watches()[0].find("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=") !=
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(a_streaming_list_cut_short_shows_nothing_and_is_begun_anew) {
    on_any_watch()
        .then(answer_stream().chunk(event("ADDED", item("never", "1"))).pause(20ms).reset())
        .always(answer_stream().chunk(event("ADDED", item("a", "1")) + bookmark("10", true)).stall());
    bool never = false;
    object_store<int> seen{
        [](const json::object&) { return 0; },
        {.added = [&](const object_name& k, int) { never = never || k.name == "never"; },
         .changed = {},
         .removed = {}}
    };
    informer i{api, options(true), seen};
    run_until(i.run(), [&] { return seen.size() == 1; });
    BOOST_TEST(!never);
    BOOST_TEST(i.status().synced);
}

/// Writes down what it is told.
struct listener : object_store<int> {
    explicit listener(std::vector<std::string>& told)
        : object_store<int>{
              [](const json::object&) { return 0; },
              {.added = [&told](const object_name& k, int) { told.push_back("+" + k.name); },
               .changed = [&told](const object_name& k, int, int) { told.push_back("~" + k.name); },
               .removed = [&told](const object_name& k, int) { told.push_back("-" + k.name); },
               .synced = [&told] { told.emplace_back("synced"); }}
          } {}
};

BOOST_AUTO_TEST_CASE(a_new_list_tells_nothing_of_what_is_known_already) {
    on_any_watch()
        .then(answer_stream().chunk(gone).stall())
        .always(answer_stream().chunk(event("ADDED", item("last", "31"))).stall());
    on_list()
        .then(answer_json(200, list("10", {item("a", "1"), item("b", "2")})))
        .then(answer_json(200, list("30", {item("b", "2"), item("a", "1")})));
    std::vector<std::string> told;
    listener seen{told};
    informer i{api, options(), seen};
    run_until(i.run(), [&] { return !told.empty() && told.back() == "+last"; });
    std::sort(told.begin(), told.begin() + 2);
    const std::vector<std::string> expected{"+a", "+b", "synced", "synced", "+last"};
    BOOST_TEST(told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lists_that_are_cut_short_remove_nothing) {
    server.when("GET", "/api/v1/configmaps", "continue=two").always(answer_json(500, "broken"));
    const auto again = answer_stream().chunk(event("ADDED", item("b", "2"))).pause(20ms).reset();
    on_any_watch()
        .then(answer_stream()
                  .chunk(event("ADDED", item("a", "1")) + event("ADDED", item("b", "2")))
                  .chunk(bookmark("10", true) + gone)
                  .stall())
        .then(again)
        .then(answer_stream().chunk(event("ADDED", item("c", "3"))).pause(20ms).reset());
    // That was enough of streaming: pages, of which the second one does not come.
    on_any_watch().always(answer_stream().stall());
    on_list()
        .then(answer_json(200, list("20", {item("b", "2")}, "two")))
        .then(answer_json(200, list("30", {item("a", "1"), item("c", "3")})));
    std::vector<std::string> told;
    listener seen{told};
    informer i{api, options(true), seen};
    run_until(i.run(), [&] { return std::count(told.begin(), told.end(), "synced") == 2; });
    std::sort(told.begin(), told.begin() + 2);
    const std::vector<std::string> expected{"+a", "+b", "synced", "+c", "-b", "synced"};
    BOOST_TEST(told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_same_version_in_a_store_that_was_set_back_is_told_all_the_same) {
    on_any_watch().then(answer_stream().chunk(gone).stall()).always(answer_stream().stall());
    on_list()
        .then(answer_json(200, list("10", {item("a", "4"), item("b", "9")})))
        .then(answer_json(
            504, R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Timeout","code":504,)"
                 R"("message":"Too large resource version: 10, current: 5","details":{"causes":)"
                 R"([{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}})"
        ))
        .then(answer_json(200, list("5", {item("a", "4")})));
    std::vector<std::string> told;
    listener seen{told};
    informer i{api, options(), seen};
    run_until(i.run(), [&] { return std::count(told.begin(), told.end(), "synced") == 2; });
    std::sort(told.begin(), told.begin() + 2);
    const std::vector<std::string> expected{"+a", "+b", "synced", "~a", "-b", "synced"};
    BOOST_TEST(told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_server_without_streaming_lists_is_listed) {
    server.when("GET", "/api/v1/configmaps", "sendInitialEvents")
        .always(answer_json(422, status_text(422, "Invalid", "sendInitialEvents is forbidden")));
    on_any_watch().always(answer_stream().chunk(event("ADDED", item("c", "12"))).stall());
    on_list().always(answer_json(200, list("10", {item("a", "1")})));
    expect(options(true), "a1 c12 ");
    // That is no trouble.
    bool is_there = false;
    bool had_trouble = false;
    object_store<int> seen{
        [](const json::object&) { return 0; },
        {.added = [&](const object_name&, int) { is_there = true; },
         .trouble_changed = [&] { had_trouble = true; }}
    };
    informer i{api, options(true), seen};
    run_until(i.run(), [&] { return is_there; });
    BOOST_TEST(!had_trouble);
}

BOOST_AUTO_TEST_CASE(a_server_that_ignores_streaming_lists_is_listed_in_the_end) {
    server.when("GET", "/api/v1/configmaps", "sendInitialEvents")
        .always(answer_stream().chunk(event("ADDED", item("a", "1"))).stall());
    on_any_watch().always(answer_stream().stall());
    on_list().always(answer_json(200, list("10", {item("a", "1")})));
    auto o = options(true);
    o.initial_silence = 50ms;
    expect(o, "a1 ");
    BOOST_TEST(lists().size() == 1U);
}

BOOST_AUTO_TEST_CASE(metadata_alone_is_asked_for_and_bears_the_real_kind) {
    const std::string partial = R"({"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadata","metadata":{
        "namespace":"n","name":"a","resourceVersion":"1"}})";
    std::string flat = partial;
    std::erase(flat, '\n');
    on_any_watch().always(answer_stream().chunk(event("ADDED", flat)).stall());
    on_list().always(answer_json(200, list("10", {})));
    std::string kind;
    object_store<int> seen{[&](const json::object& o) {
        kind = gvk_of(o).to_string();
        return 0;
    }};
    auto o = options();
    o.what.metadata_only = true;
    o.what.label_selector = "holdfast.dev/x=1";
    informer i{api, o, seen};
    run_until(i.run(), [&] { return seen.size() == 1; });
    BOOST_TEST(kind == "v1 ConfigMap");
    BOOST_TEST(
        server.requests().at(0).header("Accept") ==
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    );
    BOOST_TEST(
        server.requests().at(1).header("Accept") ==
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    );
    BOOST_TEST(targets().at(1).find("labelSelector=holdfast.dev%2Fx%3D1&") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_waits_for_the_first_list_learns_why_it_does_not_come) {
    on_list().always(answer_json(403, status_text(403, "Forbidden", "you may not")));
    informer i{api, options(), store};
    std::optional<reply<void>> waited;
    auto both = [](informer& self, std::optional<reply<void>>& out) -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        task_group group{executor};
        group.spawn("informer", self.run());
        out = co_await self.wait_synced(100ms);
        group.cancel();
        co_await group.join();
    };
    test::run(context, both(i, waited));
    BOOST_REQUIRE(waited->has_error());
    BOOST_TEST((waited->error().kind() == error_kind::forbidden));
    BOOST_TEST(waited->error().message() == "list ConfigMap: you may not");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
