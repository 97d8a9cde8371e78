#include "crds/application.hpp"
#include "crds/checks.hpp"
#include "crds/repository.hpp"
#include "examples.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::crds {
namespace {

using namespace test;

struct wrong_input {
    std::string_view spec;
    std::string_view problem;
};

BOOST_AUTO_TEST_SUITE(checking_kinds)

BOOST_AUTO_TEST_CASE(what_an_application_alone_tells_to_be_wrong_is_said) {
    const wrong_input table[] = {
        {R"({})", ""},
        {R"({'source': null})", "spec: exactly one of source and sources must be set"},
        {R"({'sources': [{'repoURL': 'x', 'path': 'a'}]})",
         "spec: exactly one of source and sources must be set"},
        {R"({'source': {'repoURL': 'x'}})", "spec.source: one of path, chart and ref must be set"},
        {R"({'source': {'repoURL': 'x', 'ref': 'a'}})", "spec.source: a single source needs a path or a chart"
        },
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'chart': 'b', 'targetRevision': '1.2.3'}})",
         "spec.source.path: path and chart exclude each other: a chart is taken from a Helm repository, a "
         "path from a Git "
         "repository"},
        {R"({'source': null, 'sources': [{'repoURL': 'x', 'ref': 'a', 'chart': 'b', 'targetRevision': '1.2.3'}]})",
         "spec.sources[0].ref: ref and chart exclude each other: a chart has no files for other sources"},
        {R"({'source': {'repoURL': 'x', 'chart': 'b'}})",
         "spec.source.targetRevision: is required where chart is set: the chart's version or a range of "
         "versions"},
        {R"({'source': {'repoURL': 'x', 'chart': 'b', 'targetRevision': 'main'}})",
         R"(spec.source.targetRevision: must be a version or a range of versions such as 1.4.*, is "main")"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'targetRevision': '>=1.2 <two'}})",
         R"(spec.source.targetRevision: must be a range of versions such as 1.4.* or >=1.2 <2, is ">=1.2 <two")"
        },
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'targetRevision': 'a..b'}})",
         R"(spec.source.targetRevision: must be a branch, a tag, a commit or a range of versions, is "a..b")"
        },
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'targetRevision': '-oops'}})",
         R"(spec.source.targetRevision: must be a branch, a tag, a commit or a range of versions, is "-oops")"
        },
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'helm': {}, 'kustomize': {}}})",
         "spec.source: at most one of helm, kustomize, directory and plugin may be set"},
        {R"({'source': {'repoURL': 'x', 'path': '/a'}})",
         R"(spec.source.path: must be relative to the root of the repository, is "/a")"},
        {R"({'source': {'repoURL': 'x', 'path': 'a/../../b'}})",
         R"(spec.source.path: must not leave the repository, is "a/../../b")"},
        {R"({'source': {'repoURL': 'https://joe:secret@git.example.com/a', 'path': 'a'}})",
         "spec.source.repoURL: must not contain a password: put it into the Secret of a Repository object"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'directory': {'include': '{a,b'}}})",
         R"(spec.source.directory.include: is not a glob: '{' without '}', is "{a,b")"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'directory': {'exclude': '[a'}}})",
         R"(spec.source.directory.exclude: is not a glob: '[' without ']', is "[a")"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'directory': {'jsonnet': {'libs': ['../lib']}}}})",
         R"(spec.source.directory.jsonnet.libs[0]: must not leave the repository, is "../lib")"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'kustomize': {'patches': [{'path': 'p', 'patch': 'q'}]}}})",
         "spec.source.kustomize.patches[0]: exactly one of path and patch must be set"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'plugin': {'parameters': [{'name': 'p', 'string': '', 'map': {}}]}}})",
         "spec.source.plugin.parameters[0]: at most one of string, array and map may be set"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'helm': {'valueFiles': ['$values/prod.yaml']}}})",
         R"(spec.source.helm.valueFiles[0]: no source has the ref "values", which "$values/prod.yaml" needs)"
        },
        {R"({'source': null, 'sources': [{'repoURL': 'x', 'ref': 'a'}, {'repoURL': 'y', 'ref': 'a'}]})",
         R"(spec.sources[1].ref: "a" is the ref of an earlier source already)"},
        {R"({'destination': {}})", "spec.destination: exactly one of server and name must be set"},
        {R"({'destination': {'server': 'https://a', 'name': 'b'}})",
         "spec.destination: exactly one of server and name must be set"},
        {R"({'destination': {'server': 'kubernetes.default.svc'}})",
         R"(spec.destination.server: must be a URL such as https://kubernetes.default.svc, is "kubernetes.default.svc")"
        },
        {R"({'syncPolicy': {'syncOptions': ['CreateNamespaces=true']}})",
         R"(spec.syncPolicy.syncOptions[0]: unknown option "CreateNamespaces=true"; did you mean "CreateNamespace=true"?)"
        },
        {R"({'syncPolicy': {'syncOptions': ['Teleport=true']}})",
         R"(spec.syncPolicy.syncOptions[0]: unknown option "Teleport=true")"},
        {R"({'syncPolicy': {'syncOptions': ['PruneLast']}})",
         R"(spec.syncPolicy.syncOptions[0]: must be a name and a value such as CreateNamespace=true, is "PruneLast")"
        },
        {R"({'syncPolicy': {'syncOptions': ['Prune=maybe']}})",
         R"(spec.syncPolicy.syncOptions[0]: Prune must be true, false or confirm, is "maybe")"},
        {R"({'syncPolicy': {'syncOptions': ['Replace=yes']}})",
         R"(spec.syncPolicy.syncOptions[0]: Replace must be true or false, is "yes")"},
        {R"({'syncPolicy': {'syncOptions': ['Prune=true', 'Prune=false']}})",
         "spec.syncPolicy.syncOptions[1]: Prune is there twice"},
        {R"({'syncPolicy': {'managedNamespaceMetadata': {}}})",
         "spec.syncPolicy.managedNamespaceMetadata: needs the sync option CreateNamespace=true: without it "
         "the namespace "
         "is not Holdfast's"},
        {R"({'syncPolicy': {'retry': {'backoff': {'duration': '10m', 'maxDuration': '60'}}}})",
         "spec.syncPolicy.retry.backoff.maxDuration: must not be shorter than duration, which is 10m, is 60"},
        {R"({'ignoreDifferences': [{'kind': 'Deployment'}]})",
         "spec.ignoreDifferences[0]: one of jsonPointers, jqPathExpressions and managedFieldsManagers must "
         "name the ignored fields"},
        {R"({'ignoreDifferences': [{'kind': 'Deployment', 'jsonPointers': ['spec/replicas']}]})",
         R"(spec.ignoreDifferences[0].jsonPointers[0]: must begin with '/', such as /spec/replicas, is "spec/replicas")"
        },
        {R"({'ignoreDifferences': [{'kind': '{A', 'jsonPointers': ['/a']}]})",
         R"(spec.ignoreDifferences[0].kind: is not a glob: '{' without '}', is "{A")"},
        {R"({'dependsOn': [{'name': 'web'}]})", "spec.dependsOn[0]: an application must not depend on itself"
        },
        {R"({'dependsOn': [{'name': 'web', 'namespace': 'default'}]})",
         "spec.dependsOn[0]: an application must not depend on itself"},
        {R"({'dependsOn': [{'name': 'web', 'namespace': 'other'}]})", ""},
        {R"({'dependsOn': [{'name': 'db'}, {'name': 'db', 'namespace': 'default'}]})",
         R"(spec.dependsOn[1]: "default/db" is there twice)"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'helm': {'valueFiles': ['a.yaml', 'env/*.{yaml,yml', 'https://h/a?b=[']}}})",
         R"(spec.source.helm.valueFiles[1]: is not a glob: '{' without '}', is "env/*.{yaml,yml")"},
        {R"({'hold': '1.*'})", R"(spec.hold: must be a branch, a tag or a commit, is "1.*")"},
        {R"({'secrets': [{}]})", "spec.secrets[0]: exactly one of pass and sops must be set"},
        {R"({'secrets': [{'pass': {'repoURL': 'x', 'path': '/a', 'keySecretRef': {'name': 'k', 'key': 'k'}}}]})",
         R"(spec.secrets[0].pass.path: must be relative to the root of the repository, is "/a")"},
        {R"({'healthChecks': [{'kind': 'A', 'check': 'x'}, {'kind': 'A', 'check': 'y'}]})",
         R"(spec.healthChecks[1]: the kind "A" is there twice)"},
    };
    for (const auto& [spec, problem] : table) {
        BOOST_TEST_CONTEXT(spec) {
            const auto read = examine_application(application_with(spec));
            BOOST_TEST(join(read.problems) == "");
            BOOST_TEST(join(check(read.value)) == problem);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_operation_is_checked_as_well) {
    const auto problems_of = [](std::string_view members) {
        return join(check(examine_application(application_beside(members)).value));
    };
    BOOST_TEST(
        problems_of(R"({'operation': {'sync': {'syncOptions': ['Forse=true']}}})") ==
        R"(operation.sync.syncOptions[0]: unknown option "Forse=true"; did you mean "Force=true"?)"
    );
    BOOST_TEST(
        problems_of(R"({'operation': {'sync': {'syncStrategy': {'apply': {}, 'hook': {}}}}})") ==
        "operation.sync.syncStrategy: at most one of apply and hook may be set"
    );
    BOOST_TEST(problems_of(R"({'operation': {'sync': {'revision': 'main'}}})") == "");
}

BOOST_AUTO_TEST_CASE(what_a_repository_alone_tells_to_be_wrong_is_said) {
    const wrong_input table[] = {
        {R"({})", ""},
        {R"({'url': 'git@git.example.com:team/deploy.git'})", ""},
        {R"({'url': 'file:///srv/git/deploy.git'})", ""},
        {R"({'url': 'git.example.com/deploy'})",
         "spec.url: must be one such as https://git.example.com/team/deploy, "
         "ssh://git@git.example.com/team/deploy or "
         "git@git.example.com:team/deploy, is \"git.example.com/deploy\""},
        {R"({'url': 'https://joe:secret@git.example.com/deploy'})",
         "spec.url: must not contain a password: put it into the Secret of secretRef"},
        {R"({'caBundle': 'MIIB'})",
         "spec.caBundle: must be certificates in PEM, which begin with -----BEGIN CERTIFICATE-----"},
        {R"({'verify': {'secretRef': {'name': 'people'}}})", ""},
        {R"({'url': 'oci://registry.example.com/charts', 'verify': {'secretRef': {'name': 'people'}}})",
         "spec.verify: needs a Git repository, and oci:// is a registry"},
        {R"({'caBundle': '-----BEGIN CERTIFICATE-----', 'insecureSkipTLSVerify': true})",
         "spec.caBundle: caBundle and insecureSkipTLSVerify exclude each other"},
    };
    for (const auto& [spec, problem] : table) {
        BOOST_TEST_CONTEXT(spec) {
            BOOST_TEST(join(check(examine_repository(repository_with(spec)).value)) == problem);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
