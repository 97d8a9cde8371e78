// What several applications want at once: a namespace that more than one has made, an object that can only be
// one's.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* enforce = "pod-security.kubernetes.io/enforce";

json::object managed(const json::object& labels) {
    return {{"syncPolicy", {{"managedNamespaceMetadata", {{"labels", labels}}}}}};
}

application_options making(const std::string& into, const json::object& labels = {}) {
    application_options o{.into = into, .sync_options = {"CreateNamespace=true"}};
    if (!labels.empty()) {
        o.spec = managed(labels);
    }
    return o;
}

/// A label, annotation or other field of a Namespace's metadata.
std::string label(scene& s, const std::string& ns, const std::string& key) {
    const auto live = s.w.get_json("namespace", "", ns);
    return live ? text_at(*live, {"metadata", "labels", key}) : std::string{};
}
std::string annotation(scene& s, const std::string& ns, const std::string& key) {
    const auto live = s.w.get_json("namespace", "", ns);
    return live ? text_at(*live, {"metadata", "annotations", key}) : std::string{};
}
std::string uid(scene& s, const std::string& ns) {
    return s.w.field("namespace", "", ns, ".metadata.uid");
}

void remove_and_await(scene& s) {
    s.w.kubectl({"delete", "application.holdfast.dev", s.name, "-n", home, "--wait=false"});
    eventually([&] { return !s.look().exists; }, "the application " + s.name + " goes");
}

} // namespace

BOOST_AUTO_TEST_SUITE(made_namespaces)

BOOST_AUTO_TEST_CASE(a_namespace_that_another_application_manages_keeps_what_that_one_set) {
    scene platform{"ns-platform"};
    platform.repository.write("ns.yaml", R"(
apiVersion: v1
kind: Namespace
metadata:
  name: ns-platform-shop
  labels: {pod-security.kubernetes.io/enforce: restricted, istio-injection: enabled}
  annotations: {example.com/contact: platform}
)");
    const auto first = platform.repository.push("One");
    platform.follow();
    await_synced(platform.name, first);
    const auto tracking = annotation(platform, "ns-platform-shop", "holdfast.dev/tracking-id");
    BOOST_REQUIRE(!tracking.empty());

    scene shop{"ns-tenant"};
    shop.config_map("inside", "1");
    const auto pushed = shop.repository.push("One");
    shop.follow(making("ns-platform-shop"));
    await_synced(shop.name, pushed);
    scene team{"ns-team"};
    team.config_map("of-team", "1");
    const auto of_team = team.repository.push("One");
    team.follow(making("ns-platform-shop", {{"team", "shop"}}));
    await_synced(team.name, of_team);

    const auto is_whole = [&] {
        return label(platform, "ns-platform-shop", enforce) == "restricted" &&
               label(platform, "ns-platform-shop", "istio-injection") == "enabled" &&
               label(platform, "ns-platform-shop", "team") == "shop" &&
               annotation(platform, "ns-platform-shop", "example.com/contact") == "platform" &&
               annotation(platform, "ns-platform-shop", "holdfast.dev/tracking-id") == tracking;
    };
    BOOST_TEST(is_whole());
    // And nobody takes back what the other did.
    shop.config_map("inside", "2");
    await_synced(shop.name, shop.repository.push("Two"));
    BOOST_TEST(is_whole());
    await_synced(platform.name);
    await_synced(team.name);

    // Those who had it made go without it.
    remove_and_await(team);
    remove_and_await(shop);
    BOOST_TEST(label(platform, "ns-platform-shop", enforce) == "restricted");
    BOOST_TEST(annotation(platform, "ns-platform-shop", "holdfast.dev/tracking-id") == tracking);
}

