#include "match/repository_form.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>
#include <utility>

namespace holdfast::match {
namespace {

BOOST_AUTO_TEST_SUITE(repository_forms)

BOOST_AUTO_TEST_CASE(a_url_is_compared_as_argo_cd_compares_it) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"https://GitHub.com/A/b", "https://github.com/a/b"},
        {"  https://github.com/a/b.git ", "https://github.com/a/b"},
        {"https://github.com/a/b/", "https://github.com/a/b/"},
        {"https://github.com:443/a/b", "https://github.com:443/a/b"},
        {"https://joe:pw@github.com/a/b", "https://joe:pw@github.com/a/b"},
        {"git@github.com:a/b.git", "git@github.com/a/b"},
        {"ssh://git@github.com/a/b.git", "git@github.com/a/b"},
        {"ssh://git@github.com:22/a/b", "git@github.com:22/a/b"},
        {"oci://reg/x/*", "oci://reg/x/*"},
        {"ghcr.io/acme/charts", "ghcr.io/acme/charts"},
        {"registry:5000/x", "registry:5000/x"},
        {"file:///srv/git/a", "file:///srv/git/a"},
        {"https://*.example.com/x", "https://*.example.com/x"},
        {"https://github.com/**", "https://github.com/**"},
        {"https://github.com/a/{x,y}", "https://github.com/a/%7Bx,y%7D"},
        {"https://github.com/{a}/*", "https://github.com/%7Ba%7D/%2A"},
        {"https://github.com/a/[b", "https://github.com/a/[b"},
        {"https://github.com/a b", "https://github.com/a%20b"},
        {"https://github.com/%61/b", "https://github.com/%61/b"},
        {"https://github.com/a%zz", ""},
        {"https://host:*/x", ""},
        {"https://ho st/x", ""},
        {"https://host{a,b}/x", ""},
        {"x@y@h:a", "x%40y@h/a"},
        {"https://u%40x:p*w@h/y", "https://u%40x:p%2Aw@h/y"},
        {"https://h/é/*", "https://h/%C3%A9/%2A"},
        {"*", "*"},
        {"**", "**"},
        {"", ""},
        {":a", ""},
        {"a:b", "a:b"},
        {"1:b/c", ""},
        {"https://h/a?b=*", "https://h/a?b=*"},
        {"https://h/a\x01", ""},
    };
    for (const auto& [text, form] : table)
        BOOST_TEST(repository_form(text) == form, text << " is " << repository_form(text));
}

BOOST_AUTO_TEST_CASE(what_may_be_read_in_two_ways_is_not_plain) {
    for (const auto* plain :
         {"https://github.com/a/b", "https://github.com/a/b.git", "https://github.com/a/b/",
          "git@github.com:a/b", "ssh://git@github.com/a/b", "https://github.com/a%20b", "https://github.com",
          "oci://reg/x", "ghcr.io/acme/charts", "https://github.com/a..b/c", "https://github.com/.github/x",
          "file:///srv/git/a"})
        BOOST_TEST(is_plain_repository(plain), plain);
    for (const auto* twofold :
         {"https://github.com/a/../b", "https://github.com/a/./b", "https://github.com/..",
          "https://github.com//a/b", "https://github.com/a//b", "https://github.com/%61/b",
          "https://github.com/a%2fb", "https://github.com/a%2Fb", "https://github.com/%2e%2e/b",
          "git@github.com:a/../b", "https://github.com/a\\b", "https://h/a%252fb", "file:///srv/../etc"})
        BOOST_TEST(!is_plain_repository(twofold), twofold);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::match
