#include "cluster.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace holdfast::kube {
namespace {

const resource config_maps = resources::config_maps();

BOOST_FIXTURE_TEST_SUITE(kube_api, clustered)

BOOST_AUTO_TEST_CASE(an_object_lives_its_life) {
    const auto ns = make_namespace("life");
    const auto created = run(api.create(config_maps, config_map(ns, "a"), "test"));
    BOOST_REQUIRE(created.has_value());
    const auto again = run(api.create(config_maps, config_map(ns, "a"), "test"));
    BOOST_REQUIRE(again.has_error());
    BOOST_TEST(again.error().is_already_exists());

    auto changed = run(api.get(config_maps, ns, "a")).value();
    BOOST_TEST(resource_version_of(changed) == resource_version_of(*created));
    changed["data"] = json::object{{"value", "2"}};
    BOOST_TEST(run(api.update(config_maps, changed, "test")).has_value());
    const auto stale = run(api.update(config_maps, changed, "test"));
    BOOST_REQUIRE(stale.has_error());
    BOOST_TEST(stale.error().is_conflict());

    const auto merged =
        run(api.patch_merge(config_maps, ns, "a", json::object{{"data", json::object{{"more", "x"}}}}, "test")
        );
    BOOST_REQUIRE(merged.has_value());
    BOOST_TEST(find_text(*merged, {"data", "value"}) == "2");
    BOOST_TEST(find_text(*merged, {"data", "more"}) == "x");
    const json::array patch{json::object{{"op", "remove"}, {"path", "/data/more"}}};
    const auto patched = run(api.patch_json(config_maps, ns, "a", patch, "test"));
    BOOST_REQUIRE(patched.has_value());
    BOOST_TEST(find_path(*patched, {"data", "more"}) == nullptr);

    BOOST_TEST((run(api.remove(config_maps, ns, "a")).value() == deletion::done));
    BOOST_TEST((run(api.remove(config_maps, ns, "a")).value() == deletion::was_gone));
    const auto gone = run(api.get(config_maps, ns, "a"));
    BOOST_REQUIRE(gone.has_error());
    BOOST_TEST((gone.error().kind() == error_kind::not_found));
    BOOST_TEST(gone.error().message() == "get ConfigMap life/a: configmaps \"a\" not found");
}

BOOST_AUTO_TEST_CASE(applying_creates_changes_and_respects_other_managers) {
    const auto ns = make_namespace("apply");
    const apply_options ours{.field_manager = "holdfast"};
    const auto first = run(api.apply(config_maps, config_map(ns, "a"), ours));
    BOOST_REQUIRE(first.has_value());
    const auto same = run(api.apply(config_maps, config_map(ns, "a"), ours));
    BOOST_TEST(resource_version_of(*same) == resource_version_of(*first)); // nothing to do, nothing done

    const apply_options theirs{.field_manager = "other"};
    const auto conflict = run(api.apply(config_maps, config_map(ns, "a", "2"), theirs));
    BOOST_REQUIRE(conflict.has_error());
    BOOST_TEST(conflict.error().is_conflict());
    BOOST_REQUIRE(!conflict.error().causes().empty());
    BOOST_TEST(conflict.error().causes()[0].field == ".data.value");
    BOOST_TEST(conflict.error().message().find("\"holdfast\"") != std::string::npos);

    const apply_options forced{.field_manager = "other", .force = true};
    BOOST_TEST(
        find_text(*run(api.apply(config_maps, config_map(ns, "a", "2"), forced)), {"data", "value"}) == "2"
    );
}

BOOST_AUTO_TEST_CASE(a_dry_run_answers_and_writes_nothing) {
    const auto ns = make_namespace("dry");
    const apply_options how{.field_manager = "holdfast", .dry_run = true};
    BOOST_TEST(run(api.apply(config_maps, config_map(ns, "a"), how)).has_value());
    BOOST_TEST(run(api.get(config_maps, ns, "a")).error().is_not_found());
    const write_options dry{.dry_run = true};
    BOOST_TEST(run(api.create(config_maps, config_map(ns, "a"), "test", dry)).has_value());
    BOOST_TEST(run(api.create(config_maps, config_map(ns, "a"), "test")).has_value());
    delete_options pretend;
    pretend.dry_run = true;
    BOOST_TEST(run(api.remove(config_maps, ns, "a", pretend)).has_value());
    BOOST_TEST(run(api.get(config_maps, ns, "a")).has_value());
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_refused_or_warned_of) {
    const auto ns = make_namespace("strict");
    auto object = config_map(ns, "a");
    object["dta"] = json::object{{"value", "1"}};
    const auto refused = run(api.create(config_maps, object, "test"));
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().kind() == error_kind::user));
    BOOST_TEST(refused.error().message().find("unknown field \"dta\"") != std::string::npos);

    std::vector<std::string> warnings;
    call_options calls;
    calls.on_warning = [&](std::string_view text) { warnings.emplace_back(text); };
    const write_options warn{.validation = field_validation::warn};
    BOOST_TEST(run(api.create(config_maps, object, "test", warn, calls)).has_value());
    BOOST_REQUIRE(warnings.size() == 1U);
    BOOST_TEST(warnings[0] == "unknown field \"dta\"");
}