BOOST_AUTO_TEST_CASE(what_two_applications_say_of_one_namespace_is_joined_and_a_contradiction_names_the_other
) {
    scene a{"ns-a"};
    scene b{"ns-b"};
    a.config_map("of-a", "1");
    b.config_map("of-b", "1");
    a.repository.push("One");
    b.repository.push("One");
    a.follow(making("ns-of-both", {{"from-a", "1"}, {"tier", "gold"}}));
    await_synced(a.name);
    const auto made = uid(a, "ns-of-both");
    b.follow(making("ns-of-both", {{"from-b", "1"}, {"tier", "gold"}}));
    await_synced(b.name);
    BOOST_TEST(label(a, "ns-of-both", "from-a") == "1");
    BOOST_TEST(label(a, "ns-of-both", "from-b") == "1");

    b.patch({{"spec", managed({{"from-b", "2"}, {"tier", "silver"}})}});
    await_condition(
        b.name, "SyncError", {"label tier of Namespace \"ns-of-both\"", "the application holdfast/ns-a"}
    );
    BOOST_TEST(label(a, "ns-of-both", "tier") == "gold");
    BOOST_TEST(a.look().synced());
    // What is given up is given up by the one alone.
    b.patch({{"spec", managed({{"from-b", "2"}, {"tier", nullptr}})}});
    await_synced(b.name);
    BOOST_TEST(label(a, "ns-of-both", "tier") == "gold");
    BOOST_TEST(label(a, "ns-of-both", "from-b") == "2");

    remove_and_await(b);
    BOOST_TEST(uid(a, "ns-of-both") == made);
    await_synced(a.name);
}

BOOST_AUTO_TEST_CASE(drift_of_its_metadata_is_taken_back) {
    scene s{"ns-drift"};
    s.config_map("inside", "1");
    s.repository.push("One");
    s.follow(making("ns-drift-made", {{enforce, "baseline"}}));
    await_synced(s.name);
    s.w.kubectl({"label", "namespace", "ns-drift-made", std::string{enforce} + "=privileged", "--overwrite"});
    eventually(
        [&] { return label(s, "ns-drift-made", enforce) == "baseline"; }, "a changed label is taken back"
    );
    s.w.kubectl({"label", "namespace", "ns-drift-made", std::string{enforce} + "-"});
    eventually(
        [&] { return label(s, "ns-drift-made", enforce) == "baseline"; }, "a label that went is set again"
    );
    s.w.kubectl({"label", "namespace", "ns-drift-made", "of=somebody"});
    await_synced(s.name);

    // The same where nothing was built since a start.
    s.w.shared_operator().stop();
    s.w.kubectl({"label", "namespace", "ns-drift-made", std::string{enforce} + "=privileged", "--overwrite"});
    s.w.shared_operator().start();
    eventually(
        [&] { return label(s, "ns-drift-made", enforce) == "baseline"; },
        "what was changed while it was away is taken back"
    );
    await_synced(s.name);
    BOOST_TEST(label(s, "ns-drift-made", "of") == "somebody");
}

BOOST_AUTO_TEST_CASE(without_self_heal_drift_is_said) {
    scene s{"ns-said"};
    s.config_map("inside", "1");
    s.repository.push("One");
    auto options = making("ns-said-made", {{"team", "shop"}});
    options.self_heal = false;
    s.follow(options);
    await_synced(s.name);
    s.w.kubectl({"label", "namespace", "ns-said-made", "team=other", "--overwrite"});
    const auto seen =
        s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it is OutOfSync");
    BOOST_TEST(text_of(resource_of(seen, "Namespace", "ns-said-made").if_contains("status")) == "OutOfSync");
    BOOST_TEST(label(s, "ns-said-made", "team") == "other");
}

BOOST_AUTO_TEST_CASE(a_namespace_of_somebody_else_is_left_alone) {
    scene s{"ns-foreign"};
    s.w.apply(R"({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns-foreign-own",
        "labels": {"team": "theirs"}, "annotations": {"note": "by hand"}}})");
    const auto before = s.w.field("namespace", "", "ns-foreign-own", ".metadata.resourceVersion");
    s.config_map("inside", "1");
    s.repository.push("One");
    s.follow(making("ns-foreign-own"));
    await_synced(s.name);
    BOOST_TEST(s.w.field("namespace", "", "ns-foreign-own", ".metadata.resourceVersion") == before);
    remove_and_await(s);
    BOOST_TEST(s.w.field("namespace", "", "ns-foreign-own", ".metadata.resourceVersion") == before);
}

