#include "api/actions.hpp"

#include "api/detail.hpp"
#include "fixture.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::api {
namespace {

crds::application operating(std::optional<crds::operation_phase> phase) {
    auto one = application("shop", "web");
    if (phase) {
        one.status.operation_state.emplace().phase = *phase;
    }
    return one;
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_actions)

BOOST_AUTO_TEST_CASE(what_is_written_is_what_people_write_with_kubectl) {
    const struct {
        action what;
        std::string body;
        std::string patch;
        bool of_status;
        std::string note;
    } table[] = {
        {action::sync, "", R"({"operation":{"sync":{},"initiatedBy":{"username":"alice"}}})", false,
         "alice asks for a sync, by the page"},
        {action::sync, R"({"prune":true,"revision":"v1","dryRun":false})",
         R"({"operation":{"sync":{"revision":"v1","prune":true},"initiatedBy":{"username":"alice"}}})", false,
         "alice asks for a sync of the revision v1, with pruning, by the page"},
        {action::sync, R"({"dryRun":true})",
         R"({"operation":{"sync":{"dryRun":true},"initiatedBy":{"username":"alice"}}})", false,
         "alice asks for a dry run of a sync, by the page"},
        {action::refresh, "{}", R"({"metadata":{"annotations":{"holdfast.dev/refresh":"normal"}}})", false,
         "alice asks for a refresh, by the page"},
        {action::refresh, R"({"hard":true})",
         R"({"metadata":{"annotations":{"holdfast.dev/refresh":"hard"}}})", false,
         "alice asks for a refresh, by the page"},
        {action::terminate, "", R"({"status":{"operationState":{"phase":"Terminating"}}})", true,
         "alice ends the operation, by the page"},
    };
    for (const auto& one : table) {
        const auto made = change_for(one.what, application("shop", "web"), one.body, "alice");
        BOOST_TEST_REQUIRE(made.has_value(), one.body);
        BOOST_TEST(crds::json::serialize(made->patch) == one.patch);
        BOOST_TEST(made->of_status == one.of_status);
        BOOST_TEST(tell(one.what, *made, "alice").note == one.note);
    }
}

BOOST_AUTO_TEST_CASE(a_body_that_says_something_else_is_refused_with_the_field) {
    auto several = application("shop", "web");
    several.spec.sources = {*several.spec.source, *several.spec.source};
    several.spec.source.reset();
    const struct {
        action what;
        std::string body;
        std::string said;
    } table[] = {
        {action::sync, "[]", "must be a JSON object"},
        {action::sync, "{", "must be a JSON object"},
        {action::sync, R"({"pruen":true})", "pruen: there is no such field of a sync"},
        {action::sync, R"({"prune":"yes"})", "prune: must be true or false"},
        {action::sync, R"({"revision":1})", "revision: must be a text"},
        {action::sync, R"({"revision":"main"})", "several sources"},
        {action::refresh, R"({"prune":true})", "no such field of a refresh"},
        {action::terminate, R"({"hard":true})", "no such field of a terminate"},
    };
    for (const auto& one : table) {
        const auto made = change_for(one.what, several, one.body, "alice");
        BOOST_TEST_REQUIRE(!made.has_value(), one.body);
        BOOST_TEST(made.error().message().find(one.said) != std::string::npos, made.error().message());
    }
    const auto long_one = R"({"revision":")" + std::string(513, 'a') + R"("})";
    BOOST_TEST(change_for(action::sync, application("shop", "web"), long_one, "alice").has_error());
}

BOOST_AUTO_TEST_CASE(an_operation_is_in_the_way_of_a_sync_and_there_must_be_one_to_end) {
    using crds::operation_phase;
    const struct {
        std::optional<operation_phase> phase;
        bool sync;
        bool terminate;
    } table[] = {
        {std::nullopt, true, false},
        {operation_phase::running, false, true},
        {operation_phase::terminating, false, false},
        {operation_phase::succeeded, true, false},
        {operation_phase::failed, true, false},
    };
    for (const auto& one : table) {
        const auto of = operating(one.phase);
        BOOST_TEST(in_the_way(action::sync, of).empty() == one.sync);
        BOOST_TEST(in_the_way(action::terminate, of).empty() == one.terminate);
        BOOST_TEST(in_the_way(action::refresh, of).empty());
    }
    auto asked = operating({});
    asked.operation.emplace();
    BOOST_TEST(!in_the_way(action::sync, asked).empty());
    auto deleted = operating({});
    deleted.metadata.deletion_timestamp.emplace();
    BOOST_TEST(!in_the_way(action::sync, deleted).empty());
}

BOOST_AUTO_TEST_CASE(the_rights_are_those_that_kubectl_needs) {
    BOOST_TEST(
        describe(right_for(action::sync, {"shop", "web"})) ==
        "patch applications.holdfast.dev in the namespace shop"
    );
    BOOST_TEST(
        describe(right_for(action::terminate, {"shop", "web"})) ==
        "patch applications.holdfast.dev/status in the namespace shop"
    );
}

BOOST_AUTO_TEST_CASE(a_detail_has_what_may_be_done_and_why_not_and_no_password) {
    auto one = operating(crds::operation_phase::running);
    one.spec.source->repo_url = "https://me:secret@git.example/deploy.git";
    one.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"] = "long";
    crds::history_entry entry;
    entry.source = one.spec.source;
    one.status.history.push_back(entry);
    one.status.operation_state->operation.sync.emplace().source = one.spec.source;
    one.status.operation_state->sync_result.emplace().source = one.spec.source;
    const auto said = detail_of(
        one,
        {{action::sync, ""}, {action::refresh, "patch applications.holdfast.dev"}, {action::terminate, ""}}
    );
    const auto text = crds::json::serialize(said);
    BOOST_TEST(text.find("secret") == std::string::npos);
    BOOST_TEST(text.find("last-applied") == std::string::npos);
    const auto& can = said.at("can").as_object();
    BOOST_TEST(!can.at("sync").at("allowed").as_bool());
    BOOST_TEST(can.at("sync").at("inTheWay").as_string().starts_with("an operation is under way"));
    BOOST_TEST(!can.at("refresh").at("allowed").as_bool());
    BOOST_TEST(can.at("refresh").at("missing").as_string() == "patch applications.holdfast.dev");
    BOOST_TEST(can.at("terminate").at("allowed").as_bool());
    BOOST_TEST(said.at("status").at("operationState").at("phase").as_string() == "Running");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
