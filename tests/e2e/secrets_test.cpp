// Values from password stores and from SOPS, from Git to the cluster, and nowhere else.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"
#include "support/read_file.hpp"
#include "unit/secrets/store_fixture.hpp"

#include "base/base64.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace stores = holdfast::secrets::test;

namespace {

// Nothing else in the world has these texts.
constexpr const char* first_value = "correct-horse-battery-one-7c1f";
constexpr const char* second_value = "correct-horse-battery-two-9b2e";
constexpr const char* sealed_value = "correct-horse-battery-sealed-4d3a";
constexpr const char* script_value = "correct-horse-battery-script-5e8d";
constexpr const char* rotated_script_value = "correct-horse-battery-script-two-1b6c";
constexpr std::array all_values{first_value, second_value, sealed_value, script_value, rotated_script_value};
// Of a value that stands where an API server refuses it, and says so: as much of it as nobody may write
// otherwise.
constexpr const char* refused_value = "correct <horse> \"battery\" refused-6d1f";
constexpr std::array parts_of_refused{"refused-6d1f", "correct <horse", "correct \\u003chorse"};

int metrics_port() {
    static const int port = free_port();
    return port;
}

world& running() {
    static bool started = false;
    auto& w = world::get();
    if (!started) {
        started = true;
        const auto plugins = fs::temp_directory_path() / ("plugins-" + std::to_string(::getpid()) + ".yaml");
        std::ofstream{plugins} << "plugins:\n- name: team\n  passwordStore: true\n"
                                  "  generate: {command: [/bin/sh, ./generate.sh]}\n";
        w.shared_operator().start(
            {"--metrics-listen", "127.0.0.1:" + std::to_string(metrics_port()), "--plugins", plugins.string()}
        );
    }
    return w;
}

/// A password store made by gpg and pass, served by Git, and its Repository in "holdfast".
class password_store {
public:
    explicit password_store(const std::string& name) : repository_{name} {
        auto& w = running();
        static const bool made = [] {
            user().run("pass init " + user().make_key("e2e") + " >/dev/null");
            return true;
        }();
        static_cast<void>(made);
        insert("shop/db", std::string{first_value} + "\nuser: shop-user\n");
        insert("other/db", "not for everybody\n");
        repository_.push("A store");
        const auto key = user().home() + "/private.asc";
        std::ofstream{key} << user().private_key("e2e");
        w.kubectl({"create", "secret", "generic", name, "-n", home, "--from-file=anything=" + key});
        fs::remove(key);
    }

    /// The Repository, with these rules in "allow".
    void declare(json::array allow, bool is_default = true) {
        repository_.declare(
            {{"passwordStore",
              {{"keySecretRef", {{"name", repository_.name()}}},
               {"default", is_default},
               {"allow", std::move(allow)}}}}
        );
    }

    void insert(const std::string& entry, const std::string& content) {
        user().insert(entry, content);
        for (const auto& file : {entry + ".gpg", std::string{".gpg-id"}}) {
            repository_.write(file, read_file(user().store() + "/" + file));
        }
    }
    void push() { repository_.push("Rotated"); }
    [[nodiscard]] std::string url() const { return repository_.url(); }

private:
    static stores::gpg_user& user() {
        static stores::gpg_user one;
        return one;
    }
    git_repository repository_;
};

std::string secret_value(scene& s, const std::string& name, const std::string& key) {
    const auto encoded = s.w.field("secret", s.name, name, ".data." + key);
    return holdfast::base64_decode(encoded).value_or("(no base64)");
}

// The one Secret whose name begins so; kustomize adds a hash to names.
std::string secret_beginning(scene& s, const std::string& begin) {
    for (const auto& name : s.w.names("secret", s.name, "holdfast.dev/installation")) {
        if (name.starts_with(begin)) {
            return name;
        }
    }
    return {};
}

password_store& shared_store() {
    static password_store store{"passwords"};
    static const bool declared = [] {
        store.declare({json::object{{"entries", json::array{"shop/**"}}, {"namespaces", json::array{"*"}}}});
        return true;
    }();
    static_cast<void>(declared);
    return store;
}

} // namespace

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(a_pass_secret_of_kustomize_is_built_and_rotated) {
    auto& store = shared_store();
    scene s{"pass-kustomize"};
    s.repository.write("kustomization.yaml", "generators: [secret.yaml]\nresources: [deployment.yaml]\n")
        .write("secret.yaml", R"(apiVersion: ftsell.de/v1beta1
kind: PassSecret
metadata:
  name: creds
  annotations:
    config.kubernetes.io/function: "exec:\n  path: kustomize-pass\n"
    kustomize.config.k8s.io/needs-hash: "true"
data: {all: shop/db}
plainData: {plain: text}
)")
        .write("deployment.yaml", R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
        envFrom: [{secretRef: {name: creds}}]
)");
    s.repository.push("One");
    s.follow();
    await_synced(s.name);
    const auto before = secret_beginning(s, "creds");
    BOOST_TEST(secret_value(s, before, "all") == std::string{first_value} + "\nuser: shop-user");
    BOOST_TEST(secret_value(s, before, "plain") == "text");
    const auto used = [&] {
        return s.w.field(
            "deployment", s.name, "web", ".spec.template.spec.containers[0].envFrom[0].secretRef.name"
        );
    };
    BOOST_TEST(used() == before);

    store.insert("shop/db", std::string{second_value} + "\nuser: shop-user\n");
    store.push();
    eventually(
        [&] {
            const auto now = secret_beginning(s, "creds");
            return !now.empty() && now != before && used() == now &&
                   secret_value(s, now, "all") == std::string{second_value} + "\nuser: shop-user";
        },
        "a rotated entry is a new Secret, and a rolled Deployment"
    );
}

