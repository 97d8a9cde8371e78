// Places of a finished build that several applications share, each with a directory of its own.

#include "sources/output_places.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast::sources {
namespace {

struct one_case {
    std::string from; // the directory that it was built in
    std::string text;
    std::string to; // the directory of another application
    std::string expected;
};

std::string moved(const one_case& c, bool is_place) {
    render::render_output made;
    if (is_place) {
        made.objects.emplace_back().from.file = c.text;
    } else {
        made.warnings.push_back(c.text);
    }
    forget_directory(made, c.from);
    return in_directory(is_place ? made.objects.front().from.file : made.warnings.front(), c.to);
}

} // namespace

BOOST_AUTO_TEST_SUITE(output_places)

BOOST_AUTO_TEST_CASE(places_are_of_who_asks) {
    const std::vector<one_case> cases{
        {"apps/a", "apps/a/web.yaml", "apps/b", "apps/b/web.yaml"},
        {"apps/a", "apps/a, output of kustomize build", "apps/b", "apps/b, output of kustomize build"},
        {"apps/a", "apps/a, output of kustomize build", "", "the repository's root, output of kustomize build"
        },
        {"", "the repository's root, output of kustomize build", "apps/b", "apps/b, output of kustomize build"
        },
        {"", "web.yaml", "apps/b", "apps/b/web.yaml"},
        {"apps/b", "apps/b/web.yaml", "", "web.yaml"},
        {"", "web.yaml", "", "web.yaml"},
        // What is beside it is where it is for both.
        {"apps/a", "libs/common/templates/x.yaml", "apps/b", "libs/common/templates/x.yaml"},
        {"apps/a", "apps/ab/web.yaml", "apps/b", "apps/ab/web.yaml"},
    };
    for (const auto& c : cases) {
        BOOST_TEST(moved(c, /*is_place=*/true) == c.expected, c.text << " is " << moved(c, true));
    }
}

BOOST_AUTO_TEST_CASE(warnings_are_of_who_asks) {
    const std::vector<one_case> cases{
        {"apps/a", "apps/a: the build gave no objects", "apps/b", "apps/b: the build gave no objects"},
        {"", "the repository's root: the build gave no objects", "apps/b", "apps/b: the build gave no objects"
        },
        {"apps/a", "apps/a/kustomization.yaml: bases is old", "apps/b",
         "apps/b/kustomization.yaml: bases is old"},
        {"", "the chart is deprecated", "apps/b", "the chart is deprecated"},
    };
    for (const auto& c : cases) {
        BOOST_TEST(moved(c, /*is_place=*/false) == c.expected, c.text << " is " << moved(c, false));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::sources
