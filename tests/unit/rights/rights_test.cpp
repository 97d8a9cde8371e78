#include "rights/rights.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace holdfast::rights {
namespace {

namespace json = boost::json;

json::object review(std::string_view rules, bool incomplete = false) {
    return {
        {"status",
         {{"resourceRules", json::parse(rules)},
          {"nonResourceRules", json::array{}},
          {"incomplete", incomplete}}}
    };
}

bool has(const std::vector<right>& all, const right& one) {
    return std::ranges::find(all, one) != all.end();
}

BOOST_AUTO_TEST_SUITE(rights_of_the_operator)

BOOST_AUTO_TEST_CASE(what_is_needed_is_what_the_installation_gives) {
    const auto plain = needed({});
    BOOST_TEST(has(plain, {"holdfast.dev", "applications", "", "watch", false}));
    BOOST_TEST(has(plain, {"holdfast.dev", "applications/status", "", "patch", false}));
    BOOST_TEST(has(plain, {"", "secrets", "holdfast-state-key", "get", true}));
    BOOST_TEST(std::ranges::none_of(plain, [](const right& one) { return one.resource == "leases"; }));
    BOOST_TEST(std::ranges::is_sorted(plain));

    const auto all = needed({.webhook = true, .election = true});
    BOOST_TEST(has(all, {"coordination.k8s.io", "leases", "holdfast", "update", true}));
    BOOST_TEST(has(
        all, {"admissionregistration.k8s.io", "validatingwebhookconfigurations", "holdfast", "patch", false}
    ));
    BOOST_TEST(has(all, {"", "secrets", "holdfast-admission", "get", true}));

    const right to_ask{"authentication.k8s.io", "tokenreviews", "", "create", false};
    BOOST_TEST(has(needed({.page = true}), to_ask));
    BOOST_TEST(!has(all, to_ask));

    const auto here = needed({.one_namespace = true});
    BOOST_TEST(has(here, {"holdfast.dev", "applications", "", "watch", true}));
    BOOST_TEST(std::ranges::all_of(here, &right::in_own_namespace));
}

BOOST_AUTO_TEST_CASE(rules_are_read_of_the_object_that_is_asked_for) {
    constexpr std::string_view yaml = R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: one}
rules:
- {apiGroups: ["", apps], resources: [pods], verbs: [get]}
---
kind: ClusterRoleBinding
metadata: {name: one}
---
kind: Role
metadata: {name: other}
rules:
- {apiGroups: [""], resources: [secrets], resourceNames: [a, b], verbs: [get]}
)";
    const std::vector<right> one{{"", "pods", "", "get", false}, {"apps", "pods", "", "get", false}};
    BOOST_TEST((*read_rules(yaml, "one") == one));
    const std::vector<right> other{{"", "secrets", "a", "get", true}, {"", "secrets", "b", "get", true}};
    BOOST_TEST((*read_rules(yaml, "other") == other));
    BOOST_TEST(read_rules(yaml, "none")->empty());
    BOOST_TEST(read_rules("rules: [", "one").has_error());
}

BOOST_AUTO_TEST_CASE(a_rule_gives_what_it_names_and_what_its_stars_stand_for) {
    const struct {
        std::string_view rules;
        right asked;
        bool is_given;
    } table[] = {
        {R"([{"verbs":["get","list"],"apiGroups":["apps"],"resources":["deployments"]}])",
         {"apps", "deployments", "", "list", false},
         true},
        {R"([{"verbs":["get"],"apiGroups":["apps"],"resources":["deployments"]}])",
         {"apps", "deployments", "", "list", false},
         false},
        {R"([{"verbs":["get"],"apiGroups":[""],"resources":["deployments"]}])",
         {"apps", "deployments", "", "get", false},
         false},
        {R"([{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}])",
         {"holdfast.dev", "applications/status", "", "patch", false},
         true},
        {R"([{"verbs":["patch"],"apiGroups":["holdfast.dev"],"resources":["applications"]}])",
         {"holdfast.dev", "applications/status", "", "patch", false},
         false},
        {R"([{"verbs":["patch"],"apiGroups":["holdfast.dev"],"resources":["*/status"]}])",
         {"holdfast.dev", "applications/status", "", "patch", false},
         true},
        // A rule for one object gives nothing of the others, and one for all gives that one.
        {R"([{"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["a"]}])",
         {"", "secrets", "", "get", false},
         false},
        {R"([{"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["a"]}])",
         {"", "secrets", "a", "get", false},
         true},
        {R"([{"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["b"]}])",
         {"", "secrets", "a", "get", false},
         false},
        {R"([{"verbs":["get"],"apiGroups":[""],"resources":["secrets"]}])",
         {"", "secrets", "a", "get", false},
         true},
        {"[]", {"", "secrets", "a", "get", false}, false},
        {R"([7, {"verbs":"get","apiGroups":null}])", {"", "secrets", "a", "get", false}, false},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.rules << " and " << describe(row.asked)) {
            BOOST_TEST(missing({row.asked}, review(row.rules), review("[]")).empty() == row.is_given);
            auto here = row.asked;
            here.in_own_namespace = true;
            BOOST_TEST(missing({here}, review("[]"), review(row.rules)).empty() == row.is_given);
        }
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_said_to_be_missing_where_the_server_does_not_know_all) {
    const std::vector<right> one{{"", "secrets", "", "get", false}};
    BOOST_TEST(missing(one, review("[]"), review("[]")).size() == 1U);
    BOOST_TEST(missing(one, review("[]", true), review("[]")).empty());
    BOOST_TEST(missing(one, review("[]"), review("[]", true)).empty());
    BOOST_TEST(missing(one, {}, review("[]")).empty());
}

BOOST_AUTO_TEST_CASE(a_right_is_told_as_kubectl_would_ask_for_it) {
    BOOST_TEST(
        describe({"holdfast.dev", "applications/status", "", "patch", false}) ==
        "patch applications.holdfast.dev/status"
    );
    BOOST_TEST(describe({"", "secrets", "a", "get", true}) == "get secrets named a in its namespace");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::rights
