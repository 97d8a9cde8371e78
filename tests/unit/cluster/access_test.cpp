#include "fixture.hpp"

#include <boost/json/serialize.hpp>

#include <boost/test/unit_test.hpp>

namespace holdfast::cluster {
namespace {

using each = boost::test_tools::per_element;
using texts = std::vector<std::string>;

std::string status(unsigned code, std::string_view reason, std::string_view message) {
    return kube::status_text(code, reason, message);
}

/// What was sent as data of the object.
json::object data_of(const test::seen_request& request) {
    return json::parse(request.body).as_object().at("data").as_object();
}

sync::ignore_rule ignoring_the_value_of(std::string_view kind) {
    sync::ignore_rule rule;
    rule.kind = match::glob::compile(match::glob_dialect::gobwas, kind).value();
    rule.json_pointers = {"/data/value"};
    return rule;
}

constexpr std::string_view ours =
    R"({"manager":"holdfast","operation":"Apply","apiVersion":"v1","fieldsV1":{"f:data":{"f:value":{}}}})";
constexpr std::string_view theirs =
    R"({"manager":"kubectl-create","operation":"Update","apiVersion":"v1","fieldsV1":{"f:data":{"f:value":{},"f:more":{}}}})";
/// Items of a list, in a field that ConfigMaps do not have.
constexpr std::string_view added =
    R"({"manager":"kubectl-edit","operation":"Update","apiVersion":"v1","fieldsV1":{"f:list":{"k:{\"name\":\"b\"}":{".":{}}}}})";

/// A ConfigMap of ours, with these entries in its managedFields.
std::string owned_by(const std::string& version, std::initializer_list<std::string_view> entries) {
    auto object = json::parse(config_map("a", version)).as_object();
    object["list"] = json::array{json::object{{"name", "a"}}, json::object{{"name", "b"}}};
    auto& fields = object["metadata"].as_object()["managedFields"].emplace_array();
    for (const auto entry : entries) {
        fields.push_back(json::parse(entry));
    }
    return json::serialize(object);
}

BOOST_FIXTURE_TEST_SUITE(accesses, one_cluster)

