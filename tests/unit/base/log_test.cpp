#include "base/log.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(text_is_one_line_whatever_is_in_it) {
    BOOST_TEST(
        log::render(
            log::level::warn, log::format::text, "T", "a\nb", {{"k", "v"}, {"s", "two words\n\"x\""}}
        ) == R"(T warn  a b k=v s="two words\n\"x\"")"
    );
}

BOOST_AUTO_TEST_CASE(json_is_valid_whatever_is_in_it) {
    BOOST_TEST(
        log::render(log::level::info, log::format::json, "T", "say \"hi\"", {{"k", std::string{"\x01\\"}}}) ==
        R"({"ts":"T","level":"info","msg":"say \"hi\"","k":"\u0001\\"})"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
