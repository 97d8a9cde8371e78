#include "engine/ending.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::engine {

BOOST_AUTO_TEST_SUITE(endings)

BOOST_AUTO_TEST_CASE(finalizers_say_what_becomes_of_the_objects) {
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
        {{"resources-finalizer.argocd.argoproj.io"}, ending::foreground},
        {{"resources-finalizer.argocd.argoproj.io/background"}, ending::background},
        {{"resources-finalizer.argocd.argoproj.io/foreground"}, ending::foreground},
        {{"post-delete-finalizer.argocd.argoproj.io"}, ending::others},
        {{"theirs.example.com/one", "holdfast.dev/resources-finalizer"}, ending::foreground},
    };
    for (const auto& one : rows) {
        BOOST_TEST(
            (ending_of(one.finalizers) == one.expected),
            (one.finalizers.empty() ? "none" : one.finalizers.back())
        );
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
