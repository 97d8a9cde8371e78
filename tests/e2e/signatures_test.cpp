// Repositories that ask for signatures (spec.verify): what is read, and what is not, by every way in.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/signing.hpp"
#include "e2e/waiting.hpp"
#include "support/signing_user.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <map>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

// Keys take time: one of all for the program.
struct people {
    signing_user user;
    std::string alice = user.openpgp_key("Alice <alice@example.org>");
    std::string mallory = user.openpgp_key("Alice <alice@example.org>");
    std::string erin = user.openpgp_key("Erin <erin@example.org>", "1y", "20200101T000000!");
    std::string rita = user.openpgp_key("Rita <rita@example.org>");
    std::string bob = user.ssh_key("bob", "bob@example.org");
};

people& everybody() {
    static people all;
    return all;
}

json::object verify(const std::string& name, const std::string& mode = "HEAD") {
    return {{"verify", {{"mode", mode}, {"secretRef", {{"name", name + "-signers"}}}}}};
}

std::string repository_ready(scene& s, const std::string& field) {
    return s.w.field(
        "repository.holdfast.dev", home, s.name, R"(.status.conditions[?(@.type=="Ready")].)" + field
    );
}

application_view refused(scene& s, const std::string& commit, const std::vector<std::string>& words) {
    auto all = words;
    all.push_back(
        "commit " + commit + " of " + s.repository.url() + " is refused by spec.verify of the Repository "
    );
    return await_condition(s.name, "ComparisonError", all);
}

} // namespace

BOOST_AUTO_TEST_SUITE(signatures)

BOOST_AUTO_TEST_CASE(only_commits_that_somebody_of_the_secret_signed_are_read) {
    auto& all = everybody();
    const auto alice = all.user.git_by_openpgp(all.alice);
    scene s{"signed", verify("signed")};
    s.config_map("a", "unsigned");
    const auto unsigned_ = s.repository.push("Unsigned");
    s.follow();
    await_condition(
        s.name, "ComparisonError", {"spec.verify.secretRef: there is no Secret \"signed-signers\""}
    );
    const auto rita_before = all.user.exported(all.rita);
    store_keys(
        s, {{"people.asc", all.user.exported(all.alice) + all.user.exported(all.erin)},
            {"rita.asc", rita_before},
            {"people.sshpub", all.bob}}
    );
    const auto seen =
        refused(s, unsigned_, {"it is not signed; sign it with a key of Secret holdfast/signed-signers"});
    BOOST_TEST(seen.get("Ready").status == "False", seen.describe());
    BOOST_TEST(!s.has("a"));
    eventually([&] { return repository_ready(s, "reason") == "SignatureRefused"; }, "the Repository says so");
    BOOST_TEST(repository_ready(s, "message").find(unsigned_) != std::string::npos);
    eventually(
        [&] {
            return s.w.kubectl({"get", "events", "-n", home, "--field-selector=reason=SignatureRefused", "-o",
                                "jsonpath={.items[*].message}{.items[*].note}"})
                       .find(unsigned_) != std::string::npos;
        },
        "and an event tells"
    );

    // Signed by OpenPGP, then by SSH.
    s.config_map("a", "alice");
    const auto by_alice = push_signed(s.repository, alice);
    await_synced(s.name, by_alice);
    BOOST_TEST(s.value("a") == "alice");
    eventually([&] { return repository_ready(s, "status") == "True"; }, "the Repository is ready");
    s.config_map("a", "bob");
    const auto by_bob = push_signed(s.repository, all.user.git_by_ssh("bob"));
    await_synced(s.name, by_bob);
    BOOST_TEST(s.value("a") == "bob");

    // By a key of the same name, one that expired, and (once that is known) one that is revoked.
    s.config_map("a", "mallory");
    const auto by_mallory = push_signed(s.repository, all.user.git_by_openpgp(all.mallory));
    refused(s, by_mallory, {"signed by the OpenPGP key " + all.mallory, "which is not in Secret"});
    const auto by_erin = push_signed(s.repository, all.user.git_by_openpgp(all.erin, "20200601T000000!"));
    refused(s, by_erin, {"Erin <erin@example.org>", "a key that has expired"});
    s.config_map("a", "rita");
    const auto by_rita = push_signed(s.repository, all.user.git_by_openpgp(all.rita));
    await_synced(s.name, by_rita);
    BOOST_TEST(s.value("a") == "rita");
    all.user.revoke(all.rita);
    store_keys(s, {{"rita.asc", all.user.exported(all.rita)}});
    refused(s, by_rita, {"Rita <rita@example.org>", "a key that is revoked"});

    // A signature taken from another commit.
    s.config_map("a", "copied");
    const auto own = push_signed(s.repository, alice);
    await_synced(s.name, own);
    s.config_map("a", "evil");
    s.repository.git({"add", "-A"});
    s.repository.git({"commit", "-q", "-m", "Evil"});
    auto bytes = s.repository.git({"cat-file", "commit", "HEAD"});
    const auto good = s.repository.git({"cat-file", "commit", own});
    const auto begin = good.find("gpgsig ");
    bytes.insert(bytes.find("\n\n") + 1, good.substr(begin, good.find("\n\n", begin) + 1 - begin));
    const temporary_directory files;
    const auto forged =
        trimmed(s.repository.git({"hash-object", "-w", "-t", "commit", files.write("commit", bytes)}));
    s.repository.git({"reset", "-q", "--soft", forged});
    s.repository.push_ref("refs/heads/main");
    refused(s, forged, {"is not over this content"});
    BOOST_TEST(s.value("a") == "copied");

    // Back to what was never signed, by its SHA.
    s.patch({{"spec", {{"source", {{"targetRevision", unsigned_}}}}}});
    refused(s, unsigned_, {"it is not signed"});
    s.patch({{"spec", {{"source", {{"targetRevision", by_alice}}}}}});
    await_synced(s.name, by_alice);
    BOOST_TEST(s.value("a") == "alice");

    // A key that goes takes what it signed with it, after a restart as well, however well the build is known.
    store_keys(s, {{"people.asc", all.user.exported(all.mallory)}});
    s.w.kubectl(
        {"patch", "secret", "-n", home, s.name + "-signers", "--type=json", "-p",
         R"([{"op": "remove", "path": "/data/people.sshpub"}, {"op": "remove", "path": "/data/rita.asc"}])"}
    );
    refused(s, by_alice, {"signed by the OpenPGP key " + all.alice, "which is not in Secret"});
    s.w.shared_operator().restart();
    s.w.kubectl({"delete", "configmap", "-n", s.name, "a"});
    refused(s, by_alice, {"which is not in Secret"});
    throughout(3s, [&] { return !s.has("a"); }, "nothing is built of it");
    store_keys(s, {{"people.asc", all.user.exported(all.alice)}});
    await_synced(s.name, by_alice);
    BOOST_TEST(s.value("a") == "alice");
}

