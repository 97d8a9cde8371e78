// kustomize's own table of URLs (api/internal/git/repospec_test.go of v0.20.1), and what looks like a file.

#include "builders/kustomize/repospec.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace holdfast::builders {
namespace {

BOOST_AUTO_TEST_SUITE(kustomize_repospec)

BOOST_AUTO_TEST_CASE(every_host_with_every_path_and_revision) {
    const std::vector<std::pair<std::string, std::string>> hosts{
        {"gitHub.com/", "https://github.com/"},
        {"github.com:", "https://github.com/"},
        {"http://github.com/", "https://github.com/"},
        {"https://github.com/", "https://github.com/"},
        {"hTTps://github.com/", "https://github.com/"},
        {"https://git-codecommit.us-east-2.amazonaws.com/", "https://git-codecommit.us-east-2.amazonaws.com/"
        },
        {"https://fabrikops2.visualstudio.com/", "https://fabrikops2.visualstudio.com/"},
        {"ssh://git.example.com:7999/", "ssh://git.example.com:7999/"},
        {"git::https://gitlab.com/", "https://gitlab.com/"},
        {"git::http://git.example.com/", "http://git.example.com/"},
        {"git::https://git.example.com/", "https://git.example.com/"},
        {"git@github.com:", "git@github.com:"},
        {"git@github.com/", "git@github.com:"},
        {"git::git@github.com:", "git@github.com:"},
        {"org-12345@github.com:", "org-12345@github.com:"},
        {"org-12345@github.com/", "org-12345@github.com:"},
    };
    for (const auto& [host, normal] : hosts) {
        for (const std::string repository : {"someOrg/someRepo", "kubernetes/website"}) {
            for (const std::string path : {"README.md", "foo/krusty.txt", ""}) {
                for (const std::string revision : {"group/version", "someBranch", "master", "v0.1.0", ""}) {
                    const auto text = host + repository + (path.empty() ? "" : "/" + path) +
                                      (revision.empty() ? "" : "?ref=" + revision);
                    const auto base = read_remote_base(text);
                    BOOST_REQUIRE_MESSAGE(base.has_value(), text);
                    BOOST_TEST((*base == remote_base{normal + repository, path, revision}), text);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_of_a_repository) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/tmp", "it is an absolute path"},
        {"../../tmp", "it has no scheme that git knows"},
        {"src/github.com/org/repo/path", "it has no scheme that git knows"},
        {"iauhsdiuashduas", "it has no scheme that git knows"},
        {"htxxxtp://github.com/", "it has no scheme that git knows"},
        {"ssh://git.example.com", "it does not say which repository"},
        {"git::___", "it has no scheme that git knows"},
        {"https://host?ref=group/version/minor_version", "it does not say which repository"},
        {"https://github.com/org/repo.git//path/../../exits/repo", "its path leaves the repository"},
        {"github.com!org/repo.git//path", "it has no scheme that git knows"},
        {"gh:org/repo", "it has no scheme that git knows"},
        {"https://github.com/thisisa404.yaml", "it does not say which repository"},
        {"file:////tmp//path/to/whatever", "it does not say which repository"},
        {"git@scp://github.com/org/repo.git//path", "it does not say which repository"},
        {"git@ssh://github.com/org/repo.git//path", "it does not say which repository"},
        {"https://github.com/org/repo//..", "its path leaves the repository"},
        {"", "it has no scheme that git knows"},
        {"https://", "it names no host"},
        {"base", "it has no scheme that git knows"},
        {".", "it has no scheme that git knows"},
    };
    for (const auto& [text, why] : cases) {
        const auto base = read_remote_base(text);
        BOOST_REQUIRE_MESSAGE(base.has_error(), text);
        BOOST_TEST(base.error().message().find(why) == 0U, text << ": " << base.error().message());
    }
}

BOOST_AUTO_TEST_CASE(addresses_as_they_are_written) {
    const std::vector<std::pair<std::string, remote_base>> cases{
        {"https://git-codecommit.us-east-2.amazonaws.com/someorg/somerepo/somedir?ref=testbranch",
         {"https://git-codecommit.us-east-2.amazonaws.com/someorg/somerepo", "somedir", "testbranch"}},
        {"https://fabrikops2.visualstudio.com/someorg/somerepo?ref=master",
         {"https://fabrikops2.visualstudio.com/someorg/somerepo", "", "master"}},
        {"http://github.com/someorg/somerepo.git/somedir",
         {"https://github.com/someorg/somerepo.git", "somedir", ""}},
        {"git@github.com:someorg/somerepo.git/somedir", {"git@github.com:someorg/somerepo.git", "somedir", ""}
        },
        {"git@gitlab2.sqtools.ru:infra/kubernetes/thanos-base.git?ref=v0.1.0",
         {"git@gitlab2.sqtools.ru:infra/kubernetes/thanos-base.git", "", "v0.1.0"}},
        {"git@bitbucket.org:company/project.git//path?ref=branch",
         {"git@bitbucket.org:company/project.git", "path", "branch"}},
        {"git@bitbucket.org/company/project.git//path?ref=branch",
         {"git@bitbucket.org/company/project.git", "path", "branch"}},
        {"ssh://git@bitbucket.org/company/project.git//path?ref=branch",
         {"ssh://git@bitbucket.org/company/project.git", "path", "branch"}},
        {"https://itfs.mycompany.com/collection/project/_git/somerepos",
         {"https://itfs.mycompany.com/collection/project/_git/somerepos", "", ""}},
        {"https://itfs.mycompany.com/collection/project/_git/somerepos/somedir?version=v1.0.0",
         {"https://itfs.mycompany.com/collection/project/_git/somerepos", "somedir", "v1.0.0"}},
        {"git::https://itfs.mycompany.com/collection/project/_git/somerepos",
         {"https://itfs.mycompany.com/collection/project/_git/somerepos", "", ""}},
        {"https://bitbucket.example.com/scm/project/repository.git",
         {"https://bitbucket.example.com/scm/project/repository.git", "", ""}},
        {"https://github.com/kubernetes-sigs/kustomize//examples/multibases/dev/?ref=v1.0.6",
         {"https://github.com/kubernetes-sigs/kustomize", "examples/multibases/dev/", "v1.0.6"}},
        {"file://a/b/c/someRepo.git/somepath?ref=someBranch",
         {"file://a/b/c/someRepo.git", "somepath", "someBranch"}},
        {"file://a/b/c/someRepo//somepath?ref=someBranch", {"file://a/b/c/someRepo", "somepath", "someBranch"}
        },
        {"file:///a/b/c/someRepo?ref=someBranch", {"file:///a/b/c/someRepo", "", "someBranch"}},
        {"file:///", {"file:///", "", ""}},
        {"ssh://git@github.com/kubernetes-sigs/kustomize//examples/multibases/dev?ref=v1.0.6",
         {"git@github.com:kubernetes-sigs/kustomize", "examples/multibases/dev", "v1.0.6"}},
        {"https://example.org/path/to/repo//examples/multibases/dev",
         {"https://example.org/path/to/repo", "examples/multibases/dev", ""}},
        {"ssh://alice@example.com/path/to/repo//examples/multibases/dev",
         {"ssh://alice@example.com/path/to/repo", "examples/multibases/dev", ""}},
        {"https://authority/org/repo/?ref=includes_git/for_some_reason",
         {"https://authority/org/repo", "", "includes_git/for_some_reason"}},
        {"https://authority/org/repo/?ref=includes.git/for_some_reason",
         {"https://authority/org/repo", "", "includes.git/for_some_reason"}},
        {"https://authority/org/repo/%-invalid-uri-so-not-parsable-by-net/url.Parse",
         {"https://authority/org/repo", "%-invalid-uri-so-not-parsable-by-net/url.Parse", ""}},
        {"file://git@home/path/to/repository.git//path?ref=branch",
         {"file://git@home/path/to/repository.git", "path", "branch"}},
        {"http://git@home.com/path/to/repository.git//path?ref=branch",
         {"http://git@home.com/path/to/repository.git", "path", "branch"}},
        {"ssh://git@ssh.github.com:443/YOUR-USERNAME/YOUR-REPOSITORY.git",
         {"ssh://git@ssh.github.com:443/YOUR-USERNAME/YOUR-REPOSITORY.git", "", ""}},
        {"git@gitlab.com/user:name/YOUR-REPOSITORY.git/path",
         {"git@gitlab.com/user:name/YOUR-REPOSITORY.git", "path", ""}},
        {"git@gitlab.com:gitlab-tests/sample-project", {"git@gitlab.com:gitlab-tests/sample-project", "", ""}
        },
        {"https://username@dev.azure.com/org/project/_git/repo//path/to/kustomization/root",
         {"https://username@dev.azure.com/org/project/_git/repo", "path/to/kustomization/root", ""}},
        {"https://org.visualstudio.com/project/_git/repo/path/to/kustomization/root",
         {"https://org.visualstudio.com/project/_git/repo", "path/to/kustomization/root", ""}},
        {"ssh://org-12345@github.com/kubernetes-sigs/kustomize",
         {"org-12345@github.com:kubernetes-sigs/kustomize", "", ""}},
        {"git@gist.github.com:bc7947cb727d7f9217e7862d961a1ffd.git",
         {"git@gist.github.com:bc7947cb727d7f9217e7862d961a1ffd.git", "", ""}},
    };
    for (const auto& [text, expected] : cases) {
        const auto base = read_remote_base(text);
        BOOST_REQUIRE_MESSAGE(base.has_value(), text);
        BOOST_TEST(base->repository == expected.repository, text);
        BOOST_TEST(base->path == expected.path, text);
        BOOST_TEST(base->revision == expected.revision, text);
    }
}

BOOST_AUTO_TEST_CASE(revisions_in_queries) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", ""},
        {"ref=v1.0.0", "v1.0.0"},
        {"ref=kustomize/v4.5.7", "kustomize/v4.5.7"},
        {"version=master", "master"},
        {"version=master&ref=v1.0.0", "v1.0.0"},
        {"version=master&ref=", "master"},
        {"version=master&submodules=", "master"},
        {"version=master&submodules=false&timeout=1m1s", "master"},
        {"timeout=61", ""},
        {"ref=a%2Fb", "a/b"},
        {"ref=a&ref=b", "a"},
        {"ref=%zz", ""},
        {"ref=a;version=b", ""},
    };
    for (const auto& [query, revision] : cases) {
        BOOST_TEST(read_remote_base("https://github.com/org/repo?" + query)->revision == revision, query);
    }
}

BOOST_AUTO_TEST_CASE(files_behind_urls) {
    for (const auto* text :
         {"https://raw.githubusercontent.com/org/repo/main/deploy/all.yaml",
          "https://raw.githubusercontent.com/org/repo/main/LICENSE",
          "https://github.com/org/repo/releases/download/v1.2/install.yaml",
          "https://github.com/org/repo/releases/latest/download/manifests",
          "https://example.com/manifests.yml?x=1", "http://example.com/a/b/c/d.json",
          "HTTPS://gitlab.com/org/repo/-/raw/main/crds", "https://example.com/one"}) {
        BOOST_TEST(is_file_url(text), text);
    }
    for (const auto* text :
         {"https://github.com/org/repo", "https://github.com/org/repo//deploy?ref=v1",
          "https://github.com/org/repo//deploy/all.yaml?ref=v1", "https://github.com/org/repo.git/a.yaml",
          "https://github.com/org/repo/deploy?ref=main", "https://dev.azure.com/o/p/_git/r/x.yaml",
          "git::https://example.com/all.yaml", "git@github.com:org/repo/all.yaml", "all.yaml", "../all.yaml",
          "https://git.example/team/repo.git"}) {
        BOOST_TEST(!is_file_url(text), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
