// What sync windows of a Project say to the operations of an Application.
#include "control/window_rulings.hpp"

#include "base/timestamp.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::control {
namespace {

using namespace std::chrono_literals;

policy::grants granted(const std::vector<crds::sync_window>& windows) {
    crds::project value;
    value.metadata.name = "shop";
    value.spec.sync_windows = windows;
    policy::grants made;
    made.project = std::make_shared<const policy::project_rules>(value);
    return made;
}

crds::sync_window deny(std::string duration = "8h") {
    crds::sync_window made;
    made.kind = crds::window_kind::deny;
    made.schedule = "0 9 * * *";
    made.duration = std::move(duration);
    made.namespaces = {"shop-*"};
    return made;
}

wall_clock::time_point at(const std::string& time) {
    return parse_time("2026-11-30T" + time + ":00Z").value();
}

crds::application application() {
    crds::application value;
    value.metadata.name = "web";
    value.spec.destination.name = "in-cluster";
    value.spec.destination.namespace_ = "shop-prod";
    return value;
}

crds::application running(const std::string& since, bool automated = false) {
    auto value = application();
    auto& state = value.status.operation_state.emplace();
    state.phase = crds::operation_phase::running;
    state.started_at = at(since);
    state.operation.sync.emplace();
    state.operation.initiated_by.emplace();
    state.operation.initiated_by->automated = automated;
    return value;
}

BOOST_AUTO_TEST_SUITE(window_rulings)

BOOST_AUTO_TEST_CASE(what_a_window_forbids_is_said_with_its_end) {
    const auto said = ruling_on(granted({deny()}), application(), at("10:00"), /*manual=*/false);
    BOOST_TEST(!said.is_allowed);
    BOOST_TEST(
        said.why == "sync windows forbid an automatic sync until 2026-11-30T17:00:00Z: the deny window "
                    "\"0 9 * * *\" for 8h (UTC) is open"
    );
    BOOST_TEST_REQUIRE(said.until.has_value());
    BOOST_TEST((*said.until == at("17:00")));
    BOOST_TEST(ruling_on(granted({deny()}), application(), at("18:00"), false).is_allowed);
}

BOOST_AUTO_TEST_CASE(a_window_is_for_those_that_it_names) {
    auto other = application();
    other.spec.destination.namespace_ = "team";
    BOOST_TEST(ruling_on(granted({deny()}), other, at("10:00"), false).is_allowed);
    BOOST_TEST(ruling_on(granted({}), application(), at("10:00"), false).is_allowed);
    BOOST_TEST(ruling_on(policy::grants{}, application(), at("10:00"), false).is_allowed);
}

BOOST_AUTO_TEST_CASE(who_asks_may_sync_where_the_window_lets_people) {
    auto lets = deny();
    lets.manual_sync = true;
    BOOST_TEST(!ruling_on(granted({deny()}), application(), at("10:00"), true).is_allowed);
    BOOST_TEST(ruling_on(granted({lets}), application(), at("10:00"), true).is_allowed);
    BOOST_TEST(!ruling_on(granted({lets}), application(), at("10:00"), false).is_allowed);
}

BOOST_AUTO_TEST_CASE(what_runs_goes_on_only_with_an_overrun_and_only_where_it_was_allowed_to_begin) {
    auto lets = deny();
    lets.sync_overrun = true;
    BOOST_TEST(!ruling_on_running(granted({deny()}), running("08:58", true), at("10:00")).is_allowed);
    BOOST_TEST(ruling_on_running(granted({lets}), running("08:58", true), at("10:00")).is_allowed);
    BOOST_TEST(!ruling_on_running(granted({lets}), running("09:30", true), at("10:00")).is_allowed);
    auto over = running("09:30", true);
    over.status.operation_state->finished_at = at("09:40");
    over.status.operation_state->phase = crds::operation_phase::succeeded;
    BOOST_TEST(ruling_on_running(granted({deny()}), over, at("10:00")).is_allowed);
    auto dry = running("09:30");
    dry.status.operation_state->operation.sync->dry_run = true;
    BOOST_TEST(ruling_on_running(granted({deny()}), dry, at("10:00")).is_allowed);
}

BOOST_AUTO_TEST_CASE(an_operation_that_somebody_asked_for_goes_by_what_people_may) {
    auto lets = deny();
    lets.manual_sync = true;
    BOOST_TEST(ruling_on_running(granted({lets}), running("09:30"), at("10:00")).is_allowed);
    BOOST_TEST(!ruling_on_running(granted({lets}), running("09:30", true), at("10:00")).is_allowed);
}

// Clocks are put right, and a change may lie farther ahead than anybody looks.
BOOST_AUTO_TEST_CASE(it_is_asked_again_after_a_day_at_the_latest) {
    auto ever = deny("48h");
    const auto said = ruling_on(granted({ever}), application(), at("10:00"), false);
    BOOST_TEST(!said.is_allowed);
    BOOST_TEST_REQUIRE(said.until.has_value());
    BOOST_TEST((*said.until == at("10:00") + 24h));
}

// The rest of the Project holds.
BOOST_AUTO_TEST_CASE(a_window_that_is_wrong_forbids_what_it_is_for) {
    auto wrong = deny();
    wrong.schedule = "bad";
    const auto all = granted({wrong});
    BOOST_TEST(all.project->problem() == "");
    const auto said = ruling_on(all, application(), at("10:00"), true);
    BOOST_TEST(!said.is_allowed);
    BOOST_TEST(said.why.starts_with("invalid sync windows: cannot parse schedule 'bad': "));
    auto other = application();
    other.spec.destination.namespace_ = "team";
    BOOST_TEST(ruling_on(all, other, at("10:00"), true).is_allowed);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::control
