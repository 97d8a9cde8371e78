#include "secrets/reference.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

#include <ostream>

namespace holdfast::secrets {

std::ostream& operator<<(std::ostream& to, part p) {
    return to << static_cast<int>(p);
}

namespace {

reference only_reference(std::string_view text) {
    const auto pieces = take_apart(text);
    BOOST_REQUIRE_MESSAGE(pieces.has_value(), pieces.error().message());
    BOOST_REQUIRE_EQUAL(pieces->size(), 1U);
    return std::get<reference>(pieces->front());
}

std::string_view selected(std::string_view text, std::string_view content) {
    const auto value = select(only_reference(text), content);
    BOOST_REQUIRE_MESSAGE(value.has_value(), value.error().message());
    return *value;
}

BOOST_AUTO_TEST_SUITE(reference_suite)

BOOST_AUTO_TEST_CASE(a_reference_names_an_entry_and_a_part_of_it) {
    const auto first = only_reference("ref+pass://shop/db");
    BOOST_TEST(first.entry == "shop/db");
    BOOST_TEST(first.part == part::first_line);
    const auto field = only_reference("ref+pass://shop/db#user name");
    BOOST_TEST(field.part == part::field);
    BOOST_TEST(field.field == "user name");
    BOOST_TEST(only_reference("ref+pass://shop/db#*").part == part::whole);
    BOOST_TEST(only_reference("ref+pass://shop/db#%2A").field == "*");
    const auto full = only_reference("ref+pass://a%2Bb/c d?store=https%3A%2F%2Fx%2Fy&blob=12ab#*");
    BOOST_TEST(full.entry == "a+b/c d");
    BOOST_TEST(full.store == "https://x/y");
    BOOST_TEST(full.blob == "12ab");
}

BOOST_AUTO_TEST_CASE(references_stand_inside_of_longer_texts_closed_by_a_plus) {
    const auto pieces =
        take_apart("postgres://ref+pass://db#user+:ref+pass://db+@host/ref+pass://db#name").value();
    BOOST_REQUIRE_EQUAL(pieces.size(), 6U);
    BOOST_TEST(std::get<std::string>(pieces[0]) == "postgres://");
    BOOST_TEST(std::get<reference>(pieces[1]).field == "user");
    BOOST_TEST(std::get<std::string>(pieces[2]) == ":");
    BOOST_TEST(std::get<reference>(pieces[3]).part == part::first_line);
    BOOST_TEST(std::get<std::string>(pieces[4]) == "@host/");
    BOOST_TEST(std::get<reference>(pieces[5]).field == "name");
}

BOOST_AUTO_TEST_CASE(a_reference_ends_with_its_line) {
    const auto pieces = take_apart("user=ref+pass://db#user\r\npassword=ref+pass://db\n").value();
    BOOST_REQUIRE_EQUAL(pieces.size(), 5U);
    BOOST_TEST(std::get<reference>(pieces[1]).field == "user");
    BOOST_TEST(std::get<std::string>(pieces[2]) == "\r\npassword=");
    BOOST_TEST(std::get<std::string>(pieces[4]) == "\n");
}

BOOST_AUTO_TEST_CASE(other_texts_stay_as_they_are) {
    for (const std::string_view text : {"plain", "ref+vault://x#y", "ref+pass:/x", "a+b", "pass://x"}) {
        const auto pieces = take_apart(text).value();
        BOOST_REQUIRE_EQUAL(pieces.size(), 1U);
        BOOST_TEST(std::get<std::string>(pieces[0]) == text);
        BOOST_TEST(!mentions_reference(text));
    }
    BOOST_TEST(take_apart("")->empty());
}

const std::vector<std::pair<std::string, std::string>> wrong{
    {"ref+pass://", "no entry is named"},
    {"x ref+pass://+ y", "no entry is named"},
    {"ref+pass:///abs", "relative"},
    {"ref+pass://a//b", "no two in a row"},
    {"ref+pass://a/", "no '/' at its start or end"},
    {"ref+pass://a/../b", "\"..\""},
    {"ref+pass://a/%2e%2e/b", "\"..\""},
    {"ref+pass://./b", "\".\""},
    {"ref+pass://a%", "%25"},
    {"ref+pass://a%zz", "%25"},
    {"ref+pass://a%0ab", "control"},
    {"ref+pass://a#", "name of a field"},
    {"ref+pass://a?color=red", "unknown parameter \"color\""},
    {"ref+pass://a?store=", "has no value"},
};

BOOST_AUTO_TEST_CASE(wrong_references_are_quoted_with_what_is_wrong) {
    for (const auto& [text, words] : wrong) {
        const auto pieces = take_apart(text);
        BOOST_REQUIRE_MESSAGE(pieces.has_error(), text);
        const auto message = pieces.error().message();
        BOOST_TEST(message.find(words) != std::string::npos, message);
        BOOST_TEST(message.find("\"ref+pass://") == 0, message);
    }
}

BOOST_AUTO_TEST_CASE(too_many_references_in_one_text_are_refused) {
    std::string text;
    for (std::size_t i = 0; i <= max_references; ++i)
        text += "ref+pass://a+";
    BOOST_TEST(take_apart(text).has_error());
}

BOOST_AUTO_TEST_CASE(every_reference_can_be_written_and_read_again) {
    std::mt19937 random{20}; // NOLINT(cert-msc32-c,cert-msc51-cpp): the same ones each time
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>{0, n - 1}(random);
    };
    constexpr std::string_view characters = "abcXYZ09 _-.%+#?&=:@*\"\xc3\xa9";
    for (int i = 0; i < 2000; ++i) {
        std::string name = "n";
        for (auto size = below(12); size > 0; --size)
            name += characters[below(characters.size())];
        reference r{.entry = "folder/" + name, .part = static_cast<part>(below(3))};
        if (r.part == part::field) r.field = below(4) == 0 ? "*" : name;
        if (below(2) == 0) r.store = "https://example.org/" + name;
        if (below(2) == 0) r.blob = "0123456789abcdef";
        const auto pieces = take_apart("before " + to_string(r, true) + " after");
        BOOST_REQUIRE_MESSAGE(pieces.has_value(), to_string(r));
        BOOST_REQUIRE_EQUAL(pieces->size(), 3U);
        BOOST_TEST((std::get<reference>(pieces->at(1)) == r), to_string(r));
        BOOST_TEST(std::get<std::string>(pieces->at(2)) == " after");
    }
}

constexpr std::string_view entry =
    "first: line\r\nuser: shop\nurl:http://x:80/ \nuser: second\npin:\t12\nempty:\n";

BOOST_AUTO_TEST_CASE(a_part_of_an_entry_is_its_first_line_a_field_or_all_less_one_newline) {
    BOOST_TEST(selected("ref+pass://a", entry) == "first: line");
    BOOST_TEST(selected("ref+pass://a", "only") == "only");
    BOOST_TEST(selected("ref+pass://a", "") == "");
    BOOST_TEST(selected("ref+pass://a#user", entry) == "shop");
    BOOST_TEST(selected("ref+pass://a#url", entry) == "http://x:80/ ");
    BOOST_TEST(selected("ref+pass://a#pin", entry) == "12");
    BOOST_TEST(selected("ref+pass://a#empty", entry) == "");
    BOOST_TEST(selected("ref+pass://a#first", entry) == "line");
    BOOST_TEST(selected("ref+pass://a#*", entry) == entry.substr(0, entry.size() - 1));
    BOOST_TEST(selected("ref+pass://a#*", "two\n\n") == "two\n");
    BOOST_TEST(selected("ref+pass://a#*", "none") == "none");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_stay_as_they_are) {
    for (const std::string_view bytes :
         {"\xff\xfe\n", "\xc3\n", "\xed\xa0\x80\n", "\xc0\xaf\n", "\xf5\x80\x80\x80\n", "\xe2\x82\n", "\x80\n"
         }) {
        BOOST_TEST((selected("ref+pass://a#*", bytes) == bytes));
    }
    for (const std::string_view text :
         {"\xc3\xa9\n", "\xe2\x82\xac\n", "\xf0\x9f\x94\x91\n", "\xef\xbf\xbf\n", "\xf4\x8f\xbf\xbf\n"}) {
        BOOST_TEST((selected("ref+pass://a#*", text) == text.substr(0, text.size() - 1)));
    }
}

BOOST_AUTO_TEST_CASE(a_missing_field_is_an_error_that_quotes_nothing_of_the_entry) {
    for (const std::string_view field : {"User", "use", "http", "shop"}) {
        const auto value = select(only_reference("ref+pass://a#" + std::string{field}), entry);
        BOOST_REQUIRE(value.has_error());
        BOOST_TEST(
            value.error().message() ==
            "it has no line \"" + std::string{field} + ": …\" (the case of the name counts)"
        );
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets
