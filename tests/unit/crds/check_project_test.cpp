#include "crds/application.hpp"
#include "crds/project.hpp"
#include "examples.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::crds {
namespace {

using namespace test;

struct wrong_input {
    std::string_view spec;
    std::string_view problem;
};

BOOST_AUTO_TEST_SUITE(checking_projects)

BOOST_AUTO_TEST_CASE(what_a_project_alone_tells_to_be_wrong_is_said) {
    const wrong_input table[] = {
        {R"({})", ""},
        {R"({'sourceRepos': ['!*']})",
         R"(spec.sourceRepos[0]: must not be "!*", which denies everything: leave the list empty for that)"},
        {R"({'sourceRepos': ['a', 'a']})", R"(spec.sourceRepos[1]: "a" is there twice)"},
        {R"({'sourceRepos': [' ']})", "spec.sourceRepos[0]: must not be empty"},
        {R"({'sourceRepos': ['https://joe:secret@git.example.com/*']})",
         "spec.sourceRepos[0]: must not contain a password"},
        {R"({'destinations': [{'server': '!*', 'namespace': 'a'}]})",
         R"(spec.destinations[0].server: must not be "!*", which denies everything: leave the list empty for that)"
        },
        {R"({'destinations': [{'name': 'in-cluster', 'namespace': '!*'}]})",
         R"(spec.destinations[0].namespace: must not be "!*", which denies everything: leave the list empty for that)"
        },
        {R"({'destinations': [{'namespace': 'a'}]})",
         "spec.destinations[0]: one of server and name must be set: without one it is not a destination"},
        {R"({'destinations': [{'name': 'a', 'namespace': 'a'}, {'name': 'a', 'namespace': 'a'}]})",
         "spec.destinations[1]: is there twice"},
        {R"({'destinations': [{'name': 'a', 'namespace': 'a'}, {'server': 'a', 'namespace': 'a'}]})", ""},
        {R"({'sourceNamespaces': ['a', 'a']})", R"(spec.sourceNamespaces[1]: "a" is there twice)"},
        {R"({'sourceNamespaces': ['/^team-[a-z]+$/']})", ""},
        {R"({'sourceNamespaces': ['/(/']})",
         R"(spec.sourceNamespaces[0]: is not a regular expression: missing ): (, is "/(/")"},
        {R"({'clusterResourceWhitelist': [{'group': '[', 'kind': 'Namespace'}]})",
         R"(spec.clusterResourceWhitelist[0].group: is not a pattern: '[' without ']', is "[")"},
        {R"({'clusterResourceBlacklist': [{'group': '', 'kind': 'Namespace', 'name': '[a'}]})",
         R"(spec.clusterResourceBlacklist[0].name: is not a pattern: '[' without ']', is "[a")"},
        {R"({'namespaceResourceWhitelist': []})", ""},
        {R"({'namespaceResourceWhitelist': [{'group': 'apps', 'kind': ''}]})",
         "spec.namespaceResourceWhitelist[0].kind: must not be empty: * stands for all kinds"},
        {R"({'namespaceResourceBlacklist': [{'group': 'apps', 'kind': '[a'}]})",
         R"(spec.namespaceResourceBlacklist[0].kind: is not a pattern: '[' without ']', is "[a")"},
        {R"({'roles': [{'name': 'a'}, {'name': 'a'}]})", R"(spec.roles[1].name: "a" is there twice)"},
        {R"({'roles': [{'name': 'ci', 'policies': ['p, proj:shop:ci, applications, sync, shop/*, allow']}]})",
         ""},
        {R"({'roles': [{'name': 'ci', 'policies': ['p, proj:shop:ci, applications, action/apps/Deployment/restart, shop/ns/web, deny']}]})",
         ""},
        {R"({'roles': [{'name': 'ci', 'policies': ['g, joe, admin']}]})",
         "spec.roles[0].policies[0]: must be of the form p, proj:shop:ci, RESOURCE, ACTION, shop/NAME, allow or "
         "deny"},
        {R"({'roles': [{'name': 'ci', 'policies': ['p, proj:other:ci, applications, sync, shop/*, allow']}]})",
         R"(spec.roles[0].policies[0]: must be about "proj:shop:ci", is about "proj:other:ci")"},
        {R"({'roles': [{'name': 'ci', 'policies': ['p, proj:shop:ci, projects, get, shop/*, allow']}]})",
         R"(spec.roles[0].policies[0]: must name a resource of applications, applicationsets, repositories, clusters, exec or logs, names "projects")"
        },
        {R"({'roles': [{'name': 'ci', 'policies': ['p, proj:shop:ci, applications, fly, shop/*, allow']}]})",
         R"(spec.roles[0].policies[0]: must name an action such as get, create, update, delete, sync, override or *, names "fly")"
        },
        {R"({'roles': [{'name': 'ci', 'policies': ['p, proj:shop:ci, applications, sync, other/*, allow']}]})",
         R"(spec.roles[0].policies[0]: must be about shop/NAME or shop/*, is about "other/*")"},
        {R"({'roles': [{'name': 'ci', 'policies': ['p, proj:shop:ci, applications, sync, shop/*, maybe']}]})",
         R"(spec.roles[0].policies[0]: must end with allow or deny, ends with "maybe")"},
        {R"({'roles': [{'name': 'ci', 'groups': ['a', 'a']}]})",
         R"(spec.roles[0].groups[1]: "a" is there twice)"},
        {R"({'roles': [{'name': 'ci', 'groups': ['a,b']}]})",
         R"(spec.roles[0].groups[0]: must be a name without commas and line breaks, is "a,b")"},
        {R"({'orphanedResources': {'ignore': [{'kind': '['}]}})",
         R"(spec.orphanedResources.ignore[0].kind: is not a glob: '[' without ']', is "[")"},
        {R"({'signatureKeys': [{'keyID': '3AFDEB23'}]})",
         "spec.signatureKeys[0].keyID: must be the identifier of an OpenPGP key with 16 or 40 hexadecimal digits "
         "(gpg --list-keys --with-colons), is \"3AFDEB23\""},
        {R"({'sourceIntegrity': {'git': {'policies': [{'gpg': {'mode': 'head', 'keys': ['4AEE18F83AFDEB23']}}]}}})",
         "spec.sourceIntegrity.git.policies[0].repos: must not be empty: {url: \"*\"} stands for all repositories"
        },
        {R"({'sourceIntegrity': {'git': {'policies': [{'repos': [{'url': '*'}], 'gpg': {'mode': 'strict', 'keys': ['4AEE18F83AFDEB23']}}]}}})",
         "spec.sourceIntegrity.git.policies[0].gpg.mode: strict is not served: copies of repositories are shallow, "
         "without the history whose signatures it is about; head asks for that of the commit"},
        {R"({'sourceIntegrity': {'git': {'policies': [{'repos': [{'url': '*'}], 'gpg': {'mode': 'head', 'keys': ['alice']}}]}}})",
         "spec.sourceIntegrity.git.policies[0].gpg.keys[0]: must be the identifier of an OpenPGP key with 16 or 40 "
         "hexadecimal digits (gpg --list-keys --with-colons), is \"alice\""},
    };
    for (const auto& [spec, problem] : table) {
        BOOST_TEST_CONTEXT(spec) {
            const auto read = examine_project(project_with(spec));
            BOOST_TEST(join(read.problems) == "");
            BOOST_TEST(join(read.unknown_fields) == "");
            BOOST_TEST(join(check(read.value)) == problem);
        }
    }
}

BOOST_AUTO_TEST_CASE(accounts_are_names) {
    const auto told = [](std::string_view account) {
        project value;
        value.spec.destination_service_accounts = {
            {.server = "*", .namespace_ = "*", .default_service_account = std::string{account}}
        };
        const auto problems = join(check(value));
        return problems.find("defaultServiceAccount: must be the name") != std::string::npos;
    };
    for (const auto* right : {"deployer", "shop:deployer"})
        BOOST_TEST(!told(right), right);
    for (const auto* wrong : {"", " ", "a*", "!a", "[a]", "{a}", "a\\b", "a/b", "a:b:c", ":a", "a:"})
        BOOST_TEST(told(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(what_most_people_would_not_think_is_told) {
    const wrong_input table[] = {
        {R"({})", ""},
        {R"({'sourceRepos': null})", "spec.sourceRepos: is empty: no source is permitted"},
        {R"({'sourceRepos': ['!https://x/*']})",
         "spec.sourceRepos: only denies: every other repository is permitted"},
        {R"({'sourceRepos': ['*', '!https://x/*']})", ""},
        {R"({'sourceRepos': ['https://x/{a,b}']})",
         "spec.sourceRepos[0]: fits nothing: alternatives in braces are not read in URLs; write one entry for "
         "each"},
        {R"({'sourceRepos': ['https://x/[b']})",
         R"(spec.sourceRepos[0]: fits nothing: '[' without ']', is "https://x/[b")"},
        {R"({'signatureKeys': [{'keyID': '4AEE18F83AFDEB23'}]})", ""},
        {R"({'sourceIntegrity': {'git': {'policies': [{'repos': [{'url': '*'}], 'gpg': {'mode': 'head'}}]}}})",
         "spec.sourceIntegrity.git.policies[0].gpg.keys: is empty: nobody's signature counts, and nothing is read"
        },
        {R"({'sourceIntegrity': {'git': {'policies': [{'repos': [{'url': '*'}]}]}}, 'signatureKeys': [{'keyID': '4AEE18F83AFDEB23'}]})",
         "spec.signatureKeys: counts for nothing: spec.sourceIntegrity.git takes its place; "
         "spec.sourceIntegrity.git.policies[0]: asks for no signatures"},
        {R"({'destinations': null})", "spec.destinations: is empty: no destination is permitted"},
        {R"({'destinations': [{'server': '*', 'namespace': '!kube-system'}]})",
         "spec.destinations: only denies: whatever no entry denies is permitted"},
        {R"({'namespaceResourceWhitelist': []})",
         "spec.namespaceResourceWhitelist: is empty, which permits no namespaced object; leave it out to permit "
         "all"},
    };
    for (const auto& [spec, told] : table) {
        BOOST_TEST_CONTEXT(spec) {
            const auto read = examine_project(project_with(spec));
            BOOST_TEST(join(read.problems) == "");
            BOOST_TEST(join(surprises_of(read.value.spec)) == told);
        }
    }
}

// What people copy from the page is taken without a word.
BOOST_AUTO_TEST_CASE(the_examples_of_the_page_are_right) {
    const auto page = file(HOLDFAST_SOURCE_DIR "/docs/projects.md");
    const std::string begin = "```yaml\n";
    int projects = 0;
    int applications = 0;
    for (auto at = page.find(begin); at != std::string::npos; at = page.find(begin, at)) {
        at += begin.size();
        const auto text = page.substr(at, page.find("```", at) - at);
        BOOST_TEST_CONTEXT(text) {
            const auto object = yaml(text).as_object();
            if (object.at("kind") == "Project") {
                const auto read = examine_project(object);
                BOOST_TEST(join(read.problems) + join(read.unknown_fields) == "");
                BOOST_TEST(join(check(read.value)) + join(surprises_of(read.value.spec)) == "");
                ++projects;
            } else {
                const auto read = examine_application(object);
                BOOST_TEST(join(read.problems) + join(read.unknown_fields) == "");
                BOOST_TEST(join(check(read.value)) == "");
                ++applications;
            }
        }
    }
    BOOST_TEST(projects == 3);
    BOOST_TEST(applications == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
