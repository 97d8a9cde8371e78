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

BOOST_AUTO_TEST_CASE(nothing_in_a_line_moves_a_terminal) {
    // ESC, DEL, and CSI as one character (U+009B); "é" has the same first byte as others and stays.
    const std::string hostile{"a\x1b[2J\x7f\xc2\x9b"
                              "2Jb\xc3\xa9\xc2\xa0"};
    BOOST_TEST(
        log::render(log::level::info, log::format::text, "T", hostile, {{"k", hostile}}) ==
        "T info  a [2J  2Jb\xc3\xa9\xc2\xa0 k=\"a\\u001b[2J\\u007f\\u009b2Jb\xc3\xa9\xc2\xa0\""
    );
    BOOST_TEST(
        log::render(log::level::info, log::format::json, "T", hostile, {}) ==
        "{\"ts\":\"T\",\"level\":\"info\",\"msg\":\"a\\u001b[2J\\u007f\\u009b2Jb\xc3\xa9\xc2\xa0\"}"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
