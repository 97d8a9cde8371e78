// What the status of a set says of what was found.

#include "sets_control/set_status.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sets_control {
namespace {

crds::application_set a_set() {
    crds::application_set set;
    set.metadata.name = "shop";
    set.metadata.namespace_ = "team";
    set.metadata.generation = 3;
    return set;
}

crds::application_set_status status(const set_findings& found, std::vector<set_member> members = {}) {
    return status_of(found, a_set(), {}, std::move(members), wall_clock::time_point{});
}

std::string text(const crds::application_set_status& status, std::string_view type) {
    const auto* one = crds::find_condition(status.conditions, type);
    return one == nullptr ? "" : one->status + " " + one->reason + ": " + one->message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(statuses_of_sets)

BOOST_AUTO_TEST_CASE(conditions_say_what_is_in_the_way_and_nothing_where_nothing_is) {
    struct row {
        std::string name;
        set_findings found;
        std::string ready;
        std::string error_occurred;
        std::string parameters;
        crds::health_code health;
    };
    const auto failure = [](sets::failed_step step) {
        set_findings found;
        found.failures.push_back({.generator = 0, .step = step, .message = "spec.generators[0].git: gone"});
        found.withheld = 2;
        return found;
    };
    const auto left = [](left_because why) {
        set_findings found;
        found.left.push_back({.name = "a", .why = why, .message = "is so"});
        return found;
    };
    const auto refused = [](refused_write::write what, bool is_wrong, bool is_forbidden) {
        set_findings found;
        found.refused.push_back(
            {.application = "a",
             .what = what,
             .is_wrong = is_wrong,
             .is_forbidden = is_forbidden,
             .message = "no"}
        );
        return found;
    };
    set_findings moving;
    moving.wanted = 5;
    moving.under_way = 2;
    set_findings pending;
    pending.is_pending = true;
    set_findings wrong;
    wrong.problem = "spec.generators[0].plugin: is not served";
    set_findings well;
    well.wanted = 1;
    set_findings asked;
    asked.asked =
        deletion_question{.applications = {"a"}, .owned = 1, .limit = 0, .token = "t", .sentence = "sure?"};
    using enum refused_write::write;
    using enum crds::health_code;
    const std::string all_well = "All applications have been generated successfully";
    const std::string parameters =
        "True ParametersGenerated: Successfully generated parameters for all Applications";
    const row rows[] = {
        {"well", well, "True UpToDate: 1 Application is as generated.",
         "False ApplicationSetUpToDate: " + all_well, parameters, healthy},
        {"none",
         {},
         "True UpToDate: Its generators give no Application.",
         "False ApplicationSetUpToDate: " + all_well,
         parameters,
         healthy},
        {"moving", moving, "False Progressing: 2 Applications to be written, of 5",
         "False ApplicationSetUpToDate: " + all_well, parameters, progressing},
        {"pending", pending, "False Progressing: Its generators are being read.", "", "", progressing},
        {"wrong", wrong, "False InvalidSpec: spec.generators[0].plugin: is not served",
         "True ApplicationValidationError: spec.generators[0].plugin: is not served",
         "False ApplicationValidationError: spec.generators[0].plugin: is not served", degraded},
        {"generator", failure(sets::failed_step::parameters),
         "False GeneratorFailed: spec.generators[0].git: gone; 2 Applications stay that a generator which failed may "
         "have made",
         "True ApplicationGenerationFromParamsError: spec.generators[0].git: gone; 2 Applications stay that a "
         "generator which failed may have made",
         "False ApplicationGenerationFromParamsError: spec.generators[0].git: gone; 2 Applications stay that a "
         "generator which failed may have made",
         degraded},
        {"template", failure(sets::failed_step::rendering), "",
         "True RenderTemplateParamsError: ", "False RenderTemplateParamsError: ", degraded},
        {"twice", left(left_because::twice), "False NameGeneratedTwice: Application \"a\": is so",
         "True ApplicationValidationError: Application \"a\": is so", parameters, degraded},
        {"invalid", left(left_because::wrong),
         "False ApplicationInvalid: ", "True ApplicationValidationError: ", parameters, degraded},
        {"foreign", left(left_because::foreign),
         "False ApplicationExists: ", "True UpdateApplicationError: ", parameters, degraded},
        {"refused", refused(creation, true, false), "False ApplicationInvalid: Application \"a\": no",
         "True ApplicationValidationError: ", parameters, degraded},
        {"no rights", refused(creation, false, true),
         "False Forbidden: ", "True CreateApplicationError: ", parameters, degraded},
        {"no server", refused(update, false, false),
         "False WriteFailed: ", "True UpdateApplicationError: ", parameters, degraded},
        {"not deleted", refused(deletion, false, false),
         "False WriteFailed: ", "True DeleteApplicationError: ", parameters, degraded},
        {"asked", asked, "False ConfirmationNeeded: sure?", "True DeleteApplicationError: sure?", parameters,
         degraded},
    };
    for (const auto& one : rows) {
        BOOST_TEST_CONTEXT(one.name) {
            const auto said = status(one.found);
            BOOST_TEST(said.observed_generation == 3);
            BOOST_TEST(text(said, "Ready").starts_with(one.ready), text(said, "Ready"));
            BOOST_TEST(
                text(said, "ErrorOccurred").starts_with(one.error_occurred), text(said, "ErrorOccurred")
            );
            BOOST_TEST(
                text(said, "ParametersGenerated").starts_with(one.parameters),
                text(said, "ParametersGenerated")
            );
            BOOST_TEST((said.health->status == one.health));
            BOOST_TEST(text(said, "Stalled").empty() == (one.health != degraded));
            BOOST_TEST(text(said, "Reconciling").empty() == (one.health != progressing));
            BOOST_TEST((text(said, "ResourcesUpToDate").starts_with("True")) == (one.health == healthy));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_change_is_no_write) {
    set_findings found;
    found.wanted = 1;
    found.warnings = {"a", "b"};
    const auto first = status_of(found, a_set(), {}, {{.name = "x", .sync = {}, .health = {}}}, {});
    BOOST_TEST(text(first, "Warning") == "True Specification: a; b");
    const auto second = status_of(
        found, a_set(), first, {{.name = "x", .sync = {}, .health = {}}},
        wall_clock::time_point{std::chrono::hours{1}}
    );
    BOOST_TEST((first == second));
    found.warnings.clear();
    BOOST_TEST(text(status_of(found, a_set(), second, {}, {}), "Warning").empty());
}

BOOST_AUTO_TEST_CASE(what_is_asked_is_known_after_a_restart) {
    set_findings found;
    BOOST_TEST(asked_in(status(found)).empty());
    found.asked = deletion_question{
        .applications = {"a"}, .owned = 1, .limit = 0, .token = "abc", .sentence = "sure? annotate x=abc"
    };
    BOOST_TEST(asked_in(status(found)) == "abc");
}

BOOST_AUTO_TEST_CASE(rows_are_by_name_and_bounded_and_their_number_is_said) {
    std::vector<set_member> members;
    for (int i = 0; i < 1500; ++i) {
        members.push_back(
            {.name = "a" + std::to_string(9999 - i), .sync = crds::sync_code::synced, .health = {}}
        );
    }
    const auto said = status({}, std::move(members));
    BOOST_TEST(said.resources_count == 1500);
    BOOST_REQUIRE(said.resources.size() == crds::max_set_resources);
    BOOST_TEST(said.resources.front().name == "a8500");
    BOOST_TEST(said.resources.front().namespace_ == "team");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::sets_control
