// When the applications that read from a repository are told that nothing new comes from it.

#include "sources/repository_trouble.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast::sources {

BOOST_AUTO_TEST_SUITE(trouble_with_repositories)

BOOST_AUTO_TEST_CASE(what_somebody_has_to_mend_is_said_at_once_and_what_may_pass_after_a_while) {
    struct row {
        error_kind kind;
        steady_clock::duration failing_for;
        std::string reason; // empty: nothing is said
    };
    const std::vector<row> rows{
        {error_kind::not_found, 0s, "NotFound"},
        {error_kind::forbidden, 0s, "Unauthorised"},
        {error_kind::user, 0s, "Failed"},
        {error_kind::transient, 0s, ""},
        {error_kind::transient, 4min, ""},
        {error_kind::transient, 5min, "Unreachable"},
        {error_kind::transient, 1000h, "Unreachable"},
        {error_kind::cancelled, 1h, ""},
    };
    for (const auto& one : rows) {
        const auto found = trouble_of({one.kind, "listing the refs of R: failed"}, one.failing_for);
        BOOST_TEST((found ? std::string{found->reason} : std::string{}) == one.reason, to_string(one.kind));
        if (found) {
            BOOST_TEST(found->message.starts_with(
                "listing the refs of R: failed; the last revision that was read stays"
            ));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::sources
