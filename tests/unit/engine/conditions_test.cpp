// What an application's conditions say: a table of situations.

#include "engine/conditions.hpp"
#include "row.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast::engine {
namespace {

const wall_clock::time_point before{1'000'000s};
const wall_clock::time_point now{2'000'000s};

// Synced, healthy, and an operation that succeeded.
struct situation {
    crds::application_status status;
    findings found;
    std::vector<std::string> warnings;
    std::string out_of_sync;
    bool deleting = false;

    situation() {
        status.sync.status = crds::sync_code::synced;
        status.sync.short_revision = "0a1b2c3d";
        status.health.status = crds::health_code::healthy;
        status.operation_state.emplace();
        status.operation_state->phase = crds::operation_phase::succeeded;
    }
    void runs(const std::string& message) {
        status.operation_state->phase = crds::operation_phase::running;
        status.operation_state->message = message;
    }
    void problem(const std::string& type, const std::string& message, const std::string& reason = {}) {
        found.problems[type] = message;
        found.reason = reason;
    }
    [[nodiscard]] std::vector<crds::condition> conditions() const {
        return conditions_of(
            {.status = status,
             .found = found,
             .warnings = warnings,
             .out_of_sync = out_of_sync,
             .generation = 7,
             .deleting = deleting},
            now
        );
    }
};

// "Ready=True Ready: message" of each, in the order of their types.
std::string text_of(std::vector<crds::condition> conditions) {
    std::sort(conditions.begin(), conditions.end(), [](const auto& a, const auto& b) {
        return a.type < b.type;
    });
    std::string text;
    for (const auto& c : conditions) {
        text += (text.empty() ? "" : " | ") + c.type + "=" + c.status + " " + c.reason + ": " + c.message;
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(conditions)

BOOST_AUTO_TEST_CASE(the_table) {
    const std::vector<row<situation>> rows{
        {"ready", [](auto&) {}, "Ready=True Ready: Synced to 0a1b2c3d and healthy"},
        {"out of sync",
         [](auto& s) {
             s.status.sync.status = crds::sync_code::out_of_sync;
             s.out_of_sync = "Deployment \"shop/web\" is not there";
         },
         "Ready=False OutOfSync: Deployment \"shop/web\" is not there"},
        {"out of sync, and it waits",
         [](auto& s) {
             s.status.sync.status = crds::sync_code::out_of_sync;
             s.out_of_sync = "Deployment \"shop/web\" is not there";
             s.found.waiting = "waits for its turn";
         },
         "Ready=False OutOfSync: waits for its turn | Reconciling=True Waiting: waits for its turn"},
        {"unknown",
         [](auto& s) {
             s.status.sync.status = crds::sync_code::unknown;
             s.found.waiting = "waits";
         },
         "Ready=False Unknown: waits | Reconciling=True Waiting: waits"},
        {"progressing",
         [](auto& s) { s.status.health = {crds::health_code::progressing, "apps/Deployment:shop/web", {}}; },
         "Ready=False Progressing: apps/Deployment:shop/web"},
        {"an operation runs", [](auto& s) { s.runs("wave 1"); },
         "Ready=False Syncing: wave 1 | Reconciling=True Syncing: wave 1"},
        {"an operation waits",
         [](auto& s) {
             s.runs("wave 1");
             s.found.waiting = "waits for health";
         },
         "Ready=False Syncing: wave 1 | Reconciling=True Syncing: waits for health"},
        {"failed, and still to be done",
         [](auto& s) {
             s.status.sync.status = crds::sync_code::out_of_sync;
             s.status.operation_state->phase = crds::operation_phase::failed;
             s.status.operation_state->message = "refused";
         },
         "Ready=False SyncFailed: refused | SyncError=True OperationFailed: refused"},
        {"failed, and synced by hand since",
         [](auto& s) { s.status.operation_state->phase = crds::operation_phase::failed; },
         "Ready=True Ready: Synced to 0a1b2c3d and healthy"},
        {"a source cannot be reached",
         [](auto& s) { s.problem("ComparisonError", "no route to host", "ComparisonError"); },
         "ComparisonError=True ComparisonError: no route to host | Ready=False ComparisonError: no route to "
         "host"},
        {"a repository is gone, and what it gave is in place",
         [](auto& s) { s.problem("RepositoryError", "there is no such repository", "NotFound"); },
         "Ready=False NotFound: there is no such repository | RepositoryError=True NotFound: there is no "
         "such "
         "repository"},
        {"somebody has to change something",
         [](auto& s) {
             s.problem("InvalidSpecError", "spec.source: …", "InvalidSpec");
             s.found.stalled = true;
         },
         "InvalidSpecError=True InvalidSpec: spec.source: … | Ready=False InvalidSpec: spec.source: … | "
         "Stalled=True InvalidSpec: is not tried again before something is changed: see InvalidSpecError"},
        {"stalled does not show while an operation runs",
         [](auto& s) {
             s.runs("wave 1");
             s.problem("SyncError", "bad", "InvalidManifests");
             s.found.stalled = true;
         },
         "Ready=False InvalidManifests: bad | Reconciling=True Syncing: wave 1 | SyncError=True "
         "InvalidManifests: bad"},
        {"suspended",
         [](auto& s) {
             s.found.reason = "Suspended";
             s.found.waiting = "spec.suspend is set";
         },
         "Ready=True Ready: Synced to 0a1b2c3d and healthy | Reconciling=True Waiting: spec.suspend is set"},
        {"suspended and out of sync",
         [](auto& s) {
             s.status.sync.status = crds::sync_code::out_of_sync;
             s.found.reason = "Suspended";
             s.found.waiting = "spec.suspend is set";
         },
         "Ready=False Suspended: spec.suspend is set | Reconciling=True Waiting: spec.suspend is set"},
        {"deleting",
         [](auto& s) {
             s.deleting = true;
             s.found.reason = "Deleting";
             s.found.waiting = "waits";
         },
         "Ready=False Deleting: waits | Reconciling=True Deleting: waits"},
        {"tried again for what SyncError says already",
         [](auto& s) {
             s.runs("2 objects could not be synced: a; b");
             s.problem("SyncError", "2 objects could not be synced: a; b", "SyncFailed");
         },
         "Ready=False SyncFailed: 2 objects could not be synced: a; b | Reconciling=True Syncing: see "
         "SyncError | "
         "SyncError=True SyncFailed: 2 objects could not be synced: a; b"},
        {"warnings", [](auto& s) { s.warnings = {"one", "two"}; },
         "Ready=True Ready: Synced to 0a1b2c3d and healthy | Warning=True SourceWarnings: one; two"},
    };
    for (const auto& one : rows) {
        situation s;
        one.made(s);
        BOOST_TEST(text_of(s.conditions()) == one.expected, one.name << ": " << text_of(s.conditions()));
    }
}

BOOST_AUTO_TEST_CASE(what_is_over_goes_and_what_stays_keeps_its_time) {
    situation s;
    for (const auto* type : {"ComparisonError", "Stalled", "Reconciling", "Warning", "Theirs"}) {
        s.status.conditions.push_back({type, "True", 6, before, "Was", "was"});
    }
    s.status.conditions.push_back({"Ready", "True", 6, before, "Ready", "Synced to 0a1b2c3d and healthy"});
    const auto after = s.conditions();
    BOOST_TEST(text_of(after) == "Ready=True Ready: Synced to 0a1b2c3d and healthy | Theirs=True Was: was");
    const auto* ready = crds::find_condition(after, "Ready");
    BOOST_TEST_REQUIRE(ready != nullptr);
    BOOST_TEST((ready->last_transition_time == before));
    BOOST_TEST(ready->observed_generation == 7);
    s.status.sync.status = crds::sync_code::out_of_sync;
    BOOST_TEST((crds::find_condition(s.conditions(), "Ready")->last_transition_time == now));
}

// Between two attempts nothing is wrong just now; the last failure stays in sight.
BOOST_AUTO_TEST_CASE(why_an_operation_is_tried_again_stays_while_it_runs) {
    situation s;
    s.status.conditions.push_back({"SyncError", "True", 7, before, "SyncFailed", "refused"});
    s.runs("wave 0");
    s.status.operation_state->retry_count = 1;
    BOOST_TEST(crds::find_condition(s.conditions(), "SyncError") != nullptr);
    s.status.operation_state->retry_count = 0;
    BOOST_TEST(crds::find_condition(s.conditions(), "SyncError") == nullptr);
}

// Ready is a line of a table; what it is about is in full beside it.
BOOST_AUTO_TEST_CASE(ready_is_one_line_that_counts_what_it_leaves_out) {
    situation s;
    std::string all = "9 objects could not be synced: ";
    for (int i = 0; i < 9; ++i) {
        all += (i == 0 ? "" : "; ") + std::string{"Deployment \"shop/"} + std::string(40, 'w') +
               std::to_string(i) + "\": forbidden";
    }
    s.problem("SyncError", all, "SyncFailed");
    s.found.stalled = true;
    const auto conditions = s.conditions();
    const auto& line = crds::find_condition(conditions, "Ready")->message;
    BOOST_TEST(line.size() <= 256U);
    BOOST_TEST(line.ends_with("w1\": forbidden; and 7 more"), line);
    BOOST_TEST(crds::find_condition(conditions, "SyncError")->message == all);
    for (const auto& c : conditions) {
        BOOST_TEST((c.type == "SyncError" || c.message.find(all) == std::string::npos), c.type);
    }
}

BOOST_AUTO_TEST_CASE(what_no_application_owns_is_told_and_changes_nothing_else) {
    situation s;
    s.found.orphans = "Application has 1 orphaned resource";
    s.status.conditions = s.conditions();
    const auto* orphans = crds::find_condition(s.status.conditions, orphans_type);
    BOOST_REQUIRE(orphans != nullptr);
    BOOST_TEST(orphans->message == "Application has 1 orphaned resource");
    BOOST_TEST(crds::find_condition(s.status.conditions, "Ready")->status == "True");
    s.found.orphans.clear();
    BOOST_TEST(crds::find_condition(s.conditions(), orphans_type) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_others_wrote_about_whose_objects_are_is_told_and_changes_nothing_else) {
    const situation s;
    const condition_view view{.status = s.status, .found = s.found, .warnings = {}, .ownership = "forged"};
    auto told = conditions_of(view, now);
    const auto* ownership = crds::find_condition(told, ownership_type);
    BOOST_REQUIRE(ownership != nullptr);
    BOOST_TEST(ownership->message == "forged");
    BOOST_TEST(crds::find_condition(told, "Ready")->status == "True");
    auto after = s.status;
    after.conditions = std::move(told);
    const condition_view over{.status = after, .found = s.found, .warnings = {}};
    BOOST_TEST(crds::find_condition(conditions_of(over, now), ownership_type) == nullptr);
}

BOOST_AUTO_TEST_CASE(warnings_are_cut) {
    situation s;
    s.warnings = {std::string(10'000, 'x')};
    BOOST_TEST(crds::find_condition(s.conditions(), "Warning")->message.size() <= 4100U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
