// When syncs are allowed. The numbers are those of Argo CD's cases.

#include "policy/sync_windows.hpp"

#include "base/timestamp.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

using namespace std::chrono;
using crds::window_kind;

constexpr auto allow_kind = window_kind::allow;
constexpr auto deny_kind = window_kind::deny;

system_clock::time_point at(const std::string& text) {
    return parse_time(text).value();
}

// Of the last Monday of November 2026.
system_clock::time_point today(const std::string& time) {
    return at("2026-11-30T" + time + (time.size() == 5 ? ":00Z" : "Z"));
}

crds::sync_window
window(window_kind kind, const std::string& schedule = "0 9 * * *", const std::string& lasts = "8h") {
    crds::sync_window made;
    made.kind = kind;
    made.schedule = schedule;
    made.duration = lasts;
    made.applications = {"*"};
    return made;
}

crds::sync_window manual(crds::sync_window of) {
    of.manual_sync = true;
    return of;
}

const window_facts shop{
    .application = "shop",
    .cluster_name = {},
    .server = "https://kubernetes.default.svc",
    .namespace_ = "shop"
};

enum class who { automatic, manually };

struct one {
    std::string number;
    std::vector<crds::sync_window> windows;
    system_clock::time_point now;
    who by;
    bool allowed;
};

std::vector<one> cases() {
    const auto allow = window(allow_kind);
    const auto deny = window(deny_kind);
    auto tokyo = allow;
    tokyo.time_zone = "Asia/Tokyo";
    auto in_cluster = deny;
    in_cluster.applications.clear();
    in_cluster.clusters = {"in-cluster"};
    auto both = deny;
    both.and_operator = true;
    both.namespaces = {"nope"};
    auto nobody = deny;
    nobody.applications.clear();
    auto own_namespace = nobody;
    own_namespace.namespaces = {"sh?p"};
    auto by_server = nobody;
    by_server.clusters = {"https://kubernetes.*"};
    auto other_case = nobody;
    other_case.applications = {"Shop"};
    const auto night = today("20:30");
    const auto day = today("09:30");
    return {
        {"0", {}, night, who::automatic, true},
        {"1", {allow}, day, who::automatic, true},
        {"2", {allow}, night, who::automatic, false},
        {"3", {allow}, night, who::manually, false},
        {"4", {manual(allow)}, night, who::manually, true},
        {"4 automatic", {manual(allow)}, night, who::automatic, false},
        {"5", {deny}, day, who::automatic, false},
        {"6", {deny}, night, who::automatic, true},
        {"7", {allow, deny}, day, who::automatic, false},
        {"8", {allow, manual(deny)}, day, who::manually, true},
        {"9", {deny, manual(deny)}, day, who::manually, false},
        {"10", {allow, window(allow_kind, "0 20 * * *", "1h")}, day, who::automatic, true},
        {"11", {allow, manual(allow)}, night, who::manually, false},
        {"12", {deny, allow}, night, who::automatic, false},
        {"13", {window(allow_kind, "bad")}, day, who::automatic, false},
        {"13 manual", {manual(window(deny_kind, "bad"))}, day, who::manually, false},
        {"14 a", {allow}, today("09:00"), who::automatic, false},
        {"14 b", {allow}, today("09:00:01"), who::automatic, true},
        {"14 c", {allow}, today("16:59:59"), who::automatic, true},
        {"14 d", {allow}, today("17:00"), who::automatic, false},
        {"15", {window(allow_kind, "0 22 * * *")}, today("05:59"), who::automatic, true},
        {"16", {window(allow_kind, "0 9 * * 1-5")}, at("2026-12-05T10:00:00Z"), who::automatic, false},
        {"17", {tokyo}, today("00:30"), who::automatic, true},
        {"18", {window(allow_kind, "0 9 13 * 5", "1h")}, at("2026-11-06T09:30:00Z"), who::automatic, true},
        {"19 a", {window(allow_kind, "0 0 * * *", "48h")}, today("00:00"), who::automatic, true},
        {"19 b", {window(allow_kind, "* * * * *", "1h")}, today("13:00"), who::automatic, true},
        {"never", {window(deny_kind, "* * * * *", "0s")}, today("13:00"), who::automatic, true},
        {"20", {in_cluster}, day, who::automatic, true},
        {"20 by its server", {by_server}, day, who::automatic, false},
        {"21", {both}, day, who::automatic, true},
        {"no lists", {nobody}, day, who::automatic, true},
        {"its namespace", {own_namespace}, day, who::automatic, false},
        {"globs tell capitals apart", {other_case}, day, who::automatic, true},
    };
}

