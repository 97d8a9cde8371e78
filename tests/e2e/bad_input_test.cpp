// Wrong input gets a condition that names it, prunes nothing, stops nobody else, and is got over without a
// restart.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/patient.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

// What is in Git is wrong: the application says `texts`, keeps what it has, and recovers when the files are
// gone.
void refuses(patient& s, const std::string& type, const std::vector<std::string>& texts) {
    s.repository().push("Something wrong");
    const auto seen = await_condition(s.name(), type, texts);
    BOOST_TEST(seen.get("Ready").status == "False");
    others_are_served();
    s.require_untouched();
}

void recovers(patient& s) {
    s.repository().write("good.yaml", config_map("good", "value", "2"));
    const auto mended = s.repository().push("Mended");
    await_synced(s.name(), mended);
    BOOST_TEST(world::get().field("configmap", s.name(), "good", ".data.value") == "2");
    s.require_untouched();
    const auto now = view(s.name());
    for (const auto* type : {"ComparisonError", "SyncError", "Stalled"}) {
        BOOST_TEST(now.get(type).status.empty(), type << " is still there: " << now.describe());
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(wrong_input)

BOOST_AUTO_TEST_CASE(a_path_that_is_not_there_is_named_and_prunes_nothing) {
    patient s{"no-path"};
    s.patch({{"source", {{"path", "no/such/folder"}}}});
    const auto seen = await_condition("no-path", "ComparisonError", {"no/such/folder"});
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(seen.get("Stalled").status == "True"); // kstatus: nothing but a change helps
    others_are_served();
    s.require_untouched();
    s.patch({{"source", {{"path", "."}}}});
    recovers(s);
}

BOOST_AUTO_TEST_CASE(a_folder_that_was_removed_from_git_prunes_nothing) {
    patient s{"gone-path"};
    s.repository().write("deploy/a.yaml", config_map("a", "value", "1"));
    s.repository().push("A folder");
    s.patch({{"source", {{"path", "deploy"}}}});
    eventually([&] { return !s.uid("a").empty() && s.uid("good").empty(); }, "the folder is followed");
    const auto uid = s.uid("a");
    s.repository().remove("deploy");
    s.repository().push("No folder any more");
    await_condition("gone-path", "ComparisonError", {"deploy"});
    others_are_served();
    BOOST_TEST(s.uid("a") == uid);
}

BOOST_AUTO_TEST_CASE(a_revision_that_is_not_there_is_named_and_found_when_it_appears) {
    patient s{"no-revision"};
    s.patch({{"source", {{"targetRevision", "release-7"}}}});
    const auto seen = await_condition("no-revision", "ComparisonError", {"release-7"});
    BOOST_TEST(seen.get("Ready").status == "False");
    others_are_served();
    s.require_untouched();
    s.repository().write("good.yaml", config_map("good", "value", "2"));
    const auto pushed = s.repository().push("The release", "release-7");
    await_synced("no-revision", pushed);
    s.require_untouched();
}

BOOST_AUTO_TEST_CASE(broken_yaml_is_named_with_its_file_and_line) {
    patient s{"broken-yaml"};
    s.repository().write("broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\ndata: [");
    s.repository().write("also.yaml", "kind: ConfigMap\nmetadata: {name: y}\n");
    // All of it at once, not the first alone.
    refuses(s, "ComparisonError", {"broken.yaml", "line", "also.yaml", "apiVersion"});
    s.repository().remove("broken.yaml").remove("also.yaml");
    recovers(s);
}

BOOST_AUTO_TEST_CASE(an_unknown_kind_is_named_and_applied_when_its_definition_comes) {
    patient s{"unknown-kind"};
    s.repository().write(
        "gadget.yaml", "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: mine}\nspec: {size: 3}\n"
    );
    const auto pushed = s.repository().push("A gadget");
    eventually(
        [&] {
            const auto seen = view("unknown-kind");
            return seen.get("Ready").status == "False" &&
                   seen.get("Ready").message.find("Gadget") != std::string::npos;
        },
        "the application names the unknown kind", 60s, [] { return view("unknown-kind").describe(); }
    );
    others_are_served();
    s.require_untouched();
    world::get().apply(R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Gadget, listKind: GadgetList, plural: gadgets, singular: gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
)");
    await_synced("unknown-kind", pushed);
    BOOST_TEST(world::get().field("gadgets.example.com", "unknown-kind", "mine", ".spec.size") == "3");
}

BOOST_AUTO_TEST_CASE(what_the_server_refuses_is_named_and_the_rest_is_applied) {
    patient s{"refused"};
    s.repository().write(
        "label.yaml", "apiVersion: v1\nkind: ConfigMap\n"
                      "metadata: {name: bad-label, labels: {team: \"not a label value!\"}}\n"
    );
    s.repository().write("fine.yaml", config_map("fine", "value", "1"));
    s.repository().push("A label that cannot be");
    const auto seen = await_condition("refused", "SyncError", {"bad-label", "not a label value!"});
    BOOST_TEST(seen.get("Ready").status == "False");
    others_are_served();
    s.require_untouched();
    BOOST_TEST(!s.uid("fine").empty());
    BOOST_TEST(s.uid("bad-label").empty());
    s.repository().remove("label.yaml");
    recovers(s);
}

BOOST_AUTO_TEST_CASE(a_change_of_an_immutable_field_is_explained_and_nothing_is_replaced) {
    patient s{"immutable"};
    const auto secret = [](const std::string& value) {
        return "apiVersion: v1\nkind: Secret\nmetadata: {name: fixed}\nimmutable: true\nstringData: {key: " +
               value + "}\n";
    };
    s.repository().write("secret.yaml", secret("first"));
    const auto first = s.repository().push("A fixed secret");
    await_synced("immutable", first);
    const auto uid = world::get().field("secret", "immutable", "fixed", ".metadata.uid");
    s.repository().write("secret.yaml", secret("second"));
    refuses(s, "SyncError", {"fixed", "immutable", "Force=true"});
    BOOST_TEST(world::get().field("secret", "immutable", "fixed", ".metadata.uid") == uid);
    for (const auto& event : events_of("immutable")) {
        BOOST_TEST(event.find("second") == std::string::npos, "a secret value is told: " << event);
    }
    s.repository().write("secret.yaml", secret("first"));
    recovers(s);
}

BOOST_AUTO_TEST_CASE(errors_against_the_schemas_are_told_all_at_once_before_anything_is_written) {
    patient s{"schemas"};
    s.repository().write(
        "one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {key: [not, text]}\n"
    );
    s.repository().write(
        "two.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: two}\nspec: {prots: [{port: 80}]}\n"
    );
    s.repository().write(
        "three.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: three}\n"
                      "spec: {replicas: many, selector: {}, template: {}}\n"
    );
    s.repository().write("good.yaml", config_map("good", "value", "not yet"));
    refuses(s, "SyncError", {"one.yaml", "two.yaml", "prots", "three.yaml", "replicas"});
    BOOST_TEST(world::get().field("configmap", "schemas", "good", ".data.value") == "1");
    s.repository().remove("one.yaml").remove("two.yaml").remove("three.yaml");
    recovers(s);
}

BOOST_AUTO_TEST_CASE(what_only_server_side_apply_refuses_is_named_with_the_way_out) {
    patient s{"keys-twice"};
    const auto deployment = [](const std::string& options, const std::string& container) {
        return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, annotations: {" + options +
               "}}\nspec:\n  replicas: 0\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: "
               "{labels: {app: web}}\n    spec: {containers: [{name: web, image: web:1, " +
               container + "}]}\n";
    };
    const std::string ports = "ports: [{containerPort: 80}, {containerPort: 80, name: http}]";
    const std::string env = "env: [{name: A, value: first}, {name: B}, {name: A, value: second}]";
    s.repository().write("web.yaml", deployment("", ports + ", " + env));
    refuses(
        s, "SyncError",
        {"web.yaml", "containers[0].ports[1]", "same containerPort 80 and protocol", "as [0]",
         "containers[0].env[2]", "same name", "remove one of the two"}
    );
    // What is not checked before the write is told by the server, in other words.
    s.repository().write("web.yaml", deployment("holdfast.dev/sync-options: Validate=false", env));
    refuses(s, "SyncError", {"duplicate entries for key", "remove one of the two"});
    s.repository().write("web.yaml", deployment("", "env: [{name: A, value: first}], prots: []"));
    refuses(s, "SyncError", {"containers[0].prots", "did you mean", "Validate=false"});
    s.repository().write("web.yaml", deployment("", "env: [{name: A, value: first}, {name: B}]"));
    recovers(s);
}

BOOST_AUTO_TEST_CASE(an_object_that_is_too_large_is_named_and_the_rest_goes_on) {
    patient s{"too-large"};
    s.repository().write("large.yaml", config_map("large", "blob", std::string(1'700'000, 'x')));
    s.repository().push("A large one");
    eventually(
        [&] {
            const auto ready = view("too-large").get("Ready");
            return ready.status == "False" && ready.message.find("large") != std::string::npos;
        },
        "the application names the object", 60s, [] { return view("too-large").describe(); }
    );
    const auto message = view("too-large").get("Ready").message;
    BOOST_TEST(message.find("large.yaml") != std::string::npos, message);
    BOOST_TEST(message.size() < 4000u);
    others_are_served();
    s.require_untouched();
    s.repository().remove("large.yaml");
    recovers(s);
}

BOOST_AUTO_TEST_CASE(two_files_that_name_one_object_are_both_named) {
    patient s{"twice"};
    s.repository().write("a.yaml", config_map("same", "value", "a"));
    s.repository().write("b.yaml", config_map("same", "value", "b"));
    refuses(s, "ComparisonError", {"a.yaml", "b.yaml", "same"});
    BOOST_TEST(s.uid("same").empty());
    s.repository().remove("b.yaml");
    recovers(s);
    BOOST_TEST(world::get().field("configmap", "twice", "same", ".data.value") == "a");
}

BOOST_AUTO_TEST_CASE(an_object_of_another_application_is_left_to_it) {
    patient owner{"owner"};
    git_repository repository{"taker"};
    repository.write("good.yaml", config_map("good", "value", "taken"));
    repository.write("own.yaml", config_map("own", "value", "1"));
    repository.push("The same name");
    repository.declare();
    auto& w = world::get();
    w.apply(application("taker", {.url = repository.url(), .into = "owner"}));
    eventually(
        [&] {
            const auto ready = view("taker").get("Ready");
            return ready.status == "False" && ready.message.find("good") != std::string::npos &&
                   ready.message.find("owner") != std::string::npos;
        },
        "the application names the object and who owns it", 60s, [] { return view("taker").describe(); }
    );
    others_are_served();
    BOOST_TEST(w.field("configmap", "owner", "good", ".data.value") == "1");
    owner.require_untouched();
    await_synced("owner");
    // And it goes without it.
    w.kubectl({"delete", "application.holdfast.dev", "taker", "-n", home, "--wait=false"});
    eventually([] { return !view("taker").exists; }, "the taker is gone");
    owner.require_untouched();
    BOOST_TEST(owner.uid("own").empty());
}

BOOST_AUTO_TEST_SUITE_END()