BOOST_AUTO_TEST_CASE(one_that_was_deleted_is_made_again_in_waves_too) {
    scene s{"ns-waves"};
    for (const auto* wave : {"0", "1"}) {
        s.repository.write(
            std::string{"wave-"} + wave + ".yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wave-" + std::string{wave} +
                ", annotations: {holdfast.dev/sync-wave: \"" + wave + "\"}}\n"
        );
    }
    s.repository.push("Two waves");
    s.follow(making("ns-waves-made", {{"team", "shop"}}));
    await_synced(s.name);
    const auto first = uid(s, "ns-waves-made");
    s.w.kubectl({"delete", "namespace", "ns-waves-made"});
    eventually(
        [&] { return s.w.exists("configmap", "ns-waves-made", "wave-1"); },
        "the namespace and what is in it are made again", 60s, [&] { return s.look().describe(); }
    );
    await_synced(s.name);
    BOOST_TEST(uid(s, "ns-waves-made") != first);
    BOOST_TEST(label(s, "ns-waves-made", "team") == "shop");
}

BOOST_AUTO_TEST_CASE(one_that_leaves_the_sources_but_is_still_to_be_made_stays_when_the_application_goes) {
    scene s{"ns-left"};
    s.config_map("inside", "1");
    s.repository.write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns-left-made}\n");
    s.repository.push("With its namespace");
    s.follow(making("ns-left-made"));
    await_synced(s.name);
    const auto made = uid(s, "ns-left-made");
    s.repository.remove("ns.yaml");
    await_synced(s.name, s.repository.push("Without it"));
    BOOST_TEST(annotation(s, "ns-left-made", "holdfast.dev/tracking-id").empty());
    remove_and_await(s);
    BOOST_TEST(uid(s, "ns-left-made") == made);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(one_object_for_two)

BOOST_AUTO_TEST_CASE(of_two_that_want_an_object_of_a_new_kind_one_gets_it_and_the_other_says_whose_it_is) {
    auto& w = world::with_operator();
    w.apply(R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: prizes.shared.example.com}
spec:
  group: shared.example.com
  names: {kind: Prize, plural: prizes, singular: prize}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
)");
    w.kubectl({"wait", "--for=condition=Established", "--timeout=30s", "crd/prizes.shared.example.com"});
    constexpr int pairs = 6;
    std::vector<std::unique_ptr<scene>> scenes;
    std::string all;
    for (int i = 0; i < pairs; ++i) {
        auto& s = *scenes.emplace_back(std::make_unique<scene>("prize-" + std::to_string(i)));
        for (const auto* folder : {"a", "b"}) { // one of the same source would be refused
            s.repository.write(
                std::string{folder} + "/prize.yaml", "apiVersion: shared.example.com/v1\nkind: Prize\n"
                                                     "metadata: {name: only}\nspec: {size: 1}\n"
            );
        }
        s.repository.push("One");
        for (const bool second : {false, true}) {
            all += (all.empty() ? "" : ",") +
                   application(
                       s.name + (second ? "-too" : ""),
                       {.url = s.repository.url(), .path = second ? "b" : "a", .into = s.name}
                   );
        }
    }
    // None of them has met the kind before, and all look at it at once.
    w.shared_operator().stop();
    w.apply(R"({"apiVersion": "v1", "kind": "List", "items": [)" + all + "]}");
    w.shared_operator().start();
    for (const auto& s : scenes) {
        const auto a = s->name;
        const auto b = s->name + "-too";
        const auto says = [](const application_view& loser, const std::string& winner) {
            return loser.sync == "OutOfSync" &&
                   loser.get("SyncError")
                           .message.find("belongs to the application holdfast/" + winner + ":") !=
                       std::string::npos;
        };
        eventually(
            [&] {
                const auto of_a = view(a);
                const auto of_b = view(b);
                return (of_a.synced() && says(of_b, a)) || (of_b.synced() && says(of_a, b));
            },
            "one of " + a + " and " + b + " has it, and the other says so", 120s,
            [&] { return view(a).describe() + "\n" + view(b).describe(); }
        );
    }
    for (const auto& s : scenes) {
        w.kubectl({"delete", "application.holdfast.dev", s->name + "-too", "-n", home, "--wait=false"});
    }
}

BOOST_AUTO_TEST_SUITE_END()
