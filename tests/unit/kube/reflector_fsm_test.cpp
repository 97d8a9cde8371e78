#include "kube/reflector_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace std::chrono_literals;

namespace holdfast::kube {
namespace {

failure status(unsigned code, std::string reason = "") {
    const auto kind = code >= 500 || code == 429 ? error_kind::transient : error_kind::user;
    return {error{kind, "the server said " + std::to_string(code)}, code, std::move(reason)};
}

failure expired() {
    return {error{error_kind::conflict, "too old resource version"}, 410, "Expired"};
}

failure too_large() {
    auto f = status(504, "Timeout");
    f.set_causes({{"", "Too large resource version", "ResourceVersionTooLarge"}});
    return f;
}

failure refused() {
    return failure{transient_error("connection refused")};
}

/// A state machine on a bench: its own clock, and short names for what it may say.
struct bench {
    explicit bench(reflector_fsm::settings s = {}) : fsm{s, "v1", "ConfigMap"} {}

    static bench with_lists() {
        reflector_fsm::settings s;
        s.watch_list = false;
        return bench{s};
    }

    reflector_fsm::action next() { return fsm.next(now, random); }
    reflector_fsm::list list() {
        const auto a = next();
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<reflector_fsm::list>(a), "expected a list");
        return std::get<reflector_fsm::list>(a);
    }
    reflector_fsm::watch watch() {
        const auto a = next();
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<reflector_fsm::watch>(a), "expected a watch");
        return std::get<reflector_fsm::watch>(a);
    }
    std::chrono::milliseconds pause() {
        const auto a = next();
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<reflector_fsm::pause>(a), "expected a pause");
        now += std::get<reflector_fsm::pause>(a).delay;
        return std::get<reflector_fsm::pause>(a).delay;
    }
    /// Brings it to where it watches from `version`.
    void listed(std::string_view version) {
        (void)list();
        (void)fsm.on_page(version, "");
    }
    /// The same, by a streaming list; the stream is open then.
    void streamed(std::string_view version) {
        (void)watch();
        BOOST_REQUIRE(fsm.on_watch_opened(now));
        BOOST_REQUIRE((event(event_type::bookmark, version, true) == reflector_fsm::verdict::replaced));
    }
    reflector_fsm::verdict event(event_type type, std::string_view version, bool initial_end = false) {
        return fsm.on_event(
            {.type = type,
             .api_version = "v1",
             .kind = "ConfigMap",
             .resource_version = version,
             .initial_events_end = initial_end}
        );
    }
    void opened() { BOOST_TEST(!fsm.on_watch_opened(now)); }
    void ended(std::optional<failure> why = {}, std::chrono::milliseconds after = 10s) {
        now += after;
        fsm.on_watch_ended(why, now);
    }

    reflector_fsm fsm;
    reflector_fsm::time_point now{1'000'000s};
    reflector_fsm::random_source random{7};
};

using verdict = reflector_fsm::verdict;

BOOST_AUTO_TEST_SUITE(reflector_lists)

BOOST_AUTO_TEST_CASE(the_first_list_takes_what_the_server_has_at_hand) {
    auto b = bench::with_lists();
    const auto l = b.list();
    BOOST_TEST(l.resource_version == "0");
    BOOST_TEST(l.limit == 500U);
    BOOST_TEST(l.continue_token == "");
}

BOOST_AUTO_TEST_CASE(a_later_list_asks_for_at_least_what_is_known_and_is_not_paged) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    b.fsm.on_error_event(expired());
    (void)b.pause();
    const auto l = b.list();
    BOOST_TEST(l.resource_version == "100");
    BOOST_TEST(l.limit == 0U); // a limit would go past the server's watch cache
}

BOOST_AUTO_TEST_CASE(a_list_at_a_version_that_is_gone_asks_for_the_newest_at_once) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    b.fsm.on_error_event(expired());
    (void)b.pause();
    (void)b.list();
    b.fsm.on_list_failed(expired());
    const auto l = b.list();
    BOOST_TEST(l.resource_version == "");
    BOOST_TEST(l.limit == 500U);
}

BOOST_AUTO_TEST_CASE(a_list_at_a_version_that_the_server_does_not_have_yet_asks_for_its_newest) {
    auto b = bench::with_lists();
    (void)b.list();
    b.fsm.on_list_failed(too_large());
    BOOST_TEST(b.list().resource_version == "");
}

