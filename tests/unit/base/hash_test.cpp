#include "base/hash.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

std::string hex(const std::string& bytes) {
    return to_hex(
        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()
    ); // NOLINT: bytes as bytes
}

} // namespace

BOOST_AUTO_TEST_SUITE(base_hash)

BOOST_AUTO_TEST_CASE(sha256_is_that_of_sha256sum) {
    BOOST_TEST(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    BOOST_TEST(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(pieces_are_told_apart) {
    BOOST_TEST(to_hex(hasher{}.add("ab").add("c").finish()) != to_hex(hasher{}.add("a").add("bc").finish()));
    BOOST_TEST(to_hex(hasher{}.add("ab").add("c").finish()) == to_hex(hasher{}.add("ab").add("c").finish()));
}

// RFC 4231, test cases 1, 2 and 6.
BOOST_AUTO_TEST_CASE(hmac_is_that_of_rfc_4231) {
    const std::string first(20, '\x0b');
    BOOST_TEST(
        hex(hmac(hmac_algorithm::sha256, first, "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    );
    BOOST_TEST(
        hex(hmac(hmac_algorithm::sha512, first, "Hi There")) ==
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d"
        "914eeb61f1702e"
        "696c203a126854"
    );
    BOOST_TEST(
        hex(hmac(hmac_algorithm::sha256, "Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    BOOST_TEST(
        hex(hmac(
            hmac_algorithm::sha256, std::string(131, '\xaa'),
            "Test Using Larger Than Block-Size Key - Hash Key First"
        )) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
    // Without a key it is an HMAC all the same.
    BOOST_TEST(
        hex(hmac(hmac_algorithm::sha256, "", "")) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    );
}

BOOST_AUTO_TEST_CASE(what_comes_in_pieces_is_hashed_as_what_comes_at_once) {
    const std::string text = std::string(1000, 'a') + std::string(1000, 'b');
    for (const std::size_t step : {1U, 7U, 64U, 2000U}) {
        byte_hasher digest;
        hmac_stream short_mac{hmac_algorithm::sha256, "key"};
        hmac_stream long_mac{hmac_algorithm::sha512, ""};
        for (std::size_t at = 0; at < text.size(); at += step) {
            const auto piece = std::string_view{text}.substr(at, step);
            digest.add(piece);
            short_mac.add(piece);
            long_mac.add(piece);
        }
        BOOST_TEST(to_hex(digest.finish()) == to_hex(sha256(text)));
        BOOST_TEST(hex(short_mac.finish()) == hex(hmac(hmac_algorithm::sha256, "key", text)));
        BOOST_TEST(hex(long_mac.finish()) == hex(hmac(hmac_algorithm::sha512, "", text)));
    }
}

BOOST_AUTO_TEST_CASE(texts_are_compared_whole) {
    BOOST_TEST(equal_in_constant_time("", ""));
    BOOST_TEST(equal_in_constant_time("same", "same"));
    BOOST_TEST(!equal_in_constant_time("same", "samE"));
    BOOST_TEST(!equal_in_constant_time("same", "sam"));
    BOOST_TEST(!equal_in_constant_time("", "s"));
    BOOST_TEST(!equal_in_constant_time(std::string_view{"a\0b", 3}, std::string_view{"a\0c", 3}));
}

BOOST_AUTO_TEST_CASE(hexadecimal_is_read_in_either_case_and_nothing_else) {
    BOOST_TEST(from_hex("00fFAb").value() == (std::string{"\0\xff\xab", 3}));
    BOOST_TEST(from_hex("")->empty());
    for (const auto* wrong : {"0", "0g", "0x00", " 00", "00 ", "-1", "00\n"}) {
        BOOST_TEST(!from_hex(wrong).has_value(), wrong);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast
