#include "fixture.hpp"

#include <boost/json/serialize.hpp>

#include <boost/test/unit_test.hpp>

namespace holdfast::cluster {
namespace {

using stand = completeness::stand;

const kube::group_version_kind config_maps{"", "v1", "ConfigMap"};

std::string list(const std::vector<std::string>& items) {
    std::string text =
        R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1000"},"items":[)";
    for (std::size_t i = 0; i < items.size(); ++i) {
        text += (i == 0 ? "" : ",") + items[i];
    }
    return text + "]}";
}

/// Its ConfigMaps can be listed, and watched.
void has_config_maps(one_cluster& k, const std::vector<std::string>& items) {
    k.server.when("GET", "/api/v1/configmaps", "sendInitialEvents")
        .always(answer_json(422, kube::status_text(422, "Invalid", "no streaming lists")));
    k.server.when("GET", "/api/v1/configmaps", "watch=1").always(answer_stream().stall());
    k.server.when("GET", "/api/v1/configmaps").always(answer_json(200, list(items)));
}

BOOST_AUTO_TEST_SUITE(destinations_suite)

BOOST_AUTO_TEST_CASE(a_kind_is_known_on_its_way_or_barred) {
    const kube::failure away{transient_error("no route to host")};
    const kube::failure forbidden{error{error_kind::forbidden, "you may not"}};
    struct row {
        const char* what;
        bool there, listed;
        std::optional<kube::failure> trouble;
        bool coming, barred;
    };
    for (const auto& r : std::vector<row>{
             {"no such kind", false, false, forbidden, false, false},
             {"just begun", true, false, {}, true, false},
             {"the server is away", true, false, away, true, false},
             {"not allowed", true, false, forbidden, false, true},
             {"known", true, true, {}, false, false},
             {"known, and the server is away", true, true, away, false, false},
             {"known, and not allowed any more", true, true, forbidden, false, true},
         }) {
        kind_state state;
        if (r.there) {
            state.kind = kube::resources::config_maps();
        }
        state.listed = r.listed;
        state.trouble = r.trouble;
        BOOST_TEST(state.is_coming() == r.coming, r.what);
        BOOST_TEST(state.is_barred() == r.barred, r.what);
    }
}

BOOST_FIXTURE_TEST_CASE(what_it_has_is_known_from_its_start, one_cluster) {
    server.when("GET", "/version")
        .then(answer_json(503, kube::status_text(503, "ServiceUnavailable", "not yet")))
        .always(answer_json(200, R"({"gitVersion":"v1.37.2","major":"1","minor":"37"})"));
    server.when("GET", "/apis/apiextensions").always(answer_stream().stall());
    has_kinds();
    run([](destination& d) -> asio::awaitable<bool> {
        co_await d.start();
        co_return true;
    }(to));
    BOOST_TEST(to.kube_version() == "1.37.2");
    const auto before = to.catalog();
    BOOST_TEST(before->find(config_maps) != nullptr);
    BOOST_TEST(to.catalog() == before); // the same object while it is the same
    BOOST_TEST(to.api_versions() == to.api_versions());
    BOOST_TEST(to.api_versions()->size() == 2U); // v1, v1/ConfigMap
    stop();
}

BOOST_FIXTURE_TEST_CASE(a_kind_is_watched_from_when_somebody_asks_for_it, one_cluster) {
    has_config_maps(*this, {config_map("a", "900")});
    server.when("GET", "/api/v1/namespaces/n/configmaps/b").then(answer_json(200, config_map("b", "1100")));
    has_kinds();
    const auto begun = run(to.watch(config_maps));
    BOOST_TEST(begun.kind.has_value());
    wait_for([&] { return to.live().ready(config_maps); });
    const auto known = run(to.watch(config_maps));
    BOOST_TEST(known.listed);
    BOOST_TEST(!known.is_coming());
    BOOST_TEST(to.live().owned_by(shop).size() == 1U);

    const auto unknown = run(to.watch({"example.com", "v1", "Widget"}));
    BOOST_TEST(!unknown.kind.has_value());
    BOOST_REQUIRE(unknown.trouble.has_value());
    BOOST_TEST(!unknown.trouble->is_transient());

    // Its answers to writes are known before the watch tells of them.
    server.when("PATCH", "/api/v1/namespaces/n/configmaps/b").then(answer_json(200, config_map("b", "1100")));
    {
        const auto access = enter();
        BOOST_TEST(run(access.apply(wanted("b"))).has_value());
    }
    BOOST_TEST(to.live().owned_by(shop).size() == 2U);
    server.when("DELETE", "/api/v1/namespaces/n/configmaps/b")
        .then(answer_json(200, R"({"kind":"Status","apiVersion":"v1","status":"Success"})"));
    {
        const auto access = enter();
        BOOST_TEST((run(access.remove(doomed("b"))).what == sync::outcome::pruned));
    }
    BOOST_TEST(to.live().owned_by(shop).size() == 1U);
    stop();
}

/// A ConfigMap of ours with a list, and what a person has of it: an item, where `added`.
std::string with_list(const std::string& version, bool added) {
    auto object = json::parse(config_map("a", version)).as_object();
    object["list"] = json::parse(added ? R"([{"name":"a"},{"name":"b"}])" : R"([{"name":"a"}])");
    auto& managers = object["metadata"].as_object()["managedFields"].emplace_array();
    managers.push_back(json::parse(
        R"({"manager":"holdfast","operation":"Apply","apiVersion":"v1","fieldsV1":{"f:list":{"k:{\"name\":\"a\"}":{".":{}}}}})"
    ));
    if (added) {
        managers.push_back(json::parse(
            R"({"manager":"kubectl-edit","operation":"Update","apiVersion":"v1","fieldsV1":{"f:list":{"k:{\"name\":\"b\"}":{".":{}}}}})"
        ));
    }
    return json::serialize(object);
}

