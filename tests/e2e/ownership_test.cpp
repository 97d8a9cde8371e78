// Objects that others made, and what others write into objects that are ours.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;
using each = boost::test_tools::per_element;

/// A Deployment without pods; `more` are further lines of its spec.
std::string deployment(const std::string& name, const std::string& more) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + ", labels: {app: " + name +
           "}}\nspec:\n  replicas: 0\n  selector: {matchLabels: {app: " + name +
           "}}\n  template:\n    metadata: {labels: {app: " + name +
           "}}\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.27\n"
           "        env: [{name: A, value: \"1\"}]\n" +
           more;
}
constexpr const char* extra = "  minReadySeconds: 5\n";

std::string service(const std::string& name, int port) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name +
           "}\nspec:\n  selector: {app: web}\n  ports: [{name: http, port: " + std::to_string(port) + "}]\n";
}

/// Who made an object, and how.
struct maker {
    std::string name;
    texts how;         // of kubectl, before "-f -"
    std::string entry; // "manager/operation" in managedFields
};

json::object live(scene& s, const std::string& kind, const std::string& name) {
    return json::parse(s.w.kubectl({"get", kind, name, "-n", s.name, "-o", "json", "--show-managed-fields"}))
        .as_object();
}

/// "manager/operation" of those who own fields beyond subresources.
texts owners(const json::object& object) {
    texts all;
    for (const auto& item : object.at("metadata").at("managedFields").as_array()) {
        const auto& entry = item.as_object();
        if (!entry.contains("subresource")) {
            all.push_back(text_at(entry, {"manager"}) + "/" + text_at(entry, {"operation"}));
        }
    }
    std::ranges::sort(all);
    return all;
}

std::string spec_of(const json::object& object) {
    return json::serialize(object.at("spec"));
}

/// What a person does to an object of the scene.
void patch(
    scene& s, const std::string& kind, const std::string& name, const std::string& json_patch,
    const std::string& manager = "kubectl-edit"
) {
    s.w.kubectl(
        {"patch", kind, name, "-n", s.name, "--type=json", "--field-manager", manager, "-p", json_patch}
    );
}

std::string field(scene& s, const std::string& kind, const std::string& name, const std::string& path) {
    return s.w.field(kind, s.name, name, path);
}

} // namespace

BOOST_AUTO_TEST_SUITE(ownership)

