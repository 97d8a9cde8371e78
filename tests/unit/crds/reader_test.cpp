#include "crds/application.hpp"
#include "crds/repository.hpp"
#include "examples.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

namespace holdfast::crds {
namespace {

using namespace std::chrono_literals;
using namespace test;

struct wrong_input {
    std::string_view members;
    std::string_view problem;
};

BOOST_AUTO_TEST_SUITE(reading_kinds)

BOOST_AUTO_TEST_CASE(every_wrong_field_of_a_specification_is_named_with_what_would_be_right) {
    const wrong_input table[] = {
        {R"({'destination': null})", R"(spec.destination: is required)"},
        {R"({'destination': 'here'})", R"(spec.destination: must be an object, is "here")"},
        {R"({'destination': {'server': 5}})", R"(spec.destination.server: must be a string, is 5)"},
        {R"({'destination': {'name': 'a', 'namespace': 'Shop'}})",
         R"(spec.destination.namespace: must be a name of lower-case letters, digits and '-', is "Shop")"},
        {R"({'source': []})", R"(spec.source: must be an object, is a list)"},
        {R"({'source': {'path': 'web'}})", R"(spec.source.repoURL: is required)"},
        {R"({'source': {'repoURL': ''}})", R"(spec.source.repoURL: must not be empty)"},
        {R"({'source': {'repoURL': true}})", R"(spec.source.repoURL: must be a string, is true)"},
        {R"({'source': {'repoURL': 'x', 'ref': 'a b'}})",
         R"(spec.source.ref: must be a name of letters, digits, '-' and '_', is "a b")"},
        {R"({'source': {'repoURL': 'x', 'helm': 'yes'}})", R"(spec.source.helm: must be an object, is "yes")"
        },
        {R"({'source': {'repoURL': 'x', 'helm': {'valueFiles': 'a.yaml'}}})",
         R"(spec.source.helm.valueFiles: must be a list, is "a.yaml")"},
        {R"({'source': {'repoURL': 'x', 'helm': {'valueFiles': ['a', {}]}}})",
         R"(spec.source.helm.valueFiles[1]: must be a string, is an object)"},
        {R"({'source': {'repoURL': 'x', 'helm': {'values': {'a': 1}}}})",
         R"(spec.source.helm.values: must be a string, is an object)"},
        {R"({'source': {'repoURL': 'x', 'helm': {'valuesObject': 'a: 1'}}})",
         R"(spec.source.helm.valuesObject: must be an object, is "a: 1")"},
        {R"({'source': {'repoURL': 'x', 'helm': {'parameters': [{'value': 'v'}]}}})",
         R"(spec.source.helm.parameters[0].name: is required)"},
        {R"({'source': {'repoURL': 'x', 'helm': {'parameters': [{'name': 'n', 'value': 1}]}}})",
         R"(spec.source.helm.parameters[0].value: must be a string, is 1)"},
        {R"({'source': {'repoURL': 'x', 'helm': {'skipCrds': 'true'}}})",
         R"(spec.source.helm.skipCrds: must be true or false, is "true")"},
        {R"({'source': {'repoURL': 'x', 'helm': {'fileParameters': [{'name': 'n'}]}}})",
         R"(spec.source.helm.fileParameters[0].path: is required)"},
        {R"({'source': {'repoURL': 'x', 'kustomize': {'replicas': [{'name': 'a', 'count': 'many'}]}}})",
         R"(spec.source.kustomize.replicas[0].count: must be a number of replicas such as 3, is "many")"},
        {R"({'source': {'repoURL': 'x', 'kustomize': {'replicas': [{'name': 'a', 'count': -1}]}}})",
         R"(spec.source.kustomize.replicas[0].count: must be at least 0, is -1)"},
        {R"({'source': {'repoURL': 'x', 'kustomize': {'commonLabels': ['a']}}})",
         R"(spec.source.kustomize.commonLabels: must be an object, is a list)"},
        {R"({'source': {'repoURL': 'x', 'kustomize': {'commonLabels': {'a.b/c': 1}}}})",
         R"(spec.source.kustomize.commonLabels[a.b/c]: must be a string, is 1)"},
        {R"({'source': {'repoURL': 'x', 'kustomize': {'patches': [{'path': 'p', 'options': {'allowNameChange': 1}}]}}})",
         R"(spec.source.kustomize.patches[0].options[allowNameChange]: must be true or false, is 1)"},
        {R"({'source': {'repoURL': 'x', 'directory': {'recurse': 1}}})",
         R"(spec.source.directory.recurse: must be true or false, is 1)"},
        {R"({'source': {'repoURL': 'x', 'directory': {'jsonnet': {'extVars': [{'value': 'v'}]}}}})",
         R"(spec.source.directory.jsonnet.extVars[0].name: is required)"},
        {R"({'source': {'repoURL': 'x', 'plugin': {'env': [{'name': ''}]}}})",
         R"(spec.source.plugin.env[0].name: must not be empty)"},
        {R"({'source': {'repoURL': 'x', 'plugin': {'parameters': [{'name': 'p', 'array': 'a'}]}}})",
         R"(spec.source.plugin.parameters[0].array: must be a list, is "a")"},
        {R"({'sources': {}})", R"(spec.sources: must be a list, is an object)"},
        {R"({'sources': [{'repoURL': 'a'}, {'path': 'b'}]})", R"(spec.sources[1].repoURL: is required)"},
        {R"({'syncPolicy': true})", R"(spec.syncPolicy: must be an object, is true)"},
        {R"({'syncPolicy': {'automated': true}})", R"(spec.syncPolicy.automated: must be an object, is true)"
        },
        {R"({'syncPolicy': {'automated': {'prune': 'yes'}}})",
         R"(spec.syncPolicy.automated.prune: must be true or false, is "yes")"},
        {R"({'syncPolicy': {'syncOptions': ['a', 1]}})",
         R"(spec.syncPolicy.syncOptions[1]: must be a string, is 1)"},
        {R"({'syncPolicy': {'retry': {'limit': 'five'}}})",
         R"(spec.syncPolicy.retry.limit: must be an integer, is "five")"},
        {R"({'syncPolicy': {'retry': {'limit': 1.5}}})",
         R"(spec.syncPolicy.retry.limit: must be an integer, is 1.5E0)"},
        {R"({'syncPolicy': {'retry': {'limit': -2}}})",
         R"(spec.syncPolicy.retry.limit: must be at least -1, is -2)"},
        {R"({'syncPolicy': {'retry': {'limit': 18446744073709551615}}})",
         R"(spec.syncPolicy.retry.limit: must be an integer, is 18446744073709551615)"},
        {R"({'syncPolicy': {'retry': {'backoff': {'duration': 'soon'}}}})",
         R"(spec.syncPolicy.retry.backoff.duration: must be a duration such as 30s, 5m or 1h30m, is "soon")"},
        {R"({'syncPolicy': {'retry': {'backoff': {'duration': 5}}}})",
         R"(spec.syncPolicy.retry.backoff.duration: must be a duration such as 30s, 5m or 1h30m, is 5)"},
        {R"({'syncPolicy': {'retry': {'backoff': {'factor': 0}}}})",
         R"(spec.syncPolicy.retry.backoff.factor: must be at least 1, is 0)"},
        {R"({'syncPolicy': {'retry': {'backoff': {'factor': 101}}}})",
         R"(spec.syncPolicy.retry.backoff.factor: must be at most 100, is 101)"},
        {R"({'syncPolicy': {'timeout': '10'}})",
         R"(spec.syncPolicy.timeout: must be a duration such as 30s, 5m or 1h30m, is "10")"},
        {R"({'syncPolicy': {'timeout': '-1m'}})",
         R"(spec.syncPolicy.timeout: must be a duration such as 30s, 5m or 1h30m, is "-1m")"},
        {R"({'syncPolicy': {'timeout': '0s'}})",
         R"(spec.syncPolicy.timeout: must be longer than zero, is "0s")"},
        {R"({'syncPolicy': {'timeout': '999999999h'}})",
         R"(spec.syncPolicy.timeout: must be a duration such as 30s, 5m or 1h30m, is "999999999h")"},
        {R"({'syncPolicy': {'pruneLimit': '101%'}})",
         R"(spec.syncPolicy.pruneLimit: must be a number of objects such as 25 or a percentage such as 50%, is "101%")"
        },
        {R"({'syncPolicy': {'pruneLimit': true}})",
         R"(spec.syncPolicy.pruneLimit: must be a number of objects such as 25 or a percentage such as 50%, is true)"
        },
        {R"({'syncPolicy': {'pruneLimit': -1}})", R"(spec.syncPolicy.pruneLimit: must be at least 0, is -1)"},
        {R"({'syncPolicy': {'managedNamespaceMetadata': {'labels': {'a': null}}}})",
         R"(spec.syncPolicy.managedNamespaceMetadata.labels[a]: must be a string, is null)"},
        {R"({'ignoreDifferences': [{'jsonPointers': ['/a']}]})",
         R"(spec.ignoreDifferences[0].kind: is required)"},
        {R"({'ignoreDifferences': [null]})", R"(spec.ignoreDifferences[0]: must be an object, is null)"},
        {R"({'revisionHistoryLimit': -1})", R"(spec.revisionHistoryLimit: must be at least 0, is -1)"},
        {R"({'revisionHistoryLimit': 101})", R"(spec.revisionHistoryLimit: must be at most 100, is 101)"},
        {R"({'info': [{'name': 'n'}]})", R"(spec.info[0].value: is required)"},
        {R"({'dependsOn': [{}]})", R"(spec.dependsOn[0].name: is required)"},
        {R"({'dependsOn': [{'name': 'A_b'}]})",
         R"(spec.dependsOn[0].name: must be a name of lower-case letters, digits, '-' and '.', is "A_b")"},
        {R"({'dependsOn': ['db']})", R"(spec.dependsOn[0]: must be an object, is "db")"},
        {R"({'suspend': 'no'})", R"(spec.suspend: must be true or false, is "no")"},
        {R"({'hold': ''})", R"(spec.hold: must not be empty)"},
        {R"({'secrets': [{'pass': {'repoURL': 'x'}}]})", R"(spec.secrets[0].pass.keySecretRef: is required)"},
        {R"({'secrets': [{'pass': {'repoURL': 'x', 'keySecretRef': {'name': 'k', 'key': 'a b'}}}]})",
         R"(spec.secrets[0].pass.keySecretRef.key: must be a key of letters, digits, '-', '_' and '.', is "a b")"
        },
        {R"({'healthChecks': [{'kind': 'Thing'}]})", R"(spec.healthChecks[0].check: is required)"},
        {R"({'serviceAccountName': 'Bad Name'})",
         R"(spec.serviceAccountName: must be a name of lower-case letters, digits, '-' and '.', is "Bad Name")"
        },
    };
    static_assert(std::size(table) >= 50);
    for (const auto& [members, problem] : table) {
        BOOST_TEST_CONTEXT(members) {
            BOOST_TEST(join(examine_application(application_with(members)).problems) == problem);
        }
    }
}

BOOST_AUTO_TEST_CASE(wrong_fields_beside_the_specification_are_named_as_well) {
    const wrong_input table[] = {
        {R"({'apiVersion': 'argoproj.io/v1alpha1'})",
         R"(apiVersion: must be "holdfast.dev/v1alpha1", is "argoproj.io/v1alpha1")"},
        {R"({'apiVersion': null})", "apiVersion: is required"},
        {R"({'kind': 'AppProject'})", R"(kind: must be "Application", is "AppProject")"},
        {R"({'spec': null})", "spec: is required"},
        {R"({'metadata': null})", "metadata: is required"},
        {R"({'metadata': {'name': 'a', 'deletionTimestamp': 'now'}})",
         R"(metadata.deletionTimestamp: must be a time such as 2026-01-31T12:00:00Z, is "now")"},
        {R"({'operation': {'sync': {'prune': 1}}})", "operation.sync.prune: must be true or false, is 1"},
        {R"({'operation': {'sync': {'resources': [{'kind': 'Pod'}]}}})",
         "operation.sync.resources[0].name: is required"},
        {R"({'status': {'sync': {'status': 'Fine'}}})",
         R"(status.sync.status: must be Unknown, Synced or OutOfSync, is "Fine")"},
        {R"({'status': {'conditions': [{'type': 'Ready', 'status': 'Maybe', 'lastTransitionTime': '2026-01-31T12:00:00Z',
                        'reason': 'R', 'message': ''}]}})",
         R"(status.conditions[0].status: must be True, False or Unknown, is "Maybe")"},
    };
    for (const auto& [members, problem] : table) {
        BOOST_TEST_CONTEXT(members) {
            const auto read = examine_application(application_beside(members));
            BOOST_TEST(join(read.problems) + join(read.status_problems) == problem);
        }
    }
}

