#include "kube/collection_changes.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <ostream>
#include <vector>

namespace holdfast::kube {

std::ostream& operator<<(std::ostream& out, change c) {
    constexpr std::string_view names[] = {"none", "added", "changed", "replaced"};
    return out << names[static_cast<std::size_t>(c)];
}

namespace {

using texts = std::vector<std::string>;

json::object object(
    std::string_view name, std::string_view version, std::string_view uid = "u", std::string_view ns = "n"
) {
    return json::object{
        {"metadata",
         json::object{{"namespace", ns}, {"name", name}, {"uid", uid}, {"resourceVersion", version}}}
    };
}

/// Keeps uid and version of what it is told, and writes it down.
struct keeper : informer_handler {
    std::map<object_name, std::pair<std::string, std::string>> known;
    texts told;
    bool without_versions = false;

    std::optional<object_version> version_of(const object_name& name) const override {
        const auto found = known.find(name);
        if (found == known.end()) {
            return std::nullopt;
        }
        return object_version{
            .uid = found->second.first,
            .resource_version = without_versions ? std::string_view{} : found->second.second
        };
    }
    void for_each_known(const std::function<void(const object_name&)>& see) const override {
        for (const auto& [name, version] : known) {
            see(name);
        }
    }
    void added(const json::object& o) override { take("+", o); }
    void changed(const json::object& o) override { take("~", o); }
    void removed(const object_name& name, std::string_view version) override {
        BOOST_TEST(known.erase(name) == 1U);
        told.push_back("-" + name.name + "@" + std::string{version});
    }
    void list_begins() override { told.emplace_back("begins"); }
    void synced() override { told.emplace_back("synced"); }
    void store_went_back() override { told.emplace_back("back"); }

private:
    void take(const std::string& sign, const json::object& o) {
        known[object_name_of(o)] = {std::string{uid_of(o)}, std::string{resource_version_of(o)}};
        told.push_back(sign + std::string{name_of(o)} + std::string{resource_version_of(o)});
    }
};

struct fixture {
    keeper handler;
    collection_changes server{handler};

