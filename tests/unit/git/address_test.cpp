#include "git/address.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace holdfast::git {

BOOST_AUTO_TEST_SUITE(git_address)

BOOST_AUTO_TEST_CASE(all_forms_of_one_repositorys_address_have_one_key) {
    const std::vector<std::vector<const char*>> repositories{
        {"https://github.com/Team/Deploy.git", "https://github.com/team/deploy",
         "http://github.com/team/deploy/", "git@github.com:team/deploy.git",
         "ssh://git@github.com/team/deploy.git", "https://user@github.com/team/deploy",
         "ssh://git@github.com:22/team/deploy", "ssh://git@ssh.github.com:443/team/deploy.git",
         "https://GitHub.com/Team/Deploy"},
        {"https://gitlab.example.com:8443/group/sub/deploy.git",
         "git@gitlab.example.com:group/sub/deploy.git", "ssh://git@gitlab.example.com:2222/group/sub/deploy"},
        {"https://bitbucket.example.com/scm/prj/deploy.git",
         "ssh://git@bitbucket.example.com:7999/prj/deploy.git",
         "https://bitbucket.example.com/projects/PRJ/repos/deploy/browse",
         "https://bitbucket.example.com/projects/PRJ/repos/deploy"},
        {"https://dev.azure.com/org/project/_git/deploy", "https://org@dev.azure.com/org/project/_git/deploy",
         "git@ssh.dev.azure.com:v3/org/project/deploy", "https://org.visualstudio.com/project/_git/deploy",
         "https://org.visualstudio.com/DefaultCollection/project/_git/deploy"},
    };
    for (std::size_t i = 0; i < repositories.size(); ++i) {
        const auto key = address_key(repositories[i].front());
        BOOST_TEST(!key.empty());
        for (const auto* other : repositories[i]) {
            BOOST_TEST(address_key(other) == key, other << " is " << address_key(other) << ", not " << key);
        }
        for (std::size_t j = 0; j < i; ++j) {
            BOOST_TEST(address_key(repositories[j].front()) != key);
        }
    }
}

BOOST_AUTO_TEST_CASE(other_repositories_have_other_keys) {
    const auto key = address_key("https://github.com/team/deploy");
    for (const auto* other :
         {"https://github.com/team/deploy2", "https://github.com/team/dep", "https://github.com/team",
          "https://github.com.evil.example/team/deploy", "https://github.com/teams/deploy",
          "https://example.com/github.com/team/deploy", "https://github.com/team/deploy/more"}) {
        BOOST_TEST(address_key(other) != key, other);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_has_no_key) {
    for (const auto* text : {"", "nonsense", "https://", "://", "-oProxyCommand=x"}) {
        BOOST_TEST(address_key(text).empty(), text << " is " << address_key(text));
    }
}

BOOST_AUTO_TEST_CASE(registries_have_a_key_too) {
    BOOST_TEST(address_key("oci://GHCR.io/acme/charts/") == "ghcr.io/acme/charts");
    BOOST_TEST(address_key("ghcr.io/acme/charts") == "ghcr.io/acme/charts");
    BOOST_TEST(covers(address_key("oci://ghcr.io/acme"), address_key("oci://ghcr.io/acme/charts/web")));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::git