BOOST_AUTO_TEST_CASE(wrong_fields_of_a_repository_are_named) {
    const wrong_input table[] = {
        {R"({'url': null})", "spec.url: is required"},
        {R"({'interval': '3 minutes'})",
         R"(spec.interval: must be a duration such as 30s, 5m or 1h30m, is "3 minutes")"},
        {R"({'interval': '0m'})", R"(spec.interval: must be longer than zero, is "0m")"},
        {R"({'secretRef': 'cred'})", R"(spec.secretRef: must be an object, is "cred")"},
        {R"({'secretRef': {}})", "spec.secretRef.name: is required"},
        {R"({'webhook': {}})", "spec.webhook.secretRef: is required"},
        {R"({'proxy': {'url': 'proxy:3128'}})",
         R"(spec.proxy.url: must be a proxy's URL such as http://proxy.example.com:3128, without credentials, is "proxy:3128")"
        },
        {R"({'verify': {'mode': 'Always', 'secretRef': {'name': 'k'}}})",
         R"(spec.verify.mode: must be HEAD, Tag or TagAndHEAD, is "Always")"},
        {R"({'verify': {}})", "spec.verify.secretRef: is required"},
        {R"({'lfs': 'Fetch'})", R"(spec.lfs: must be Refuse or Ignore, is "Fetch")"},
        {R"({'insecureSkipTLSVerify': 'no'})", R"(spec.insecureSkipTLSVerify: must be true or false, is "no")"
        },
    };
    for (const auto& [members, problem] : table) {
        BOOST_TEST_CONTEXT(members) {
            // The proxy's example is JSON with an apostrophe of its own in the message only.
            BOOST_TEST(join(examine_repository(repository_with(members)).problems) == problem);
        }
    }
}

