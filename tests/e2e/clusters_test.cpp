// Applications in another cluster than the operator's own, which Secrets declare.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/json.hpp"
#include "e2e/other_cluster.hpp"
#include "e2e/patient.hpp"
#include "e2e/projects.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "support/read_file.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

std::unique_ptr<other_cluster> the_other; // NOLINT: what the program's cases share

struct end_of_other {
    ~end_of_other() { the_other.reset(); }
};
BOOST_TEST_GLOBAL_FIXTURE(end_of_other);

other_cluster& other() {
    if (!the_other) {
        the_other = std::make_unique<other_cluster>();
    }
    return *the_other;
}

/// Of the operator, in kB.
std::string resident(world& w) {
    const auto status = read_file("/proc/" + std::to_string(w.shared_operator().pid()) + "/status");
    const auto at = status.find("VmRSS:");
    return at == std::string::npos ? "?" : status.substr(at + 6, status.find(" kB", at) - at - 6);
}

/// An Application of the scene's name, deployed to a namespace of its name in the other cluster, that a Secret
/// of its name declares.
struct elsewhere : scene {
    other_cluster& there = other();

    explicit elsewhere(const std::string& called) : scene{called} {
        there.kubectl({"create", "namespace", called});
    }
    ~elsewhere() {
        // Whatever became of the cluster.
        w.cluster().kubectl({"delete", "application.holdfast.dev", name, "-n", home, "--wait=false"});
        w.cluster().kubectl(
            {"patch", "application.holdfast.dev", name, "-n", home, "--type=merge", "-p",
             R"({"metadata":{"finalizers":null}})"}
        );
        w.cluster().kubectl({"delete", "secret", name, "-n", home, "--ignore-not-found"});
    }

