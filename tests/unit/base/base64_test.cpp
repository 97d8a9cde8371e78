#include "base/base64.hpp"
#include "base/hash.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(the_vectors_of_rfc_4648) {
    const std::pair<std::string, std::string> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"}
    };
    for (const auto& [bytes, text] : vectors) {
        BOOST_TEST(base64_encode(bytes) == text);
        BOOST_TEST(base64_decode(text).value() == bytes);
    }
    BOOST_TEST(base64url_encode("\xff\xfe\xfd?") == "__79Pw");
    BOOST_TEST(base64_decode("Zm9v\nYmFy\n").value() == "foobar");
}

BOOST_AUTO_TEST_CASE(what_is_not_base64_is_nothing) {
    for (const auto* text : {"Z", "Zg", "Zg=", "Zm9v=", "Zm9v====", "Zm-v", "=", "Zg==Zg=="}) {
        BOOST_TEST(!base64_decode(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(sha256_is_the_standard_one) {
    BOOST_TEST(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hasher one;
    hasher two;
    one.add("ab").add("c");
    two.add("a").add("bc");
    BOOST_TEST((one.finish() != two.finish()));
}

BOOST_AUTO_TEST_CASE(the_url_form_is_read_without_padding_and_without_anything_else) {
    for (const std::string bytes : {"", "a", "ab", "abc", "\xfb\xef\xff", "\xff\xff\xff\xff"}) {
        BOOST_TEST((base64url_decode(base64url_encode(bytes)) == bytes));
    }
    for (const std::string_view text : {"YQ==", "Y", "a+b/", "YW I", "YWI\n"}) {
        BOOST_TEST(!base64url_decode(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
