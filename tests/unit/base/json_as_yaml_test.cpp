#include "base/json_as_yaml.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

BOOST_AUTO_TEST_SUITE(json_as_yaml_)

BOOST_AUTO_TEST_CASE(what_yaml_refuses_or_takes_for_line_ends_is_escaped) {
    struct example {
        std::string json;
        std::string yaml;
    };
    const example table[] = {
        {"{}", "{}"},
        {R"({"a":"b\n\u0001\"\\","c":[1,1E3,true,null]})", R"({"a":"b\n\u0001\"\\","c":[1,1E3,true,null]})"},
        {"\"a\x7F\"", R"("a\u007f")"},
        {"\"\xC2\x80 \xC2\x85 \xC2\x9F\"", R"("\u0080 \u0085 \u009f")"},
        {"\"\xC2\xA0 \xC3\x85\"", "\"\xC2\xA0 \xC3\x85\""},
        {"\"\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA\"", "\"\xE2\x80\xA7\\u2028\\u2029\xE2\x80\xAA\""
        },
        {"\"\xEF\xBB\xBF \xEF\xBF\xBD\xEF\xBF\xBE\xEF\xBF\xBF\"", "\"\\ufeff \xEF\xBF\xBD\\ufffe\\uffff\""},
        {"\"\xF0\x9F\x98\x80\"", "\"\xF0\x9F\x98\x80\""}, // YAML knows no surrogates
        {"{\"\x7F\":\"\x7F\"}", R"({"\u007f":"\u007f"})"},
        {"[\"\\\\\",\"\\\"\x7F\"]", R"(["\\","\"\u007f"])"},
    };
    for (const auto& one : table) {
        BOOST_TEST(json_as_yaml(one.json) == one.yaml);
    }
}

BOOST_AUTO_TEST_CASE(long_keys_get_a_question_mark) {
    const std::string name(2000, 'k');
    BOOST_TEST(json_as_yaml("{\"" + name + "\":1,\"b\":2}") == "{? \"" + name + "\":1,\"b\":2}");
    BOOST_TEST(json_as_yaml("{\"a\":\"" + name + "\"}") == "{\"a\":\"" + name + "\"}");
    BOOST_TEST(json_as_yaml("{\"" + name + "\x7F\":\"\x7F\"}") == "{? \"" + name + "\\u007f\":\"\\u007f\"}");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