    void declare(json::object fields = {}) {
        json::object all{{"name", name}, {"server", there.plane().server()}, {"config", there.config()}};
        for (const auto& [key, value] : fields) {
            all[key] = value;
        }
        w.apply(cluster_secret(name, all));
    }
    void follow_there(application_options options = {}) {
        options.url = repository.url();
        auto object = json::parse(application(name, options)).as_object();
        object["spec"].as_object()["destination"] = {{"name", name}, {"namespace", name}};
        w.apply(json::serialize(object));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(clusters)

BOOST_AUTO_TEST_CASE(an_application_is_deployed_kept_pruned_and_taken_away_there) {
    elsewhere s{"east"};
    s.config_map("a", "1").config_map("b", "1");
    const auto first = s.repository.push("One");
    s.declare();
    s.follow_there();
    await_synced("east", first);
    BOOST_TEST(s.there.value("east", "a") == "1");
    BOOST_TEST(!s.has("a")); // nothing of it is here
    // Drift is taken back.
    s.there.kubectl({"delete", "configmap", "b", "-n", "east"});
    s.there.kubectl({"patch", "configmap", "a", "-n", "east", "-p", R"({"data":{"value":"changed"}})"});
    eventually(
        [&] { return s.there.value("east", "b") == "1" && s.there.value("east", "a") == "1"; },
        "drift is taken back"
    );
    // What is not in the sources any more goes.
    s.config_map("a", "2");
    s.repository.remove("b.yaml");
    await_synced("east", s.repository.push("Two"));
    BOOST_TEST(s.there.value("east", "a") == "2");
    BOOST_TEST(!s.there.exists("configmap", "east", "b"));
    // And with the application its objects.
    s.w.kubectl({"delete", "application.holdfast.dev/east", "-n", home, "--timeout=60s"});
    BOOST_TEST(!s.there.exists("configmap", "east", "a"));
}

BOOST_AUTO_TEST_CASE(credentials_that_change_are_used_at_once_and_a_wrong_authority_is_said) {
    elsewhere s{"rotated"};
    s.config_map("a", "1");
    s.declare();
    const auto first = s.repository.push("One");
    s.follow_there();
    await_synced("rotated", first);
    // An authority that has not signed the server's certificate.
    auto config = s.there.config();
    config["tlsClientConfig"] = {{"caData", base64(read_file(s.w.cluster().ca()))}};
    s.declare({{"config", config}});
    const auto seen = await_condition("rotated", "ComparisonError", {"cannot be reached", "certificate"});
    BOOST_TEST(seen.sync == "Unknown");
    BOOST_TEST(seen.health == "Unknown");
    BOOST_TEST(seen.get("ClusterReachable").status == "False");
    BOOST_TEST(s.there.value("rotated", "a") == "1"); // nothing of it is touched
    // Another account, by another way of credentials; what it has missed comes.
    s.config_map("a", "2");
    const auto second = s.repository.push("Two");
    s.there.kubectl({"create", "serviceaccount", "second", "-n", "kube-system"});
    s.there.kubectl(
        {"create", "clusterrolebinding", "second", "--clusterrole=cluster-admin",
         "--serviceaccount=kube-system:second"}
    );
    config = s.there.config();
    config["bearerToken"] = s.there.token("second");
    s.declare({{"config", config}});
    await_synced("rotated", second);
    BOOST_TEST(s.there.value("rotated", "a") == "2");
    BOOST_TEST(view("rotated").get("ClusterReachable").status == "True");
    // Taken away from the account: said, in the server's words.
    s.there.kubectl({"delete", "serviceaccount", "second", "-n", "kube-system"});
    await_condition("rotated", "ComparisonError", {"cannot be reached"});
    s.declare();
    await_synced("rotated", second);
    BOOST_TEST(
        s.w.shared_operator().log().find(std::string{config["bearerToken"].as_string()}) == std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(a_secret_that_goes_deletes_nothing_and_one_that_comes_goes_on) {
    elsewhere s{"orphan"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.follow_there();
    // The Application is first: it says what it waits for.
    await_condition("orphan", "InvalidSpecError", {"there are no clusters with this name: orphan"});
    s.declare();
    await_synced("orphan", first);
    const auto uid = text_at(*s.there.get_json("configmap", "orphan", "a"), {"metadata", "uid"});
    s.w.kubectl({"delete", "secret", "orphan", "-n", home});
    const auto seen =
        await_condition("orphan", "InvalidSpecError", {"there are no clusters with this name: orphan"});
    BOOST_TEST(seen.sync == "Unknown");
    BOOST_TEST(seen.get("Ready").status == "False");
    // Its end waits, and says for what, and how it can be without.
    s.w.kubectl({"delete", "application.holdfast.dev", "orphan", "-n", home, "--wait=false"});
    await_condition(
        "orphan", "DeletionError", {"there are no clusters with this name", "kubectl patch", "finalizers"}
    );
    BOOST_TEST(text_at(*s.there.get_json("configmap", "orphan", "a"), {"metadata", "uid"}) == uid);
    s.declare();
    eventually([&] { return !view("orphan").exists; }, "its end goes on");
    BOOST_TEST(!s.there.exists("configmap", "orphan", "a"));
}

BOOST_AUTO_TEST_CASE(a_secret_removed_in_the_middle_of_a_sync_leaves_what_is_done_and_the_rest_follows) {
    elsewhere s{"midway"};
    s.config_map("a", "1");
    s.repository.write("slow.yaml", slow_service("slow", 1));
    s.repository.write("late.yaml", R"({apiVersion: v1, kind: ConfigMap, metadata: {name: late,
        annotations: {argocd.argoproj.io/sync-wave: "2"}}, data: {value: "1"}})");
    const auto first = s.repository.push("One");
    s.declare();
    s.follow_there();
    eventually(
        [&] { return s.there.exists("service", "midway", "slow"); }, "the sync waits in its second wave"
    );
    s.w.kubectl({"delete", "secret", "midway", "-n", home});
    await_condition("midway", "InvalidSpecError", {"there are no clusters with this name: midway"});
    BOOST_TEST(s.there.exists("configmap", "midway", "a"));
    BOOST_TEST(!s.there.exists("configmap", "midway", "late"));
    s.declare();
    s.there.kubectl(
        {"patch", "service", "slow", "-n", "midway", "--subresource=status", "--type=merge", "-p",
         R"({"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}})"}
    );
    await_synced("midway", first);
    BOOST_TEST(s.there.exists("configmap", "midway", "late"));
}

BOOST_AUTO_TEST_CASE(the_same_object_in_two_clusters_is_nobody_s_rival) {
    elsewhere s{"twin"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.declare();
    s.follow_there();
    // The same source into the namespace of the same name, here.
    s.w.apply(application("twin-here", {.url = s.repository.url(), .into = "twin"}));
    await_synced("twin", first);
    await_synced("twin-here", first);
    BOOST_TEST(s.value("a") == "1");
    BOOST_TEST(s.there.value("twin", "a") == "1");
    s.w.kubectl({"delete", "application.holdfast.dev", "twin-here", "-n", home, "--timeout=60s"});
    BOOST_TEST(!s.has("a"));
    BOOST_TEST(s.there.value("twin", "a") == "1");
    // By name and by server it is one cluster: two for the same objects there are rivals.
    auto object = json::parse(application("twin-there", {.url = s.repository.url()})).as_object();
    object["spec"].as_object()["destination"] = {{"server", s.there.plane().server()}, {"namespace", "twin"}};
    s.w.apply(json::serialize(object));
    await_condition("twin-there", "InvalidSpecError", {"by the Application", "holdfast/twin"});
    s.w.kubectl({"delete", "application.holdfast.dev", "twin-there", "-n", home, "--timeout=60s"});
}

BOOST_AUTO_TEST_CASE(an_application_that_is_sent_to_another_cluster_says_what_it_leaves) {
    elsewhere s{"moving"};
    s.config_map("a", "1").config_map("b", "1");
    const auto first = s.repository.push("One");
    s.declare();
    s.follow({});
    await_synced("moving", first);
    BOOST_TEST(!view("moving").conditions.contains("ObjectsLeftBehind"));
    s.follow_there();
    eventually([&] { return s.there.value("moving", "b") == "1"; }, "it is deployed there");
    eventually(
        [&] { return view("moving").get("ClusterReachable").status == "True"; }, "its status tells of it"
    );
    await_synced("moving", first);
    const auto left = view("moving").get("ObjectsLeftBehind");
    BOOST_TEST(left.status == "True");
    BOOST_TEST(
        left.message.find("the operator's own cluster still has 2 objects") != std::string::npos, left.message
    );
    BOOST_TEST(left.message.find("ConfigMap moving/a") != std::string::npos, left.message);
    BOOST_TEST(s.value("a") == "1"); // nothing is lost silently, and nothing is deleted
    s.annotate("holdfast.dev/forget-left-behind=true");
    eventually(
        [&] { return !view("moving").conditions.contains("ObjectsLeftBehind"); }, "a person has dealt with it"
    );
    BOOST_TEST(view("moving").synced());
}

BOOST_AUTO_TEST_CASE(in_some_namespaces_nothing_else_is_listed_and_the_rest_is_refused) {
    elsewhere s{"fenced"};
    s.there.kubectl({"create", "namespace", "fenced-too"});
    s.there.kubectl({"create", "serviceaccount", "fenced", "-n", "kube-system"});
    for (const auto* ns : {"fenced", "fenced-too"}) {
        s.there.kubectl(
            {"create", "rolebinding", "fenced", "-n", ns, "--clusterrole=cluster-admin",
             "--serviceaccount=kube-system:fenced"}
        );
    }
    auto config = s.there.config();
    config["bearerToken"] = s.there.token("fenced");
    s.declare({{"config", config}, {"namespaces", "fenced,fenced-too"}});
    s.config_map("a", "1");
    s.repository.write(
        "b.yaml",
        R"({apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: fenced-too}, data: {value: "1"}})"
    );
    const auto first = s.repository.push("One");
    s.follow_there();
    await_synced("fenced", first); // by an account that can list nothing in all of the cluster
    BOOST_TEST(s.there.value("fenced-too", "b") == "1");
    s.there.kubectl({"delete", "configmap", "b", "-n", "fenced-too"});
    eventually([&] { return s.there.value("fenced-too", "b") == "1"; }, "drift is taken back in both");
    s.repository.write(
        "c.yaml",
        R"({apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: default}, data: {value: "1"}})"
    );
    s.repository.write("d.yaml", R"({apiVersion: v1, kind: Namespace, metadata: {name: made}})");
    s.repository.push("Two");
    await_condition(
        "fenced", "ComparisonError",
        {"namespace \"default\" for ConfigMap \"c\" is not managed",
         "cluster level Namespace \"made\" can not be managed when in namespaced mode"}
    );
    BOOST_TEST(s.there.value("fenced", "a") == "1");
    s.repository.remove("c.yaml").remove("d.yaml");
    await_synced("fenced", s.repository.push("Three"));
    s.w.kubectl({"delete", "application.holdfast.dev/fenced", "-n", home, "--timeout=60s"});
    BOOST_TEST(!s.there.exists("configmap", "fenced-too", "b"));
}

BOOST_AUTO_TEST_CASE(two_of_one_name_are_refused_and_named) {
    elsewhere s{"double"};
    s.declare();
    s.w.apply(cluster_secret("double-too", {{"name", "double"}, {"server", "https://127.0.0.1:1"}}));
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.follow_there();
    await_condition(
        "double", "InvalidSpecError",
        {"2 clusters with the same name: double", "holdfast/double", "holdfast/double-too"}
    );
    s.w.kubectl({"delete", "secret", "double-too", "-n", home});
    await_synced("double", first);
}

BOOST_AUTO_TEST_CASE(an_application_of_another_namespace_may_not_deploy_there) {
    elsewhere s{"tenant"};
    s.declare();
    s.config_map("a", "1");
    s.repository.push("One");
    auto object =
        json::parse(application("tenant", {.url = s.repository.url(), .finalizer = false, .ns = "tenant"}))
            .as_object();
    object["spec"].as_object()["destination"] = {{"name", "tenant"}, {"namespace", "tenant"}};
    s.w.apply(json::serialize(object));
    s.w.kubectl(
        {"patch", "application.holdfast.dev", "tenant", "-n", "tenant", "--type=merge", "-p",
         R"({"metadata":{"finalizers":["holdfast.dev/resources-finalizer"]}})"}
    );
    await_condition(
        "tenant", "InvalidSpecError", {"only Applications in \"holdfast\"", "in-cluster"}, "tenant"
    );
    BOOST_TEST(!s.there.exists("configmap", "tenant", "a"));
    // It never had anything there: its end waits for nobody.
    s.w.kubectl({"delete", "application.holdfast.dev", "tenant", "-n", "tenant", "--timeout=30s"});
}

/// A set of the clusters that its namespace sees, with the label, each an Application of the scene's repository there.
std::string set_of_clusters(const scene& s, const std::string& namespace_, const std::string& project) {
    return json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "ApplicationSet"},
        {"metadata", {{"name", s.name}, {"namespace", namespace_}}},
        {"spec",
         {{"generators",
           json::array{json::object{{"clusters", {{"selector", {{"matchLabels", {{"environment", s.name}}}}}}}
           }}},
          {"template",
           {{"metadata", {{"name", s.name + "-{{nameNormalized}}"}}},
            {"spec",
             {{"project", project},
              {"source", {{"repoURL", s.repository.url()}, {"path", "."}, {"targetRevision", "main"}}},
              {"destination", {{"server", "{{server}}"}, {"namespace", s.name}}},
              {"syncPolicy", {{"automated", {{"prune", true}}}}}}}}}}}
    });
}

BOOST_AUTO_TEST_CASE(a_set_has_an_application_in_each_cluster_that_its_selector_fits) {
    elsewhere s{"generated"};
    s.config_map("a", "1");
    s.repository.push("One");
    const auto declare = [&](const std::string& environment) {
        s.w.apply(cluster_secret(
            s.name, {{"name", s.name}, {"server", s.there.plane().server()}, {"config", s.there.config()}},
            {{"environment", environment}}
        ));
    };
    const auto ready = [&] {
        return s.w.field(
            "applicationset.holdfast.dev", home, s.name, ".status.conditions[?(@.type==\"Ready\")].message"
        );
    };
    declare("another");
    s.w.apply(set_of_clusters(s, home, ""));
    eventually(
        [&] { return ready() == "Its generators give no Application."; }, "no cluster has the label", 60s,
        ready
    );
    declare(s.name);
    await_synced("generated-generated");
    BOOST_TEST(s.there.value(s.name, "a") == "1");
    BOOST_TEST(!s.has("a")); // nothing of it is here

    // A refresh is taken, and changes nothing.
    s.w.kubectl(
        {"annotate", "applicationset.holdfast.dev", s.name, "-n", home,
         "argocd.argoproj.io/application-set-refresh=true"}
    );
    eventually(
        [&] {
            const auto set = s.w.get_json("applicationset.holdfast.dev", home, s.name);
            const auto* annotations = set->at("metadata").as_object().if_contains("annotations");
            return annotations == nullptr ||
                   !annotations->as_object().contains("argocd.argoproj.io/application-set-refresh");
        },
        "the annotation is removed"
    );
    eventually([&] { return ready() == "1 Application is as generated."; }, "it is as it was", 60s, ready);

    // The label goes, and with it the Application and its objects.
    declare("another");
    eventually([&] { return !s.there.exists("configmap", s.name, "a"); }, "its objects go");
    eventually(
        [&] { return !s.w.exists("application.holdfast.dev", home, "generated-generated"); }, "it is gone"
    );
    s.w.kubectl({"delete", "applicationset.holdfast.dev", s.name, "-n", home});
}