BOOST_AUTO_TEST_CASE(what_others_made_is_taken_over_without_a_change_and_what_git_drops_later_goes) {
    scene s{"taken-over"};
    const std::vector<maker> makers{
        {"by-apply", {"apply"}, "kubectl-client-side-apply/Update"},
        {"by-create", {"create"}, "kubectl-create/Update"},
        {"by-kubectl-ssa", {"apply", "--server-side"}, "kubectl/Apply"},
        {"by-helm", {"create", "--field-manager=helm"}, "helm/Update"},
        {"by-argocd", {"apply", "--field-manager=argocd-controller"}, "argocd-controller/Update"},
        {"by-argocd-ssa",
         {"apply", "--server-side", "--field-manager=argocd-controller"},
         "argocd-controller/Apply"},
        {"by-flux",
         {"apply", "--server-side", "--field-manager=kustomize-controller"},
         "kustomize-controller/Apply"},
    };
    std::vector<json::object> before;
    for (const auto& m : makers) {
        auto arguments = m.how;
        arguments.insert(arguments.end(), {"-n", s.name, "-f", "-"});
        s.w.kubectl(arguments, deployment(m.name, extra));
        s.repository.write(m.name + ".yaml", deployment(m.name, extra));
    }
    // And one that two people had their hands on.
    s.w.kubectl({"create", "-n", s.name, "-f", "-"}, deployment("by-edit", ""));
    patch(s, "deployment", "by-edit", R"([{"op":"add","path":"/spec/minReadySeconds","value":5}])");
    s.repository.write("by-edit.yaml", deployment("by-edit", extra));
    texts all{"by-edit"};
    for (const auto& m : makers) {
        all.push_back(m.name);
        BOOST_TEST(owners(live(s, "deployment", m.name)) == texts{m.entry}, each());
    }
    for (const auto& name : all) {
        eventually(
            [&] {
                return field(s, "deployment", name, ".status.observedGeneration") ==
                       field(s, "deployment", name, ".metadata.generation");
            },
            "its controller has seen it"
        );
        before.push_back(live(s, "deployment", name));
    }
    s.repository.push("As they are");
    s.follow();
    await_synced(s.name);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto now = live(s, "deployment", all[i]);
        BOOST_TEST_CONTEXT(all[i]) {
            BOOST_TEST(owners(now) == texts{"holdfast/Apply"}, each());
            BOOST_TEST(text_at(now, {"metadata", "uid"}) == text_at(before[i], {"metadata", "uid"}));
            // A Deployment counts a new annotation, which the tracking id is. Nothing else, and nothing is
            // rolled out.
            const auto generation = std::stoi(text_at(before[i], {"metadata", "generation"}));
            BOOST_TEST(std::stoi(text_at(now, {"metadata", "generation"})) == generation + 1);
            BOOST_TEST(
                text_at(now, {"metadata", "annotations", "deployment.kubernetes.io/revision"}) ==
                text_at(before[i], {"metadata", "annotations", "deployment.kubernetes.io/revision"})
            );
            BOOST_TEST(spec_of(now) == spec_of(before[i]));
        }
    }
    BOOST_TEST(!field(
                    s, "deployment", "by-apply",
                    R"(.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration)"
    )
                    .empty()); // for the way back

    for (const auto& name : all) {
        s.repository.write(name + ".yaml", deployment(name, ""));
    }
    await_synced(s.name, s.repository.push("Without a field"));
    for (const auto& name : all) {
        BOOST_TEST(field(s, "deployment", name, ".spec.minReadySeconds").empty(), name);
        BOOST_TEST(owners(live(s, "deployment", name)) == texts{"holdfast/Apply"}, each());
    }
}

BOOST_AUTO_TEST_CASE(an_application_or_an_object_can_leave_to_others_what_they_own) {
    scene s{"left-to-others"};
    const auto keeping = [](const std::string& more) {
        const std::string option =
            R"(annotations: {argocd.argoproj.io/sync-options: "ClientSideApplyMigration=false"}, )";
        auto text = deployment("keeps", more);
        return text.insert(text.find("name: keeps"), option);
    };
    for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
             {"keeps", keeping(extra)}, {"gives", deployment("gives", extra)}
         }) {
        s.w.kubectl({"apply", "-n", s.name, "-f", "-"}, text);
        s.repository.write(name + ".yaml", text);
    }
    s.repository.push("As they are");
    s.follow();
    await_synced(s.name);
    BOOST_TEST(
        owners(live(s, "deployment", "keeps")) ==
            (texts{"holdfast/Apply", "kubectl-client-side-apply/Update"}),
        each()
    );
    s.repository.write("keeps.yaml", keeping("")).write("gives.yaml", deployment("gives", ""));
    await_synced(s.name, s.repository.push("Without a field"));
    BOOST_TEST(field(s, "deployment", "keeps", ".spec.minReadySeconds") == "5");
    BOOST_TEST(field(s, "deployment", "gives", ".spec.minReadySeconds").empty());

    scene t{"left-by-all"};
    t.w.kubectl({"apply", "-n", t.name, "-f", "-"}, deployment("web", extra));
    t.repository.write("web.yaml", deployment("web", extra));
    t.repository.push("As it is");
    t.follow({.sync_options = {"ClientSideApplyMigration=false"}});
    await_synced(t.name);
    t.repository.write("web.yaml", deployment("web", ""));
    await_synced(t.name, t.repository.push("Without a field"));
    BOOST_TEST(field(t, "deployment", "web", ".spec.minReadySeconds") == "5");
}

