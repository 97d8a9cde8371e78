// What is wrong with an ApplicationSet is said with the path of the field, in generators inside others too.
#include "crds/application_set.hpp"
#include "examples.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::crds {
namespace {

using namespace test;

json::object set_with(std::string_view spec) {
    json::object object{{"apiVersion", "holdfast.dev/v1alpha1"}, {"kind", "ApplicationSet"}};
    object["metadata"] = json::object{{"name", "teams"}, {"namespace", "shop"}};
    json::object made = parse(R"({
        'generators': [{'list': {'elements': [{'a': 'b'}]}}],
        'template': {'metadata': {'name': 'x-{{a}}'}, 'spec': {'project': 'default'}}})")
                            .as_object();
    const auto changes = parse(spec);
    for (const auto& member : changes.as_object())
        made[member.key()] = member.value();
    object["spec"] = std::move(made);
    return object;
}

std::string said_of(std::string_view spec) {
    const auto read = examine_application_set(set_with(spec));
    auto all = read.problems;
    if (all.empty()) all = check(read.value);
    for (const auto& one : read.unknown_fields)
        all.push_back(one);
    return join(all);
}

BOOST_AUTO_TEST_SUITE(application_sets)

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_with_its_path) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"{}", ""},
        {R"({'generators': [{}]})",
         "spec.generators[0]: must have a generator; served are clusters, git, list, matrix and merge"},
        {R"({'generators': [{'scmProvider': {}}]})",
         "spec.generators[0].scmProvider: the generator scmProvider is not served by this version; served are "
         "clusters, git, list, matrix and merge"},
        {R"({'generators': [{'list': {}}, {'matrix': {'generators': [{'clusters': {}}, {'pullRequest': {}}]}}]})",
         "spec.generators[1].matrix.generators[1].pullRequest: the generator pullRequest is not served by "
         "this version; served are clusters, git, list, matrix and merge"},
        {R"({'generators': [{'matrix': {'generators': [{'list': {}}, {'lis': {}}]}}]})",
         "spec.generators[0].matrix.generators[1]: must have a generator; served are clusters, git, list, "
         "matrix and merge; spec.generators[0].matrix.generators[1].lis: unknown field, did you mean "
         "\"list\"?"},
        {R"({'generators': [{'matrix': {'generators': [{'list': {}}, {'git': {'repoURL': 5}}]}}]})",
         "spec.generators[0].matrix.generators[1].git.repoURL: must be a string, is 5"},
        {R"({'generators': [{'matrix': {'generators': [{'list': {}}, {'list': {}}, {'list': {}}]}}]})",
         "spec.generators[0].matrix.generators: found more than two generators, Matrix support only two: a "
         "matrix has exactly two, is 3"},
        {R"({'generators': [{'merge': {'mergeKeys': [], 'generators': [{'list': {}}]}}]})",
         "spec.generators[0].merge.mergeKeys: must name the parameters by which results belong together, is "
         "empty; spec.generators[0].merge.generators: must have at least two, has 1"},
        {R"({'generators': [{'matrix': {'generators': [{'list': {}}, {'matrix': {'generators': [
             {'list': {}}, {'merge': {'mergeKeys': ['a'], 'generators': [{'list': {}}, {'list': {}}]}}]}}]}}]})",
         "spec.generators[0].matrix.generators[1].matrix.generators[1]: is too deep: a matrix or a merge may "
         "stand in one other, and that one in none"},
        {R"({'generators': [{'matrix': {'generators': [{'list': {}}, {'matrix': {'generators': [
             {'list': {}}, {'git': {'repoURL': 'x'}}]}}]}}]})",
         "spec.generators[0].matrix.generators[1].matrix.generators[1].git: one of directories and files "
         "must say which paths are meant"},
        {R"({'generators': [{'git': {'repoURL': 'https://a:b@x', 'directories': [{'path': '[a'}]}}]})",
         "spec.generators[0].git.repoURL: must not contain a password: put it into the Secret of a "
         "Repository object; spec.generators[0].git.directories[0].path: is not a pattern: '[' without ']', "
         "is \"[a\""},
        {R"({'generators': [{'git': {'repoURL': 'x', 'directories': [{'path': '[{{a}}'}]}}]})", ""},
        {R"({'generators': [{'list': {}, 'selector': {'matchExpressions': [
             {'key': 'a', 'operator': 'In'}, {'key': 'a', 'operator': 'Exists', 'values': ['b']}]}}]})",
         "spec.generators[0].selector.matchExpressions[0].values: must not be empty with the operator In; "
         "spec.generators[0].selector.matchExpressions[1].values: must be empty with the operator Exists"},
        {R"({'generators': [{'clusters': {'selector': {'matchExpressions': [{'key': 'a', 'operator': 'Near'}]}}}]})",
         "spec.generators[0].clusters.selector.matchExpressions[0].operator: must be In, NotIn, Exists or "
         "DoesNotExist, is \"Near\""},
        {R"({'template': {'spec': {}}})", "spec.template.metadata.name: must not be empty"},
        {R"({'goTemplateOptions': ['missingkey=fail']})",
         "spec.goTemplateOptions[0]: must be missingkey=default, missingkey=invalid, missingkey=zero or "
         "missingkey=error, is \"missingkey=fail\""},
        {R"({'ignoreApplicationDifferences': [{'name': 'a'}, {'jsonPointers': ['spec']}]})",
         "spec.ignoreApplicationDifferences[0]: one of jsonPointers and jqPathExpressions must name the ignored "
         "fields; spec.ignoreApplicationDifferences[1].jsonPointers[0]: must begin with '/', such as "
         "/spec/source/targetRevision, is \"spec\""},
        {R"({'strategy': {'type': 'AllAtOnce'}})", ""},
        {R"({'strategy': {'type': 'RollingSync', 'rollingSync': {}}})",
         "spec.strategy.type: \"RollingSync\" is not served by this version; served is AllAtOnce; "
         "spec.strategy.rollingSync: is not served by this version; served is the type AllAtOnce alone"},
        {R"({'syncPolicy': {'applicationsSync': 'delete'}})",
         "spec.syncPolicy.applicationsSync: must be sync, create-update, create-delete or create-only, is "
         "\"delete\""},
    };
    for (const auto& [spec, expected] : table) {
        BOOST_TEST(said_of(spec) == expected, spec << ": " << said_of(spec));
    }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_template_whatever_its_parameters_are_is_said) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {R"('source': {'repoURL': '{{r}}', 'path': '{{p}}'}, 'destination': {'name': '{{n}}'})", ""},
        {R"('sorce': {'repoURL': 'x'})", "spec.template.spec.sorce: unknown field, did you mean \"source\"?"},
        {R"('syncPolicy': {'automated': {'prune': 'yes'}})",
         "spec.template.spec.syncPolicy.automated.prune: must be true or false, is \"yes\""},
        {R"('syncPolicy': {'automated': {'prune': '{{p}}'}, 'retry': {'limit': '{{l}}'}})", ""},
        {R"('{{k}}': {'repoURL': 5}, 'sources': '{{s}}')", ""},
        {R"('sources': [{'helm': {'valueFiles': ['{{a}}', '{{a}}', 5, '']}}])",
         "spec.template.spec.sources[0].helm.valueFiles[2]: must be a string, is 5"},
        {R"('source': {'path': '', 'helm': {'valuesObject': {'anything': ['{{a}}', 5]}}})", ""},
        {R"('syncPolicy': {'syncOptions': ['{{a}}=true', 'Prune=false']}, 'destination': {'namespace': 'Not A Name'})",
         "spec.template.spec.destination.namespace: must be a name of lower-case letters, digits and '-', is "
         "\"Not A Name\""},
    };
    for (const auto& [spec, expected] : table) {
        const auto whole =
            R"({'template': {'metadata': {'name': 'x'}, 'spec': {)" + std::string{spec} + "}}}";
        BOOST_TEST(said_of(whole) == expected, spec << ": " << said_of(whole));
    }
    BOOST_TEST(
        said_of(
            R"({'generators': [{'list': {'elements': [], 'template': {'spec': {'sorce': 'a', 'project': ''}}}}]})"
        ) == "spec.generators[0].list.template.spec.sorce: unknown field, did you mean \"source\"?"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
