#include "kube/object_store.hpp"

#include "kube/collection_changes.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace holdfast::kube {
namespace {

json::object config_map(std::string_view name, std::string_view version, std::string_view uid = "u") {
    return json::object{
        {"metadata",
         json::object{{"namespace", "n"}, {"name", name}, {"uid", uid}, {"resourceVersion", version}}}
    };
}

/// A store of resource versions that writes down what it is told, and a server's lists and watch.
struct fixture {
    std::vector<std::string> told;
    object_store<std::string> store{
        [](const json::object& o) { return std::string{resource_version_of(o)}; },
        {.added = [this](const object_name& k, const std::string& v) { told.push_back("+" + k.name + v); },
         .changed = [this](
                        const object_name& k, const std::string& a, const std::string& b
                    ) { told.push_back("~" + k.name + a + ">" + b); },
         .removed = [this](const object_name& k, const std::string& v) { told.push_back("-" + k.name + v); },
         .synced = [this] { told.emplace_back("synced"); },
         .trouble_changed = [this] { told.emplace_back("trouble"); }}
    };
    collection_changes server{store};

    std::vector<std::string> take() {
        auto t = std::exchange(told, {});
        std::sort(t.begin(), t.end());
        return t;
    }
    void list(const std::vector<std::pair<std::string, std::string>>& contents) {
        server.begin_list(told_by::list);
        for (const auto& [name, version] : contents) {
            server.there_is(config_map(name, version));
        }
        server.end_list("100", false);
    }
};

using texts = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(store)

BOOST_FIXTURE_TEST_CASE(a_list_tells_what_came_changed_and_went, fixture) {
    list({{"a", "1"}, {"b", "1"}, {"c", "1"}});
    BOOST_TEST(take() == (texts{"+a1", "+b1", "+c1", "synced"}), boost::test_tools::per_element());
    list({{"a", "1"}, {"b", "2"}, {"d", "1"}});
    BOOST_TEST(take() == (texts{"+d1", "-c1", "synced", "~b1>2"}), boost::test_tools::per_element());
    BOOST_TEST(store.size() == 3U);
    BOOST_TEST(*store.find({"n", "b"}) == "2");
    BOOST_TEST(store.find({"n", "c"}) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_said_and_nothing_found_until_the_first_list_is_whole, fixture) {
    server.begin_list(told_by::list);
    server.there_is(config_map("a", "1"));
    server.there_is(config_map("gone", "1"));
    server.begin_list(told_by::list); // the first was interrupted
    server.there_is(config_map("a", "2"));
    store.note(config_map("noted", "3"));
    BOOST_TEST(store.size() == 0U);
    BOOST_TEST(store.find({"n", "a"}) == nullptr);
    store.for_each([](const object_name& k, const std::string&) { BOOST_ERROR("there is " + k.name); });
    BOOST_TEST(told.empty());
    server.there_is(config_map("b", "1"));
    store.trouble_changed();
    BOOST_TEST(take() == texts{"trouble"}, boost::test_tools::per_element());
    server.end_list("100", false);
    BOOST_TEST(told.back() == "synced");
    BOOST_TEST(take() == (texts{"+a2", "+b1", "synced"}), boost::test_tools::per_element());
    BOOST_TEST(store.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(all_of_the_first_list_is_to_be_found_when_its_objects_are_told, fixture) {
    std::size_t found = 0;
    object_store<int> seen{[](const json::object&) { return 0; }, {.added = [&](const object_name&, int) {
                               found += seen.size();
                           }}};
    collection_changes lists{seen};
    lists.begin_list(told_by::list);
    lists.there_is(config_map("a", "1"));
    lists.there_is(config_map("b", "1"));
    lists.end_list("1", false);
    BOOST_TEST(found == 4U);
}

BOOST_FIXTURE_TEST_CASE(events_are_told_and_the_same_version_again_is_not, fixture) {
    list({});
    told.clear();
    server.there_is(config_map("a", "1"));
    server.there_is(config_map("a", "1"));
    server.there_is(config_map("a", "2"));
    server.is_gone(config_map("a", "3"));
    server.is_gone(config_map("a", "3"));
    BOOST_TEST(told == (texts{"+a1", "~a1>2", "-a2"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(an_answer_to_a_write_is_taken_and_events_from_before_it_are_not, fixture) {
    list({{"a", "10"}});
    told.clear();
    store.note(config_map("a", "12"));
    store.note(config_map("a", "11")); // came late
    store.note(config_map("a", "12"));
    server.there_is(config_map("a", "11"));
    server.there_is(config_map("a", "12"));
    store.note(config_map("made", "13", "second"));
    server.is_gone(config_map("made", "12", "first"));
    server.there_is(config_map("a", "14"));
    BOOST_TEST(told == (texts{"~a10>12", "+made13", "~a12>14"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