BOOST_AUTO_TEST_CASE(managers_that_the_options_name_are_taken_over_from_as_well) {
    scene s{"more-formers"};
    auto& op = s.w.shared_operator();
    op.stop();
    op.start({"--former-managers", "in-house-deployer,ci-*"});
    const texts managers{"in-house-deployer", "ci-7", "somebody"};
    for (const auto& manager : managers) {
        s.w.kubectl(
            {"apply", "--server-side", "--field-manager", manager, "-n", s.name, "-f", "-"},
            deployment(manager, extra)
        );
        s.repository.write(manager + ".yaml", deployment(manager, extra));
    }
    s.repository.push("As they are");
    s.follow();
    await_synced(s.name);
    for (const auto& manager : managers) {
        s.repository.write(manager + ".yaml", deployment(manager, ""));
    }
    await_synced(s.name, s.repository.push("Without a field"));
    BOOST_TEST(field(s, "deployment", "in-house-deployer", ".spec.minReadySeconds").empty());
    BOOST_TEST(field(s, "deployment", "ci-7", ".spec.minReadySeconds").empty());
    BOOST_TEST(field(s, "deployment", "somebody", ".spec.minReadySeconds") == "5"); // his still
    op.stop();
    op.start();
}

// What somebody set by hand, and Git says later too, is Git's from then on.
BOOST_AUTO_TEST_CASE(a_field_that_was_set_by_hand_and_then_committed_goes_when_git_drops_it) {
    scene s{"hotfix"};
    s.repository.write("web.yaml", deployment("web", ""));
    s.repository.push("One");
    s.follow({.self_heal = false});
    await_synced(s.name);
    patch(s, "deployment", "web", R"([{"op":"add","path":"/spec/minReadySeconds","value":5}])");
    s.w.kubectl({"annotate", "deployment", "web", "-n", s.name, "of=others"});
    s.repository.write("web.yaml", deployment("web", extra));
    await_synced(s.name, s.repository.push("As by hand"));
    s.repository.write("web.yaml", deployment("web", ""));
    await_synced(s.name, s.repository.push("Without it"));
    BOOST_TEST(field(s, "deployment", "web", ".spec.minReadySeconds").empty());
    BOOST_TEST(field(s, "deployment", "web", ".metadata.annotations.of") == "others");
}

// A replacement makes the operator's own manager a former one.
BOOST_AUTO_TEST_CASE(what_was_once_replaced_is_given_up_as_well) {
    scene s{"replaced"};
    s.repository.write("web.yaml", deployment("web", extra));
    s.repository.push("One");
    s.follow({.sync_options = {"Replace=true"}});
    await_synced(s.name);
    s.repository.write("web.yaml", deployment("web", std::string{extra} + "  revisionHistoryLimit: 3\n"));
    await_synced(s.name, s.repository.push("Two"));
    BOOST_TEST(owners(live(s, "deployment", "web")) == texts{"holdfast/Apply"}, each());
    s.patch({{"spec", {{"syncPolicy", {{"syncOptions", json::array{}}}}}}});
    s.repository.write("web.yaml", deployment("web", ""));
    await_synced(s.name, s.repository.push("Three"));
    BOOST_TEST(field(s, "deployment", "web", ".spec.minReadySeconds").empty());
}

BOOST_AUTO_TEST_CASE(an_item_that_was_edited_by_hand_is_put_back_and_does_not_end_as_two) {
    scene s{"edited-items"};
    s.repository.write("service.yaml", service("web", 80)).write("web.yaml", deployment("web", ""));
    s.repository.push("One");
    s.follow();
    await_synced(s.name);

    patch(s, "service", "web", R"([{"op":"replace","path":"/spec/ports/0/port","value":81}])");
    eventually(
        [&] { return field(s, "service", "web", ".spec.ports[*].port") == "80"; }, "the port is as it was",
        60s, [&] { return s.look().describe(); }
    );
    patch(s, "service", "web", R"([{"op":"replace","path":"/spec/ports/0/protocol","value":"UDP"}])");
    eventually(
        [&] { return field(s, "service", "web", ".spec.ports[*].protocol") == "TCP"; },
        "the protocol is as it was", 60s, [&] { return s.look().describe(); }
    );
    const auto generation = std::stoi(field(s, "deployment", "web", ".metadata.generation"));
    patch(
        s, "deployment", "web",
        R"([{"op":"replace","path":"/spec/template/spec/containers/0/name","value":"renamed"}])",
        "kubectl-patch"
    );
    eventually(
        [&] { return field(s, "deployment", "web", ".spec.template.spec.containers[*].name") == "web"; },
        "the container is as it was", 60s, [&] { return s.look().describe(); }
    );
    // The edit and one write against it: no template with both, or with none, was rolled out in between.
    BOOST_TEST(std::stoi(field(s, "deployment", "web", ".metadata.generation")) == generation + 2);
    await_synced(s.name);
}