BOOST_AUTO_TEST_CASE(what_is_applied_is_counted_once_and_said_to_be_in_flight_until_it_is_answered) {
    server.when("PATCH", "/api/v1/namespaces/n/configmaps/a")
        .then(script{}.hold("answer").send(answer_json(200, config_map("a", "7")).steps().front().text))
        .then(answer_json(403, status(403, "Forbidden", "you may not")));
    const auto access = enter();
    const sync::object_id id{"", "ConfigMap", "n", "a"};
    kube::reply<json::object> answer = json::object{};
    bool was_in_flight = false;
    run_until(
        [](const cluster::access& with, apply_request what, auto& into) -> asio::awaitable<void> {
            into = co_await with.apply(std::move(what));
        }(access, wanted(), answer),
        [&] {
            if (!server.requests().empty() && to.applier_of(id) != nullptr) {
                was_in_flight = *to.applier_of(id) == shop;
                server.open("answer");
            }
            return !written.empty();
        }
    );
    BOOST_TEST(was_in_flight);
    BOOST_TEST(to.applier_of(id) == nullptr);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(kube::resource_version_of(*answer) == "7");

    const auto refused = run(access.apply(wanted()));
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(to.applier_of(id) == nullptr);
    auto tried = wanted();
    tried.dry_run = true;
    (void)run(access.apply(tried)); // 404: no rule is left
    BOOST_TEST(written == (texts{"apply ok", "apply forbidden", "dry_run not_found"}), each());
    const auto last = server.requests().back();
    BOOST_TEST(last.target.find("dryRun=All") != std::string::npos);
    BOOST_TEST(last.target.find("fieldManager=holdfast") != std::string::npos);
    BOOST_TEST(last.target.find("force=true") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_ignored_is_left_as_it_is_live) {
    server.when("GET", "/api/v1/namespaces/n/configmaps/a").then(answer_json(200, config_map("a", "7")));
    server.when("PATCH", "").always(answer_json(200, config_map("a", "8")));
    auto what = wanted();
    what.ignored = {ignoring_the_value_of("ConfigMap")};
    const auto access = enter();
    BOOST_TEST(run(access.apply(what)).has_value());
    auto of_another_kind = wanted();
    of_another_kind.ignored = {ignoring_the_value_of("Secret")};
    BOOST_TEST(run(access.apply(of_another_kind)).has_value());
    const auto asked = server.requests();
    BOOST_REQUIRE(asked.size() == 3U); // nobody reads what no rule is for
    BOOST_TEST((data_of(asked[1]).at("value") != "wanted"));
    BOOST_TEST((data_of(asked[2]).at("value") == "wanted"));
}

BOOST_AUTO_TEST_CASE(a_live_object_that_cannot_be_read_for_what_is_ignored_is_not_written_over) {
    server.when("GET", "/api/v1/namespaces/n/configmaps/a")
        .then(answer_json(403, status(403, "Forbidden", "you may not")));
    auto what = wanted();
    what.ignored = {ignoring_the_value_of("ConfigMap")};
    const auto access = enter();
    BOOST_TEST(run(access.apply(what)).has_error());
    BOOST_TEST(server.requests().size() == 1U);
    BOOST_TEST(written == texts{"apply forbidden"}, each());
}

BOOST_AUTO_TEST_CASE(what_is_replaced_is_applied_afterwards_as_well) {
    server.when("GET", "/api/v1/namespaces/n/configmaps/a").then(answer_json(200, config_map("a", "7")));
    server.when("PUT", "/api/v1/namespaces/n/configmaps/a").then(answer_json(200, config_map("a", "8")));
    server.when("PATCH", "").always(answer_json(200, config_map("a", "8")));
    auto what = wanted();
    what.replace = true;
    const auto access = enter();
    BOOST_TEST(run(access.apply(what)).has_value());
    BOOST_TEST(run(access.apply(what)).has_value()); // there is none now: nothing to replace
    BOOST_TEST(methods() == (texts{"GET", "PUT", "PATCH", "GET", "PATCH"}), each());
    BOOST_TEST(server.requests()[1].body.find(R"("resourceVersion":"7")") != std::string::npos);
    BOOST_TEST(server.requests()[2].body.find("resourceVersion") == std::string::npos);
    BOOST_TEST(written == (texts{"apply ok", "apply ok"}), each());
}

BOOST_AUTO_TEST_CASE(a_replacement_that_fails_is_not_followed_by_an_apply) {
    server.when("GET", "").then(answer_json(200, config_map("a", "7")));
    server.when("PUT", "").then(answer_json(409, status(409, "Conflict", "changed meanwhile")));
    auto what = wanted();
    what.replace = true;
    const auto access = enter();
    BOOST_TEST(run(access.apply(what)).error().is_conflict());
    BOOST_TEST(server.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_object_that_others_made_is_adopted_after_its_first_apply) {
    server.when("PATCH", "/api/v1/namespaces/n/configmaps/a")
        .then(answer_json(200, owned_by("8", {ours, theirs})))
        .then(answer_json(409, status(409, "Conflict", "changed meanwhile")))
        .then(answer_json(200, owned_by("10", {ours})));
    server.when("GET", "/api/v1/namespaces/n/configmaps/a")
        .then(answer_json(200, owned_by("9", {ours, theirs})));
    const auto access = enter();
    const auto answer = run(access.apply(wanted()));
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(kube::resource_version_of(*answer) == "10"); // what is known of it is of the last write
    BOOST_TEST(methods() == (texts{"PATCH", "PATCH", "GET", "PATCH"}), each());
    const auto seen = server.requests();
    for (const auto& [at, version] : {std::pair{1U, "8"}, {3U, "9"}}) {
        BOOST_TEST(seen[at].header("Content-Type") == "application/json-patch+json");
        const auto patch = json::parse(seen[at].body).as_array();
        BOOST_TEST_REQUIRE(patch.size() == 2U);
        BOOST_TEST(json::serialize(patch[0].at("value")) == "[" + json::serialize(json::parse(ours)) + "]");
        BOOST_TEST(patch[1].at("path").as_string() == "/metadata/resourceVersion");
        BOOST_TEST(patch[1].at("value").as_string() == version);
    }
    BOOST_TEST(written == texts{"apply ok"}, each());
}

BOOST_AUTO_TEST_CASE(an_object_that_changes_all_the_time_is_adopted_another_time) {
    server.when("PATCH", "").then(answer_json(200, owned_by("8", {ours, theirs})));
    server.when("PATCH", "").always(answer_json(409, status(409, "Conflict", "changed meanwhile")));
    server.when("GET", "").always(answer_json(200, owned_by("9", {ours, theirs})));
    const auto access = enter();
    const auto answer = run(access.apply(wanted()));
    BOOST_REQUIRE(answer.has_error());
    BOOST_TEST(
        answer.error().message().find("taking over fields of other field managers") != std::string::npos
    );
    BOOST_TEST(server.requests().size() == 1U + 5U + 4U);
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_over_where_there_is_nothing_or_nobody_wants_it) {
    server.when("PATCH", "").always(answer_json(200, owned_by("8", {ours, theirs})));
    const auto access = enter();
    auto kept = wanted();
    kept.take_over = false;
    BOOST_TEST(run(access.apply(kept)).has_value());
    auto tried = wanted();
    tried.dry_run = true;
    BOOST_TEST(run(access.apply(tried)).has_value());
    auto of_another = wanted();
    of_another.field_manager = "holdfast-namespace:shop";
    BOOST_TEST(run(access.apply(of_another)).has_value());
    auto spared = wanted();
    spared.ignored.emplace_back().kind =
        match::glob::compile(match::glob_dialect::gobwas, "ConfigMap").value();
    spared.ignored.back().managed_fields_managers = {"kubectl-create"};
    server.when("GET", "").then(answer_json(200, owned_by("8", {ours, theirs})));
    BOOST_TEST(run(access.apply(spared)).has_value());
    BOOST_TEST(methods() == (texts{"PATCH", "PATCH", "PATCH", "GET", "PATCH"}), each());
}

// The server keeps what somebody added beside ours, and may refuse the two of them together.
BOOST_AUTO_TEST_CASE(what_is_refused_for_an_item_of_others_is_applied_once_that_is_ours) {
    server.when("PATCH", "")
        .then(answer_json(422, status(422, "Invalid", "Duplicate value")))
        .then(answer_json(200, owned_by("9", {ours})))
        .then(answer_json(200, owned_by("10", {ours})));
    server.when("GET", "").then(answer_json(200, owned_by("8", {added})));
    auto what = wanted();
    what.manifest["list"] = json::array{json::object{{"name", "a"}}};
    const auto access = enter();
    BOOST_TEST(run(access.apply(what)).has_value());
    BOOST_TEST(methods() == (texts{"PATCH", "GET", "PATCH", "PATCH"}), each());
    const auto patch = json::parse(server.requests()[2].body).as_array();
    BOOST_TEST(patch[0].at("value").as_array().size() == 1U);
    BOOST_TEST(patch[0].at("value").as_array()[0].at("manager").as_string() == "holdfast");

    // Where nobody added anything the refusal stands.
    server.when("PATCH", "").then(answer_json(422, status(422, "Invalid", "Duplicate value")));
    server.when("GET", "").then(answer_json(200, owned_by("8", {ours})));
    BOOST_TEST(run(access.apply(what)).error().message().find("Duplicate value") != std::string::npos);
    BOOST_TEST(methods().size() == 6U);

    // A dry run writes nothing, and says what it cannot try.
    server.when("PATCH", "").then(answer_json(422, status(422, "Invalid", "Duplicate value")));
    server.when("GET", "").then(answer_json(200, owned_by("8", {added})));
    what.dry_run = true;
    const auto tried = run(access.apply(what)).error().message();
    BOOST_TEST(tried.find("list[name=b], which kubectl-edit added,") != std::string::npos, tried);
    BOOST_TEST(tried.find("Duplicate value") != std::string::npos);
    BOOST_TEST(methods().size() == 8U);
}

BOOST_AUTO_TEST_CASE(just_the_object_that_was_looked_at_is_deleted) {
    server.when("GET", "/api/v1/namespaces/n/configmaps/a")
        .then(answer_json(200, config_map("a", "7")))
        .then(answer_json(200, config_map("a", "9")));
    server.when("DELETE", "/api/v1/namespaces/n/configmaps/a")
        .then(answer_json(409, status(409, "Conflict", "changed meanwhile")))
        .then(answer_json(200, R"({"kind":"Status","apiVersion":"v1","status":"Success"})"));
    const auto access = enter();
    const auto done = run(access.remove(doomed()));
    BOOST_TEST((done.what == sync::outcome::pruned));
    BOOST_TEST(done.uid == "uid-a");
    const auto asked = server.requests();
    BOOST_REQUIRE(asked.size() == 4U);
    BOOST_TEST(asked[1].body.find(R"("resourceVersion":"7")") != std::string::npos);
    BOOST_TEST(asked[3].body.find(R"("resourceVersion":"9")") != std::string::npos);
    BOOST_TEST(asked[3].body.find(R"("uid":"uid-a")") != std::string::npos);
    BOOST_TEST(written == (texts{"prune conflict", "prune ok"}), each());

    const auto gone = run(access.remove(doomed())); // 404
    BOOST_TEST((gone.what == sync::outcome::pruned));
    BOOST_TEST(gone.uid.empty());
}

BOOST_AUTO_TEST_CASE(what_is_another_ones_now_stays) {
    auto another_uid = config_map("a", "7");
    another_uid.replace(another_uid.find("uid-a"), 5, "uid-z");
    for (const auto& live : {config_map("a", "7", other), another_uid}) {
        server.when("GET", "/api/v1/namespaces/n/configmaps/a").then(answer_json(200, live));
        const auto access = enter();
        const auto kept = run(access.remove(doomed()));
        BOOST_TEST((kept.what == sync::outcome::prune_failed));
        BOOST_TEST(kept.message == "is not ours any more, so it is not deleted");
    }
    for (const auto& request : server.requests()) {
        BOOST_TEST(request.method == "GET");
    }
}

BOOST_AUTO_TEST_CASE(one_that_changes_all_the_time_is_given_up_after_a_few_tries) {
    server.when("GET", "").always(answer_json(200, config_map("a", "7")));
    server.when("DELETE", "").always(answer_json(409, status(409, "Conflict", "changed meanwhile")));
    const auto access = enter();
    BOOST_TEST((run(access.remove(doomed())).what == sync::outcome::prune_failed));
    BOOST_TEST(server.requests().size() == 10U);
}

BOOST_AUTO_TEST_CASE(no_more_make_requests_side_by_side_than_are_allowed) {
    auto first = std::make_optional(enter());
    const auto second = enter();
    std::optional<access> third;
    run_until(
        [](one_cluster* self, std::optional<access>& into) -> asio::awaitable<void> {
            const kube::call_options as_ourselves;
            into.emplace(co_await self->to.enter(as_ourselves));
        }(this, third),
        [&, turns = 0]() mutable {
            if (++turns == 20) {
                BOOST_TEST(!third.has_value());
                first.reset();
            }
            return third.has_value();
        }
    );
    BOOST_TEST(third.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
