#include "recovery/backup.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::recovery {
namespace {

constexpr std::string_view tracking = "holdfast.dev/tracking-id";

json::object parsed(std::string_view text) {
    return json::parse(text).as_object();
}

json::object secret(const std::string& namespace_, const std::string& name) {
    return {
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata", {{"name", name}, {"namespace", namespace_}}},
        {"type", "Opaque"},
        {"data", {{"password", "eA=="}}}
    };
}

json::object application(const std::string& name, const std::string& spec = "{}") {
    json::object made{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Application"},
        {"metadata", {{"name", name}, {"namespace", "holdfast"}}}
    };
    made["spec"] = json::parse(spec);
    return made;
}

json::object brought(json::object object) {
    object.at("metadata").as_object()["annotations"] =
        json::object{{tracking, "holdfast_root:/Secret:holdfast/x"}};
    return object;
}

// "Kind namespace/name", one a line.
std::string names_of(const std::vector<json::object>& objects) {
    std::string text;
    for (const auto& one : objects) {
        text += std::string{kube::kind_of(one)} + " " + std::string{kube::namespace_of(one)} + "/" +
                std::string{kube::name_of(one)} + "\n";
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(backup)

BOOST_AUTO_TEST_CASE(every_secret_that_is_named_is_asked_for_whoever_names_it) {
    const auto repository = parsed(R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Repository",
        "metadata": {"name": "shop", "namespace": "team"},
        "spec": {"url": "https://git.example/shop", "secretRef": {"name": "credentials"},
                 "webhook": {"secretRef": {"name": "hook"}},
                 "proxy": {"url": "http://proxy.example", "secretRef": {"name": "proxy"}},
                 "passwordStore": {"keySecretRef": {"name": "keys"}, "passphraseSecretRef": {"name": "phrase"}}}})"
    );
    const auto named = named_secrets(
        {application("a", R"({"secrets": [
            {"pass": {"repoURL": "https://git.example/pass", "keySecretRef": {"name": "own-keys", "key": "k"},
                      "passphraseSecretRef": {"name": "own-phrase"}}},
            {"sops": {"keySecretRef": {"name": "age"}, "passphraseSecretRef": {"name": "age-phrase"}}}]})"),
         application("wrong", R"({"secrets": 5})")},
        {repository, brought(repository)}
    );
    std::string all;
    for (const auto& [namespace_, name] : named) {
        all += namespace_ + "/" + name + " ";
    }
    BOOST_TEST(
        all ==
        "holdfast/age holdfast/age-phrase holdfast/own-keys holdfast/own-phrase team/credentials team/hook "
        "team/keys team/phrase team/proxy "
    );
}

BOOST_AUTO_TEST_CASE(what_an_application_brings_or_a_set_makes_is_left_out_and_namespaces_come_first) {
    found_objects found;
    found.applications = {application("root"), brought(application("child"))};
    found.repositories = {parsed(R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Repository",
        "metadata": {"name": "shop", "namespace": "team"}, "spec": {"url": "https://git.example/shop"}})")};
    auto made = application("made-by-a-set");
    made.at("metadata").as_object()["ownerReferences"] =
        json::array{json::object{{"kind", "ApplicationSet"}, {"name", "teams"}}};
    found.applications.push_back(made);
    found.sets = {parsed(R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "ApplicationSet",
        "metadata": {"name": "teams", "namespace": "team"}, "spec": {}})")};
    found.secrets = {
        secret("team", "credentials"), brought(secret("other", "from-git")), secret("default", "x")
    };
    found.options = parsed(R"({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "holdfast-options", "namespace": "holdfast"}, "data": {"options.yaml": ""}})");
    BOOST_TEST(
        names_of(backup_of(found, tracking)) == "Namespace /holdfast\n"
                                                "Namespace /team\n"
                                                "Secret team/credentials\n"
                                                "Secret default/x\n"
                                                "ConfigMap holdfast/holdfast-options\n"
                                                "Repository team/shop\n"
                                                "ApplicationSet team/teams\n"
                                                "Application holdfast/root\n"
    );
}

BOOST_AUTO_TEST_CASE(of_an_object_is_kept_what_a_person_writes) {
    auto root = application("root", R"({"project": "default"})");
    root["status"] = json::object{{"sync", {{"status", "Synced"}}}};
    root["operation"] = json::object{{"sync", json::object{}}};
    auto& metadata = root.at("metadata").as_object();
    metadata["uid"] = "1";
    metadata["resourceVersion"] = "2";
    metadata["managedFields"] = json::array{};
    metadata["ownerReferences"] = json::array{};
    metadata["labels"] = json::object{{"team", "a"}};
    metadata["finalizers"] = json::array{"holdfast.dev/resources-finalizer"};
    metadata["annotations"] = json::object{
        {"kubectl.kubernetes.io/last-applied-configuration", "an older password"}, {"note", "kept"}
    };
    found_objects found;
    found.applications = {root};
    const auto kept = backup_of(found, tracking).back();
    BOOST_TEST(
        json::serialize(kept) ==
        R"({"apiVersion":"holdfast.dev/v1alpha1","kind":"Application","metadata":{"name":"root","namespace":"holdfast",)"
        R"("labels":{"team":"a"},"annotations":{"note":"kept"},"finalizers":["holdfast.dev/resources-finalizer"]},)"
        R"("spec":{"project":"default"}})"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::recovery
