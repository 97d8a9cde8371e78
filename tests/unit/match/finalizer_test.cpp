#include "match/finalizer.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::match {

BOOST_AUTO_TEST_SUITE(finalizers)

BOOST_AUTO_TEST_CASE(they_say_what_becomes_of_the_objects) {
    struct row {
        std::vector<std::string> finalizers;
        ending expected;
    };
    const std::vector<row> rows{
        {{}, ending::others},
        {{"foregroundDeletion"}, ending::others},
        {{"holdfast.dev/resources-finalizer"}, ending::foreground},
        {{"holdfast.dev/resources-finalizer-background"}, ending::background},
        {{"holdfast.dev/resources-finalizer-orphan"}, ending::orphan},
        {{"holdfast.dev/resources-finalizers"}, ending::others}, // another name
        // Who wanted to keep the objects is not to lose them by a slip.
        {{"holdfast.dev/resources-finalizer-orphn"}, ending::others},
        {{"resources-finalizer.argocd.argoproj.io/orphaned"}, ending::others},
        {{"resources-finalizer.argocd.argoproj.io"}, ending::foreground},
        {{"resources-finalizer.argocd.argoproj.io/background"}, ending::background},
        {{"resources-finalizer.argocd.argoproj.io/foreground"}, ending::foreground},
        {{"post-delete-finalizer.argocd.argoproj.io"}, ending::others},
        {{"theirs.example.com/one", "holdfast.dev/resources-finalizer"}, ending::foreground},
        {{"holdfast.dev/resources-finalizer", "theirs.example.com/one"}, ending::foreground},
    };
    for (const auto& one : rows) {
        BOOST_TEST(
            (ending_of(one.finalizers) == one.expected),
            (one.finalizers.empty() ? "none" : one.finalizers.back())
        );
    }
}

BOOST_AUTO_TEST_CASE(the_hooks_of_a_deletion_have_stages_of_their_own) {
    struct row {
        std::string name;
        std::vector<std::string> finalizers;
        deletion_stage expected;
    };
    const std::string objects{"holdfast.dev/resources-finalizer"};
    const std::string orphan{"holdfast.dev/resources-finalizer-orphan"};
    const std::string before{pre_delete_finalizer};
    const std::string after{post_delete_finalizer};
    const std::string cleanup{hook_cleanup_finalizer};
    const std::vector<row> rows{
        {"D1 nothing of ours", {"theirs.example.com/one"}, deletion_stage::others},
        {"D2 objects", {objects}, deletion_stage::objects},
        {"D3 before them", {objects, before, cleanup}, deletion_stage::pre_delete},
        {"D4 after them, they come first", {after, cleanup, objects}, deletion_stage::objects},
        {"D4 after them", {after, cleanup}, deletion_stage::post_delete},
        {"D5 the hooks' own objects", {cleanup}, deletion_stage::clean_up},
        {"objects that stay do not keep hooks from running", {orphan, before}, deletion_stage::pre_delete},
        {"nor does no finalizer for them", {before, after, cleanup}, deletion_stage::pre_delete},
    };
    for (const auto& one : rows) {
        BOOST_TEST((stage_of(one.finalizers) == one.expected), one.name);
    }
    using names = std::vector<std::string>;
    BOOST_TEST((with_hook_finalizers({objects}, true, false) == names{objects, before, cleanup}));
    BOOST_TEST((with_hook_finalizers({objects}, true, true) == names{objects, before, after, cleanup}));
    BOOST_TEST(
        (with_hook_finalizers({before, objects, cleanup}, false, true) == names{objects, cleanup, after})
    );
    BOOST_TEST((with_hook_finalizers({before, objects, after, cleanup}, false, false) == names{objects}));
    for (const auto& one : {before, after, cleanup}) {
        BOOST_TEST(why_unserved(one).empty(), one);
        BOOST_TEST(!is_resources_finalizer(one), one);
    }
}

BOOST_AUTO_TEST_CASE(one_that_nobody_serves_is_told_with_the_one_that_was_meant) {
    struct row {
        std::string finalizer;
        std::string says; ///< empty: nothing
    };
    const std::vector<row> rows{
        {"holdfast.dev/resources-finalizer", ""},
        {"holdfast.dev/resources-finalizer-background", ""},
        {"resources-finalizer.argocd.argoproj.io/foreground", ""},
        {"holdfast.dev/resource-finalizer", "\"holdfast.dev/resources-finalizer\" seems to be meant"},
        {"holdfast.dev/resources-finaliser", "\"holdfast.dev/resources-finalizer\" seems to be meant"},
        {"holdfast.io/resources-finalizer", "\"holdfast.dev/resources-finalizer\" seems to be meant"},
        {"holdfast.dev/resources-finalizer-orphn", "\"holdfast.dev/resources-finalizer-orphan\" seems"},
        {"holdfast.dev/resources-finalizer/background", "resources-finalizer-background\" seems to be meant"},
        {"resource-finalizer.argocd.argoproj.io", "\"resources-finalizer.argocd.argoproj.io\" seems"},
        {"resources-finalizer.argoproj.io", ""}, // somebody's, for all that is known
        {"holdfast.dev/finalizer", "Holdfast's are \"holdfast.dev/resources-finalizer\""},
        {"resources-finalizer.holdfast.dev", "Holdfast's are \"holdfast.dev/resources-finalizer\""},
        {"post-delete-finalizer.argocd.argoproj.io", "Argo CD handles on its own kind only"},
        {"post-delete-finalizer.argocd.argoproj.io/cleanup", "Argo CD handles on its own kind only"},
        {"foregroundDeletion", ""},
        {"orphan", ""},
        {"theirs.example.com/resources-finalizer", ""},
        {"notholdfast.dev/x", ""},
        {"", ""},
    };
    for (const auto& one : rows) {
        const auto said = why_unserved(one.finalizer);
        BOOST_TEST(said.empty() == one.says.empty(), one.finalizer << ": " << said);
        BOOST_TEST(said.find(one.says) != std::string::npos, one.finalizer << ": " << said);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::match