BOOST_AUTO_TEST_CASE(only_a_list_at_no_version_may_be_older_than_what_is_known) {
    auto b = bench::with_lists();
    b.listed("100");
    BOOST_TEST(!b.fsm.may_be_older());
    (void)b.watch();
    b.opened();
    b.fsm.on_error_event(expired());
    (void)b.pause();
    BOOST_TEST(b.list().resource_version == "100");
    b.fsm.on_list_failed(too_large());
    BOOST_TEST(b.list().resource_version == "");
    (void)b.fsm.on_page("50", ""); // begins and ends it
    BOOST_TEST(b.fsm.may_be_older());
    BOOST_TEST(b.fsm.went_back());
    (void)b.watch();
    b.opened();
    b.fsm.on_error_event(expired());
    (void)b.pause();
    BOOST_TEST(b.list().resource_version == "50");
    (void)b.fsm.on_page("51", "");
    BOOST_TEST(!b.fsm.may_be_older());
}

BOOST_AUTO_TEST_CASE(only_a_streaming_list_at_no_version_may_be_older_than_what_is_known) {
    bench b;
    b.streamed("100");
    BOOST_TEST(!b.fsm.may_be_older());
    b.fsm.on_error_event(expired());
    (void)b.pause();
    BOOST_TEST(b.watch().resource_version == "100");
    b.fsm.on_watch_refused(too_large());
    BOOST_TEST(b.watch().resource_version == "");
    BOOST_TEST(b.fsm.on_watch_opened(b.now));
    BOOST_TEST(b.fsm.may_be_older());
    (void)b.event(event_type::bookmark, "50", true);
    BOOST_TEST(b.fsm.may_be_older());
    b.fsm.on_error_event(expired());
    (void)b.pause();
    b.streamed("51");
    BOOST_TEST(!b.fsm.may_be_older());
}

BOOST_AUTO_TEST_CASE(a_list_of_the_newest_that_is_called_expired_is_not_repeated_in_a_loop) {
    auto b = bench::with_lists();
    (void)b.list();
    b.fsm.on_list_failed(expired());
    (void)b.list();
    b.fsm.on_list_failed(expired());
    BOOST_TEST(b.pause().count() >= 800);
}

BOOST_AUTO_TEST_CASE(further_pages_carry_only_the_token_and_the_limit) {
    auto b = bench::with_lists();
    (void)b.list();
    const auto first = b.fsm.on_page("100", "token");
    BOOST_TEST(first.begin);
    BOOST_TEST(!first.end);
    BOOST_TEST(!b.fsm.synced());
    const auto l = b.list();
    BOOST_TEST(l.continue_token == "token");
    BOOST_TEST(l.resource_version == "");
    BOOST_TEST(l.limit == 500U);
    const auto last = b.fsm.on_page("100", "");
    BOOST_TEST(!last.begin);
    BOOST_TEST(last.end);
    BOOST_TEST(b.fsm.synced());
}

BOOST_AUTO_TEST_CASE(a_token_that_expires_makes_it_one_whole_list) {
    auto b = bench::with_lists();
    (void)b.list();
    (void)b.fsm.on_page("100", "token");
    (void)b.list();
    b.fsm.on_list_failed(expired());
    const auto l = b.list(); // at once
    BOOST_TEST(l.continue_token == "");
    BOOST_TEST(l.limit == 0U);
    const auto page = b.fsm.on_page("120", "");
    BOOST_TEST(page.begin); // what the first page began is void
    BOOST_TEST(page.end);
    BOOST_TEST(b.watch().resource_version == "120");
}

BOOST_AUTO_TEST_CASE(a_page_that_fails_otherwise_begins_the_list_anew_after_a_pause) {
    auto b = bench::with_lists();
    (void)b.list();
    (void)b.fsm.on_page("100", "token");
    (void)b.list();
    b.fsm.on_list_failed(refused());
    (void)b.pause();
    BOOST_TEST(b.list().continue_token == "");
    BOOST_TEST(b.fsm.on_page("101", "").begin);
}

BOOST_AUTO_TEST_CASE(the_watch_begins_at_the_lists_version) {
    auto b = bench::with_lists();
    b.listed("100");
    const auto w = b.watch();
    BOOST_TEST(w.resource_version == "100");
    BOOST_TEST(!w.send_initial_events);
}

BOOST_AUTO_TEST_CASE(nothing_is_synced_before_the_whole_list) {
    auto b = bench::with_lists();
    BOOST_TEST(!b.fsm.synced());
    (void)b.list();
    b.fsm.on_list_failed(refused());
    BOOST_TEST(!b.fsm.synced());
    (void)b.pause();
    b.listed("1");
    BOOST_TEST(b.fsm.synced());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reflector_watches)