BOOST_AUTO_TEST_CASE(references_in_plain_manifests_are_resolved_and_what_is_missing_is_named) {
    shared_store();
    scene s{"pass-plain"};
    s.repository.write("secret.yaml", R"(apiVersion: v1
kind: Secret
metadata: {name: db}
stringData:
  url: postgres://ref+pass://shop/db#user+@db/shop
)");
    await_synced((s.repository.push("One"), s.follow(), s.name));
    BOOST_TEST(secret_value(s, "db", "url") == "postgres://shop-user@db/shop");

    s.repository.write("secret.yaml", R"(apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {a: ref+pass://shop/nope, b: ref+pass://other/db, c: "ref+pass://shop/db#colour"}
)");
    s.repository.push("Missing, forbidden, without the field");
    const auto seen = await_condition(
        s.name, "ComparisonError", {"shop/nope", "other/db", "may not be read", "secret.yaml"}
    );
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(secret_value(s, "db", "url") == "postgres://shop-user@db/shop"); // nothing was applied

    s.repository.write(
        "secret.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
                       "data: {a: \"ref+pass://shop/db#user\"}\n"
    );
    s.repository.push("Outside of a Secret");
    await_condition(s.name, "ComparisonError", {"ConfigMap", "data.a"});
    BOOST_TEST(!s.has("m"));
    s.patch({{"spec", {{"secretReferences", "Everywhere"}}}});
    eventually(
        [&] { return s.w.field("configmap", s.name, "m", ".data.a") == "shop-user"; },
        "where the application allows it, it is done"
    );
}

BOOST_AUTO_TEST_CASE(an_object_of_sops_is_decrypted_with_the_applications_key) {
    running();
    scene s{"sops"};
    const stores::temporary_directory scratch;
    const char* programs = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
    BOOST_REQUIRE(programs != nullptr);
    stores::shell(scratch.path(), "age-keygen -o key.agekey 2>/dev/null");
    std::ofstream{scratch.path() + "/secret.yaml"}
        << "apiVersion: v1\nkind: Secret\nmetadata: {name: sealed}\nstringData: {password: " << sealed_value
        << "}\n";
    const auto encrypted = stores::shell(
        scratch.path(), std::string{programs} +
                            "/sops encrypt --encrypted-regex '^(data|stringData)$' --age \"$(age-keygen -y "
                            "key.agekey)\" secret.yaml"
    );
    s.w.kubectl(
        {"create", "secret", "generic", "age", "-n", home, "--from-file=" + scratch.path() + "/key.agekey"}
    );
    s.repository.write("secret.yaml", encrypted);
    s.repository.push("Sealed");
    s.follow();
    await_condition(s.name, "ComparisonError", {"sealed", "spec.secrets"});
    s.patch(
        {{"spec", {{"secrets", json::array{json::object{{"sops", {{"keySecretRef", {{"name", "age"}}}}}}}}}}}
    );
    await_synced(s.name);
    BOOST_TEST(secret_value(s, "sealed", "password") == sealed_value);
}

