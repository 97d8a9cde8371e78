#include "engine/conditions.hpp"
#include "engine/transitions.hpp"
#include "row.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast::engine {
namespace {

const wall_clock::time_point began{1'000'000s};

crds::application_status healthy() {
    crds::application_status status;
    status.observed_generation = 1;
    status.health.status = crds::health_code::healthy;
    return status;
}

void runs(crds::application_status& status, wall_clock::time_point at = began) {
    status.operation_state.emplace();
    status.operation_state->started_at = at;
    status.operation_state->sync_result.emplace();
    status.operation_state->sync_result->revision = "c8c89279f663f9815040942bfddbbef2712a1d02";
}

void ends(crds::application_status& status, crds::operation_phase phase, const std::string& message) {
    status.operation_state->phase = phase;
    status.operation_state->message = message;
    status.operation_state->finished_at = status.operation_state->started_at + 5s;
}

void problem(crds::application_status& status, const std::string& type, const std::string& message) {
    status.conditions.push_back({type, "True", 1, began, type, message});
}

std::string text_of(const transitions& made) {
    std::string text;
    for (const auto& one : made.told) {
        text += (text.empty() ? "" : " | ") + std::string{one.is_warning ? "! " : ""} + one.reason + ": " +
                one.note;
    }
    if (made.ended) {
        text += " (" + std::to_string(made.ended->took.count()) + " ms)";
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(transitions_between_statuses)

BOOST_AUTO_TEST_CASE(the_table) {
    using phase = crds::operation_phase;
    const std::vector<row<crds::application_status, crds::application_status>> rows{
        {"nothing", [](auto&, auto&) {}, ""},
        {"it runs", [](auto&, auto& now) { runs(now); }, ""},
        {"it ran and succeeded",
         [](auto& before, auto& now) {
             runs(before);
             runs(now);
             ends(now, phase::succeeded, "3 objects synced");
         },
         "OperationCompleted: Sync to c8c89279: 3 objects synced (5000 ms)"},
        {"it began and succeeded at once",
         [](auto&, auto& now) {
             runs(now);
             ends(now, phase::succeeded, "3 objects synced");
         },
         "OperationCompleted: Sync to c8c89279: 3 objects synced (5000 ms)"},
        {"it failed",
         [](auto& before, auto& now) {
             runs(before);
             runs(now);
             ends(now, phase::failed, "refused");
         },
         "! OperationFailed: Sync to c8c89279: refused (5000 ms)"},
        {"it had ended before",
         [](auto& before, auto& now) {
             runs(before);
             ends(before, phase::failed, "refused");
             now = before;
         },
         ""},
        {"the next one ended",
         [](auto& before, auto& now) {
             runs(before);
             ends(before, phase::failed, "refused");
             runs(now, began + 1h);
             ends(now, phase::failed, "refused");
         },
         "! OperationFailed: Sync to c8c89279: refused (5000 ms)"},
        {"an attempt failed",
         [](auto& before, auto& now) {
             runs(before);
             runs(now);
             now.operation_state->retry_count = 1;
             now.operation_state->message = "refused (attempt 2 at 10:00)";
         },
         "! OperationRetrying: refused (attempt 2 at 10:00)"},
        {"the second attempt failed",
         [](auto& before, auto& now) {
             runs(before);
             before.operation_state->retry_count = 1;
             now = before;
             now.operation_state->retry_count = 2;
         },
         ""},
        {"a problem", [](auto&, auto& now) { problem(now, "ComparisonError", "no route to host"); },
         "! ComparisonError: no route to host"},
        {"the same problem",
         [](auto& before, auto& now) {
             problem(before, "ComparisonError", "x");
             problem(now, "ComparisonError", "x");
         },
         ""},
        {"another problem",
         [](auto& before, auto& now) {
             problem(before, "ComparisonError", "x");
             problem(now, "ComparisonError", "y");
         },
         "! ComparisonError: y"},
        {"what others wrote about whose objects are",
         [](auto&, auto& now) { problem(now, std::string{ownership_type}, "x"); }, "! OwnershipWarning: x"},
        {"degraded",
         [](auto&, auto& now) { now.health = {crds::health_code::degraded, "apps/Deployment:shop/web", {}}; },
         "! HealthStatusChanged: from Healthy to Degraded: apps/Deployment:shop/web"},
        {"recovered", [](auto& before, auto&) { before.health.status = crds::health_code::degraded; },
         "HealthStatusChanged: from Degraded to Healthy"},
        {"progressing is no news",
         [](auto&, auto& now) { now.health.status = crds::health_code::progressing; }, ""},
        {"a first status",
         [](auto& before, auto& now) {
             before = {};
             now.health.status = crds::health_code::degraded;
         },
         ""},
    };
    for (const auto& one : rows) {
        auto before = healthy();
        auto now = healthy();
        one.made(before, now);
        BOOST_TEST(text_of(transitions_of(before, now)) == one.expected, one.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
