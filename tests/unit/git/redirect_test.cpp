// Where a server leads to: read out of what git tells, and whether we go there.

#include "git/redirect.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

namespace holdfast::git {
namespace {

url address(const char* text) {
    auto u = url::parse(text);
    BOOST_REQUIRE_MESSAGE(u.has_value(), text);
    return std::move(*u);
}

BOOST_AUTO_TEST_SUITE(git_redirect)

BOOST_AUTO_TEST_CASE(the_location_is_read_out_of_what_git_tells) {
    BOOST_TEST(!location_in("").has_value());
    BOOST_TEST(!location_in("12:00:00 http.c:684 => Send header: location: /no\n").has_value());
    BOOST_TEST(
        location_in("12:00:00.1 http.c:684              <= Recv header: HTTP/1.1 301 Moved Permanently\n"
                    "12:00:00.1 http.c:684              <= Recv header: Location: /a/info/refs?service=x\r\n"
                    "12:00:00.2 http.c:684              <= Recv header: location:  https://h/b/info/refs \n"
                    "fatal: unable to access\n")
            .value() == "https://h/b/info/refs"
    );
    BOOST_TEST(location_in("<= Recv header: Location:").value().empty());
}

BOOST_AUTO_TEST_CASE(the_same_host_is_followed) {
    constexpr std::array<std::array<const char*, 3>, 7> cases{{
        {"https://github.com/acme/old", "https://github.com/acme/new/info/refs?service=git-upload-pack",
         "https://github.com/acme/new"},
        {"https://gitlab.com/acme/shop", "https://gitlab.com/acme/shop.git/info/refs?service=git-upload-pack",
         "https://gitlab.com/acme/shop.git"},
        {"https://h:8443/old", "/new.git/info/refs?service=git-upload-pack", "https://h:8443/new.git"},
        {"https://h/old", "HTTPS://H:443/new/info/refs", "HTTPS://H:443/new"},
        {"https://h/old", "//h/new/info/refs", "https://h/new"},
        {"http://h/old", "https://h/old/info/refs", "https://h/old"},
        {"https://h/old", "https://h/a/../b/info/refs", "https://h/b"},
    }};
    for (const auto& [from, location, to] : cases) {
        const auto led = follow(address(from), location);
        BOOST_REQUIRE_MESSAGE(led.has_value(), location << ": " << led.error().message());
        BOOST_TEST(led->text() == to);
    }
}

BOOST_AUTO_TEST_CASE(without_credentials_another_place_is_followed_but_not_out_of_https) {
    const auto led = follow(address("https://h/a"), "https://other:8443/b/info/refs", false);
    BOOST_REQUIRE(led.has_value());
    BOOST_TEST(led->text() == "https://other:8443/b");
    BOOST_TEST(follow(address("http://h/a"), "http://other/b/info/refs", false).has_value());
    const auto down = follow(address("https://h/a"), "http://h/a/info/refs", false);
    BOOST_REQUIRE(down.has_error());
    BOOST_TEST(down.error().message().find("protection of https") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nothing_else_is_and_the_sentence_says_why) {
    constexpr std::array<std::array<const char*, 3>, 8> cases{{
        {"https://h/a", "https://evil/a/info/refs?service=git-upload-pack&token=s3cret",
         "https://evil/a, where"},
        {"https://h/a", "//evil/a/info/refs", "must not go"},
        {"https://h/a", "http://h/a/info/refs", "must not go"},
        {"https://h/a", "https://h:8443/a/info/refs", "must not go"},
        {"http://h:8080/a", "https://h/a/info/refs", "must not go"},
        {"https://h/a", "https://h/users/sign_in?next=s3cret", "the page https://h/users/sign_in instead"},
        {"https://h/a", "ssh://h/a/info/refs", "not a repository address"},
        {"https://h/a", "", "not a repository address"},
    }};
    for (const auto& [from, location, words] : cases) {
        const auto led = follow(address(from), location);
        BOOST_REQUIRE_MESSAGE(led.has_error(), location);
        BOOST_TEST(led.error().message().find(words) != std::string::npos, led.error().message());
        BOOST_TEST(led.error().message().find("s3cret") == std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git