BOOST_AUTO_TEST_CASE(a_set_of_another_namespace_sees_the_clusters_that_a_project_permits_it) {
    elsewhere s{"generated-tenant"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.w.apply(cluster_secret(
        s.name, {{"name", s.name}, {"server", s.there.plane().server()}, {"config", s.there.config()}},
        {{"environment", s.name}}
    ));
    const auto ready = [&] {
        return s.w.field(
            "applicationset.holdfast.dev", s.name, s.name, ".status.conditions[?(@.type==\"Ready\")].message"
        );
    };
    s.w.apply(set_of_clusters(s, s.name, s.name));
    eventually(
        [&] { return ready() == "Its generators give no Application."; }, "it sees no other cluster", 60s,
        ready
    );
    // It deploys there as the ServiceAccount "default" of its namespace.
    s.there.kubectl(
        {"create", "rolebinding", "deploy", "-n", s.name, "--clusterrole=cluster-admin",
         "--serviceaccount=" + s.name + ":default"}
    );
    auto permits = permitting(s);
    permits["sourceNamespaces"] = json::array{s.name};
    permits["destinations"] = json::array{json::object{{"name", s.name}, {"namespace", s.name}}};
    project p{s.w, s.name, permits};
    const auto made = s.name + "-" + s.name;
    eventually(
        [&] { return s.there.value(s.name, "a") == "1"; }, "it is deployed there", 60s,
        [&] { return view(made, s.name).describe(); }
    );
    s.w.kubectl({"delete", "applicationset.holdfast.dev", s.name, "-n", s.name});
    eventually([&] { return !s.there.exists("configmap", s.name, "a"); }, "its objects go with it");
}

BOOST_AUTO_TEST_CASE(a_cluster_that_hangs_delays_nobody) {
    elsewhere s{"hanging"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.declare();
    silent_server silent;
    s.w.apply(cluster_secret("silent", {{"name", "silent"}, {"server", silent.url()}}));
    s.follow_there();
    await_synced("hanging", first);
    // Twenty applications for one that never said a word, and the one of the cluster that ceases to.
    for (int i = 0; i < 20; ++i) {
        auto object =
            json::parse(
                application("silent-" + std::to_string(i), {.url = s.repository.url(), .finalizer = false})
            )
                .as_object();
        object["spec"].as_object(
        )["destination"] = {{"name", "silent"}, {"namespace", "n" + std::to_string(i)}};
        s.w.apply(json::serialize(object));
    }
    others_are_served(); // with what is slow in its beginning
    s.there.plane().pause_apiserver();
    const auto begun = std::chrono::steady_clock::now();
    // One after the other: each would take as long as a request's deadline if it had to wait for any of them.
    for (int i = 0; i < 10; ++i) {
        others_are_served();
    }
    const auto took = std::chrono::steady_clock::now() - begun;
    s.there.plane().resume_apiserver();
    BOOST_TEST_MESSAGE(
        "ten pushes took " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms"
    );
    BOOST_TEST((took < 10 * 10s)); // a request waits for half a minute
    await_condition("silent-7", "ComparisonError", {"cannot be reached"});
    for (int i = 0; i < 20; ++i) {
        s.w.kubectl(
            {"delete", "application.holdfast.dev", "silent-" + std::to_string(i), "-n", home, "--wait=false"}
        );
    }
    s.w.kubectl({"delete", "secret", "silent", "-n", home});
    s.config_map("a", "2");
    await_synced("hanging", s.repository.push("Two"));
}

BOOST_AUTO_TEST_CASE(of_twenty_clusters_five_cannot_be_reached_and_the_others_are_served) {
    elsewhere s{"twenty"};
    constexpr int all = 20;
    constexpr int away = 5;
    const auto before = resident(s.w);
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    // One server by many addresses of this machine, each a cluster of its own to Holdfast.
    const auto port = s.there.plane().server().substr(s.there.plane().server().rfind(':'));
    auto config = s.there.config();
    config["tlsClientConfig"].as_object()["serverName"] = "127.0.0.1";
    json::array objects; // the Secrets, then the Applications
    json::array applications;
    const auto called = [](int i) { return "twenty-" + std::to_string(i); };
    for (int i = 0; i < all; ++i) {
        const auto server = i < away ? "https://127.0.0." + std::to_string(i + 2) + ":1"
                                     : "https://127.0.0." + std::to_string(i + 2) + port;
        objects.push_back(json::parse(
            cluster_secret(called(i), {{"name", called(i)}, {"server", server}, {"config", config}})
        ));
        auto object =
            json::parse(application(called(i), {.url = s.repository.url(), .finalizer = false})).as_object();
        object["spec"].as_object()["destination"] = {{"name", called(i)}, {"namespace", called(i)}};
        applications.push_back(std::move(object));
        s.there.kubectl({"create", "namespace", called(i)});
    }
    objects.insert(objects.end(), applications.begin(), applications.end());
    s.w.apply(
        json::serialize(json::object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(objects)}})
    );
    for (int i = away; i < all; ++i) {
        await_synced(called(i), first);
        BOOST_TEST(s.there.value(called(i), "a") == "1");
    }
    for (int i = 0; i < away; ++i) {
        await_condition(called(i), "ComparisonError", {"cannot be reached"});
    }
    s.config_map("a", "2");
    const auto second = s.repository.push("Two");
    const auto pushed = std::chrono::steady_clock::now();
    for (int i = away; i < all; ++i) {
        await_synced(called(i), second);
    }
    BOOST_TEST_MESSAGE(
        "a push was in fifteen clusters after "
        << std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - pushed)
               .count()
        << " ms; memory " << resident(s.w) << " kB, without them " << before << " kB"
    );
    for (int i = 0; i < all; ++i) {
        s.w.kubectl({"delete", "application.holdfast.dev", called(i), "-n", home, "--wait=false"});
        s.w.kubectl({"delete", "secret", called(i), "-n", home});
    }
}

