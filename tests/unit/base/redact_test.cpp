#include "base/redact.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

namespace holdfast {
namespace {

BOOST_AUTO_TEST_SUITE(texts_for_people)

BOOST_AUTO_TEST_CASE(credentials_of_urls_are_left_out) {
    const std::pair<const char*, const char*> cases[] = {
        {"", ""},
        {"no URL at all: a@b", "no URL at all: a@b"},
        {"https://host/path", "https://host/path"},
        {"https://host:8443/a@b", "https://host:8443/a@b"},
        {"https://user:s3cret@host/x", "https://…@host/x"},
        {"https://ghp_s3cret@host/x", "https://…@host/x"},
        {"HTTPS://user:s3@cret@host", "HTTPS://…@host"},
        {"https://user:s3/cr?et@host/x", "https://…@host/x"},
        {"base https://u:p@h/x at main: https://u:p@h/x: no", "base https://…@h/x at main: https://…@h/x: no"
        },
        {"\"https://u:p@h/x\", (http://u:p@h)", "\"https://…@h/x\", (http://…@h)"},
        {"git::https://u:p@h/x?ref=v1", "git::https://…@h/x?ref=v1"},
        {"oci://u:p@h/x", "oci://…@h/x"},
        {"ssh://git@h/x", "ssh://git@h/x"},
        {"ssh://git:s3cret@h/x", "ssh://git:…@h/x"},
        {"git@h:x", "git@h:x"},
        {"https://h/f.yaml?X-Amz-Signature=s3cret&ref=a", "https://h/f.yaml?…&ref=a"},
        {"https://h/f?token=s3cret: not there", "https://h/f?… not there"},
        {"https://[::1]:80/x", "https://[::1]:80/x"},
        {"://u:p@h", "://u:p@h"},
    };
    for (const auto& [text, shown] : cases) {
        BOOST_TEST(without_credentials(text) == shown);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
