// What config/ has, as a real API server takes it; and that the rights in it are those that are documented.

#include "cluster/config/rights.hpp"
#include "cluster/control_plane.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

const std::string config = HOLDFAST_SOURCE_DIR "/config";
const std::string account = "system:serviceaccount:holdfast:holdfast";
const std::string document = HOLDFAST_SOURCE_DIR "/docs/installation.md";

/// One control plane for all cases, with the kinds of cert-manager and of the Prometheus operator.
class fixture {
public:
    static fixture& get() {
        static fixture one;
        return one;
    }

    control_plane& cluster() { return cluster_; }

    std::string kubectl(std::vector<std::string> args, const std::string& input = {}) {
        std::string line = "kubectl";
        for (const auto& arg : args) {
            line += " " + arg;
        }
        const auto done = cluster_.kubectl(std::move(args), {.input = input});
        BOOST_REQUIRE_MESSAGE(done.ok(), line << ": " << done.err);
        return done.out + done.err;
    }

    void eventually(const std::function<bool()>& holds, const std::string& what) {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!holds()) {
            BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < deadline, what << ": not within 30 s");
            std::this_thread::sleep_for(100ms);
        }
        BOOST_TEST(true);
    }

private:
    fixture() {
        const std::string kinds = HOLDFAST_SOURCE_DIR "/tests/cluster/config/data";
        kubectl({"apply", "-f", kinds});
        kubectl({"wait", "--for=condition=Established", "--timeout=30s", "-f", kinds});
    }

    control_plane cluster_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(configuration)

BOOST_AUTO_TEST_CASE(one_command_installs_it_and_a_second_changes_nothing) {
    auto& f = fixture::get();
    const auto first = f.kubectl({"apply", "--validate=strict", "-k", config});
    BOOST_TEST(first.find("Warning") == std::string::npos, first);
    std::istringstream second{f.kubectl({"apply", "--validate=strict", "-k", config})};
    for (std::string line; std::getline(second, line);) {
        // kubectl sends the selector of a PodDisruptionBudget each time.
        BOOST_TEST((line.ends_with(" unchanged") || line.starts_with("poddisruptionbudget")), line);
    }
}

BOOST_AUTO_TEST_CASE(its_pods_pass_the_pod_security_standard_of_its_namespace) {
    auto& f = fixture::get();
    const auto pods = [&] {
        return f.kubectl({"get", "pods", "-n", "holdfast", "-o", "jsonpath={.items[*].metadata.name}"});
    };
    f.eventually(
        [&] {
            const auto names = pods();
            return std::count(names.begin(), names.end(), ' ') == 1;
        },
        "two pods are made"
    );
    const auto refused = f.cluster().kubectl(
        {"run", "privileged", "-n", "holdfast", "--image=x", "--privileged", "--dry-run=server"}
    );
    BOOST_TEST(!refused.ok());
    BOOST_TEST(refused.err.find("restricted") != std::string::npos, refused.err);
}

BOOST_AUTO_TEST_CASE(every_overlay_is_taken_with_strict_validation) {
    auto& f = fixture::get();
    f.kubectl({"create", "namespace", "argocd"}); // Argo CD's, which one of them has rights in
    for (const std::string overlay :
         {"small", "one-namespace", "self-managed", "cert-manager", "ingress", "page", "monitoring", "argocd",
          "argocd-rights"}) {
        const auto built = f.kubectl({"kustomize", config + "/overlays/" + overlay});
        const auto said = f.cluster().kubectl(
            {"apply", "--server-side", "--field-manager=overlay", "--force-conflicts", "--dry-run=server",
             "--validate=strict", "-f", "-"},
            {.input = built}
        );
        BOOST_TEST(said.ok(), overlay << ": " << said.err);
        BOOST_TEST(said.err.empty(), overlay << ": " << said.err);
    }
}

BOOST_AUTO_TEST_CASE(what_keeps_it_is_taken_with_strict_validation) {
    const auto said = fixture::get().cluster().kubectl(
        {"apply", "--dry-run=server", "--validate=strict", "-k", config + "/self"}
    );
    BOOST_TEST(said.ok(), said.err);
}