// The record says that there is something to settle, or the answer does, where a person was quicker than the
// watch. Else nothing is asked.
BOOST_AUTO_TEST_CASE(what_a_person_added_to_an_object_of_ours_goes_with_the_apply) {
    struct row {
        bool is_known;
        bool is_answered;
        std::vector<std::string> asked;
    };
    for (const auto& row : std::vector<row>{
             {false, false, {"PATCH apply"}},
             {true, false, {"GET", "PATCH json", "PATCH apply"}},
             {false, true, {"PATCH apply", "GET", "PATCH json", "PATCH apply"}},
         }) {
        one_cluster k;
        has_config_maps(k, {with_list("900", row.is_known)});
        k.server.when("GET", "/api/v1/namespaces/n/configmaps/a")
            .then(answer_json(200, with_list("1001", row.is_known || row.is_answered)));
        k.has_kinds();
        (void)k.run(k.to.watch(config_maps));
        k.wait_for([&] { return k.to.live().ready(config_maps); });
        bool is_first = true;
        k.server.when("PATCH", "").always([&](const test::seen_request& request) {
            const bool is_apply = request.header("Content-Type") == "application/apply-patch+yaml";
            const bool has_both = is_apply && is_first && row.is_answered;
            is_first = is_first && !is_apply;
            return answer_json(200, with_list(is_apply ? "1003" : "1002", has_both));
        });
        auto what = k.wanted();
        what.manifest["list"] = json::parse(R"([{"name":"a"}])");
        const auto before = k.server.requests().size();
        {
            const auto access = k.enter();
            BOOST_TEST(k.run(access.apply(what)).has_value());
        }
        std::vector<std::string> asked;
        const auto all = k.server.requests();
        for (auto i = before; i < all.size(); ++i) {
            if (all[i].target.find("/namespaces/n/configmaps/a") == std::string::npos) continue;
            const auto type = all[i].header("Content-Type");
            asked.push_back(
                all[i].method + (type.starts_with("application/apply")        ? " apply"
                                 : type.starts_with("application/json-patch") ? " json"
                                                                              : "")
            );
        }
        BOOST_TEST(asked == row.asked, boost::test_tools::per_element());
        k.stop();
    }
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_changes_nothing_of_what_is_known, one_cluster) {
    has_config_maps(*this, {});
    has_kinds();
    (void)run(to.watch(config_maps));
    wait_for([&] { return to.live().ready(config_maps); });
    server.when("PATCH", "").always(answer_json(200, config_map("b", "1100")));
    auto what = wanted("b");
    what.dry_run = true;
    {
        const auto access = enter();
        BOOST_TEST(run(access.apply(what)).has_value());
    }
    BOOST_TEST(to.live().size() == 0U);
    stop();
}

