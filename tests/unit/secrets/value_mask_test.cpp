// Values of secrets in what others say: an API server that repeats what it refuses, as it may write it.

#include "secrets/value_mask.hpp"

#include "base/base64.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <initializer_list>

namespace holdfast::secrets {
namespace {

value_mask mask_of(std::initializer_list<std::string_view> values) {
    std::vector<sensitive> held;
    for (const auto value : values) {
        held.emplace_back(value);
    }
    return value_mask{held};
}

} // namespace

BOOST_AUTO_TEST_SUITE(value_masks)

BOOST_AUTO_TEST_CASE(a_value_is_hidden_however_it_is_written) {
    const std::string value = "p<a>ss \\\"w\to&rd\"";
    const auto mask = mask_of({value});
    const auto json_once = json::serialize(json::value(value));
    const auto json_twice = json::serialize(json::value(json_once));
    for (const std::string& said : std::initializer_list<std::string>{
             "Invalid value: " + value + ": must be",
             "Invalid value: " + json_once + ": must be",
             "webhook said " + json_twice + ".",
             // Go's encoder, and its %q
             R"(Invalid value: "p\u003ca\u003ess \\\"w\to\u0026rd\"": must be)",
             R"(parse "p<a>ss \\\"w\to&rd\"": invalid)",
             R"(again: "\"p\\u003ca\\u003ess \\\\\\\"w\\to\\u0026rd\\\"\"")",
             "in base64 " + base64_encode(value),
             "in base64 within more " + base64_encode("user:" + value + "@host"),
             "and " + base64_encode("x" + value),
             "and " + base64_encode("xy" + value),
             "http://h/?q=p%3Ca%3Ess%20%5C%22w%09o%26rd%22",
         }) {
        BOOST_TEST_CONTEXT(said) {
            const auto told = mask.blank(said);
            BOOST_TEST(told.find("(hidden)") != std::string::npos);
            BOOST_TEST(told.find("rd") == std::string::npos);
            BOOST_TEST(told.find("cGFzc") == std::string::npos);
            BOOST_TEST(told.substr(0, 3) == said.substr(0, 3));
        }
    }
    BOOST_TEST(mask.blank("nothing of it is here, nor p<a") == "nothing of it is here, nor p<a");
}

BOOST_AUTO_TEST_CASE(what_was_cut_is_hidden_and_the_words_around_stay) {
    const auto mask = mask_of({"correct-horse-battery"});
    BOOST_TEST(mask.blank("value correct-horse-battery is wrong") == "value (hidden) is wrong");
    BOOST_TEST(mask.blank("value correct-ho...") == "value (hidden)...");
    BOOST_TEST(
        mask.blank("value correct-ho\u2026 (cut: 12 more characters)") ==
        "value (hidden)\u2026 (cut: 12 more characters)"
    );
    BOOST_TEST(mask.blank("value corr") == "value (hidden)");
    BOOST_TEST(mask.blank("value cor") == "value cor");
    BOOST_TEST(mask.blank("a correction was made") == "a correction was made");
    BOOST_TEST(mask.blank("correct-horse-batterycorrect-horse-battery twice") == "(hidden) twice");
}

BOOST_AUTO_TEST_CASE(of_several_lines_each_is_hidden) {
    const auto mask = mask_of({"-----BEGIN KEY-----\nMIIEvQIBADANBg\n  kqhkiG9w0BAQ  \n-----END KEY-----\n"});
    BOOST_TEST(mask.blank("line 2: MIIEvQIBADANBg is not a number") == "line 2: (hidden) is not a number");
    BOOST_TEST(mask.blank("near 'kqhkiG9w0BAQ'") == "near '(hidden)'");
    const std::string one_long_line(3000, 'k');
    const auto told = mask_of({one_long_line}).blank("value " + one_long_line + " too long");
    BOOST_TEST(told == "value (hidden) too long");
}

BOOST_AUTO_TEST_CASE(a_short_value_is_hidden_where_it_is_all_that_is_quoted) {
    const auto mask = mask_of({"80", "a"});
    BOOST_TEST(
        mask.blank("Invalid value: \"80\": port 8080 of a Service") ==
        "Invalid value: (hidden): port 8080 of a Service"
    );
    BOOST_TEST(mask.blank("'a' and `80` and \\\"a\\\"") == "(hidden) and (hidden) and (hidden)");
    BOOST_TEST(mask_of({"", " \n"}).blank("Invalid value: \"\"") == "Invalid value: \"\"");
    BOOST_TEST(mask_of({"", "\n"}).empty());
}

BOOST_AUTO_TEST_CASE(what_is_too_much_to_look_for_hides_all) {
    const std::string large(value_mask::most_bytes + 1, 'x');
    const auto mask = mask_of({large});
    BOOST_TEST(!mask.empty());
    BOOST_TEST(mask.blank("Invalid value: xxxx").find("xxxx") == std::string::npos);
    BOOST_TEST(mask.blank("").empty());
}

BOOST_AUTO_TEST_CASE(what_a_step_changed_in_an_object_is_found) {
    const auto before = json::parse(
        R"({"kind":"Secret","data":{"a":"ENC[1]","same":"text"},"list":["x","ENC[2]"],"n":"ENC[3]"})"
    );
    const auto after = json::parse(
        R"({"kind":"Secret","data":{"a":"aGVsbG8td29ybGQ=","same":"text"},"list":["x","sealed"],"n":123456})"
    );
    std::vector<sensitive> found;
    add_changed(before, after, found);
    const value_mask mask{found};
    BOOST_TEST(
        mask.blank("hello-world, aGVsbG8td29ybGQ=, sealed, 123456, text, Secret") ==
        "(hidden), (hidden), (hidden), (hidden), text, Secret"
    );
}

BOOST_AUTO_TEST_CASE(masks_of_the_same_values_are_alike) {
    BOOST_TEST(mask_of({"one-value", "two-value"}).is_like(mask_of({"two-value", "one-value", "one-value"})));
    BOOST_TEST(!mask_of({"one-value"}).is_like(mask_of({"two-value"})));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::secrets
