// Judging an ApplicationSet: what it may not say, and what surprises.

#include "policy/set_checks.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

crds::application_set set_of(const std::string& spec, const std::string& ns = "team") {
    auto read = crds::examine_application_set(
        boost::json::parse(
            R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "s",
                "namespace": ")" +
            ns + R"("}, "spec": )" + spec + "}"
        )
            .as_object()
    );
    BOOST_TEST(crds::join(read.problems).empty(), crds::join(read.problems));
    return read.value;
}

std::string
with(const std::string& generator, const std::string& more = {}, const std::string& metadata = {}) {
    return R"({"generators": [)" + generator + R"(], "template": {"metadata": {"name": "{{x}}")" + metadata +
           R"(}, "spec": {}})" + more + "}";
}

const std::string git =
    R"({"git": {"repoURL": "https://git.example.com/a.git", "directories": [{"path": "*"}]}})";

} // namespace

BOOST_AUTO_TEST_SUITE(checks_of_sets)

BOOST_AUTO_TEST_CASE(what_a_set_may_not_say_is_told_with_its_path) {
    struct row {
        std::string spec;
        std::string ns;
        std::string said;
    };
    const std::string file = R"({"git": {"repoURL": "file:///srv/a.git", "directories": [{"path": "*"}]}})";
    const std::string nested = R"({"matrix": {"generators": [{"list": {"elements": []}}, )" + file + "]}}";
    const auto jq = [](const std::string& expression) {
        return R"(, "ignoreApplicationDifferences": [{"jqPathExpressions": [")" + expression + R"("]}])";
    };
    const row rows[] = {
        {with(git), "team", ""},
        {with(file), "holdfast", ""},
        {with(file), "team", "spec.generators[0].git.repoURL: must not be a file:// URL"},
        {with(nested), "team",
         "spec.generators[0].matrix.generators[1].git.repoURL: must not be a file:// URL"},
        {with(R"({"plugin": {}})"), "team", "plugin"},
        {with(git, jq(".spec.source.targetRevision")), "team", ""},
        {with(git, jq(".spec.sources[] | select(.x)")), "team",
         "spec.ignoreApplicationDifferences[0].jqPathExpressions[0]: is not served by this version"},
    };
    for (const auto& [spec, ns, said] : rows) {
        const auto problems = crds::join(problems_of(set_of(spec, ns), "holdfast"));
        BOOST_TEST((said.empty() ? problems.empty() : problems.find(said) != std::string::npos), problems);
    }
}

BOOST_AUTO_TEST_CASE(what_surprises_is_a_warning) {
    struct row {
        std::string spec;
        std::string said;
    };
    const row rows[] = {
        {with(git), ""},
        {R"({"generators": [)" + git + R"(], "template": {"metadata": {"name": "one"}, "spec": {}}})",
         "spec.template.metadata.name: has no parameter in it"},
        {with(git, "", R"(, "namespace": "elsewhere")"),
         "spec.template.metadata.namespace: counts for nothing"},
        {with(git, "", R"(, "namespace": "team")"), ""},
        {with(git, R"(, "syncPolicy": {"preserveResourcesOnDeletion": true})", R"(, "finalizers": ["a/b"])"),
         "spec.syncPolicy.preserveResourcesOnDeletion: leaves the finalizers"},
        {with(R"({"git": {"repoURL": "https://a.example.com/b", "directories": [{"path": "a/**"}],
                 "files": [{"path": "x"}]}})"),
         "spec.generators[0].git.files: counts for nothing where there are directories; "
         "spec.generators[0].git.directories[0].path: has \"**\""},
        {with(R"({"matrix": {"generators": [{"list": {"elements": [{"a": "b"}]}},
                 {"git": {"repoURL": "{{a}}", "requeueAfterSeconds": 30, "files": [{"path": "x"}]}}]}})"),
         "spec.generators[0].matrix.generators[1].git.requeueAfterSeconds: counts for nothing"},
        {with(git, R"(, "goTemplate": true)"), "spec.goTemplateOptions: does not have \"missingkey=error\""},
        {with(git, R"(, "goTemplate": true, "goTemplateOptions": ["missingkey=error"])"), ""},
        {with(
             git, R"(, "goTemplate": true, "goTemplateOptions": ["missingkey=error"])",
             R"(, "labels": {"at": "{{ now | date \"2006\" }}"})"
         ),
         "spec.template: uses the function \"now\""},
        {with(
             git, R"(, "goTemplate": true, "goTemplateOptions": ["missingkey=error"])",
             R"(, "labels": {"now": "{{ .now }} {{ knowing }}"})"
         ),
         ""},
    };
    for (const auto& [spec, said] : rows) {
        const auto warnings = crds::join(warnings_of(set_of(spec)));
        BOOST_TEST((said.empty() ? warnings.empty() : warnings.find(said) != std::string::npos), warnings);
    }
}

BOOST_AUTO_TEST_CASE(simple_jq_paths_are_pointers) {
    const std::pair<std::string, std::optional<std::string>> rows[] = {
        {".spec.source.targetRevision", "/spec/source/targetRevision"},
        {".spec.sources[0].path", "/spec/sources/0/path"},
        {R"(.metadata.labels["a/b~c"])", "/metadata/labels/a~1b~0c"},
        {R"(.metadata.labels.["a"])", "/metadata/labels/a"},
        {"", {}},
        {".", {}},
        {"spec", {}},
        {".spec.sources[]", {}},
        {".spec | .source", {}},
        {".spec[\"a", {}},
        {"[0]", {}},
    };
    for (const auto& [expression, pointer] : rows) {
        BOOST_TEST((pointer_of_jq(expression) == pointer), expression);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::policy
