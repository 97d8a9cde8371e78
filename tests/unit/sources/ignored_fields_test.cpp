// Which objects jq is asked about, and when not at all.

#include "sources/ignored_fields.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sources {
namespace {

std::shared_ptr<desired_set>
objects_of(const std::vector<std::pair<std::string, std::string>>& kinds_and_names, const std::string& as) {
    auto set = std::make_shared<desired_set>();
    for (const auto& [kind, name] : kinds_and_names) {
        sync::desired_object one;
        one.id = {"", kind, "shop", name};
        one.manifest = {{"kind", kind}, {"as", as}};
        one.hash = sha256(name + as);
        set->objects.push_back(std::move(one));
    }
    return set;
}

crds::ignored_difference rule(const std::string& kind, std::vector<std::string> expressions) {
    crds::ignored_difference one;
    one.kind = kind;
    one.jq_path_expressions = std::move(expressions);
    return one;
}

// Answers each object with one field.
std::shared_ptr<const ignored_fields> answered(jq_work work) {
    builders::jq_answer answer;
    for (std::size_t i = 0; i < work.question.objects.size(); ++i) {
        answer.fields.push_back({{"data", std::to_string(i)}});
    }
    return ignored_fields_of(std::move(work), std::move(answer)).value();
}

BOOST_AUTO_TEST_SUITE(ignored_fields_)

BOOST_AUTO_TEST_CASE(jq_is_asked_about_what_a_rule_is_for_and_once) {
    const std::vector rules{rule("Service", {".a", ".b"}), rule("*", {".c"}), rule("Pod", {})};
    const auto first = objects_of({{"ConfigMap", "a"}, {"Service", "b"}}, "1");
    auto work = jq_work_of(*first, rules, nullptr);
    BOOST_TEST(
        work.question.expressions == (std::vector<std::string>{".a", ".b", ".c"}),
        boost::test_tools::per_element()
    );
    BOOST_REQUIRE(work.question.objects.size() == 2U);
    BOOST_TEST(
        work.question.objects[0].expressions == std::vector<std::size_t>{2U}, boost::test_tools::per_element()
    );
    BOOST_TEST(
        work.question.objects[1].expressions == (std::vector<std::size_t>{0U, 1U, 2U}),
        boost::test_tools::per_element()
    );
    const auto known = answered(std::move(work));

    // Nothing changed: nothing is asked, and what is known stays.
    auto again = jq_work_of(*first, rules, known.get());
    BOOST_TEST(again.question.objects.empty());
    BOOST_TEST(answered(std::move(again))->objects.size() == 2U);

    // One object is another, and one is new.
    auto later = objects_of({{"ConfigMap", "a"}}, "1");
    later->objects.push_back(objects_of({{"Service", "b"}}, "2")->objects.front());
    later->objects.push_back(objects_of({{"Service", "c"}}, "1")->objects.front());
    BOOST_TEST(jq_work_of(*later, rules, known.get()).question.objects.size() == 2U);

    // Another expression for one of them; what no rule is for any more is forgotten.
    auto other = jq_work_of(*first, {rule("Service", {".a"})}, known.get());
    BOOST_TEST(other.question.objects.size() == 1U);
    BOOST_TEST(answered(std::move(other))->objects.size() == 1U);
}

BOOST_AUTO_TEST_CASE(expressions_that_are_wrong_are_all_told_by_their_places) {
    const auto objects = objects_of({{"ConfigMap", "a"}}, "1");
    auto work = jq_work_of(*objects, {rule("Pod", {".x"}), rule("*", {".a", ".b["})}, nullptr);
    builders::jq_answer answer;
    answer.errors = {{0, "it does not end in time"}, {2, "it is not a jq expression: x"}};
    const auto found = ignored_fields_of(std::move(work), std::move(answer));
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(
        found.error().message() ==
        "spec.ignoreDifferences[0].jqPathExpressions[0]: it does not end in time; "
        "spec.ignoreDifferences[1].jqPathExpressions[1]: it is not a jq expression: x"
    );
    BOOST_TEST((found.error().kind() == error_kind::user));
}

BOOST_AUTO_TEST_CASE(what_was_found_is_a_rule_for_its_object_alone) {
    const auto objects = objects_of({{"ConfigMap", "a"}}, "1");
    const auto known = answered(jq_work_of(*objects, {rule("*", {".a"})}, nullptr));
    const sync::object_id id{"", "ConfigMap", "shop", "a"};
    const auto rules = rules_for({}, known.get(), id);
    BOOST_REQUIRE(rules.size() == 1U);
    BOOST_TEST(sync::matches(rules.front(), id));
    BOOST_TEST(!sync::matches(rules.front(), sync::object_id{"", "ConfigMap", "shop", "b"}));
    BOOST_TEST(rules.front().fields.size() == 1U);
    BOOST_TEST(rules_for({}, known.get(), {"", "ConfigMap", "shop", "b"}).empty());
    BOOST_TEST(rules_for({}, nullptr, id).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
