// Holdfast as people run it: its image in pods of a real node, installed from a release, and an
// application of pods that serve a page.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/on_node.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// Runs a program of the image in one of its pods.
std::string in_pod(world& w, std::vector<std::string> command) {
    command.insert(command.begin(), {"exec", "-n", home, "deployment/holdfast", "--"});
    const auto done = w.cluster().kubectl(std::move(command));
    BOOST_TEST(done.ok(), done.err);
    return done.out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(in_pods_of_a_node)

BOOST_AUTO_TEST_CASE(both_replicas_are_ready_and_have_all_that_they_run) {
    auto& w = installed();
    BOOST_TEST(w.field("deployment", home, "holdfast", ".status.readyReplicas") == "2");
    BOOST_TEST(in_pod(w, {"holdfast", "--version"}).starts_with("0."));
    const std::string programs = "/usr/libexec/holdfast/programs/";
    BOOST_TEST(in_pod(w, {programs + "kustomize", "version"}).starts_with("v5."));
    BOOST_TEST(in_pod(w, {programs + "helm", "version", "--short"}).starts_with("v3."));
    BOOST_TEST(in_pod(w, {programs + "sops", "--version", "--disable-version-check"}).starts_with("sops 3."));
    BOOST_TEST(in_pod(w, {"git", "--version"}).starts_with("git version 2."));
    BOOST_TEST(in_pod(w, {"gpg", "--version"}).starts_with("gpg (GnuPG) 2."));
    BOOST_TEST(in_pod(w, {"ssh", "-G", "example.com"}).find("user holdfast") != std::string::npos);
    // With its agent, and without a prompt.
    const std::string sealed = in_pod(w, {"sh", "-c", R"(
        export GNUPGHOME=/tmp/keys && mkdir -m 700 $GNUPGHOME
        gpg --batch --quiet --passphrase '' --quick-generate-key shop future-default default never 2>/dev/null
        echo opened | gpg --batch --quiet --encrypt --recipient shop | gpg --batch --quiet --decrypt
        gpgconf --kill all && rm -r $GNUPGHOME
    )"});
    BOOST_TEST(sealed == "opened\n");
    BOOST_TEST(in_pod(w, {"id"}).starts_with("uid=65532(holdfast)"));
    BOOST_TEST(!w.cluster().kubectl({"exec", "-n", home, "deployment/holdfast", "--", "touch", "/usr/x"}).ok()
    );
}

BOOST_AUTO_TEST_CASE(a_wrong_application_is_refused_over_the_service) {
    auto& w = installed();
    std::string said;
    eventually(
        [&] {
            auto wrong = application("wrong", {.url = "nonsense", .into = "default", .ns = "default"});
            said = w.cluster().kubectl({"apply", "--dry-run=server", "-f", "-"}, {.input = wrong}).err;
            return said.find("The request is invalid") != std::string::npos;
        },
        "the API server asks the webhook", 60s, [&] { return said + pods_of(w, home); }
    );
}

BOOST_AUTO_TEST_CASE(a_page_that_is_pushed_is_served) {
    auto& w = installed();
    open_namespace(w, "shop");
    git_repository repository{"shop", {}, w.cluster().machine()};
    write_shop(repository, "the first page\n");
    const auto first = repository.push("Open the shop");
    repository.declare(announced());
    w.apply(application("shop", {.url = repository.url(), .path = "deploy", .into = "shop", .ns = "shop"}));
    await_synced("shop", first, "shop", 90s);
    const auto service = w.field("service", "shop", "web", ".spec.clusterIP");
    eventually([&] { return page(service) == "the first page\n"; }, "the first page is served");

    write_shop(repository, "the second page\n");
    const auto second = repository.push("Say something else");
    announce(w, repository);
    eventually([&] { return page(service) == "the second page\n"; }, "the second page is served");
    await_synced("shop", second, "shop");
}

BOOST_AUTO_TEST_SUITE_END()