BOOST_AUTO_TEST_CASE(all_problems_are_found_at_once) {
    const auto read = examine_application(application_with(R"({
        'suspend': 1, 'destination': {'name': 2}, 'syncPolicy': {'retry': {'limit': 'five', 'backoff': {'factor': 0}}}
    })"));
    BOOST_TEST(
        join(read.problems) == "spec.destination.name: must be a string, is 2; spec.syncPolicy.retry.limit: "
                               "must be an integer, is \"five\"; "
                               "spec.syncPolicy.retry.backoff.factor: must be at least 1, is 0; "
                               "spec.suspend: must be true or false, is 1"
    );
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_status_stands_in_nobodys_way) {
    const auto read = examine_application(
        application_beside(R"({'status': {'observedGeneration': 4, 'health': {'status': 'Sparkling'}}})")
    );
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST(join(read.status_problems).starts_with("status.health.status: must be "));
    BOOST_TEST((read.value.status.health.status == health_code::unknown));
    BOOST_TEST(read.value.status.observed_generation == 4); // the rest of it counts
    BOOST_TEST(read.value.spec.source->path == "web");
    BOOST_TEST(join(examine_application(application_beside(R"({'status': 5})")).problems) == "");
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_reported_with_the_nearest_name_and_change_nothing) {
    const wrong_input table[] = {
        {R"({'spec': {'sorce': {}}})", R"(spec.sorce: unknown field, did you mean "source"?)"},
        {R"({'spec': {'SyncPolicy': {}}})", R"(spec.SyncPolicy: unknown field, did you mean "syncPolicy"?)"},
        {R"({'spec': {'syncPolicy': {'automated': {'selfheal': true}}}})",
         R"(spec.syncPolicy.automated.selfheal: unknown field, did you mean "selfHeal"?)"},
        {R"({'spec': {'source': {'repoUrl': 'x'}}})",
         R"(spec.source.repoUrl: unknown field, did you mean "repoURL"?)"},
        {R"({'spec': {'sources': [{}, {'targetRevison': 'x'}]}})",
         R"(spec.sources[1].targetRevison: unknown field, did you mean "targetRevision"?)"},
        {R"({'spec': {'sourceHydrator': {}}})", R"(spec.sourceHydrator: unknown field)"},
        {R"({'oparation': {}})", R"(oparation: unknown field, did you mean "operation"?)"},
        {R"({'spec': {'source': {'helm': {'valuesObject': {'anything': 1}}}}})", ""},
        {R"({'metadata': {'name': 'a', 'managedFields': [], 'selfLink': 'x'}})", ""},
    };
    for (const auto& [members, problem] : table) {
        BOOST_TEST_CONTEXT(members) {
            BOOST_TEST(join(examine_application(application_beside(members)).unknown_fields) == problem);
        }
    }
    BOOST_TEST(examine_application(application_with(R"({'sorce': {}})")).problems.empty());
}