    texts take() { return std::exchange(handler.told, {}); }
    void list(std::string_view version, const std::vector<json::object>& items, told_by how = told_by::list) {
        server.begin_list(how);
        for (const auto& item : items) {
            server.there_is(item);
        }
        server.end_list(version, how == told_by::list_of_any_time);
    }
};

BOOST_AUTO_TEST_SUITE(changes_of_a_collection)

BOOST_AUTO_TEST_CASE(what_an_object_is_to_who_knows_it) {
    using enum told_by;
    struct row {
        std::optional<object_version> known;
        object_version now;
        change by_watch;
        change by_list;
        change by_any_list;
    };
    const auto none = change::none;
    const auto changed = change::changed;
    const auto replaced = change::replaced;
    const std::vector<row> table{
        {std::nullopt, {"u", "5"}, change::added, change::added, change::added},
        {object_version{"u", "5"}, {"u", "6"}, changed, changed, changed},
        {object_version{"u", "5"}, {"u", "5"}, none, none, changed},
        // Past in a watch; the truth in a list.
        {object_version{"u", "5"}, {"u", "4"}, none, changed, changed},
        {object_version{"v", "5"}, {"u", "4"}, none, replaced, replaced},
        {object_version{"v", "5"}, {"u", "6"}, replaced, replaced, replaced},
        // Who says no version wants it all.
        {object_version{"u", ""}, {"u", "5"}, changed, changed, changed},
        {object_version{"v", ""}, {"u", "5"}, replaced, replaced, replaced},
        // Without uids it is the same name, and no more is known.
        {object_version{"", "5"}, {"u", "6"}, changed, changed, changed},
        {object_version{"u", "5"}, {"", "6"}, changed, changed, changed},
        // Versions that are no numbers are not compared.
        {object_version{"u", "b"}, {"u", "a"}, changed, changed, changed},
        {object_version{"u", "a"}, {"u", "a"}, none, none, changed},
        {object_version{"u", ""}, {"u", ""}, changed, changed, changed},
    };
    for (const auto& r : table) {
        BOOST_TEST_CONTEXT(
            (r.known ? std::string{r.known->uid} + std::string{r.known->resource_version} : "nothing")
            << " and " << r.now.uid << r.now.resource_version
        ) {
            BOOST_TEST(change_of(r.known, r.now, watch) == r.by_watch);
            BOOST_TEST(change_of(r.known, r.now, told_by::list) == r.by_list);
            BOOST_TEST(change_of(r.known, r.now, list_of_any_time) == r.by_any_list);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_list_that_brings_nothing_new_tells_nothing, fixture) {
    list("10", {object("a", "1"), object("b", "2")});
    BOOST_TEST(take() == (texts{"begins", "+a1", "+b2", "synced"}), boost::test_tools::per_element());
    list("20", {object("b", "2"), object("a", "1")});
    BOOST_TEST(take() == (texts{"begins", "synced"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_is_not_in_a_list_is_removed_at_its_end_as_of_its_version, fixture) {
    list("10", {object("a", "1"), object("b", "2")});
    take();
    list("20", {object("c", "15"), object("b", "12")});
    BOOST_TEST(
        take() == (texts{"begins", "+c15", "~b12", "-a@20", "synced"}), boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(the_same_name_elsewhere_is_another_object, fixture) {
    list("10", {object("a", "1", "u", "here"), object("a", "2", "v", "there")});
    take();
    list("20", {object("a", "2", "v", "there")});
    BOOST_TEST(take() == (texts{"begins", "-a@20", "synced"}), boost::test_tools::per_element());
    BOOST_TEST(handler.known.contains({"there", "a"}));
}

BOOST_FIXTURE_TEST_CASE(a_list_that_is_interrupted_removes_nothing_and_the_next_one_counts, fixture) {
    list("10", {object("a", "1"), object("b", "2"), object("c", "3")});
    take();
    server.begin_list(told_by::list);
    server.there_is(object("a", "1"));
    server.there_is(object("new", "15"));
    // Begun anew: what the first one had seen does not count, and what it told holds until the end.
    server.begin_list(told_by::list);
    server.there_is(object("b", "2"));
    BOOST_TEST(take() == (texts{"begins", "+new15", "begins"}), boost::test_tools::per_element());
    server.end_list("20", false);
    BOOST_TEST(take() == (texts{"-a@20", "-c@20", "-new@20", "synced"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_goes_while_a_list_is_read_is_gone_at_its_end_too, fixture) {
    list("10", {object("a", "1"), object("b", "2"), object("c", "3")});
    take();
    server.begin_list(told_by::list);
    server.there_is(object("a", "1"));
    server.is_gone(object("a", "15"));
    server.is_gone(object("c", "16")); // before it was in the list
    server.is_gone(object("never", "16"));
    server.there_is(object("b", "2"));
    server.is_gone(object("b", "17"));
    server.there_is(object("b", "18", "made anew"));
    server.end_list("20", false);
    BOOST_TEST(
        take() == (texts{"begins", "-a@15", "-c@16", "-b@17", "+b18", "synced"}),
        boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(
    what_was_learnt_elsewhere_while_a_list_is_read_is_gone_when_it_is_not_in_it, fixture
) {
    server.begin_list(told_by::list);
    handler.added(object("noted", "15"));
    server.end_list("20", false);
    BOOST_TEST(
        take() == (texts{"begins", "+noted15", "-noted@20", "synced"}), boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(another_object_of_the_same_name_is_a_removal_and_an_addition, fixture) {
    list("10", {object("a", "1", "first")});
    take();
    server.there_is(object("a", "11", "second"));
    BOOST_TEST(take() == (texts{"-a@11", "+a11"}), boost::test_tools::per_element());
    list("20", {object("a", "15", "third")});
    BOOST_TEST(take() == (texts{"begins", "-a@15", "+a15", "synced"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_store_that_was_set_back_replaces_what_is_known, fixture) {
    list("100", {object("a", "10"), object("b", "60"), object("c", "70")});
    take();
    // b has another state in the same version now, since versions are given anew.
    list("65", {object("a", "5"), object("b", "60")}, told_by::list_of_any_time);
    BOOST_TEST(
        take() == (texts{"begins", "~a5", "~b60", "back", "-c@65", "synced"}),
        boost::test_tools::per_element()
    );
    // From here on lower versions are the newer ones.
    server.there_is(object("a", "66"));
    server.there_is(object("a", "5"));
    server.is_gone(object("b", "67"));
    BOOST_TEST(take() == (texts{"~a66", "-b@67"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(events_that_were_overtaken_are_not_told, fixture) {
    list("10", {object("a", "1"), object("b", "1")});
    handler.changed(object("a", "15", "second")); // the answer to a write
    take();
    server.there_is(object("a", "12"));
    server.is_gone(object("a", "13"));
    server.there_is(object("a", "15", "second"));
    BOOST_TEST(take().empty());
    server.is_gone(object("a", "16", "second"));
    server.is_gone(object("a", "16", "second"));
    BOOST_TEST(take() == texts{"-a@16"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(who_says_no_version_is_told_everything_and_judges_himself, fixture) {
    handler.without_versions = true;
    list("10", {object("a", "5")});
    take();
    list("20", {object("a", "5")});
    server.there_is(object("a", "4"));
    server.is_gone(object("a", "3"));
    BOOST_TEST(take() == (texts{"begins", "~a5", "synced", "~a4", "-a@3"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(an_end_without_a_beginning_is_nothing, fixture) {
    list("10", {object("a", "1")});
    take();
    server.end_list("20", false);
    BOOST_TEST(take().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