BOOST_AUTO_TEST_CASE(a_script_that_calls_pass_builds_as_a_plugin) {
    auto& store = shared_store();
    store.insert("shop/script", std::string{script_value} + "\n");
    store.push();
    scene s{"pass-script"};
    s.repository.write("generate.sh", R"sh(set -eu
cat <<END
apiVersion: v1
kind: Secret
metadata: {name: made}
stringData:
  password: "$(pass show shop/script)"
  of-others: "$(pass show other/db 2>/dev/null || echo none)"
END
)sh");
    s.repository.push("One");
    json::object source{{"repoURL", s.repository.url()}, {"targetRevision", "main"}, {"path", "."}};
    source["plugin"] = json::object{{"name", "team"}};
    s.follow({.spec = {{"source", std::move(source)}}});
    await_synced(s.name);
    BOOST_TEST(secret_value(s, "made", "password") == script_value);
    BOOST_TEST(secret_value(s, "made", "of-others") == "none");

    // Kept nowhere, so it is made again when it is needed again.
    s.w.kubectl({"delete", "secret", "made", "-n", s.name});
    eventually([&] { return secret_value(s, "made", "password") == script_value; }, "what went comes back");

    store.insert("shop/script", std::string{rotated_script_value} + "\n");
    store.push();
    eventually(
        [&] { return secret_value(s, "made", "password") == rotated_script_value; },
        "a rotated entry is built anew"
    );

    s.repository.write("generate.sh", "pass show shop/script >&2; pass show shop/script; exit 3\n");
    s.repository.push("Talks too much");
    await_condition(
        s.name, "ComparisonError", {"plugin team", "failed with status 3", "its output is not shown"}
    );
    s.repository.write("generate.sh", "pass show shop/script; echo '{'\n");
    s.repository.push("Is no YAML");
    await_condition(s.name, "ComparisonError", {"may hold secrets"});
    BOOST_TEST(secret_value(s, "made", "password") == rotated_script_value); // what was built last stays
}