BOOST_AUTO_TEST_CASE(a_tag_has_to_be_annotated_signed_and_under_its_own_name) {
    auto& all = everybody();
    const auto alice = all.user.git_by_openpgp(all.alice);
    scene s{"tagged", verify("tagged", "Tag")};
    store_keys(s, {{"alice.asc", all.user.exported(all.alice)}});
    const auto tag = [&](const std::string& name, std::vector<std::string> by, std::vector<std::string> how) {
        by.push_back("tag");
        by.insert(by.end(), how.begin(), how.end());
        s.repository.git(by);
        s.repository.push_ref("refs/tags/" + name);
    };
    const auto stands_at = [&](const std::string& revision) {
        s.patch({{"spec", {{"source", {{"targetRevision", revision}}}}}});
    };
    s.config_map("a", "one");
    const auto one = s.repository.push("One");
    s.follow();
    refused(s, one, {"targetRevision leads to refs/heads/main, which is not a tag"});
    tag("light", {}, {"light"});
    stands_at("light");
    refused(s, one, {"the tag light is a lightweight one"});
    tag("v1", {}, {"-a", "-m", "One", "v1"});
    stands_at("v1");
    await_condition(s.name, "ComparisonError", {"tag v1 (commit " + one + ")", "it is not signed"});
    tag("v2", all.user.git_by_openpgp(all.mallory), {"-s", "-m", "Two", "v2"});
    stands_at("v2");
    await_condition(s.name, "ComparisonError", {"tag v2 (commit " + one + ")", "which is not in Secret"});
    BOOST_TEST(!s.has("a"));
    tag("v3", alice, {"-s", "-m", "Three", "v3"});
    stands_at("v3");
    await_synced(s.name, one);
    BOOST_TEST(s.value("a") == "one");

    s.config_map("a", "two");
    const auto two = s.repository.push("Two");
    tag("v4", alice, {"-s", "-m", "Four", "v4"});
    stands_at("^4");
    await_synced(s.name, two);
    // An old tag as a new version.
    s.repository.git({"update-ref", "refs/tags/v4.1", "refs/tags/v3"});
    s.repository.push_ref("refs/tags/v4.1");
    await_condition(s.name, "ComparisonError", {"tag v4.1", "it was made and signed as \"v3\""});
    BOOST_TEST(s.value("a") == "two");
    // By its SHA, as a rollback has it: a signed tag names it.
    stands_at(one);
    await_synced(s.name, one);
    BOOST_TEST(s.value("a") == "one");

    // Both.
    s.repository.declare(verify("tagged", "TagAndHEAD"));
    refused(s, one, {"it is not signed"});
    s.config_map("a", "both");
    const auto both = push_signed(s.repository, alice);
    tag("v5", alice, {"-s", "-m", "Five", "v5"});
    stands_at("v5");
    await_synced(s.name, both);
    BOOST_TEST(s.value("a") == "both");
}

