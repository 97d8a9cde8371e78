#include "base/bounded_text.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

const std::string lost = "\xEF\xBF\xBD";

BOOST_AUTO_TEST_SUITE(bounded_texts)

BOOST_AUTO_TEST_CASE(what_is_no_utf8_is_replaced_byte_by_byte) {
    BOOST_TEST(valid_utf8("aü€😀") == "aü€😀");
    BOOST_TEST(valid_utf8("a\xff\xc3(\xed\xa0\x80") == "a" + lost + lost + "(" + lost + lost + lost);
    BOOST_TEST(valid_utf8("\xe2\x82") == lost + lost);
    BOOST_TEST(valid_utf8("") == "");
}

BOOST_AUTO_TEST_CASE(words_are_cut_before_a_character_and_never_within) {
    BOOST_TEST(first_bytes("aü€😀", 99) == "aü€😀");
    BOOST_TEST(first_bytes("aü€😀", 9) == "aü€");
    BOOST_TEST(first_bytes("aü€😀", 5) == "aü");
    BOOST_TEST(first_bytes("aü€😀", 2) == "a");
    BOOST_TEST(first_bytes("aü", 0) == "");
}

BOOST_AUTO_TEST_CASE(what_is_cut_says_so) {
    const std::string text(200, 'x');
    BOOST_TEST(cut_to_characters(text, 200) == text);
    const auto cut = cut_to_characters(text, 100);
    BOOST_TEST(character_count(cut) <= 100U);
    BOOST_TEST(cut == std::string(72, 'x') + "… (cut: 128 more characters)");
    BOOST_TEST(cut_to_characters(text, 10) == std::string(10, 'x')); // no room for words

    std::string emoji;
    for (int i = 0; i < 200; ++i)
        emoji += "😀";
    BOOST_TEST(cut_to_characters(emoji, 200) == emoji); // characters are counted, not bytes
    BOOST_TEST(character_count(cut_to_characters(emoji, 100)) == 100U);
    const auto bytes = cut_to_bytes(emoji, 100);
    BOOST_TEST(bytes.size() <= 100U);
    BOOST_TEST(bytes == "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀… (cut: 183 more characters)");
}

BOOST_AUTO_TEST_CASE(what_is_cut_again_counts_all_that_it_lost) {
    const std::string text(10'000, 'x');
    const auto once = cut_to_characters(text, 4096);
    BOOST_TEST(once.ends_with("x… (cut: 5934 more characters)"));
    BOOST_TEST(cut_to_characters(once, 4096) == once);
    const auto twice = cut_to_characters(once, 256);
    BOOST_TEST(twice == cut_to_characters(text, 256));
    BOOST_TEST(cut_to_bytes(cut_to_bytes(text, 4096), 256) == cut_to_bytes(text, 256));
    // Not ours, whatever it looks like.
    const auto strange = std::string(300, 'y') + "… (cut: many more characters)";
    BOOST_TEST(character_count(cut_to_characters(strange, 100)) <= 100U);
}

BOOST_AUTO_TEST_CASE(a_list_becomes_one_line_that_counts_what_found_no_room) {
    struct row {
        std::string text;
        std::size_t limit;
        std::string expected;
    };
    const std::string long_part(100, 'x');
    const std::vector<row> rows{
        {"", 20, ""},
        {"short", 20, "short"},
        {"a; b; c", 20, "a; b; c"},
        {"3 problems:\n  a\n  b\n", 30, "3 problems: a; b"},
        {"aaaaaa; bbbbbb; cccccc; dddddd", 30, "aaaaaa; bbbbbb; cccccc; dddddd"},
        {"aaaaaa; bbbbbb; cccccc; dddddd", 29, "aaaaaa; bbbbbb; and 2 more"},
        {"aaaaaa\nbbbbbb\ncccccc\ndddddd", 20, "aaaaaa; and 3 more"},
        // What was left out before counts too.
        {"aaaaaa; bbbbbb; cccccc; and 7 more", 29, "aaaaaa; bbbbbb; and 8 more"},
        {"aaaaaa; bbbbbb; cccccc and 7 more", 29, "aaaaaa; bbbbbb; and 8 more"},
        {"salt and pepper and more; " + long_part, 40, "salt and pepper and more; and 1 more"},
        {long_part, 80, std::string(52, 'x') + "… (cut: 48 more characters)"},
        {long_part + "; b; c", 80, std::string(40, 'x') + "… (cut: 60 more characters); and 2 more"},
        {"ääääää; ööööö; üüüüüü", 18, "ääääää; and 2 more"},
    };
    for (const auto& one : rows) {
        BOOST_TEST(
            one_line(one.text, one.limit) == one.expected, one.text << ": " << one_line(one.text, one.limit)
        );
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