BOOST_AUTO_TEST_CASE(what_a_server_repeats_of_a_value_is_hidden_from_all_who_read_of_it) {
    auto& store = shared_store();
    store.insert("shop/refused", std::string{refused_value} + "\n");
    store.insert("shop/short", "q7\n");
    store.push();
    scene s{"pass-refused"};
    const auto refused = [&](const std::string& what, const std::string& manifest, const std::string& says) {
        BOOST_TEST_CONTEXT(what) {
            s.repository.write("refused.yaml", manifest);
            s.repository.push(what);
            const auto seen = await_condition(s.name, "SyncError", {"(hidden)", says});
            // All that is said of it, rows and all.
            const auto all = json::serialize(seen.object.at("status"));
            for (const auto* part : parts_of_refused) {
                BOOST_TEST(all.find(part) == std::string::npos);
            }
            BOOST_TEST(all.find("\"q7\\\"") == std::string::npos);
        }
    };
    s.repository.write("first.yaml", config_map("first", "a", "b"));
    s.repository.push("Nothing to hide");
    s.follow({.spec = {{"secretReferences", "Everywhere"}}});
    await_synced(s.name);
    const std::string reference = "\"ref+pass://shop/refused\"";
    refused(
        "a label, by the server",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, labels: {a: " + reference + "}}}\n", "label"
    );
    refused(
        "within more",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, labels: {a: \"x ref+pass://shop/"
        "refused+ y\"}}}\n",
        "label"
    );
    refused(
        "a short one",
        "{apiVersion: v1, kind: Service, metadata: {name: m}, spec: {ports: [{port: 80}], "
        "type: ExternalName, externalName: a.example.com, sessionAffinity: "
        "\"ref+pass://shop/short\"}}\n",
        "sessionAffinity"
    );
    // A dry run says no more.
    s.patch({{"spec", {{"syncPolicy", {{"automated", nullptr}}}}}});
    s.repository.write(
        "refused.yaml",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, labels: {a: " + reference + "}}}\n"
    );
    s.repository.push("A dry run");
    s.until([](const auto& v) { return v.sync == "OutOfSync"; }, "it is compared");
    const auto tried = s.ask({{"dryRun", true}}, "Failed");
    BOOST_TEST(tried.phase_message.find("(hidden)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_digest_of_what_is_applied_takes_a_key_that_nobody_reads_with_it) {
    shared_store();
    scene s{"pass-digest"};
    auto& w = s.w;
    s.repository.write("secret.yaml", R"(apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: ref+pass://shop/db}
)");
    await_synced((s.repository.push("One"), s.follow(), s.name));
    const auto digest = [&] {
        return w.field("application.holdfast.dev", home, s.name, ".status.sync.appliedState");
    };
    const auto key = [&] { return w.field("secret", home, "holdfast-state-key", ".data.key"); };
    eventually([&] { return !digest().empty(); }, "the digest is told");
    BOOST_TEST(holdfast::base64_decode(key()).value_or("").size() == 32U);
    const auto before = digest();
    const auto version = w.field("secret", s.name, "db", ".metadata.resourceVersion");
    const auto started =
        w.field("application.holdfast.dev", home, s.name, ".status.operationState.startedAt");

    // The same after a restart, and so for the next leader.
    w.shared_operator().restart();
    s.config_map("unrelated", "1");
    await_synced(s.name, s.repository.push("Something to see that it looked"));
    const auto with_more = digest();
    BOOST_TEST(with_more != before);

    // Without the key another one is made, of which follow another digest, one comparison and no more.
    w.kubectl({"delete", "secret", "holdfast-state-key", "-n", home});
    w.shared_operator().restart();
    eventually([&] { return !key().empty(); }, "a key is made");
    eventually([&] { return digest() != with_more; }, "the digest is another one");
    await_synced(s.name);
    BOOST_TEST(w.field("secret", s.name, "db", ".metadata.resourceVersion") == version);
    BOOST_TEST(!started.empty());
    BOOST_TEST(s.look().phase == "Succeeded");

    // One that is too short is not used; once it is gone another one is made without a restart.
    w.kubectl(
        {"patch", "secret", "holdfast-state-key", "-n", home, "--type=merge", "-p",
         R"({"data": {"key": "c2hvcnQ="}})"}
    );
    w.shared_operator().restart();
    eventually(
        [&] { return w.shared_operator().logged("a key for digests in statuses is of no use") > 0; },
        "the key is refused"
    );
    w.kubectl({"delete", "secret", "holdfast-state-key", "-n", home});
    eventually([&] { return !key().empty(); }, "a key is made again");
    BOOST_TEST(holdfast::base64_decode(key()).value_or("").size() == 32U);
}

// The last case: by now everything was said and kept that there is to say and keep.
BOOST_AUTO_TEST_CASE(no_value_is_in_logs_events_statuses_metrics_caches_or_memory) {
    auto& w = running();
    auto& running_operator = w.shared_operator();
    std::string said = running_operator.log();
    said += w.kubectl(
        {"get", "events.events.k8s.io,events,applications.holdfast.dev,repositories.holdfast.dev", "-A", "-o",
         "json"}
    );
    said += stores::shell("/", "curl -s http://127.0.0.1:" + std::to_string(metrics_port()) + "/metrics");
    BOOST_TEST(said.find("holdfast_") != std::string::npos); // the metrics are there
    for (const auto& entry : fs::recursive_directory_iterator{running_operator.cache()}) {
        if (entry.is_regular_file()) {
            said += read_file(entry.path());
        }
    }
    for (const std::string value : all_values) {
        BOOST_TEST(said.find(value) == std::string::npos);
        BOOST_TEST(said.find(holdfast::base64_encode(value)) == std::string::npos);
    }

    for (const std::string part : parts_of_refused) {
        BOOST_TEST(said.find(part) == std::string::npos);
    }
    BOOST_TEST(said.find(holdfast::base64_encode(refused_value)) == std::string::npos);

    // Memory, as a core dump would have it. (The API server's answers have values in base64, and pass through
    // buffers; in plain text they are in none.)
    std::ifstream maps{"/proc/" + std::to_string(running_operator.pid()) + "/maps"};
    std::ifstream memory{"/proc/" + std::to_string(running_operator.pid()) + "/mem", std::ios::binary};
    std::size_t looked_at = 0;
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0;
        unsigned long end = 0;
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3 || rights[0] != 'r' ||
            rights[1] != 'w') {
            continue;
        }
        std::string bytes(end - begin, '\0');
        memory.clear();
        memory.seekg(static_cast<std::streamoff>(begin));
        memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(memory.gcount(), 0)));
        looked_at += bytes.size();
        for (const std::string value : all_values) {
            const auto at = bytes.find(value);
            BOOST_TEST(at == std::string::npos, value << " is in memory at " << line);
        }
    }
    BOOST_TEST(looked_at > std::size_t{1} << 20U);
}

BOOST_AUTO_TEST_SUITE_END()