BOOST_AUTO_TEST_CASE(what_builds_read_from_elsewhere_is_verified_as_well) {
    auto& all = everybody();
    const auto alice = all.user.git_by_openpgp(all.alice);
    scene s{"reader"};
    scene elsewhere{"elsewhere", verify("elsewhere")};
    store_keys(elsewhere, {{"alice.asc", all.user.exported(all.alice)}});
    elsewhere.repository.write("base/kustomization.yaml", "resources: [a.yaml]\n");
    elsewhere.repository.write("base/a.yaml", config_map("a", "value", "from the base"));
    elsewhere.repository.write("values.yaml", "greeting: from elsewhere\n");
    const auto unsigned_ = elsewhere.repository.push("Unsigned");
    const std::vector<std::string> words{
        "commit " + unsigned_ + " of " + elsewhere.repository.url() + " is refused", "it is not signed"
    };
    // A remote base of kustomize.
    s.repository.write(
        "kustomized/kustomization.yaml",
        "resources: [\"" + elsewhere.repository.url() + "//base?ref=main\"]\n"
    );
    // Values of a chart.
    s.repository.write("chart/Chart.yaml", "{apiVersion: v2, name: hello, version: 1.0.0}\n");
    s.repository.write("chart/values.yaml", "greeting: none\n");
    s.repository.write(
        "chart/templates/c.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {value: {{ .Values.greeting | quote }}}\n"
    );
    s.repository.push("What reads");
    s.follow({.path = "kustomized"});
    await_condition(s.name, "ComparisonError", words);
    BOOST_TEST(!s.has("a"));
    const json::object values{
        {"source", nullptr},
        {"sources",
         json::array{
             {{"repoURL", s.repository.url()},
              {"targetRevision", "main"},
              {"path", "chart"},
              {"helm", {{"valueFiles", {"$values/values.yaml"}}}}},
             {{"repoURL", elsewhere.repository.url()}, {"targetRevision", "main"}, {"ref", "values"}}
         }}
    };
    s.patch({{"spec", values}});
    await_condition(s.name, "ComparisonError", words);
    BOOST_TEST(!s.has("b"));
    push_signed(elsewhere.repository, alice);
    await_synced(s.name);
    BOOST_TEST(s.value("b") == "from elsewhere");
    s.patch(
        {{"spec",
          {{"sources", nullptr},
           {"source", {{"repoURL", s.repository.url()}, {"targetRevision", "main"}, {"path", "kustomized"}}}}}
        }
    );
    eventually([&] { return s.value("a") == "from the base"; }, "the base is read");
    // A password store.
    elsewhere.repository.write(".gpg-id", all.alice + "\n");
    const auto store = elsewhere.repository.push("A store, unsigned");
    s.w.kubectl({"create", "secret", "generic", "elsewhere-keys", "-n", home, "--from-literal=private.asc=x"}
    );
    auto spec = verify("elsewhere");
    spec["passwordStore"] = {{"keySecretRef", {{"name", "elsewhere-keys"}}}, {"default", true}};
    elsewhere.repository.declare(spec);
    s.repository.write(
        "secret/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: ref+pass://db}\n"
    );
    s.repository.push("A reference");
    s.patch({{"spec", {{"source", {{"path", "secret"}}}}}});
    await_condition(s.name, "ComparisonError", {"commit " + store, "is refused", "it is not signed"});
    // What comes without Git has no signature that is checked.
    elsewhere.w.kubectl(
        {"patch", "repository.holdfast.dev", "elsewhere", "-n", home, "--type=merge", "-p",
         R"({"spec": {"passwordStore": null}})"}
    );
    s.patch(
        {{"spec",
          {{"source",
            {{"repoURL", elsewhere.repository.url()},
             {"path", nullptr},
             {"chart", "web"},
             {"targetRevision", "1.0.0"}}}}}}
    );
    await_condition(s.name, "ComparisonError", {"requires signatures (spec.verify)"});
}

BOOST_AUTO_TEST_CASE(a_secret_that_loses_its_keys_lets_nothing_in) {
    auto& all = everybody();
    scene s{"keyless", verify("keyless")};
    store_keys(s, {{"alice.asc", all.user.exported(all.alice)}});
    s.config_map("a", "unsigned");
    s.repository.push("Unsigned");
    s.follow();
    await_condition(s.name, "ComparisonError", {"it is not signed"});
    // Not one that is passed over, so that the public repository is read without it.
    s.w.kubectl(
        {"patch", "secret", "-n", home, "keyless-signers", "--type=json", "-p",
         R"([{"op": "remove", "path": "/data/alice.asc"}, {"op": "add", "path": "/data/note", "value": "eA=="}])"
        }
    );
    await_condition(s.name, "ComparisonError", {"has no public keys"});
    throughout(2s, [&] { return !s.has("a"); }, "nothing is read");
    eventually([&] { return repository_ready(s, "reason") == "InvalidSpec"; }, "the Repository says so");
}

BOOST_AUTO_TEST_SUITE_END()
