// The page's API as browsers and scripts use it: the real operator, a real API server, ServiceAccount tokens. What
// asks is curl.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/background_process.hpp"
#include "e2e/config_folder.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/certificates.hpp"
#include "support/free_port.hpp"
#include "support/needs.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr const char* people = R"(
apiVersion: v1
kind: ServiceAccount
metadata: {name: viewer, namespace: holdfast}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: deployer, namespace: holdfast}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: stranger, namespace: holdfast}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: viewer, namespace: holdfast}
rules:
- {apiGroups: [holdfast.dev], resources: [applications], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: holdfast}
rules:
- {apiGroups: [holdfast.dev], resources: [applications, applications/status], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: viewer, namespace: holdfast}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: viewer}
subjects:
- {kind: ServiceAccount, name: viewer, namespace: holdfast}
- {kind: ServiceAccount, name: deployer, namespace: holdfast}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: holdfast}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects:
- {kind: ServiceAccount, name: deployer, namespace: holdfast}
)";

std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
}

/// An operator with a page, the people above, and their tokens; the same for all cases.
class site {
public:
    static site& get() {
        static site only;
        return only;
    }

    world& w = world::get();
    const int port = free_port();
    const std::string origin = "https://127.0.0.1:" + std::to_string(port);
    std::string viewer;
    std::string deployer;
    std::string stranger;

    [[nodiscard]] std::string file(const std::string& name) const {
        return (directory_.path() / name).string();
    }

private:
    site() {
        const authority ca{"of the page"};
        const auto pair = ca.server({"IP:127.0.0.1"});
        std::ofstream{file("tls.crt")} << pair.certificate;
        std::ofstream{file("tls.key")} << pair.key;
        std::ofstream{file("ca.crt")} << ca.certificate();
        w.apply(people);
        for (auto [name, token] :
             {std::pair{"viewer", &viewer}, {"deployer", &deployer}, {"stranger", &stranger}}) {
            *token = trimmed(w.kubectl({"create", "token", name, "-n", home}));
        }
        give_rights();
        w.shared_operator().start(
            {"--page-listen", "127.0.0.1:" + std::to_string(port), "--page-certificate", file("tls.crt"),
             "--page-key", file("tls.key")}
        );
    }

    // Those of the installation, and no more.
    void give_rights() {
        const auto apply = [&](const std::string& file) {
            w.kubectl({"apply", "--server-side", "--validate=strict", "-n", home, "-f", config + "/" + file});
        };
        for (const auto* file :
             {"base/namespaced/service_account.yaml", "base/namespaced/rbac.yaml", "base/rbac/operator.yaml",
              "base/rbac/tenants.yaml", "base/rbac/deploy.yaml", "components/page/rbac.yaml"}) {
            apply(file);
        }
        w.kubectl({"wait", "--for=jsonpath={.rules[0].verbs}", "--timeout=30s", "clusterrole/holdfast-deploy"}
        );
        w.kubectl(
            {"apply", "--server-side", "--validate=strict", "--dry-run=server", "-k",
             config + "/overlays/page"}
        );
        w.shared_operator().use_kubeconfig(kubeconfig_of_the_account(w));
    }

    temporary_directory directory_{"holdfast-e2e-page"};
};

struct reply {
    std::string status;
    std::string head;
    std::string body;
    [[nodiscard]] json::object object() const { return json::parse(body).as_object(); }
};

std::vector<std::string> curl_arguments(const std::string& path, const std::vector<std::string>& headers) {
    auto& s = site::get();
    std::vector<std::string> args{"-sS", "--cacert", s.file("ca.crt")};
    for (const auto& one : headers) {
        args.insert(args.end(), {"-H", one});
    }
    args.push_back(s.origin + (path.starts_with('/') ? path : "/api/holdfast/v1/" + path));
    return args;
}

reply ask(
    const std::string& method, const std::string& path, std::vector<std::string> headers,
    const std::string& body
) {
    headers.push_back("Content-Type: application/json");
    auto args = curl_arguments(path, headers);
    args.insert(args.end(), {"--max-time", "20", "-i", "-X", method, "--data-binary", "@-"});
    const auto done = run_command("curl", args, body, 30s);
    BOOST_REQUIRE_MESSAGE(done.ok(), done.err);
    const auto end = done.out.find("\r\n\r\n");
    BOOST_REQUIRE(end != std::string::npos);
    return {done.out.substr(9, 3), done.out.substr(0, end), done.out.substr(end + 4)};
}

