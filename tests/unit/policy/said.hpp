#pragma once

#include "crds/types.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast::policy::test {

using texts = std::vector<std::string>;

inline texts texts_of(const std::vector<crds::problem>& problems) {
    texts all;
    for (const auto& one : problems) {
        all.push_back(one.text());
    }
    return all;
}

/// That these sentences, and no others, are said.
#define SAID(problems, ...)                                                                                  \
    BOOST_TEST(                                                                                              \
        ::holdfast::policy::test::texts_of(problems) == (::holdfast::policy::test::texts{__VA_ARGS__}),      \
        boost::test_tools::per_element()                                                                     \
    )

} // namespace holdfast::policy::test