BOOST_FIXTURE_TEST_CASE(what_nobody_wrote_down_is_looked_for_before_anything_is_said_to_be_all, one_cluster) {
    has_config_maps(*this, {config_map("a", "900")});
    has_kinds();
    BOOST_TEST((to.knows_all(true).now == stand::surveying));
    (void)run(to.resolve(config_maps));
    std::vector<bool> looked;
    run([](destination& d, std::vector<bool>& all) -> asio::awaitable<bool> {
        const auto note = [&all](bool found_more) { all.push_back(found_more); };
        co_await d.survey(note);
        co_return true;
    }(to, looked));
    BOOST_TEST(looked == std::vector<bool>{true});
    if (const auto known = to.knows_all(true); known.now != stand::complete) {
        BOOST_TEST((known.now == stand::listing));
        BOOST_TEST(known.why == "the cluster's objects are being listed: v1 ConfigMap");
    }
    wait_for([&] { return to.live().ready(config_maps); });
    BOOST_TEST((to.knows_all(false).now == stand::complete));
    BOOST_TEST(to.live().owned_by(shop).size() == 1U);
    stop();
}

BOOST_FIXTURE_TEST_CASE(a_group_that_does_not_answer_holds_up_who_has_written_nothing_down, one_cluster) {
    has_config_maps(*this, {});
    has_kinds("down.example.com");
    (void)run(to.resolve(config_maps));
    bool looked = false;
    run_until(
        [](destination& d, bool& seen) -> asio::awaitable<void> {
            const auto note = [&seen](bool) { seen = true; };
            co_await d.survey(note);
        }(to, looked),
        [&] { return looked; }
    );
    BOOST_TEST((to.knows_all(true).now == stand::complete));
    const auto unlisted = to.knows_all(false);
    BOOST_TEST((unlisted.now == stand::unlisted));
    BOOST_TEST(unlisted.why.find("down.example.com") != std::string::npos);
    stop();
}

BOOST_FIXTURE_TEST_CASE(what_goes_along_with_a_namespace_is_what_is_not_the_applications, one_cluster) {
    server.when("GET", "/api/v1/namespaces/n/configmaps")
        .then(answer_json(
            200, list(
                     {config_map("ours", "1"), config_map("theirs", "2", other),
                      R"({"metadata":{"namespace":"n","name":"kube-root-ca.crt"}})",
                      R"({"metadata":{"namespace":"n","name":"owned","ownerReferences":[{"name":"x"}]}})"}
                 )
        ));
    has_kinds();
    (void)run(to.resolve(config_maps));
    const auto along = run(to.inspect({"", "Namespace", "", "n"}, shop));
    BOOST_TEST(along.failure == "");
    BOOST_TEST(along.count == 1U);
    BOOST_REQUIRE(along.named.size() == 1U);
    BOOST_TEST(along.named.front() == "ConfigMap n/theirs");
}

BOOST_FIXTURE_TEST_CASE(a_namespace_is_not_inspected_while_a_group_does_not_answer, one_cluster) {
    has_kinds("down.example.com");
    (void)run(to.resolve(config_maps));
    const auto along = run(to.inspect({"", "Namespace", "", "n"}, shop));
    BOOST_TEST(
        along.failure == "the API down.example.com/v1 does not answer, so its objects there cannot be listed"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
