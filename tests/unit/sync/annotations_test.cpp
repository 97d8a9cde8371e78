#include "sync/annotations.hpp"

#include "support.hpp"

#include <array>

namespace holdfast::sync {
namespace {

BOOST_AUTO_TEST_SUITE(annotations)

directives read(const std::string& annotations) {
    return read_directives(object("{'metadata': {'annotations': {" + annotations + "}}}"));
}

BOOST_AUTO_TEST_CASE(our_own_win_over_those_of_argo_and_helm) {
    BOOST_TEST(read("'argocd.argoproj.io/sync-wave': '3'").wave == 3);
    BOOST_TEST(read("'argocd.argoproj.io/sync-wave': '3', 'holdfast.dev/sync-wave': '-5'").wave == -5);
    BOOST_TEST(read("'helm.sh/hook-weight': '7'").wave == 7);
    BOOST_TEST(read("'helm.sh/hook-weight': '7', 'argocd.argoproj.io/sync-wave': '1'").wave == 1);
    BOOST_TEST(read("").wave == 0);
    const auto hook = read("'helm.sh/hook': 'pre-install', 'argocd.argoproj.io/hook': 'PostSync'");
    BOOST_TEST((hook.hook_phases == std::vector{phase::post_sync}));
}

BOOST_AUTO_TEST_CASE(a_wave_that_is_no_number_is_said_and_taken_as_0) {
    for (const auto* text : {"'x'", "''", "'1.5'", "'99999999999'", "'1 2'"}) {
        const auto d = read(std::string{"'holdfast.dev/sync-wave': "} + text);
        BOOST_TEST(d.wave == 0);
        BOOST_TEST(d.warnings.size() == 1U, text);
    }
    BOOST_TEST(read("'holdfast.dev/sync-wave': ' +4 '").wave == 4);
}

BOOST_AUTO_TEST_CASE(hooks_have_phases_and_a_deletion_policy) {
    const auto d = read("'argocd.argoproj.io/hook': 'PostSync, PreSync,PreSync'");
    BOOST_TEST(d.is_hook);
    BOOST_TEST((d.hook_phases == std::vector{phase::pre_sync, phase::post_sync}));
    BOOST_TEST((d.hook_deletion == hook_delete_policy{.before_creation = true}));
    const auto policy =
        read("'holdfast.dev/hook': 'Sync', 'holdfast.dev/hook-delete-policy': 'HookSucceeded,HookFailed'");
    BOOST_TEST((policy.hook_deletion == hook_delete_policy{.on_success = true, .on_failure = true}));
    // Case 14 of the observed ones.
    const auto both = read("'argocd.argoproj.io/hook': 'PreDelete', 'helm.sh/hook': 'post-install'");
    BOOST_TEST((both.hook_phases == std::vector{phase::post_sync, phase::pre_delete}));
    BOOST_TEST(
        (read("'argocd.argoproj.io/hook': 'Garbage', 'helm.sh/hook': 'pre-install'").hook_phases ==
         std::vector{phase::pre_sync})
    );
    BOOST_TEST(read("'argocd.argoproj.io/hook': 'Skip', 'helm.sh/hook': 'pre-install'").skip);
    const auto skip_and_more = read("'argocd.argoproj.io/hook': 'Skip,PreSync'");
    BOOST_TEST(!skip_and_more.skip);
    BOOST_TEST((skip_and_more.hook_phases == std::vector{phase::pre_sync}));
    const auto skip = read("'holdfast.dev/hook': 'Skip'");
    BOOST_TEST(skip.skip);
    const auto unknown = read("'holdfast.dev/hook': 'PreSnc'");
    BOOST_TEST(unknown.is_hook);
    BOOST_TEST(unknown.hook_phases.empty());
    BOOST_TEST(unknown.warnings.at(0) == "unknown hook \"PreSnc\", did you mean \"PreSync\"?");
}

BOOST_AUTO_TEST_CASE(helms_hooks_are_ours) {
    const auto d =
        read("'helm.sh/hook': 'pre-install,pre-upgrade,post-delete', 'helm.sh/hook-delete-policy': "
             "'before-hook-creation,hook-succeeded'");
    BOOST_TEST((d.hook_phases == std::vector{phase::pre_sync, phase::post_delete}));
    BOOST_TEST((d.hook_deletion == hook_delete_policy{.before_creation = true, .on_success = true}));
    BOOST_TEST(!read("'helm.sh/hook': 'crd-install'").is_hook);
    const auto test = read("'helm.sh/hook': 'test'");
    BOOST_TEST(test.is_hook);
    BOOST_TEST(test.hook_phases.empty());
    BOOST_TEST(test.warnings.size() == 1U);
    const auto kept = read("'helm.sh/resource-policy': 'keep'");
    BOOST_TEST((kept.options.remove == removal::never));
    BOOST_TEST((kept.options.prune == removal::never));
}

BOOST_AUTO_TEST_CASE(what_is_applied_at_no_time_is_known_by_its_annotations) {
    struct row {
        std::string annotations;
        bool is_test;
        bool is_never;
    };
    for (const auto& [annotations, is_test, is_never] : std::vector<row>{
             {"", false, false},
             {"'helm.sh/hook': 'test'", true, true},
             {"'helm.sh/hook': 'test-success, test-failure'", true, true},
             {"'helm.sh/hook': 'test,post-install'", false, false},
             {"'helm.sh/hook': 'pre-rollback'", false, true},
             {"'helm.sh/hook': 'crd-install'", false, false},
             {"'helm.sh/hook': 'test', 'argocd.argoproj.io/hook': 'PostSync'", false, false},
             {"'argocd.argoproj.io/hook': 'Skip'", false, true},
             {"'argocd.argoproj.io/hook': 'PreSnc'", false, false},
         }) {
        const auto one = object("{'metadata': {'annotations': {" + annotations + "}}}");
        BOOST_TEST(is_helm_test(one) == is_test, annotations);
        BOOST_TEST(is_never_applied(one) == is_never, annotations);
    }
}

BOOST_AUTO_TEST_CASE(sync_options_are_read_and_unknown_ones_named) {
    const auto d =
        read("'argocd.argoproj.io/sync-options': 'Prune=confirm, Delete=false,Replace=true,Force=true,"
             "PrunePropagationPolicy=orphan,PruneLast=true,Validate=false'");
    BOOST_TEST((d.options.prune == removal::needs_confirmation));
    BOOST_TEST((d.options.remove == removal::never));
    BOOST_TEST((d.options.replace == true && d.options.force == true && d.options.prune_last == true));
    BOOST_TEST((d.options.validate == false));
    BOOST_TEST((d.options.prune_propagation == propagation::orphan));
    BOOST_TEST(d.warnings.empty());
    std::vector<std::string> warnings;
    const std::vector<std::string> texts{"CreateNamspace=true", "Prune=maybe", "xyz", "Replace"};
    const auto options = parse_sync_options(texts, warnings);
    BOOST_TEST((options == sync_options{}));
    BOOST_TEST(
        warnings.at(0) ==
        "sync-options: unknown option \"CreateNamspace=true\"; did you mean \"CreateNamespace=true\"?"
    );
    BOOST_TEST(warnings.at(1) == "sync-options: Prune must be true, false or confirm, is \"maybe\"");
    const std::string no_value = "sync-options: must be a name and a value such as CreateNamespace=true, is ";
    BOOST_TEST(warnings.at(2) == no_value + "\"xyz\"");
    BOOST_TEST(warnings.at(3) == no_value + "\"Replace\"");
}

BOOST_AUTO_TEST_CASE(an_object_overrides_its_application) {
    sync_options application;
    application.replace = true;
    application.prune = removal::never;
    application.prune_last = true;
    sync_options own;
    own.replace = false;
    own.prune = removal::allowed;
    own.prune_propagation = propagation::background;
    const auto all = merged(application, own);
    BOOST_TEST((all.replace == false));
    BOOST_TEST((all.prune == removal::allowed));
    BOOST_TEST((all.prune_last == true));
    BOOST_TEST((all.prune_propagation == propagation::background));
}

BOOST_AUTO_TEST_CASE(compare_options_and_health) {
    const auto d = read("'argocd.argoproj.io/compare-options': 'IgnoreExtraneous,ServerSideDiff=true', "
                        "'argocd.argoproj.io/ignore-healthcheck': 'true'");
    BOOST_TEST(d.ignore_extraneous);
    BOOST_TEST(d.ignore_healthcheck);
    BOOST_TEST(d.warnings.empty());
    BOOST_TEST(read("'holdfast.dev/compare-options': 'IgnoreExtranous'").warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(annotations_of_a_wrong_type_are_passed_over) {
    BOOST_TEST(
        read_directives(object("{'metadata': {'annotations': {'holdfast.dev/sync-wave': 5}}}")).wave == 0
    );
    BOOST_TEST(read_directives(object("{'metadata': {'annotations': 5}}")).wave == 0);
    BOOST_TEST(read_directives(object("{'metadata': []}")).wave == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