BOOST_AUTO_TEST_CASE(what_is_absent_or_null_has_its_default) {
    const auto read =
        examine_application(application_with(R"({'syncPolicy': {'automated': {}, 'retry': {}}, 'hold': null})"
        ));
    BOOST_TEST_REQUIRE(join(read.problems) == "");
    const auto* app = &read.value;
    BOOST_TEST(app->spec.project == "default");
    BOOST_TEST(app->spec.revision_history_limit == 10);
    BOOST_TEST(app->spec.hold.empty());
    BOOST_TEST_REQUIRE(app->spec.sync_policy.automated.has_value());
    BOOST_TEST(app->spec.sync_policy.automated->enabled);
    BOOST_TEST(!app->spec.sync_policy.automated->prune);
    BOOST_TEST(app->spec.is_automated());
    BOOST_TEST(app->spec.sync_policy.retry->limit == 5);
    BOOST_TEST((app->spec.sync_policy.retry->backoff.duration.value == 5s));
    BOOST_TEST((app->spec.sync_policy.retry->backoff.max_duration.value == 3min));
    BOOST_TEST(!app->spec.sync_policy.timeout.has_value());
    BOOST_TEST((app->status.health.status == health_code::unknown));

    const auto read_repository = examine_repository(repository_with("{}"));
    BOOST_TEST_REQUIRE(join(read_repository.problems) == "");
    const auto* repo = &read_repository.value;
    BOOST_TEST((repo->spec.interval.value == 3min));
    BOOST_TEST((repo->spec.timeout.value == 60s));
    BOOST_TEST((repo->spec.lfs == foreign_content::refuse));
    BOOST_TEST((repo->spec.submodules == foreign_content::ignore));
}