std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token;
}

reply get(const std::string& path, const std::string& token) {
    return ask("GET", path, {bearer(token)}, {});
}

reply post(const std::string& path, const std::string& token, const std::string& body = "{}") {
    return ask("POST", path, {bearer(token)}, body);
}

// What the list says of one; empty where it is not there.
json::object listed(const std::string& name, const std::string& token) {
    const auto page = get("applications?q=" + name, token).object();
    for (const auto& one : page.at("items").as_array()) {
        if (text_at(one.as_object(), {"name"}) == name) {
            return one.as_object();
        }
    }
    return {};
}

// A stream of events, while it lives.
class follower {
public:
    follower(const std::string& topics, const std::string& token)
        : log_{site::get().file("events" + std::to_string(++count))},
          process_{"curl", arguments(topics, token), log_} {
        eventually([&] { return text().find("event: reset") != std::string::npos; }, "the stream begins");
    }
    [[nodiscard]] std::string text() const { return read_file(log_); }
    bool running() { return process_.running(); }

private:
    static std::vector<std::string> arguments(const std::string& topics, const std::string& token) {
        auto args = curl_arguments("watch?topics=" + topics, {bearer(token)});
        args.push_back("-N");
        return args;
    }
    static inline int count = 0;
    fs::path log_;
    background_process process_;
};

} // namespace

std::string lacks_browser() {
    if (std::getenv("HOLDFAST_BROWSER") == nullptr) { // NOLINT: nobody writes the environment
        return "HOLDFAST_BROWSER does not name what tests/browser/build prints";
    }
    return fs::exists("/usr/bin/chromium") ? ""
                                           : "there is no /usr/bin/chromium: tools/install-packages browser";
}

BOOST_AUTO_TEST_SUITE(page)

BOOST_AUTO_TEST_CASE(people_see_and_do_what_they_may_with_kubectl_and_see_what_comes_of_it) {
    auto& s = site::get();
    scene it{"paged"};
    it.config_map("a", "1");
    const auto revision = it.repository.push("The first");
    it.follow({.automated = false});
    it.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "what is missing is told");

    eventually(
        [&] { return text_at(listed("paged", s.viewer), {"sync"}) == "OutOfSync"; }, "the list says so"
    );
    const auto row = listed("paged", s.viewer);
    BOOST_TEST(text_at(row, {"health"}) == "Missing");
    BOOST_TEST(text_at(row, {"revision"}) == revision.substr(0, 8));
    BOOST_TEST(text_at(row, {"message"}).find("is not there") != std::string::npos);
    BOOST_TEST(listed("paged", s.stranger).empty());
    BOOST_TEST(get("applications", "no-token").status == "401");
    BOOST_TEST(ask("GET", "applications", {}, {}).status == "401");

    const auto path = "applications/holdfast/paged";
    BOOST_TEST(get(path, s.stranger).status == "404");
    auto detail = get(path, s.viewer).object();
    BOOST_TEST(text_at(detail, {"status", "sync", "status"}) == "OutOfSync");
    BOOST_TEST(
        text_at(detail, {"can", "sync", "missing"}) ==
        "patch applications.holdfast.dev in the namespace holdfast"
    );
    BOOST_TEST(text_at(get(path, s.deployer).object(), {"can", "sync", "allowed"}) == "true");
    BOOST_TEST(post(std::string{path} + "/sync", s.viewer).status == "403");
    BOOST_TEST(post(std::string{path} + "/terminate", s.deployer).status == "409");
    BOOST_TEST(!it.has("a"));

    follower seen{"applications,application:holdfast/paged", s.viewer};
    follower unseen{"applications", s.stranger};
    const auto asked = post(std::string{path} + "/sync", s.deployer, R"({"prune":true})");
    BOOST_TEST(asked.status == "202", asked.body);
    await_synced("paged", revision);
    BOOST_TEST(it.value("a") == "1");
    constexpr std::string_view synced =
        R"({"namespace":"holdfast","name":"paged","project":"default","sync":"Synced")";
    eventually([&] { return seen.text().find(synced) != std::string::npos; }, "the viewer is told", 5s);
    BOOST_TEST(seen.text().find("event: application\n") != std::string::npos);
    BOOST_TEST(unseen.text().find("paged") == std::string::npos);
    BOOST_TEST(unseen.running());

    detail = get(path, s.viewer).object();
    BOOST_TEST(
        text_at(detail, {"status", "operationState", "operation", "initiatedBy", "username"}) ==
        "system:serviceaccount:holdfast:deployer"
    );
    BOOST_TEST(s.w.shared_operator().logged("somebody acts by the page") == 1U);
    eventually(
        [&] {
            const auto events = events_of("paged");
            return std::ranges::any_of(events, [](const auto& one) {
                return one ==
                       "SyncRequested: system:serviceaccount:holdfast:deployer asks for a sync, with pruning, "
                       "by the page";
            });
        },
        "an event says who asked"
    );
    BOOST_TEST(post(std::string{path} + "/refresh", s.deployer).status == "202");
    BOOST_TEST(post(std::string{path} + "/sync", s.deployer, R"({"revision":"none"})").status == "202");
    BOOST_TEST(post(std::string{path} + "/sync", s.deployer, R"({"pruned":true})").status == "400");
    it.until(
        [](const application_view& v) { return v.phase == "Failed"; }, "a revision that is not there fails"
    );
}