BOOST_AUTO_TEST_CASE(every_wrong_field_is_named) {
    const auto ns = make_namespace("invalid");
    auto object = config_map(ns, "a");
    object["data"] = json::object{{"not a key!", "1"}, {"neither/this", "2"}};
    const auto refused = run(api.create(config_maps, object, "test"));
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().is_invalid());
    BOOST_TEST(refused.error().causes().size() == 2U);
    BOOST_TEST(refused.error().message().find("not a key!") != std::string::npos);
    BOOST_TEST(refused.error().message().find("neither/this") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_object_is_deleted_only_when_it_is_the_one_that_was_meant) {
    const auto ns = make_namespace("preconditions");
    const auto object = run(api.create(config_maps, config_map(ns, "a"), "test")).value();
    delete_options how;
    how.uid = "00000000-0000-0000-0000-000000000000";
    BOOST_TEST(run(api.remove(config_maps, ns, "a", how)).error().is_conflict());
    how.uid = uid_of(object);
    how.resource_version = "1";
    BOOST_TEST(run(api.remove(config_maps, ns, "a", how)).error().is_conflict());
    how.resource_version = resource_version_of(object);
    BOOST_TEST((run(api.remove(config_maps, ns, "a", how)).value() == deletion::done));
}

BOOST_AUTO_TEST_CASE(a_finalizer_makes_a_deletion_wait) {
    const auto ns = make_namespace("finalizer");
    auto object = config_map(ns, "a");
    object["metadata"].as_object()["finalizers"] = json::array{"example.com/wait"};
    BOOST_REQUIRE(run(api.create(config_maps, object, "test")).has_value());
    BOOST_TEST((run(api.remove(config_maps, ns, "a")).value() == deletion::started));
    const auto there = run(api.get(config_maps, ns, "a")).value();
    BOOST_TEST(deletion_timestamp(there).has_value());
    BOOST_TEST(has_finalizer(there, "example.com/wait"));
}

BOOST_AUTO_TEST_CASE(what_is_too_large_to_store_is_a_user_error) {
    const auto ns = make_namespace("large");
    const auto refused =
        run(api.create(config_maps, config_map(ns, "a", std::string(2U << 20U, 'x')), "test"));
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().kind() == error_kind::user));
}

BOOST_AUTO_TEST_CASE(lists_select_page_and_know_their_version) {
    const auto ns = make_namespace("lists");
    for (int i = 0; i < 30; ++i) {
        auto object = config_map(ns, "a" + std::to_string(i));
        object["metadata"].as_object()["labels"] = json::object{{"even", i % 2 == 0 ? "yes" : "no"}};
        BOOST_REQUIRE(run(api.create(config_maps, object, "test")).has_value());
    }
    const auto even = run(api.list(config_maps, {.namespace_ = ns, .label_selector = "even=yes"}));
    BOOST_TEST(even->items.size() == 15U);
    BOOST_TEST(!even->resource_version.empty());
    const auto one = run(api.list(config_maps, {.namespace_ = ns, .field_selector = "metadata.name=a7"}));
    BOOST_REQUIRE(one->items.size() == 1U);
    BOOST_TEST(gvk_of(one->items[0]).to_string() == "v1 ConfigMap");
    const selection metadata{.namespace_ = ns, .metadata_only = true};
    const auto all = run(api.list(config_maps, metadata));
    BOOST_REQUIRE(all->items.size() == 30U);
    BOOST_TEST(kind_of(all->items[0]) == "ConfigMap");
    BOOST_TEST(find_path(all->items[0], {"data"}) == nullptr);
    auto page = run(api.list_some(config_maps, {.namespace_ = ns}, {.limit = 20}));
    BOOST_REQUIRE(page.has_value());
    BOOST_TEST(page->items().size() == 20U);
    page = run(
        api.list_some(config_maps, {.namespace_ = ns}, {.limit = 20, .continue_token = page->continue_token})
    );
    BOOST_TEST(page->items().size() == 10U);
}

BOOST_AUTO_TEST_CASE(questions_are_answered) {
    const auto version = run(api.version());
    BOOST_REQUIRE(version.has_value());
    BOOST_TEST(version->major == 1U);
    BOOST_TEST(version->minor >= 30U);

    const auto index = run(api.openapi_v3_index());
    BOOST_REQUIRE(index.has_value());
    const auto core =
        std::find_if(index->begin(), index->end(), [](const auto& d) { return d.path == "api/v1"; });
    BOOST_REQUIRE(core != index->end());
    BOOST_TEST(!core->hash.empty());
    const auto text = run(api.openapi_v3(core->url));
    BOOST_REQUIRE(text.has_value());
    BOOST_TEST(json::parse(*text).at("openapi").as_string().starts_with("3."));

    const access_question question{.verb = "create", .plural = "configmaps", .namespace_ = "default"};
    BOOST_TEST(run(api.access_review(question))->allowed);
    call_options as_nobody;
    as_nobody.as = impersonation{.user = "nobody", .groups = {"nothing"}, .uid = "", .extra = {}};
    BOOST_TEST(!run(api.access_review(question, as_nobody))->allowed);
    const auto forbidden = run(api.create(config_maps, config_map("default", "x"), "test", {}, as_nobody));
    BOOST_REQUIRE(forbidden.has_error());
    BOOST_TEST((forbidden.error().kind() == error_kind::forbidden));
    BOOST_TEST(forbidden.error().message().find("\"nobody\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