BOOST_AUTO_TEST_CASE(the_examples_of_the_guide_work) {
    git_repository repository{"guide"};
    repository.write("a.yaml", config_map("a", "value", "1"));
    const auto first = repository.push("One");
    repository.declare();
    auto& w = world::with_operator();
    auto& there = other();
    auto guide = read_file(HOLDFAST_SOURCE_DIR "/docs/clusters.md");
    const auto put = [&](const std::string& what, const std::string& with) {
        const auto at = guide.find(what);
        BOOST_REQUIRE_MESSAGE(at != std::string::npos, what);
        guide.replace(at, what.size(), with);
    };
    put("https://east.example.com:6443", there.plane().server());
    put("TOKEN", there.token());
    put("CA_IN_BASE64", base64(there.ca()));
    put("https://git.example.com/shop.git", repository.url());
    int examples = 0;
    const std::string fence = "```yaml\n";
    for (auto at = guide.find(fence); at != std::string::npos; at = guide.find(fence, at)) {
        at += fence.size();
        w.apply(guide.substr(at, guide.find("```", at) - at));
        ++examples;
    }
    BOOST_TEST(examples == 2);
    await_synced("shop-east", first);
    BOOST_TEST(there.value("shop", "a") == "1"); // in the namespace that was made for it
    w.kubectl({"delete", "application.holdfast.dev/shop-east", "-n", home, "--timeout=60s"});
    BOOST_TEST(!there.exists("configmap", "shop", "a"));
    w.kubectl({"delete", "secret", "cluster-east", "-n", home});
}

BOOST_AUTO_TEST_SUITE_END()
