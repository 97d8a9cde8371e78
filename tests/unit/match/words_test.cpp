#include "match/words.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <string_view>

namespace holdfast::match {
namespace {

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(the_nearest_word_is_found_where_one_is_near) {
    static constexpr std::array<std::string_view, 9> known{"source", "sources", "syncPolicy",
                                                           "hold",   "image",   "imagePullPolicy",
                                                           "env",    "name",    "spec"};
    const struct {
        std::string_view word;
        std::string_view meant;
    } table[] = {
        {"sorce", "source"},
        {"sourecs", "sources"}, // swapped neighbours are one mistake
        {"syncpolicy", "syncPolicy"},
        {"hodl", "hold"},
        {"sepc", "spec"},
        {"imagee", "image"},
        {"Image", "image"},
        {"imagePulPolicy", "imagePullPolicy"},
        {"name", "name"},
        {"x", ""},
        {"xx", ""},
        {"foo", ""},
        {"nmxe", ""}, // two of four letters: one of the three that there were found "name"
        {"volumes", ""},
        {"destination", ""},
        {"", ""},
    };
    for (const auto& [word, meant] : table) {
        BOOST_TEST(nearest(word, known) == meant, word);
    }
    BOOST_TEST(nearest(std::string(100000, 's'), known) == "");
}

BOOST_AUTO_TEST_CASE(distances_are_told_up_to_a_limit) {
    BOOST_TEST(distance("abc", "abc", 3) == 0U);
    BOOST_TEST(distance("abc", "ABD", 3) == 1U);
    BOOST_TEST(distance("ab", "ba", 3) == 1U);
    BOOST_TEST(distance("", "abc", 3) == 3U);
    BOOST_TEST(distance("kitten", "sitting", 9) == 3U);
    BOOST_TEST(distance("kitten", "sitting", 2) == 3U);
    BOOST_TEST(distance("a", std::string(65, 'a'), 100) == 101U);
}

BOOST_AUTO_TEST_CASE(texts_are_shown_on_one_short_line) {
    BOOST_TEST(shown("a\"b\\c\n") == R"("a\"b\\c\u000a")");
    BOOST_TEST(shown(std::string(100, 'a')) == "\"" + std::string(64, 'a') + "…\"");
    BOOST_TEST(shown(std::string(63, 'a') + "öö") == "\"" + std::string(63, 'a') + "…\"");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::match