BOOST_AUTO_TEST_CASE(an_empty_project_is_the_default_one) {
    BOOST_TEST(examine_application(application_with(R"({'project': ''})")).value.spec.project == "default");
}

BOOST_AUTO_TEST_CASE(durations_keep_their_writing_and_have_a_value) {
    const auto read = examine_application(application_with(
        R"({'syncPolicy': {'timeout': '90s', 'retry': {'backoff': {'duration': '5', 'maxDuration': '1h30m'}}}})"
    ));
    BOOST_TEST_REQUIRE(join(read.problems) == "");
    const auto* app = &read.value;
    BOOST_TEST(app->spec.sync_policy.timeout->text == "90s");
    BOOST_TEST((app->spec.sync_policy.timeout->value == 90s));
    BOOST_TEST((app->spec.sync_policy.retry->backoff.duration.value == 5s));
    BOOST_TEST((app->spec.sync_policy.retry->backoff.max_duration.value == 90min));
}

BOOST_AUTO_TEST_CASE(lists_that_are_too_long_are_refused_without_being_read) {
    auto object = application_with(R"({'dependsOn': []})");
    auto& list = object.at("spec").at("dependsOn").as_array();
    list.resize(51, json::object{{"name", "a"}});
    BOOST_TEST(
        join(examine_application(object).problems) == "spec.dependsOn: must have at most 50 items, has 51"
    );
    BOOST_TEST(examine_application(object).value.spec.depends_on.empty());
}

