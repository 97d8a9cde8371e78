// Schedules: what is one, and when it is due.

#include "match/cron.hpp"

#include "base/timestamp.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::match {
namespace {

using namespace std::chrono;

sys_time at(const std::string& text) {
    return floor<seconds>(parse_time(text).value());
}

std::string next(const std::string& schedule, const std::string& after, const std::string& zone = "") {
    const auto parsed = cron::parse(schedule);
    BOOST_REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message());
    const auto found = parsed->next(at(after), time_zone::find(zone).value());
    return found ? format_time(*found) : "never";
}

BOOST_AUTO_TEST_SUITE(cron_)

BOOST_AUTO_TEST_CASE(what_is_due_next) {
    const std::vector<std::array<std::string, 3>> cases{
        {"0 9 * * *", "2026-11-30T08:59:59Z", "2026-11-30T09:00:00Z"},
        {"0 9 * * *", "2026-11-30T09:00:00Z", "2026-12-01T09:00:00Z"},
        {"* * * * *", "2026-11-30T09:00:00Z", "2026-11-30T09:01:00Z"},
        {"*/15 * * * *", "2026-11-30T09:46:00Z", "2026-11-30T10:00:00Z"},
        {"5/20 * * * *", "2026-11-30T09:26:00Z", "2026-11-30T09:45:00Z"},
        {"10-20/5 3,4 * * *", "2026-11-30T03:20:00Z", "2026-11-30T04:10:00Z"},
        {"0 0 1 jan ?", "2026-11-30T00:00:00Z", "2027-01-01T00:00:00Z"},
        {"0 0 ? * SUN", "2026-11-30T00:00:00Z", "2026-12-06T00:00:00Z"},
        {"0 0 * * Mon-fri", "2026-12-04T00:00:00Z", "2026-12-07T00:00:00Z"},
        {"0 0 29 2 *", "2026-11-30T00:00:00Z", "2028-02-29T00:00:00Z"},
        {"0 0 30 2 *", "2026-11-30T00:00:00Z", "never"},
        // Both days restricted: one of them is enough.
        {"0 9 13 * 5", "2026-11-30T00:00:00Z", "2026-12-04T09:00:00Z"},
        {"0 9 13 * 5", "2026-12-11T10:00:00Z", "2026-12-13T09:00:00Z"},
        // A step of more than one restricts as well.
        {"0 9 */2 * 5", "2026-12-01T10:00:00Z", "2026-12-03T09:00:00Z"},
        {"0 9 */1 * 5", "2026-12-01T10:00:00Z", "2026-12-04T09:00:00Z"},
    };
    for (const auto& [schedule, after, expected] : cases) {
        BOOST_TEST(next(schedule, after) == expected, schedule << " after " << after);
    }
}

BOOST_AUTO_TEST_CASE(clocks_that_are_set_forward_and_back) {
    const std::string berlin = "Europe/Berlin"; // forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00
    const std::vector<std::array<std::string, 4>> cases{
        {"0 9 * * *", "2026-01-10T00:00:00Z", "2026-01-10T08:00:00Z", berlin},
        {"0 9 * * *", "2026-07-10T00:00:00Z", "2026-07-10T07:00:00Z", berlin},
        // The day before, the day itself, the day after.
        {"30 2 * * *", "2026-03-28T00:00:00Z", "2026-03-28T01:30:00Z", berlin},
        {"30 2 * * *", "2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z", berlin}, // jumped over: at the jump
        {"30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", berlin},
        {"0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", berlin},
        // Shown twice: the first time only.
        {"30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", berlin},
        {"30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", berlin},
        // A schedule for every hour is due in every hour.
        {"30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", berlin},
        {"30 * * * *", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z", berlin},
        {"30 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", berlin},
        // Set at midnight, and by half an hour.
        {"0 0 * * *", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z", "America/Santiago"},
        {"15 2 * * *", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z", "Australia/Lord_Howe"},
        {"0 9 * * *", "2026-07-10T00:00:00Z", "2026-07-10T03:15:00Z", "Asia/Kathmandu"},
        {"0 9 * * *", "2026-07-10T00:00:00Z", "2026-07-11T00:00:00Z", "Asia/Tokyo"},
        // A day that a zone left out.
        {"0 9 30 12 *", "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z", "Pacific/Apia"},
    };
    for (const auto& [schedule, after, expected, zone] : cases) {
        BOOST_TEST(next(schedule, after, zone) == expected, schedule << " after " << after << " " << zone);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_schedule_is_named) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"bad",
         "expected exactly 5 fields (minute, hour, day of the month, month, day of the week), found 1: [bad]"
        },
        {"", "found 0"},
        {"0 0 9 * * *", "found 6"},
        {"@daily", "found 1"},
        {"60 * * * *", "minute: \"60\" is out of range: it goes from 0 to 59"},
        {"* 24 * * *", "hour: "},
        {"* * 0 * *", "day of the month: \"0\" is out of range: it goes from 1 to 31"},
        {"* * * 13 *", "month: "},
        {"* * * * 7", "day of the week: \"7\" is out of range: it goes from 0 to 6"},
        {"* * * * 5-1", "ends before it begins"},
        {"* * L * *", "\"L\" is not a number"},
        {"*/0 * * * *", "has a step of 0"},
        {"1-2-3 * * * *", "is not a range"},
        {"*/2/3 * * * *", "more than one step"},
        {"-1 * * * *", "is not a number"},
        {"+1 * * * *", "is not a number"},
        {"1, * * * *", "is not a number"},
        {"TZ=Asia/Tokyo", "no fields after the time zone"},
        {"* * * foo *", "\"foo\" is not a number"},
    };
    for (const auto& [schedule, expected] : cases) {
        const auto parsed = cron::parse(schedule);
        BOOST_TEST_REQUIRE(!parsed.has_value(), schedule);
        BOOST_TEST(parsed.error().message().find(expected) != std::string::npos, parsed.error().message());
    }
    BOOST_TEST(cron::parse("CRON_TZ=Asia/Tokyo 0 9 * * *").value().zone() == "Asia/Tokyo");
    BOOST_TEST(cron::parse("TZ=UTC 0 9 * * *").value().zone() == "UTC");
}

BOOST_AUTO_TEST_CASE(zones_are_those_of_the_database) {
    for (const auto* name : {"Europe/Berlin", "Asia/Tokyo", "Etc/GMT+5", "UTC", ""}) {
        BOOST_TEST(time_zone::find(name).has_value(), name);
    }
    for (const auto* name : {"Berlin", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Local"}) {
        const auto found = time_zone::find(name);
        BOOST_TEST_REQUIRE(!found.has_value(), name);
        BOOST_TEST(found.error().message().find(name) != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::match
