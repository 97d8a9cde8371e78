#include "kube/object_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace holdfast::kube {
namespace {

json::object config_map(std::string_view name, std::string_view version) {
    return json::object{
        {"metadata", json::object{{"namespace", "n"}, {"name", name}, {"resourceVersion", version}}}
    };
}

/// A store of resource versions that writes down what it is told.
struct fixture {
    std::vector<std::string> told;
    object_store<std::string> store{
        [](const json::object& o) { return std::string{resource_version_of(o)}; },
        {.added = [this](const object_name& k, const std::string& v) { told.push_back("+" + k.name + v); },
         .modified = [this](
                         const object_name& k, const std::string& a, const std::string& b
                     ) { told.push_back("~" + k.name + a + ">" + b); },
         .deleted = [this](const object_name& k, const std::string& v) { told.push_back("-" + k.name + v); }}
    };
    std::vector<std::string> take() {
        auto t = std::exchange(told, {});
        std::sort(t.begin(), t.end());
        return t;
    }
    void replace(const std::vector<std::pair<std::string, std::string>>& contents) {
        store.begin_replace();
        for (const auto& [name, version] : contents) {
            store.changed(config_map(name, version));
        }
        store.end_replace();
    }
};

using texts = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(store)

BOOST_FIXTURE_TEST_CASE(a_replacement_tells_what_came_changed_and_went, fixture) {
    replace({{"a", "1"}, {"b", "1"}, {"c", "1"}});
    BOOST_TEST(take() == (texts{"+a1", "+b1", "+c1"}), boost::test_tools::per_element());
    replace({{"a", "1"}, {"b", "2"}, {"d", "1"}});
    BOOST_TEST(take() == (texts{"+d1", "-c1", "~b1>2"}), boost::test_tools::per_element());
    BOOST_TEST(store.size() == 3U);
    BOOST_TEST(*store.find({"n", "b"}) == "2");
    BOOST_TEST(store.find({"n", "c"}) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(readers_keep_the_old_contents_until_the_end_of_a_replacement, fixture) {
    replace({{"a", "1"}});
    store.begin_replace();
    store.changed(config_map("b", "2"));
    store.deleted(config_map("a", "2"));
    BOOST_TEST(store.size() == 1U);
    BOOST_TEST(store.find({"n", "a"}) != nullptr);
    store.end_replace();
    BOOST_TEST(store.find({"n", "a"}) == nullptr);
    BOOST_TEST(store.find({"n", "b"}) != nullptr);
}

BOOST_FIXTURE_TEST_CASE(a_replacement_that_is_begun_anew_forgets_what_it_had, fixture) {
    store.begin_replace();
    store.changed(config_map("a", "1"));
    store.begin_replace();
    store.changed(config_map("b", "1"));
    store.deleted(config_map("c", "1"));
    store.end_replace();
    BOOST_TEST(take() == (texts{"+b1"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(events_are_told_and_the_same_version_again_is_not, fixture) {
    store.changed(config_map("a", "1"));
    store.changed(config_map("a", "1"));
    store.changed(config_map("a", "2"));
    store.deleted(config_map("a", "3"));
    store.deleted(config_map("a", "3"));
    BOOST_TEST(told == (texts{"+a1", "~a1>2", "-a2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
