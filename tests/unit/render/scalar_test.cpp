#include "render/scalar.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace holdfast;
namespace json = boost::json;

namespace {

/// The value as JSON; "error" when there is none.
std::string value_of(std::string_view text, std::string_view tag = {}, bool plain = true) {
    const auto value = render::resolve_scalar(
        text, tag.empty() ? std::string{} : "tag:yaml.org,2002:" + std::string{tag}, plain
    );
    return value.has_value() ? json::serialize(*value) : "error";
}

std::string key_of(std::string_view text, bool plain = true) {
    const auto key = render::resolve_key(text, {}, plain);
    return key.has_value() ? *key : "error";
}

struct expectation {
    std::string text;
    std::string json;
};

void check(const std::vector<expectation>& all) {
    for (const auto& e : all) {
        BOOST_TEST(
            value_of(e.text) == e.json, e.text << " is read as " << value_of(e.text) << ", not " << e.json
        );
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(the_words_of_yaml_1_1_are_booleans_and_nulls) {
    for (const char* const text : {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"}) {
        BOOST_TEST(value_of(text) == "true", text);
    }
    for (const char* const text :
         {"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"}) {
        BOOST_TEST(value_of(text) == "false", text);
    }
    for (const char* const text : {"", "~", "null", "Null", "NULL"}) {
        BOOST_TEST(value_of(text) == "null", text);
    }
    check(
        {{"yEs", "\"yEs\""},
         {"oN", "\"oN\""},
         {"nULL", "\"nULL\""},
         {"tRUE", "\"tRUE\""},
         {"none", "\"none\""}}
    );
}

BOOST_AUTO_TEST_CASE(integers_have_all_the_notations_that_go_has) {
    check({
        {"0", "0"},
        {"12", "12"},
        {"+1", "1"},
        {"-1", "-1"},
        {"-0", "0"},
        {"0644", "420"},
        {"0o644", "420"},
        {"0O17", "15"},
        {"0x1F", "31"},
        {"0X1f", "31"},
        {"-0x10", "-16"},
        {"0b101", "5"},
        {"0B11", "3"},
        {"-0b101", "-5"},
        {"0b-1", "-1"},
        {"1_000", "1000"},
        {"0x_ff", "255"},
        {"_1", "\"_1\""},
        {"1__0", "10"},
        {"1_", "1"},
        {"00", "0"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775808", "9223372036854775808"},
        {"18446744073709551615", "18446744073709551615"},
        {"0xFFFFFFFFFFFFFFFF", "18446744073709551615"},
        {"0xFFFFFFFFFFFFFFFFF", "\"0xFFFFFFFFFFFFFFFFF\""},
    });
}

BOOST_AUTO_TEST_CASE(numbers_that_only_look_octal_are_decimal_floats_and_so_integers) {
    check({{"08", "8"}, {"09", "9"}, {"0779", "779"}, {"-08", "-8"}, {"08.5", "8.5E0"}});
}

BOOST_AUTO_TEST_CASE(floats_are_integers_where_json_would_print_them_as_such) {
    check({
        {"1e3", "1000"},
        {"1.0", "1"},
        {"1.", "1"},
        {"1.10", "1.1E0"},
        {".5", "5E-1"},
        {"-.5", "-5E-1"},
        {"+1.5", "1.5E0"},
        {"1E-2", "1E-2"},
        {"1_0.5", "1.05E1"},
        {".5_5", "5.5E-1"},
        {"._5", "\"._5\""},
        {"1e400", "\"1e400\""},
        {"1e-400", "0"},
        {"123456789012345680.0", "123456789012345680"},
        {"4611686018427387904.0", "4611686018427388000"},
        {"1e18", "1000000000000000000"},
        {"18446744073709551616", "1.8446744073709552E19"},
        {"1e21", "1E21"},
    });
}

BOOST_AUTO_TEST_CASE(what_json_cannot_hold_is_refused) {
    for (const char* const text :
         {".inf", ".Inf", ".INF", "+.inf", "-.inf", "-.Inf", ".nan", ".NaN", ".NAN"}) {
        BOOST_TEST(value_of(text) == "error", text);
    }
    check(
        {{"inf", "\"inf\""},
         {"nan", "\"nan\""},
         {"Infinity", "\"Infinity\""},
         {".iNf", "\".iNf\""},
         {"+.nan", "\"+.nan\""}}
    );
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_number_to_people_only_is_a_string) {
    check({
        {"1:30", "\"1:30\""},
        {"12:30:45", "\"12:30:45\""},
        {"2024-01-01", "\"2024-01-01\""},
        {"2001-12-14t21:59:43.10-05:00", "\"2001-12-14t21:59:43.10-05:00\""},
        {"5Gi", "\"5Gi\""},
        {"100m", "\"100m\""},
        {"1,000", "\"1,000\""},
        {"<<", "\"<<\""},
        {"=", "\"=\""},
        {"1.2.3", "\"1.2.3\""},
        {"v1", "\"v1\""},
        {"-", "\"-\""},
        {"+", "\"+\""},
        {".", "\".\""},
        {"e3", "\"e3\""},
        {"1e", "\"1e\""},
        {"1e+", "\"1e+\""},
        {"0x", "\"0x\""},
        {"0b2", "\"0b2\""},
        {"0o8", "\"0o8\""},
        {"- 1", "\"- 1\""},
        {"1 2", "\"1 2\""},
        {"0xg", "\"0xg\""},
        {"10e1", "100"},
        {"1e1_0", "10000000000"},
    });
}

BOOST_AUTO_TEST_CASE(quoted_scalars_are_strings_whatever_they_look_like) {
    for (const char* const text : {"yes", "12", "0644", "~", "", ".inf", "1e3", "null"}) {
        BOOST_TEST(value_of(text, {}, false) == json::serialize(json::string{text}), text);
    }
}

BOOST_AUTO_TEST_CASE(tags_decide_about_the_type) {
    BOOST_TEST(value_of("123", "str") == "\"123\"");
    BOOST_TEST(value_of("12", "int", false) == "12");
    BOOST_TEST(value_of("1", "float") == "1");
    BOOST_TEST(value_of("yes", "bool") == "true");
    BOOST_TEST(value_of("", "null") == "null");
    BOOST_TEST(value_of("2024-02-29", "timestamp") == "\"2024-02-29\"");
    BOOST_TEST(value_of("aGVsbG8=", "binary") == "\"hello\"");
    BOOST_TEST(value_of("12", "nothing-we-know") == "\"12\"");
}

BOOST_AUTO_TEST_CASE(a_tag_that_does_not_fit_its_value_is_refused) {
    BOOST_TEST(value_of("1.5", "int") == "error");
    BOOST_TEST(value_of("maybe", "bool") == "error");
    BOOST_TEST(value_of("x", "null") == "error");
    BOOST_TEST(value_of("18446744073709551615", "float") == "error");
    BOOST_TEST(value_of("2023-02-29", "timestamp") == "error");
    BOOST_TEST(value_of("5", "timestamp") == "error");
    BOOST_TEST(value_of("not base64!", "binary") == "error");
    BOOST_TEST(value_of("/w==", "binary") == "error"); // 0xFF is no UTF-8
    const auto refused = render::resolve_scalar("1.5", "tag:yaml.org,2002:int", true);
    BOOST_TEST(refused.error().message() == "cannot decode !!float `1.5` as a !!int");
    BOOST_TEST((refused.error().kind() == error_kind::user));
}

BOOST_AUTO_TEST_CASE(keys_become_the_texts_that_kubernetes_makes_of_them) {
    BOOST_TEST(key_of("name") == "name");
    BOOST_TEST(key_of("1") == "1");
    BOOST_TEST(key_of("0644") == "420");
    BOOST_TEST(key_of("1.5") == "1.5");
    BOOST_TEST(key_of("1.50") == "1.5");
    BOOST_TEST(key_of("1e3") == "1000");
    BOOST_TEST(key_of("1000000.0") == "1e+06");
    BOOST_TEST(key_of("123456.5") == "123456.5");
    BOOST_TEST(key_of("0.00001") == "1e-05");
    BOOST_TEST(key_of("-0.0") == "-0");
    BOOST_TEST(key_of("1e300") == ".inf");
    BOOST_TEST(key_of("y") == "true");
    BOOST_TEST(key_of("off") == "false");
    BOOST_TEST(key_of("y", false) == "y");
    BOOST_TEST(key_of("~") == "error");
    BOOST_TEST(key_of("") == "error");
    BOOST_TEST(key_of("18446744073709551615") == "error");
}

BOOST_AUTO_TEST_CASE(whole_numbers_are_integers_as_long_as_their_digits_fit) {
    BOOST_TEST(render::number_value(3.0).is_int64());
    BOOST_TEST(render::number_value(-3.0).is_int64());
    BOOST_TEST(render::number_value(3.5).is_double());
    BOOST_TEST(render::number_value(1e19).is_double());
    BOOST_TEST(render::number_value(-9223372036854775808.0).is_double()); // its shortest digits are …6000
    BOOST_TEST(render::number_value(9007199254740994.0).as_int64() == 9007199254740994);
}
