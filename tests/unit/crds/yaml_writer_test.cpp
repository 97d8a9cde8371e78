#include "crds/yaml_writer.hpp"

#include "examples.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::crds {
namespace {

using namespace test;

BOOST_AUTO_TEST_SUITE(the_yaml_writer)

BOOST_AUTO_TEST_CASE(quotes_every_string_that_some_reader_takes_for_something_else) {
    for (const auto* text :
         {"",
          "y",
          "N",
          "yes",
          "No",
          "on",
          "OFF",
          "true",
          "False",
          "null",
          "Null",
          "~",
          "0644",
          "1",
          "1.5",
          "1e3",
          "0x1f",
          "12:30:45",
          ".inf",
          ".nan",
          "-",
          "- a",
          "?",
          ": a",
          "a: b",
          "a:",
          " a",
          "a ",
          "#a",
          "a #b",
          "&a",
          "*a",
          "!a",
          "|",
          ">",
          "'a",
          "\"a",
          "%a",
          "@a",
          "`a",
          "{a",
          "[a",
          "---",
          "...",
          "=",
          "<<",
          "a\nb",
          "a\tb",
          "2026-01-31",
          "2026-01-31T12:00:00Z",
          "+1",
          "a\x7f",
          "\xEF\xBB\xBF",
          "a\xE2\x80\xA8"
          "b"}) {
        BOOST_TEST(!is_plain_in_yaml(text), text);
        const json::object object{{"key", text}};
        BOOST_TEST((yaml(to_yaml(object)) == json::value(object)), to_yaml(object));
    }
}

// As every other text of ours that is read as YAML (base/json_as_yaml.hpp).
BOOST_AUTO_TEST_CASE(escapes_every_character_that_yaml_refuses) {
    const std::string text = "\xC2\x80 \xC2\x9F \xEF\xBF\xBE \xEF\xBF\xBF \xE2\x80\xA9 \xF0\x9F\x98\x80";
    const json::object object{{text, text}};
    const auto written = to_yaml(object);
    BOOST_TEST(
        written.find("\\u0080 \\u009f \\ufffe \\uffff \\u2029 \xF0\x9F\x98\x80") != std::string::npos, written
    );
}

BOOST_AUTO_TEST_CASE(leaves_plain_what_is_plain) {
    for (const auto* text :
         {"a", "Deployment", "apps/v1", "https://git.example.com/a", "has a space", "a, (b)"}) {
        BOOST_TEST(is_plain_in_yaml(text), text);
        const json::object object{{"key", text}};
        BOOST_TEST((yaml(to_yaml(object)) == json::value(object)), to_yaml(object));
    }
}

BOOST_AUTO_TEST_CASE(writes_in_block_style) {
    const auto value =
        parse(R"({'a': {'b': [1, {'c': true, 'd': [], 'e': {}}, ['x', 'y']], 'on': null}, 'z': 'yes'})");
    BOOST_TEST(
        to_yaml(value) == "a:\n"
                          "  b:\n"
                          "  - 1\n"
                          "  - c: true\n"
                          "    d: []\n"
                          "    e: {}\n"
                          "  -\n"
                          "    - x\n"
                          "    - \"y\"\n"
                          "  \"on\": null\n"
                          "z: \"yes\"\n"
    );
    BOOST_TEST((yaml(to_yaml(value)) == value));
}

BOOST_AUTO_TEST_CASE(folds_long_texts_so_that_they_read_back_the_same) {
    std::string text;
    for (int i = 0; i < 60; ++i)
        text += (i > 0 ? " word" : "#word") + std::to_string(i) + (i % 7 == 0 ? ":" : "");
    const json::object object{{"outer", {{"doc", text}}}};
    const auto written = to_yaml(object);
    BOOST_TEST(written.find(">-\n    #word0: word1") != std::string::npos, written);
    BOOST_TEST((yaml(written) == json::value(object)), written);
    for (std::size_t start = 0; start < written.size();) {
        const auto end = written.find('\n', start);
        BOOST_TEST(end - start <= 110U);
        start = end + 1;
    }
}

BOOST_AUTO_TEST_CASE(does_not_fold_what_folding_would_change) {
    const std::string filler(100, 'x');
    for (const auto& text :
         {filler + "  two spaces", filler + " end ", " " + filler, filler + "\nline", filler + " ü"}) {
        const json::object object{{"key", text}};
        BOOST_TEST((yaml(to_yaml(object)) == json::value(object)), to_yaml(object));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
