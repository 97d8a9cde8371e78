// A cluster is lost, and an empty one takes its place (docs/recovery.md).

#include "e2e/applications.hpp"
#include "e2e/config_folder.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr const char* password = "only-in-the-cluster";

void make_credentials(world& w, const std::string& name) {
    w.kubectl(
        {"create", "secret", "generic", name, "-n", home, "--from-literal=username=ada",
         "--from-literal=insecure=true", std::string{"--from-literal=password="} + password}
    );
}

std::string repository_manifest(const git_repository& of, const std::string& secret) {
    return json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", of.name()}, {"namespace", home}}},
        {"spec", {{"url", of.url()}, {"interval", "1s"}, {"secretRef", {{"name", secret}}}}}
    });
}

// A team's repository, and the platform's, from which all the rest comes: the Repository of the team's, and
// its Application. Both want a password, which is in no repository.
struct platform {
    platform() {
        shop.write("a.yaml", config_map("a", "value", "1")).push("A shop");
        application_options child{.url = shop.url(), .into = "shop"};
        child.sync_options = {"CreateNamespace=true"};
        root.write("repository.yaml", repository_manifest(shop, "shop-credentials"))
            .write("shop.yaml", application("shop", child))
            .push("Everything");
    }
    git_repository shop{"shop", {"--basic", std::string{"ada:"} + password}};
    git_repository root{"platform", {"--basic", std::string{"ada:"} + password}};
};

// Installed as the documentation says, and running beside the cluster.
void install(world& w) {
    w.kubectl({"apply", "--server-side", "--validate=strict", "-k", config});
    // It would be asked, and nothing answers at its Service here.
    w.kubectl({"delete", "validatingwebhookconfiguration", "holdfast"});
    w.shared_operator().start();
}

struct exporting {
    std::string out;
    std::string err;
    int status = 0;
};
exporting exported(world& w, const std::string& kubeconfig) {
    const auto done = run_command(
        w.shared_operator().program(), {"export", "--kubeconfig", kubeconfig, "--namespace", home}, {}, 60s
    );
    return {.out = done.out, .err = done.err, .status = done.status};
}

} // namespace

BOOST_AUTO_TEST_SUITE(recovery)

BOOST_AUTO_TEST_CASE(an_empty_cluster_is_what_the_lost_one_was_after_one_export_and_one_import) {
    const platform git;
    std::string backup;
    {
        world lost;
        install(lost);
        make_credentials(lost, "platform-credentials");
        make_credentials(lost, "shop-credentials");
        make_credentials(lost, "of-somebody-else");
        lost.apply(repository_manifest(git.root, "platform-credentials"));
        lost.apply(application("platform", {.url = git.root.url(), .into = home}));
        eventually(
            [&] { return lost.field("configmap", "shop", "a", ".data.value") == "1"; }, "all of it is there",
            60s, [&] { return lost.shared_operator().last_words(); }
        );
        // With the rights that the operator has, as in its pod.
        const auto made = exported(lost, kubeconfig_of_the_account(lost));
        BOOST_REQUIRE_MESSAGE(made.status == 0, made.err);
        backup = made.out;
        lost.shared_operator().stop();
    }
    // What Git has is not in it, nor what is nobody's concern here.
    BOOST_TEST(backup.find("of-somebody-else") == std::string::npos);
    BOOST_TEST(backup.find("name: shop\n") == std::string::npos, backup);

    world empty;
    install(empty);
    empty.kubectl({"apply", "--server-side", "-f", "-"}, backup);
    eventually(
        [&] { return empty.field("configmap", "shop", "a", ".data.value") == "1"; }, "all of it is back", 60s,
        [&] { return empty.shared_operator().last_words(); }
    );
    eventually(
        [&] {
            return empty.field("application.holdfast.dev", home, "shop", ".status.health.status") ==
                       "Healthy" &&
                   empty.field("application.holdfast.dev", home, "platform", ".status.health.status") ==
                       "Healthy";
        },
        "and healthy"
    );
    empty.shared_operator().stop();
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_named_and_nothing_is_printed) {
    world w;
    const auto made = exported(w, "/nowhere/kubeconfig");
    BOOST_TEST(made.status == 1);
    BOOST_TEST(made.out.empty());
    BOOST_TEST(made.err.find("holdfast export: ") == 0U, made.err);
    BOOST_TEST(made.err.find("/nowhere/kubeconfig") != std::string::npos, made.err);
    // There are no such kinds in this cluster.
    const auto without = exported(w, w.cluster().kubeconfig());
    BOOST_TEST(without.status == 1);
    BOOST_TEST(without.out.empty());
    BOOST_TEST(without.err.find("applications.holdfast.dev") != std::string::npos, without.err);
}

BOOST_AUTO_TEST_SUITE_END()