BOOST_AUTO_TEST_SUITE(sync_windows_)

BOOST_AUTO_TEST_CASE(whether_a_sync_is_allowed) {
    for (const auto clock : {window_clock::at_start, window_clock::at_now}) {
        for (const auto& c : cases()) {
            const sync_windows windows{c.windows, clock};
            const auto said = windows.ask(shop, c.now, {.manual = c.by == who::manually, .started = {}});
            BOOST_TEST(said.allowed == c.allowed, c.number << ": " << said.why);
            BOOST_TEST(said.why.empty() == said.allowed, c.number);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_operation_that_began_in_time_goes_on_with_overrun) { // 22
    auto deny = window(deny_kind);
    const auto ask = [&](const std::string& started, bool overrun, std::vector<crds::sync_window> more = {}) {
        deny.sync_overrun = overrun;
        more.push_back(deny);
        return sync_windows{more, window_clock::at_start}
            .ask(shop, today("09:30"), {.manual = false, .started = today(started)})
            .allowed;
    };
    BOOST_TEST(ask("08:58", true));
    BOOST_TEST(!ask("08:58", false));
    BOOST_TEST(!ask("09:10", true));                      // it was not allowed then
    BOOST_TEST(!ask("08:58", true, {window(deny_kind)})); // every one has to have it
    // An allow window that ended.
    auto allow = window(allow_kind, "0 8 * * *", "1h");
    allow.sync_overrun = true;
    BOOST_TEST((sync_windows{{allow}, window_clock::at_start}
                    .ask(shop, today("09:30"), {.manual = false, .started = today("08:58")})
                    .allowed));
}

BOOST_AUTO_TEST_CASE(what_forbids_it_and_until_when_is_said) {
    const auto said = [](std::vector<crds::sync_window> windows, const std::string& now,
                         bool is_manual = false) {
        return sync_windows{windows, window_clock::at_start}.ask(
            shop, today(now), {.manual = is_manual, .started = {}}
        );
    };
    BOOST_TEST(
        said({window(deny_kind)}, "09:30").why ==
        "sync windows forbid an automatic sync until 2026-11-30T17:00:00Z: the deny window \"0 9 * * *\" for 8h (UTC) "
        "is open"
    );
    BOOST_TEST((said({window(deny_kind)}, "09:30").until == today("17:00")));
    const auto closed = said({window(allow_kind), window(allow_kind, "0 22 * * *", "1h")}, "20:30", true);
    BOOST_TEST(
        closed.why.starts_with("sync windows forbid a sync until 2026-11-30T22:00:00Z: the allow window")
    );
    BOOST_TEST(closed.why.ends_with("is closed, as are 1 more"));
    BOOST_TEST((closed.until > today("22:00") && closed.until < today("22:00:01")));
    BOOST_TEST(
        said({window(allow_kind, "bad")}, "09:30").why ==
        "invalid sync windows: cannot parse schedule 'bad': expected exactly 5 fields (minute, hour, day of the month, "
        "month, day of the week), found 1: [bad]"
    );
    // What is allowed has an end, too.
    BOOST_TEST((said({window(allow_kind)}, "09:30").until == today("17:00")));
    BOOST_TEST((said({window(deny_kind)}, "20:30").until > at("2026-12-01T09:00:00Z")));
    // Windows that follow each other, and those that never end.
    const auto chained = said({window(deny_kind), window(deny_kind, "0 16 * * *", "4h")}, "09:30");
    BOOST_TEST((chained.until == today("20:00")));
    BOOST_TEST(!said({window(deny_kind, "* * * * *", "1h")}, "09:30").until.has_value());
    BOOST_TEST(!said({window(deny_kind, "0 0 * * *", "48h")}, "09:30").until.has_value());
    // The other answer holds at that moment.
    for (const auto& windows :
         {std::vector{window(deny_kind)}, std::vector{window(allow_kind)},
          std::vector{window(allow_kind), window(deny_kind, "*/10 * * * *", "3m")}}) {
        for (auto now = today("00:00"); now < today("23:59"); now += minutes{7}) {
            const sync_windows all{windows, window_clock::at_start};
            const auto first = all.ask(shop, now, {});
            BOOST_REQUIRE(first.until.has_value());
            BOOST_TEST(all.ask(shop, *first.until, {}).allowed != first.allowed);
            BOOST_TEST(all.ask(shop, *first.until - milliseconds{1}, {}).allowed == first.allowed);
        }
    }
}

BOOST_AUTO_TEST_CASE(summer_and_winter_time) {
    auto berlin = window(deny_kind, "0 9 * * *", "8h");
    berlin.time_zone = "Europe/Berlin";
    auto night = window(deny_kind, "0 1 * * *", "3h"); // over the hour in which clocks are set
    night.time_zone = "Europe/Berlin";
    struct dst_case {
        crds::sync_window window;
        std::string now;
        bool denied_by_start; // the offset of the start counts
        bool denied_by_now;   // Argo CD's: that of now
    };
    const std::vector<dst_case> table{
        {berlin, "2026-03-28T08:30:00Z", true, true},   // 09:30, winter
        {berlin, "2026-03-29T07:30:00Z", true, true},   // 09:30, the first day of summer time
        {berlin, "2026-03-29T06:30:00Z", false, false}, // 08:30
        {berlin, "2026-03-29T15:30:00Z", false, false}, // 17:30
        {berlin, "2026-10-25T08:30:00Z", true, true},   // 09:30, the first day of winter time
        {berlin, "2026-10-25T07:30:00Z", false, false}, // 08:30
        {berlin, "2026-10-24T07:30:00Z", true, true},   // 09:30, the last day of summer time
        // From 01:00 (00:00Z) for three hours: until 03:00Z, when clocks show 05:00.
        {night, "2026-03-29T00:30:00Z", true, true},
        {night, "2026-03-29T02:30:00Z", true, false}, // 04:30: by the offset of now it ended at 04:00
        {night, "2026-03-29T03:30:00Z", false, false},
        // From 01:00 (23:00Z of the day before) for three hours: until 02:00Z, when clocks show 03:00.
        {night, "2026-10-24T23:30:00Z", true, true},
        {night, "2026-10-25T01:30:00Z", true, true},
        {night, "2026-10-25T02:30:00Z", false, true}, // 03:30: by the offset of now it lasts until 04:00
    };
    for (const auto& c : table) {
        const auto denied = [&](window_clock clock) {
            return !sync_windows{{c.window}, clock}.ask(shop, at(c.now), {}).allowed;
        };
        BOOST_TEST(denied(window_clock::at_start) == c.denied_by_start, c.now << " at its start");
        BOOST_TEST(denied(window_clock::at_now) == c.denied_by_now, c.now << " now");
    }
    const sync_windows all{{berlin}, window_clock::at_start};
    BOOST_TEST((all.ask(shop, at("2026-03-29T07:30:00Z"), {}).until == at("2026-03-29T15:00:00Z")));
}

BOOST_AUTO_TEST_CASE(a_zone_is_that_of_the_window_or_of_the_schedule) {
    auto tokyo = window(deny_kind, "TZ=Asia/Tokyo 0 9 * * *", "8h");
    const auto denied = [&](window_clock clock) {
        return !sync_windows{{tokyo}, clock}.ask(shop, today("00:30"), {}).allowed;
    };
    BOOST_TEST(denied(window_clock::at_start));
    BOOST_TEST(denied(window_clock::at_now));
}

BOOST_AUTO_TEST_CASE(windows_that_do_not_do_what_most_people_think_are_told) {
    const auto told = [](crds::sync_window of) {
        return crds::join(
            surprises_of({window(allow_kind), std::move(of)}, window_clock::at_start, today("10:00"))
        );
    };
    auto for_nobody = window(deny_kind);
    for_nobody.applications.clear();
    auto in_namespaces = for_nobody;
    in_namespaces.namespaces = {"*"};
    BOOST_TEST(told(window(deny_kind)) == "");
    BOOST_TEST(told(in_namespaces) == "");
    BOOST_TEST(
        told(for_nobody) ==
        "spec.syncWindows[1]: is for no application: name some in applications, namespaces or "
        "clusters (\"*\" for all)"
    );
    BOOST_TEST(
        told(window(deny_kind, "0 0 30 2 *")) == "spec.syncWindows[1]: never opens, so it denies nothing"
    );
    BOOST_TEST(
        told(window(allow_kind, "0 9 * * *", "0s")) ==
        "spec.syncWindows[1]: never opens, so no sync of what it is for is allowed"
    );
    BOOST_TEST(
        told(window(deny_kind, "* * * * *", "1h")) ==
        "spec.syncWindows[1]: does not close for a long time: no sync of what it is for is allowed"
    );
    BOOST_TEST(
        told(window(allow_kind, "0 0 * * *", "48h")) ==
        "spec.syncWindows[1]: does not close for a long time, so it limits nothing"
    );
    BOOST_TEST(told(window(deny_kind, "bad")) == ""); // that is a problem, not a surprise
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_windows_is_said_to_who_makes_them) {
    const auto problem = [](crds::sync_window of, window_clock clock = window_clock::at_start) {
        const sync_windows all{{window(allow_kind), std::move(of)}, clock};
        return all.problems().empty() ? std::string{} : all.problems().front().text();
    };
    auto zone = window(deny_kind);
    zone.time_zone = "Europe/Munich";
    auto two = window(deny_kind, "TZ=Asia/Tokyo 0 9 * * *");
    two.time_zone = "Europe/Berlin";
    auto glob = window(deny_kind);
    glob.namespaces = {"a", "[b"};
    BOOST_TEST(problem(window(deny_kind)) == "");
    BOOST_TEST(problem(window(deny_kind, "bad"))
                   .starts_with("spec.syncWindows[1].schedule: cannot parse schedule 'bad'"));
    BOOST_TEST(problem(window(deny_kind, "0 9 * * *", "2d")).starts_with("spec.syncWindows[1].duration: "));
    BOOST_TEST(
        problem(zone) ==
        "spec.syncWindows[1].timeZone: there is no time zone \"Europe/Munich\": name one of the IANA "
        "database, as Europe/Berlin"
    );
    BOOST_TEST(problem(zone, window_clock::at_now) == ""); // Argo CD takes UTC
    BOOST_TEST(problem(two).starts_with(
        "spec.syncWindows[1].timeZone: is Europe/Berlin and the schedule says Asia/Tokyo"
    ));
    BOOST_TEST(problem(glob).starts_with("spec.syncWindows[1].namespaces: glob \"[b\""));
    // And it forbids what it is for, be it that nobody can say what that is.
    zone.applications = {"another"};
    BOOST_TEST((sync_windows{{zone}, window_clock::at_start}.ask(shop, today("20:30"), {}).allowed));
    zone.applications = {"shop"};
    BOOST_TEST(!(sync_windows{{zone}, window_clock::at_start}.ask(shop, today("20:30"), {}).allowed));
    glob.applications.clear();
    BOOST_TEST(!(sync_windows{{glob}, window_clock::at_start}.ask(shop, today("20:30"), {}).allowed));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::policy
