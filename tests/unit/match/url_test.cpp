#include "match/url.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>
#include <string>

namespace holdfast::match {
namespace {

BOOST_AUTO_TEST_SUITE(git_url)

BOOST_AUTO_TEST_CASE(every_spelling_of_one_repository_has_one_normal_form) {
    for (const auto* text : {
             "https://github.com/acme/shop",
             "https://github.com/acme/shop.git",
             "https://GitHub.com/acme/shop/",
             "https://github.com:443/acme/shop.git/",
             "http://github.com/acme/shop",
             "http://github.com:80//acme/shop",
             "ssh://git@github.com/acme/shop.git",
             "ssh://github.com:22/acme/shop",
             "git@github.com:acme/shop.git",
             "git@github.com:/acme/shop",
             "github.com:acme/shop",
             "git+ssh://git@github.com/acme/shop",
         }) {
        const auto u = url::parse(text);
        BOOST_REQUIRE_MESSAGE(u.has_value(), text);
        BOOST_TEST(u->normalised() == "github.com/acme/shop", text);
        BOOST_TEST(u->text() == text);
    }
}

BOOST_AUTO_TEST_CASE(other_normal_forms) {
    constexpr std::array<std::array<const char*, 2>, 12> cases{{
        {"ssh://git@git.example.com:2222/acme/shop.git", "git.example.com:2222/acme/shop"},
        {"https://git.example.com:8443/shop", "git.example.com:8443/shop"},
        {"https://dev.azure.com/org/my%20project/_git/shop", "dev.azure.com/org/my project/_git/shop"},
        {"https://github.com/Acme/Shop", "github.com/acme/shop"},
        {"https://git.example.com/Acme/Shop", "git.example.com/Acme/Shop"},
        {"git@ssh.github.com:Acme/Shop", "ssh.github.com/acme/shop"},
        {"https://Fabrikam.VisualStudio.com/Shop/_git/Web", "fabrikam.visualstudio.com/shop/_git/web"},
        {"file:///srv/git/shop.git", "file:/srv/git/shop"},
        {"https://[2001:DB8::1]/shop", "[2001:db8::1]/shop"},
        {"ssh://git@[::1]:2222/shop", "[::1]:2222/shop"},
        {"git@github.com:acme/shop.git.git", "github.com/acme/shop.git"},
        {"https://gitea.svc/a", "gitea.svc/a"},
    }};
    for (const auto& [text, normal] : cases) {
        const auto u = url::parse(text);
        BOOST_REQUIRE_MESSAGE(u.has_value(), text);
        BOOST_TEST(u->normalised() == normal);
    }
}

BOOST_AUTO_TEST_CASE(the_parts_are_told) {
    const auto u = url::parse("ssh://deploy@Git.Example.com:2222/acme/shop.git");
    BOOST_REQUIRE(u.has_value());
    BOOST_TEST((u->kind() == transport::ssh));
    BOOST_TEST(u->host() == "git.example.com");
    BOOST_TEST(u->port().value() == 2222);
    BOOST_TEST(u->user() == "deploy");
}

BOOST_AUTO_TEST_CASE(the_user_of_an_address_that_a_host_gives_out_is_left_out) {
    const auto u = url::parse("https://fabrikam@dev.azure.com/fabrikam/shop/_git/shop");
    BOOST_REQUIRE(u.has_value());
    BOOST_TEST(u->text() == "https://dev.azure.com/fabrikam/shop/_git/shop");
    BOOST_TEST(u->user().empty());
    BOOST_TEST(same_repository("https://ada@bitbucket.org/team/shop.git", "git@bitbucket.org:team/shop.git"));
}

// Accounts of a domain, as Azure DevOps Server, Bitbucket and companies' gateways have them.
BOOST_AUTO_TEST_CASE(a_user_with_a_domain_is_a_user) {
    for (const auto* text : {
             "https://user%40corp@git.example.com/team/shop",
             "https://DOMAIN%5Cuser@git.example.com/team/shop",
             "https://some.body.with.a.long.name%40corporation.example@git.example.com/team/shop",
             "https://John%20Doe@git.example.com/team/shop",
         }) {
        const auto u = url::parse(text);
        BOOST_REQUIRE_MESSAGE(u.has_value(), text);
        BOOST_TEST(u->text() == "https://git.example.com/team/shop");
        BOOST_TEST(u->host() == "git.example.com");
        BOOST_TEST(u->identity() == "https://git.example.com/team/shop");
    }
    const auto over_ssh = url::parse("ssh://CORP%5Cada@git.example.com/team/shop");
    BOOST_REQUIRE(over_ssh.has_value());
    BOOST_TEST(over_ssh->user() == "CORP\\ada");
    BOOST_TEST(over_ssh->text() == "ssh://CORP%5Cada@git.example.com/team/shop"); // git decodes it
    BOOST_TEST(url::parse("https://a%0ab@git.example.com/shop").has_error());
    BOOST_TEST(url::parse("https://ghp_01234%40corp@git.example.com/shop").has_error());
}

BOOST_AUTO_TEST_CASE(a_path_is_asked_for_as_every_client_asks_for_it) {
    constexpr std::array<std::array<const char*, 2>, 11> cases{{
        {"https://git.example.com/büro/größe.git", "https://git.example.com/b%C3%BCro/gr%C3%B6%C3%9Fe.git"},
        {"https://git.example.com/my project/shop", "https://git.example.com/my%20project/shop"},
        {"https://git.example.com/a{b}|[c]", "https://git.example.com/a%7Bb%7D%7C%5Bc%5D"},
        {"file:///srv/büro/shop.git", "file:///srv/b%C3%BCro/shop.git"},
        {"https://git.example.com/a/b/../c", "https://git.example.com/a/c"},
        {"https://git.example.com/a/./b/%2e%2E/c/", "https://git.example.com/a/c/"},
        {"https://git.example.com/a//../c", "https://git.example.com/a/c"},
        {"https://git.example.com/a/b/..", "https://git.example.com/a/"},
        {"ssh://git@git.example.com/a/../c.git", "ssh://git@git.example.com/c.git"},
        {"git@git.example.com:a/../büro", "git@git.example.com:büro"},
        {"file:///srv/a/../shop", "file:///srv/shop"},
    }};
    for (const auto& [text, asked] : cases) {
        const auto u = url::parse(text);
        BOOST_REQUIRE_MESSAGE(u.has_value(), text);
        BOOST_TEST(u->text() == asked);
        const auto again = url::parse(asked);
        BOOST_REQUIRE(again.has_value());
        BOOST_TEST(again->identity() == u->identity());
        BOOST_TEST(again->normalised() == u->normalised());
    }
    BOOST_TEST(url::parse("https://git.example.com/büro")->path() == "/büro");
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_refused_with_a_sentence) {
    constexpr std::array<std::array<const char*, 2>, 29> cases{{
        {"", "is empty"},
        {"-oProxyCommand=x", "starts with '-'"},
        {"--upload-pack=x", "starts with '-'"},
        {"shop", "is none"},
        {"/srv/git/shop", "is none"},
        {"./a:b", "is none"},
        {"ext::sh -c x", "is none"},
        {" https://github.com/acme/shop", "blank"},
        {"ext::sh", "is none"},
        {"git://github.com/acme/shop", "scheme \"git\""},
        {"ftp://example.com/x", "scheme \"ftp\""},
        {"ext://x/y", "scheme \"ext\""},
        {"https://github.com", "names a server and no repository"},
        {"https://github.com/", "names a server and no repository"},
        {"https:///acme/shop", "no host"},
        {"https://ghp_0123456789abcdefghij@github.com/acme/shop", "put them into a Secret"},
        {"https://0123456789abcdef0123456789abcdef0123@host/acme/shop", "put them into a Secret"},
        {"https://user:secret@github.com/acme/shop", "put them into a Secret"},
        {"https://user%3Asecret@github.com/acme/shop", "put them into a Secret"},
        {"ssh://git:secret@github.com/acme/shop", "put them into a Secret"},
        {"ssh://-oProxyCommand=x@host/y", "user that is not a plain name"},
        {"ssh://-oProxyCommand=x/y", "host"},
        {"-x@host:y", "starts with '-'"},
        {"git@-host:y", "host"},
        {"git@host:-y", "starts with '-'"},
        {"https://github.com/acme/../../shop", "out of the server's root"},
        {"git@github.com:../shop", "out of the directory"},
        {"https://github.com/acme%2F..%2Fshop", "\"..\""},
        {"https://github.com/acme/shop?x=1", "query"},
    }};
    for (const auto& [text, words] : cases) {
        const auto u = url::parse(text);
        BOOST_REQUIRE_MESSAGE(u.has_error(), text);
        BOOST_TEST((u.error().kind() == error_kind::user));
        BOOST_TEST(u.error().message().find(words) != std::string::npos, text << ": " << u.error().message());
        BOOST_TEST(u.error().message().find("secret@") == std::string::npos);
        BOOST_TEST(u.error().message().find("0123456789abcdef") == std::string::npos, u.error().message());
    }
    BOOST_TEST(url::parse("https://h/a\nb").has_error());
    BOOST_TEST(url::parse("https://h/a%0ab").has_error());
    BOOST_TEST(url::parse("https://h:99999/a").has_error());
    BOOST_TEST(url::parse("https://h:0/a").has_error());
    BOOST_TEST(url::parse("file://host/a").has_error());
    BOOST_TEST(url::parse(std::string(3000, 'a')).has_error());
}

BOOST_AUTO_TEST_CASE(a_prefix_ends_on_a_border) {
    BOOST_TEST(covers("github.com/acme", "github.com/acme/shop"));
    BOOST_TEST(covers("github.com/acme", "github.com/acme"));
    BOOST_TEST(covers("github.com", "github.com/acme/shop"));
    BOOST_TEST(!covers("github.com/acme", "github.com/acme-evil/shop"));
    BOOST_TEST(!covers("github.com", "github.com.evil.org/shop"));
    BOOST_TEST(!covers("github.com", "github.com:8443/shop"));
    BOOST_TEST(!covers("", "github.com/acme"));
}

BOOST_AUTO_TEST_CASE(what_is_fetched_goes_by_all_that_git_would_do_otherwise) {
    const auto identity = [](const char* text) {
        const auto u = url::parse(text);
        BOOST_REQUIRE_MESSAGE(u.has_value(), text);
        return u->identity();
    };
    const std::string https = identity("https://git.example.com/acme/shop");
    BOOST_TEST(identity("HTTPS://Git.Example.com:443/acme/shop") == https);
    BOOST_TEST(identity("https://ada@git.example.com/acme/shop") == https); // who we are is not its to say
    std::set<std::string> seen{https};
    for (const auto* other : {
             "http://git.example.com/acme/shop",
             "https://git.example.com:8443/acme/shop",
             "http://git.example.com:8443/acme/shop",
             "https://git.example.com/acme/shop.git",
             "https://git.example.com/acme/shop/",
             "https://git.example.com/acme%2Fshop",
             "https://git.example.com//acme/shop",
             "ssh://git@git.example.com/acme/shop",
             "ssh://ada@git.example.com/acme/shop",
             "ssh://git@git.example.com:2222/acme/shop",
             "git@git.example.com:acme/shop",
             "ada@git.example.com:acme/shop",
         }) {
        BOOST_TEST(seen.insert(identity(other)).second, other << " is taken for another one");
    }
    BOOST_TEST(
        identity("git+ssh://git@Git.example.com:22/acme/shop") ==
        identity("ssh://git@git.example.com/acme/shop")
    );
    BOOST_TEST(identity("file:///srv/shop") != identity("file:///srv/shop.git"));
}

BOOST_AUTO_TEST_CASE(the_scope_is_the_normal_form_with_its_transport) {
    const auto scope = [](const char* text) {
        const auto u = url::parse_prefix(text);
        BOOST_REQUIRE_MESSAGE(u.has_value(), text);
        return u->scope();
    };
    BOOST_TEST(scope("https://GitHub.com:443/acme/shop.git/") == "https://github.com/acme/shop");
    BOOST_TEST(scope("https://github.com/Acme/") == "https://github.com/acme");
    BOOST_TEST(scope("https://git.example.com/Acme/") == "https://git.example.com/Acme");
    BOOST_TEST(scope("http://github.com/acme/shop") == "http://github.com/acme/shop");
    BOOST_TEST(scope("git@github.com:acme/shop.git") == "ssh://github.com/acme/shop");
    BOOST_TEST(scope("ssh://git@github.com:2222/acme") == "ssh://github.com:2222/acme");
    BOOST_TEST(scope("https://github.com/") == "https://github.com");
    BOOST_TEST(scope("file:///srv/git/") == "file:///srv/git");
    BOOST_TEST(scope("file:///") == "file:///");
    BOOST_TEST(covers(scope("https://github.com/"), scope("https://github.com/acme")));
    BOOST_TEST(!covers(scope("https://github.com/"), scope("http://github.com/acme")));
    BOOST_TEST(!covers(scope("https://github.com/"), scope("git@github.com:acme/shop")));
}

BOOST_AUTO_TEST_CASE(two_texts_are_compared_as_repositories) {
    BOOST_TEST(same_repository("git@github.com:acme/shop.git", "https://github.com/acme/shop"));
    BOOST_TEST(!same_repository("git@github.com:acme/shop.git", "https://github.com/acme/shops"));
    BOOST_TEST(!same_repository("nonsense", "nonsense"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::match