BOOST_AUTO_TEST_CASE(no_more_problems_are_looked_for_than_somebody_reads) {
    auto object = application_with(R"({'suspend': false})");
    auto& spec = object.at("spec").as_object();
    for (int i = 0; i < 5000; ++i) {
        spec["field" + std::to_string(i)] = 1;
    }
    object["status"] = json::object{{"conditions", json::array{}}};
    for (int i = 0; i < 64; ++i) {
        object.at("status").at("conditions").as_array().push_back(json::object{{"type", 1}, {"status", 2}});
    }
    const auto read = examine_application(object);
    BOOST_TEST_REQUIRE(read.unknown_fields.size() == 101u);
    BOOST_TEST(
        read.unknown_fields.back().text() == "spec: is wrong too; only the first 100 problems are listed"
    );
    BOOST_TEST(read.status_problems.size() <= 101u);
    // A status that is all wrong stops nothing.
    BOOST_TEST(read.problems.empty());
}

BOOST_AUTO_TEST_CASE(lengths_are_counted_in_characters_not_bytes) {
    std::string umlauts;
    for (int i = 0; i < 256; ++i)
        umlauts += "ä";
    auto object = application_with(R"({'hold': 'x'})");
    object.at("spec").as_object()["hold"] = umlauts;
    BOOST_TEST(examine_application(object).problems.empty());
    object.at("spec").as_object()["hold"] = umlauts + "ä";
    BOOST_TEST(
        join(examine_application(object).problems) == "spec.hold: must have at most 256 characters, has 257"
    );
}

BOOST_AUTO_TEST_CASE(long_texts_are_shown_in_short) {
    auto object = application_with(R"({'syncPolicy': {'timeout': 'x'}})");
    object.at("spec").at("syncPolicy").as_object()["timeout"] =
        std::string(63, 'x') + "€" + std::string(1000, 'x');
    BOOST_TEST(
        join(examine_application(object).problems) ==
        "spec.syncPolicy.timeout: must be a duration such as 30s, 5m or 1h30m, is \"" + std::string(63, 'x') +
            "…\""
    );
}

BOOST_AUTO_TEST_CASE(two_conditions_of_one_type_are_a_problem) {
    const auto read = examine_application(application_beside(R"({'status': {'conditions': [
        {'type': 'Ready', 'status': 'True', 'lastTransitionTime': '2026-01-31T12:00:00Z', 'reason': 'R', 'message': ''},
        {'type': 'Ready', 'status': 'True', 'lastTransitionTime': '2026-01-31T12:00:00Z', 'reason': 'R', 'message': ''}
    ]}})"));
    BOOST_TEST(join(read.status_problems) == R"(status.conditions[1]: is there twice: "Ready")");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