BOOST_AUTO_TEST_CASE(overlays_have_what_they_are_for) {
    auto& f = fixture::get();
    const auto built = [&](const std::string& overlay) {
        return f.kubectl({"kustomize", config + "/overlays/" + overlay});
    };
    const auto has = [](const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    BOOST_TEST(has(built("small"), "\n  replicas: 1\n"));
    BOOST_TEST(!has(built("small"), "kind: PodDisruptionBudget"));
    BOOST_TEST(has(built("cert-manager"), "cert-manager.io/inject-ca-from: holdfast/holdfast-admission"));
    BOOST_TEST(has(built("ingress"), "path: /hooks/push"));
    for (const std::string_view part :
         {"name: HOLDFAST_PAGE_LISTEN", "containerPort: 8443", "targetPort: page", "port: page"}) {
        BOOST_TEST(has(built("page"), part), part);
    }
    BOOST_TEST(has(built("argocd"), "name: HOLDFAST_ARGOCD_NAMESPACE\n          value: argocd\n"));
    BOOST_TEST(has(built("argocd"), "name: holdfast-argocd\n  namespace: argocd\n"));
    const auto one = built("one-namespace");
    for (const std::string kind :
         {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace",
          "ValidatingWebhookConfiguration"}) {
        BOOST_TEST(!has(one, "kind: " + kind + "\n"), kind);
    }
    BOOST_TEST(has(one, "watch-namespace: holdfast"));
    BOOST_TEST(!has(one, "9443"));
    for (const std::string overlay :
         {"small", "one-namespace", "self-managed", "cert-manager", "ingress", "page", "monitoring", "argocd",
          "argocd-rights"}) {
        // The operator and its options are found by this name and label.
        BOOST_TEST(has(built(overlay), "\n  name: holdfast-options\n"), overlay);
        BOOST_TEST(has(built(overlay), "holdfast.dev/options: \"true\""), overlay);
    }
}

BOOST_AUTO_TEST_CASE(the_image_is_that_of_this_version) {
    auto& f = fixture::get();
    std::ifstream file{HOLDFAST_SOURCE_DIR "/VERSION"};
    std::string version;
    file >> version;
    const auto built = f.kubectl({"kustomize", config});
    BOOST_TEST(built.find("image: ghcr.io/holdfast-dev/holdfast:" + version + "\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(its_rights_are_those_of_the_document) {
    auto& f = fixture::get();
    const auto everywhere = rights_in(document, "Everywhere:");
    // The controller manager sums up the ClusterRole a moment after it was made.
    f.eventually(
        [&] {
            return f.cluster().kubectl({"auth", "can-i", "create", "storageclasses", "--as", account}).ok();
        },
        "the rights to deploy are summed up"
    );
    BOOST_TEST(describe(rights_of(f.cluster(), "holdfast", "default")) == describe(everywhere));
    const auto here = sum(everywhere, rights_in(document, "In `holdfast` as well:"));
    BOOST_TEST(describe(rights_of(f.cluster(), "holdfast", "holdfast")) == describe(here));
}

BOOST_AUTO_TEST_CASE(an_administrator_adds_a_kind_by_a_label_and_takes_others_away_by_one) {
    auto& f = fixture::get();
    f.kubectl({"apply", "-f", "-"}, R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: holdfast-deploy-certificates
  labels: {holdfast.dev/aggregate-to-deploy: "true"}
rules:
- {apiGroups: [cert-manager.io], resources: [issuers], verbs: [get, list, watch, create, update, patch, delete]}
)");
    const auto may = [&](const std::string& verb, const std::string& what) {
        return f.cluster().kubectl({"auth", "can-i", verb, what, "-n", "default", "--as", account}).ok();
    };
    f.eventually([&] { return may("patch", "issuers.cert-manager.io"); }, "the kind is deployed too");
    BOOST_TEST(may("create", "clusterroles"));
    f.kubectl({"label", "clusterrole", "holdfast-deploy-cluster", "holdfast.dev/aggregate-to-deploy-"});
    f.eventually(
        [&] { return !may("create", "clusterroles"); }, "kinds of the cluster are not deployed any more"
    );
    BOOST_TEST(may("create", "deployments.apps"));
    f.kubectl({"delete", "clusterrole", "holdfast-deploy-certificates"});
}

BOOST_AUTO_TEST_CASE(who_asks_for_it_has_it_have_the_rights_of_argo_cd) {
    auto& f = fixture::get();
    const auto may = [&](const std::string& verb, const std::string& what) {
        return f.cluster().kubectl({"auth", "can-i", verb, what, "-n", "default", "--as", account}).ok();
    };
    BOOST_TEST(!may("escalate", "clusterroles"));
    f.kubectl({"apply", "-k", config + "/overlays/argocd-rights"});
    f.eventually([&] { return may("escalate", "clusterroles"); }, "the rights are summed up");
    BOOST_TEST(may("*", "*"));
    BOOST_TEST(may("get", "/metrics"));
    f.kubectl({"delete", "clusterrole", "holdfast-deploy-everything"});
    f.eventually([&] { return !may("escalate", "clusterroles"); }, "they are gone with their ClusterRole");
}

BOOST_AUTO_TEST_CASE(in_one_namespace_its_rights_end_with_the_namespace) {
    auto& f = fixture::get();
    f.kubectl({"delete", "-k", config, "--timeout=60s"});
    f.kubectl({"create", "namespace", "holdfast"});
    f.kubectl({"apply", "--server-side", "-f", HOLDFAST_SOURCE_DIR "/crds"});
    f.kubectl({"apply", "--server-side", "--validate=strict", "-k", config + "/overlays/one-namespace"});
    BOOST_TEST(
        describe(rights_of(f.cluster(), "holdfast", "holdfast")) ==
        describe(rights_in(document, "With `one-namespace`"))
    );
    BOOST_TEST(describe(rights_of(f.cluster(), "holdfast", "default")) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::test