BOOST_AUTO_TEST_CASE(a_watch_lasts_a_random_time_between_five_and_ten_minutes) {
    std::set<std::int64_t> seen;
    auto b = bench::with_lists();
    b.listed("1");
    for (int i = 0; i < 50; ++i) {
        const auto w = b.watch();
        BOOST_TEST(w.timeout.count() >= 300);
        BOOST_TEST(w.timeout.count() <= 600);
        seen.insert(w.timeout.count());
    }
    BOOST_TEST(seen.size() > 10U);
}

BOOST_AUTO_TEST_CASE(a_clean_end_of_the_watch_resumes_where_it_stopped) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    BOOST_TEST((b.event(event_type::added, "101") == verdict::changed));
    BOOST_TEST((b.event(event_type::modified, "102") == verdict::changed));
    BOOST_TEST((b.event(event_type::deleted, "103") == verdict::deleted));
    b.ended();
    BOOST_TEST(b.watch().resource_version == "103"); // at once, and no list
}

BOOST_AUTO_TEST_CASE(a_bookmark_advances_and_hands_nothing_on) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    BOOST_TEST((b.event(event_type::bookmark, "500") == verdict::ignored));
    b.ended();
    BOOST_TEST(b.watch().resource_version == "500");
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_resumes_where_it_stopped) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    (void)b.event(event_type::added, "101");
    b.ended(refused());
    BOOST_TEST(b.watch().resource_version == "101");
}

BOOST_AUTO_TEST_CASE(an_expired_watch_lists_at_least_as_fresh_after_a_pause) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    (void)b.event(event_type::added, "150");
    b.fsm.on_error_event(expired());
    b.ended(); // the shell's close says nothing new
    (void)b.pause();
    BOOST_TEST(b.list().resource_version == "150");
}