BOOST_AUTO_TEST_CASE(a_login_is_a_cookie_that_only_this_page_can_use) {
    auto& s = site::get();
    const auto log_in = [&](const std::string& token, std::vector<std::string> headers = {}) {
        return ask("POST", "session", std::move(headers), json::serialize(json::object{{"token", token}}));
    };
    BOOST_TEST(log_in("made-up").status == "401");
    BOOST_TEST(log_in(s.viewer, {"Sec-Fetch-Site: cross-site"}).status == "403");
    const auto in = log_in(s.viewer);
    BOOST_TEST_REQUIRE(in.status == "200");
    BOOST_TEST(text_at(in.object(), {"username"}) == "system:serviceaccount:holdfast:viewer");
    const auto at = in.head.find("Set-Cookie: ");
    BOOST_TEST_REQUIRE(at != std::string::npos);
    const auto line = in.head.substr(at + 12, in.head.find("\r\n", at) - at - 12);
    BOOST_TEST(line.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
    const auto cookie = "Cookie: " + line.substr(0, line.find(';'));
    BOOST_TEST(ask("GET", "me", {cookie}, {}).status == "200");
    BOOST_TEST(ask("GET", "me", {cookie + "x"}, {}).status == "401");
    BOOST_TEST(
        ask("POST", "applications/holdfast/none/sync", {cookie, "Sec-Fetch-Site: cross-site"}, "{}").status ==
        "403"
    );
    const auto log = s.w.shared_operator().log();
    BOOST_TEST(log.find("somebody logs in by the page") != std::string::npos);
    BOOST_TEST(log.find(s.viewer) == std::string::npos);
    BOOST_TEST(in.head.find("frame-ancestors 'none'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_person_finds_what_is_wrong_and_syncs_it_in_a_browser, *needs(lacks_browser)) {
    auto& s = site::get();
    scene it{"browsed"};
    it.config_map("a", "1");
    it.repository.push("The first");
    it.follow({.automated = false});
    eventually([&] { return text_at(listed("browsed", s.viewer), {"sync"}) == "OutOfSync"; }, "it is known");
    const auto screenshots = s.file("screenshots");
    fs::create_directory(screenshots);
    const auto walked = run_command(
        "node", {HOLDFAST_SOURCE_DIR "/tests/browser/walk.js", s.origin, "browsed", screenshots},
        s.deployer + "\n" + s.viewer + "\n", 120s
    );
    BOOST_TEST(walked.ok(), walked.out << walked.err << s.w.shared_operator().last_words());
    BOOST_TEST(it.value("a") == "1");
}

BOOST_AUTO_TEST_CASE(streams_end_when_the_operator_does) {
    auto& s = site::get();
    follower seen{"applications", s.viewer};
    s.w.shared_operator().restart();
    eventually([&] { return !seen.running(); }, "the stream has ended");
    eventually(
        [&] {
            auto args = curl_arguments("me", {bearer(s.viewer)});
            args.push_back("-f");
            return run_command("curl", args, {}, 30s).ok();
        },
        "the page is there again"
    );
}

BOOST_AUTO_TEST_SUITE_END()
