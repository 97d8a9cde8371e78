#include "argocd/customizations.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace json = boost::json;
using namespace holdfast::argocd;

namespace {

/// "kind type=value (where)" each, then the problems.
std::string read(const std::string& data) {
    const auto found = read_customizations(json::parse(data).as_object());
    std::string text;
    for (const auto& one : found.all) {
        text += one.kind + " " + one.type + "=" + one.value + " (" + one.where + ")\n";
    }
    for (const auto& one : found.problems)
        text += "! " + one + "\n";
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(customizations_of_argo_cd)

BOOST_AUTO_TEST_CASE(are_read_in_both_forms) {
    struct row {
        const char* what;
        const char* data;
        const char* expected;
    };
    const std::vector<row> rows{
        {"none", R"({"url": "https://argocd.example.com"})", ""},
        {"the map",
         R"({"resource.customizations": "example.com/Database:\n  health.lua: |\n    return {}\n  health.lua.useOpenLibs: true\n'*.example.com/*':\n  ignoreDifferences: |\n    jsonPointers: [/a]\nConfigMap:\n  actions: x\n"})",
         "*.example.com/* ignoreDifferences=jsonPointers: [/a]\n (resource.customizations of *.example.com/*, "
         "ignoreDifferences)\n"
         "ConfigMap actions=x (resource.customizations of ConfigMap, actions)\n"
         "example.com/Database health=return {}\n (resource.customizations of example.com/Database, health.lua)\n"
         "example.com/Database useOpenLibs=true (resource.customizations of example.com/Database, "
         "health.lua.useOpenLibs)\n"},
        {"a key for each",
         R"({"resource.customizations.health.example.com_Database": "return 1",
             "resource.customizations.health.ConfigMap": "return 2",
             "resource.customizations.ignoreDifferences.all": "x"})",
         "*/* ignoreDifferences=x (resource.customizations.ignoreDifferences.all)\n"
         "ConfigMap health=return 2 (resource.customizations.health.ConfigMap)\n"
         "example.com/Database health=return 1 (resource.customizations.health.example.com_Database)\n"},
        {"a key goes before the map",
         R"({"resource.customizations": "example.com/Database: {health.lua: old}",
             "resource.customizations.health.example.com_Database": "new"})",
         "example.com/Database health=new (resource.customizations.health.example.com_Database)\n"},
        {"what is wrong stops nothing else",
         R"({"resource.customizations": "a/B: [x]\nc/D: {health.lua: x, helth: y}",
             "resource.customizations.helth.a_B": "x",
             "resource.customizations.health": "x",
             "resource.customizations.health.a_b_C": "x",
             "resource.customizations.health.a_": "x"})",
         "c/D health=x (resource.customizations of c/D, health.lua)\n"
         "! resource.customizations of a/B: is no mapping\n"
         "! resource.customizations of c/D: helth is nothing that is known\n"
         "! resource.customizations.helth.a_B: helth is none of health, useOpenLibs, actions, ignoreDifferences, "
         "ignoreResourceUpdates, knownTypeFields\n"
         "! resource.customizations.health: ends with no kind: GROUP_KIND, or KIND of the core group\n"
         "! resource.customizations.health.a_b_C: ends with no kind: GROUP_KIND, or KIND of the core group\n"
         "! resource.customizations.health.a_: ends with no kind: GROUP_KIND, or KIND of the core group\n"},
        {"a map that is a list", R"({"resource.customizations": "[a]"})",
         "! resource.customizations: is no mapping of kinds\n"},
        {"a map that is empty",
         R"({"resource.customizations": "", "resource.customizations.health.a_B": ""})", ""},
    };
    for (const auto& r : rows)
        BOOST_TEST(read(r.data) == r.expected, r.what << ":\n" << read(r.data));
    BOOST_TEST(read(R"({"resource.customizations": "a: ["})")
                   .starts_with("! resource.customizations: is not YAML: line "));
}

BOOST_AUTO_TEST_SUITE_END()