BOOST_AUTO_TEST_CASE(a_busy_server_is_watched_again_at_the_same_version_without_a_list) {
    for (const auto& why : {status(429), status(504), status(408), status(401)}) {
        auto b = bench::with_lists();
        b.listed("100");
        (void)b.watch();
        b.fsm.on_watch_refused(why);
        BOOST_TEST(b.pause().count() >= 800);
        BOOST_TEST(b.watch().resource_version == "100");
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_was_away_may_have_another_store_and_is_listed) {
    for (const auto& why : {refused(), status(502), status(503)}) {
        auto b = bench::with_lists();
        b.listed("100");
        (void)b.watch();
        b.opened();
        b.ended(refused());
        BOOST_TEST(b.watch().resource_version == "100");
        b.fsm.on_watch_refused(why);
        BOOST_TEST(b.pause().count() >= 800);
        BOOST_TEST(b.list().resource_version == "100");
        b.fsm.on_list_failed(too_large()); // it is not as far as that
        BOOST_TEST(b.list().resource_version == "");
        (void)b.fsm.on_page("60", "");
        BOOST_TEST(b.fsm.went_back());
        BOOST_TEST(b.watch().resource_version == "60");
        b.opened();
        b.fsm.on_error_event(expired());
        (void)b.pause();
        b.listed("61");
        BOOST_TEST(!b.fsm.went_back()); // said once
    }
}

BOOST_AUTO_TEST_CASE(a_streaming_list_tells_a_store_that_was_set_back_too) {
    bench b;
    b.streamed("100");
    BOOST_TEST(!b.fsm.went_back());
    b.ended(refused());
    (void)b.watch();
    b.fsm.on_watch_refused(refused());
    (void)b.pause();
    BOOST_TEST(b.watch().send_initial_events);
    b.fsm.on_watch_refused(too_large());
    b.streamed("60");
    BOOST_TEST(b.fsm.went_back());
}

BOOST_AUTO_TEST_CASE(a_pause_is_no_shorter_than_the_server_asks_for) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    auto why = status(429);
    why.set_retry_after(17s);
    b.fsm.on_watch_refused(why);
    BOOST_TEST(b.pause().count() >= 17'000);
}

BOOST_AUTO_TEST_CASE(a_server_that_says_when_sets_the_pace_for_a_while) {
    auto b = bench::with_lists();
    b.listed("100");
    auto why = status(429);
    why.set_retry_after(1s);
    const auto refused_again = [&] {
        (void)b.watch();
        b.fsm.on_watch_refused(why);
        return b.pause();
    };
    for (int i = 0; i < 10; ++i) {
        const auto pause = refused_again();
        BOOST_TEST(pause.count() >= 1'000);
        BOOST_TEST(pause.count() <= 1'250);
    }
    auto last = refused_again();
    for (int i = 0; i < 10; ++i) {
        last = std::max(last, refused_again());
    }
    BOOST_TEST(last.count() >= 30'000);
}

BOOST_AUTO_TEST_CASE(a_busy_server_in_mid_stream_is_watched_again_at_the_same_version) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    (void)b.event(event_type::modified, "110");
    b.fsm.on_error_event(status(429));
    (void)b.pause();
    BOOST_TEST(b.watch().resource_version == "110");
}

BOOST_AUTO_TEST_CASE(internal_errors_are_borne_a_few_times_and_then_it_lists) {
    auto b = bench::with_lists();
    b.listed("100");
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(b.watch().resource_version == "100");
        b.opened();
        b.fsm.on_error_event(status(500, "InternalError"));
        (void)b.pause();
    }
    (void)b.watch();
    b.opened();
    b.fsm.on_error_event(status(500, "InternalError"));
    (void)b.pause();
    BOOST_TEST(b.list().resource_version == "100");
}

BOOST_AUTO_TEST_CASE(any_other_error_lists_anew_after_a_pause) {
    for (const auto& why : {status(403), status(404), status(400), failure{internal_error("garbage")}}) {
        auto b = bench::with_lists();
        b.listed("100");
        (void)b.watch();
        b.fsm.on_watch_refused(why);
        (void)b.pause();
        (void)b.list();
    }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_events_list_anew_after_a_pause) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    b.ended(failure{internal_error("no event")});
    (void)b.pause();
    (void)b.list();
}

BOOST_AUTO_TEST_CASE(a_very_short_watch_without_an_event_backs_off_and_lists_in_the_end) {
    auto b = bench::with_lists();
    b.listed("100");
    for (int i = 0; i < 3; ++i) {
        (void)b.watch();
        b.opened();
        b.ended({}, 5ms);
        (void)b.pause();
    }
    (void)b.watch();
    b.opened();
    b.ended({}, 5ms);
    (void)b.pause();
    (void)b.list();
}

BOOST_AUTO_TEST_CASE(one_event_a_connection_does_not_become_a_busy_loop) {
    auto b = bench::with_lists();
    b.listed("100");
    for (int i = 0; i < 2; ++i) {
        (void)b.watch();
        b.opened();
        (void)b.event(event_type::bookmark, "100");
        b.ended({}, 5ms);
    }
    (void)b.pause();
    BOOST_TEST(b.watch().resource_version == "100");
}

BOOST_AUTO_TEST_CASE(an_object_of_another_kind_is_skipped_and_does_not_advance) {
    auto b = bench::with_lists();
    b.listed("100");
    (void)b.watch();
    b.opened();
    const auto v = b.fsm.on_event(
        {.type = event_type::modified, .api_version = "v1", .kind = "Secret", .resource_version = "999"}
    );
    BOOST_TEST((v == verdict::foreign));
    const auto w = b.fsm.on_event(
        {.type = event_type::added, .api_version = "v2", .kind = "ConfigMap", .resource_version = "999"}
    );
    BOOST_TEST((w == verdict::foreign));
    b.ended();
    BOOST_TEST(b.watch().resource_version == "100");
}

BOOST_AUTO_TEST_CASE(unordered_first_events_do_not_advance_until_one_that_is_no_addition) {
    auto b = bench::with_lists();
    b.listed(""); // some aggregated servers give their lists no version
    BOOST_TEST(b.watch().resource_version == "");
    b.opened();
    (void)b.event(event_type::added, "300");
    (void)b.event(event_type::added, "200");
    BOOST_TEST(b.fsm.resource_version() == "");
    (void)b.event(event_type::modified, "301");
    BOOST_TEST(b.fsm.resource_version() == "301");
    (void)b.event(event_type::added, "302");
    BOOST_TEST(b.fsm.resource_version() == "302");
}

BOOST_AUTO_TEST_CASE(versions_are_opaque) {
    auto b = bench::with_lists();
    b.listed("zebra");
    (void)b.watch();
    b.opened();
    (void)b.event(event_type::modified, "aardvark");
    b.ended();
    BOOST_TEST(b.watch().resource_version == "aardvark");
}

BOOST_AUTO_TEST_CASE(pauses_double_to_half_a_minute_with_as_much_jitter_and_begin_anew_after_health) {
    auto b = bench::with_lists();
    std::chrono::milliseconds longest{0};
    for (int i = 0; i < 12; ++i) {
        (void)b.list();
        b.fsm.on_list_failed(refused());
        const auto delay = b.pause();
        const auto base = std::min<std::int64_t>(800LL << i, 30'000);
        BOOST_TEST(delay.count() >= base);
        BOOST_TEST(delay.count() <= 2 * base);
        longest = std::max(longest, delay);
    }
    BOOST_TEST(longest.count() > 30'000);
    b.listed("1");
    (void)b.watch();
    b.opened();
    b.ended(refused(), 121s);
    (void)b.watch();
    b.fsm.on_watch_refused(refused());
    const auto after_health = b.pause();
    BOOST_TEST(after_health.count() <= 1600);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reflector_streaming_lists)

BOOST_AUTO_TEST_CASE(it_begins_with_a_streaming_list) {
    bench b;
    const auto w = b.watch();
    BOOST_TEST(w.send_initial_events);
    BOOST_TEST(w.resource_version == "");
    BOOST_TEST(b.fsm.on_watch_opened(b.now)); // new contents begin
    BOOST_TEST(b.fsm.in_initial_events());
}

BOOST_AUTO_TEST_CASE(the_marked_bookmark_swaps_and_the_same_stream_goes_on) {
    bench b;
    (void)b.watch();
    (void)b.fsm.on_watch_opened(b.now);
    BOOST_TEST((b.event(event_type::added, "90") == verdict::changed));
    BOOST_TEST((b.event(event_type::modified, "91") == verdict::changed));
    BOOST_TEST((b.event(event_type::deleted, "92") == verdict::deleted));
    BOOST_TEST((b.event(event_type::bookmark, "93") == verdict::ignored)); // an ordinary one
    BOOST_TEST(!b.fsm.synced());
    BOOST_TEST((b.event(event_type::bookmark, "100", true) == verdict::replaced));
    BOOST_TEST(b.fsm.synced());
    BOOST_TEST(b.fsm.resource_version() == "100");
    BOOST_TEST(!b.fsm.in_initial_events());
    BOOST_TEST((b.event(event_type::added, "101") == verdict::changed));
    BOOST_TEST(b.fsm.resource_version() == "101");
}

BOOST_AUTO_TEST_CASE(a_resumed_watch_never_asks_for_initial_events) {
    bench b;
    b.streamed("100");
    b.ended();
    const auto w = b.watch();
    BOOST_TEST(!w.send_initial_events);
    BOOST_TEST(w.resource_version == "100");
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_before_the_bookmark_is_begun_anew) {
    bench b;
    (void)b.watch();
    (void)b.fsm.on_watch_opened(b.now);
    (void)b.event(event_type::added, "90");
    b.ended();
    (void)b.pause();
    const auto w = b.watch();
    BOOST_TEST(w.send_initial_events);
    BOOST_TEST(w.resource_version == ""); // an item's version is not the list's
    BOOST_TEST(b.fsm.on_watch_opened(b.now));
}

BOOST_AUTO_TEST_CASE(streams_that_never_get_to_the_bookmark_make_it_a_list) {
    bench b;
    for (int i = 0; i < 2; ++i) {
        (void)b.watch();
        (void)b.fsm.on_watch_opened(b.now);
        b.ended(refused());
        (void)b.pause();
    }
    BOOST_TEST(b.list().resource_version == "0");
}

BOOST_AUTO_TEST_CASE(a_server_without_streaming_lists_is_listed_at_once_and_for_good) {
    for (const auto& why : {status(422, "Invalid"), status(406, "NotAcceptable"), status(400)}) {
        bench b;
        (void)b.watch();
        BOOST_TEST(!b.fsm.on_watch_refused(why)); // nothing is wrong
        b.listed("100");
        (void)b.watch();
        b.opened();
        b.fsm.on_error_event(expired());
        (void)b.pause();
        BOOST_TEST(b.list().resource_version == "100");
    }
}

BOOST_AUTO_TEST_CASE(an_expired_version_begins_the_stream_anew_at_the_newest) {
    for (const auto& why : {expired(), too_large()}) {
        bench b;
        b.streamed("100");
        b.fsm.on_error_event(expired());
        (void)b.pause();
        BOOST_TEST(b.watch().resource_version == "100"); // at least as fresh
        b.fsm.on_watch_refused(why);
        const auto w = b.watch(); // at once
        BOOST_TEST(w.send_initial_events);
        BOOST_TEST(w.resource_version == "");
        (void)b.fsm.on_watch_opened(b.now);
        (void)b.event(event_type::bookmark, "500", true);
        BOOST_TEST(b.fsm.resource_version() == "500");
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_is_down_is_not_taken_for_one_without_streaming_lists) {
    bench b;
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(b.watch().send_initial_events);
        BOOST_TEST(b.fsm.on_watch_refused(refused()));
        (void)b.pause();
    }
    BOOST_TEST(b.watch().send_initial_events);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