BOOST_AUTO_TEST_CASE(items_that_people_add_to_our_lists_go_and_those_of_controllers_and_in_other_lists_stay) {
    scene s{"added-items"};
    s.repository.write("web.yaml", deployment("web", ""));
    s.repository.push("One");
    s.follow();
    await_synced(s.name);
    const auto containers = [&] {
        return field(s, "deployment", "web", ".spec.template.spec.containers[*].name");
    };
    const auto env = [&] {
        return field(s, "deployment", "web", ".spec.template.spec.containers[0].env[*].name");
    };

    patch(
        s, "deployment", "web",
        R"([{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"injected","image":"x"}},
              {"op":"add","path":"/spec/template/spec/containers/0/env/-","value":{"name":"FROM_CONTROLLER","value":"1"}}])",
        "some-controller"
    );
    patch(
        s, "deployment", "web",
        R"([{"op":"add","path":"/spec/template/spec/volumes","value":[{"name":"by-hand","emptyDir":{}}]}])"
    );
    throughout(1500ms, [&] { return containers() == "web injected"; }, "a controller's sidecar stays");
    s.w.kubectl({"set", "env", "deployment/web", "-n", s.name, "-c", "web", "DEBUG=1"});
    eventually(
        [&] { return env() == "A FROM_CONTROLLER"; }, "what was added by hand goes", 60s,
        [&] { return env() + "\n" + s.look().describe(); }
    );
    await_synced(s.name);
    BOOST_TEST(containers() == "web injected");
    BOOST_TEST(field(s, "deployment", "web", ".spec.template.spec.volumes[*].name") == "by-hand");
    s.w.kubectl({"rollout", "restart", "deployment/web", "-n", s.name});
    throughout(1s, [&] { return s.look().synced(); }, "a restart causes no drift");
}

BOOST_AUTO_TEST_CASE(an_item_that_was_added_by_hand_is_reported_where_drift_is_not_taken_back) {
    scene s{"reported-items"};
    s.repository.write("web.yaml", deployment("web", ""));
    s.repository.push("One");
    s.follow({.self_heal = false});
    await_synced(s.name);
    s.w.kubectl({"set", "env", "deployment/web", "-n", s.name, "DEBUG=1"});
    const auto seen =
        s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it is reported");
    BOOST_TEST(
        seen.get("Ready").message.find("env[name=DEBUG] is (added by kubectl-set), not (none)") !=
            std::string::npos,
        seen.describe()
    );
    s.ask(json::object{});
    BOOST_TEST(field(s, "deployment", "web", ".spec.template.spec.containers[0].env[*].name") == "A");
    await_synced(s.name);
}

// What others have under the same name would make the very first apply fail.
BOOST_AUTO_TEST_CASE(an_object_is_adopted_although_an_item_of_it_is_in_the_way) {
    scene s{"in-the-way"};
    s.w.kubectl({"apply", "-n", s.name, "-f", "-"}, service("web", 81));
    s.repository.write("web.yaml", service("web", 80));
    s.repository.push("One");
    s.follow();
    await_synced(s.name);
    BOOST_TEST(field(s, "service", "web", ".spec.ports[*].port") == "80");
    BOOST_TEST(owners(live(s, "service", "web")) == texts{"holdfast/Apply"}, each());
}

BOOST_AUTO_TEST_SUITE_END()
