#include "kube/config.hpp"

#include "base/base64.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::kube {

namespace {

struct directory_fixture {
    test::temporary_directory dir;
};

constexpr std::string_view two_contexts = R"(
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: dev-cluster
  cluster: {server: "https://dev.test:6443", tls-server-name: kubernetes, proxy-url: "http://proxy.test:3128"}
- name: prod-cluster
  cluster: {server: "https://prod.test", insecure-skip-tls-verify: true}
contexts:
- name: dev
  context: {cluster: dev-cluster, user: me, namespace: team}
- name: prod
  context: {cluster: prod-cluster, user: robot}
users:
- name: me
  user: {token: my-token}
- name: robot
  user: {username: robot, password: "0644"}
)";

// A kubeconfig with one cluster and one user, whose fields these are.
std::string with(std::string_view cluster, std::string_view user) {
    return "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
           "clusters: [{name: c, cluster: {server: 'https://c.test', " +
           std::string{cluster} + "}}]\nusers: [{name: u, user: {" + std::string{user} + "}}]\n";
}

// Expects a user error that names all of these.
void check_refused(const result<connection_config>& r, std::initializer_list<std::string_view> named) {
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().kind() == error_kind::user), r.error().message());
    for (const auto name : named) {
        BOOST_TEST(r.error().message().find(name) != std::string::npos, r.error().message());
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kubeconfig, directory_fixture)

BOOST_AUTO_TEST_CASE(the_current_context_is_taken_unless_another_is_chosen) {
    const auto path = dir.write("config", two_contexts);
    const auto dev = load_kubeconfig({path}).value();
    BOOST_TEST(dev.http.url == "https://dev.test:6443");
    BOOST_TEST(dev.http.tls.server_name == "kubernetes");
    BOOST_TEST(dev.http.proxy == "http://proxy.test:3128");
    BOOST_TEST(dev.default_namespace == "team");
    BOOST_TEST(std::get<token_credentials>(dev.credentials).token == "my-token");
    BOOST_TEST(dev.origin.find("dev") != std::string::npos);

    const auto prod = load_kubeconfig({path}, "prod").value();
    BOOST_TEST(prod.http.url == "https://prod.test");
    BOOST_TEST(prod.http.tls.insecure_skip_verify);
    BOOST_TEST(prod.default_namespace == "default");
    BOOST_TEST(std::get<basic_credentials>(prod.credentials).password == "0644");
}

BOOST_AUTO_TEST_CASE(a_context_that_does_not_exist_is_an_error_that_lists_those_that_do) {
    const auto path = dir.write("config", two_contexts);
    check_refused(load_kubeconfig({path}, "staging"), {path, "staging", "dev", "prod"});
    check_refused(load_kubeconfig({dir.write("none", "clusters: []\n")}), {"none", "current-context"});
}

BOOST_AUTO_TEST_CASE(of_several_files_the_first_to_name_something_wins) {
    const auto first = dir.write("first", R"(
contexts:
- {name: shared, context: {cluster: one, user: me}}
clusters:
- {name: one, cluster: {server: "https://first.test"}}
)");
    const auto second = dir.write("second", R"(
current-context: shared
contexts:
- {name: shared, context: {cluster: two, user: me, namespace: ignored}}
clusters:
- {name: one, cluster: {server: "https://second.test"}}
users:
- {name: me, user: {token: from-second}}
)");
    const auto third = dir.write("third", "current-context: other\n");
    const auto c = load_kubeconfig({dir / "missing", first, second, third}).value();
    BOOST_TEST(c.http.url == "https://first.test");
    BOOST_TEST(c.default_namespace == "default");
    BOOST_TEST(std::get<token_credentials>(c.credentials).token == "from-second");
}

BOOST_AUTO_TEST_CASE(relative_paths_are_of_the_file_that_names_them) {
    static_cast<void>(dir.write("pki/ca.crt", "the ca"));
    static_cast<void>(dir.write("pki/me.crt", "my certificate"));
    static_cast<void>(dir.write("pki/me.key", "my key"));
    static_cast<void>(dir.write("pki/token", "the token"));
    const auto path = dir.write(
        "nested/config", with(
                             "certificate-authority: ../pki/ca.crt",
                             "client-certificate: ../pki/me.crt, client-key: ../pki/me.key, "
                             "tokenFile: ../pki/token"
                         )
    );
    const auto c = load_kubeconfig({path}).value();
    BOOST_TEST(c.http.tls.ca == "the ca");
    BOOST_TEST(c.ca_file == dir / "pki/ca.crt");
    BOOST_TEST(c.http.tls.certificate == "my certificate");
    BOOST_TEST(c.certificate_file == dir / "pki/me.crt");
    BOOST_TEST(c.http.tls.key == "my key");
    BOOST_TEST(std::get<token_file_credentials>(c.credentials).path == dir / "pki/token");
}

BOOST_AUTO_TEST_CASE(data_wins_over_a_file_and_is_not_reread) {
    const auto c =
        parse_kubeconfig(
            with(
                "certificate-authority: /nowhere, certificate-authority-data: " + base64_encode("the ca"),
                "client-certificate-data: " + base64_encode("cert") +
                    ", client-key-data: " + base64_encode("key")
            ),
            "secret"
        )
            .value();
    BOOST_TEST(c.http.tls.ca == "the ca");
    BOOST_TEST(c.ca_file.empty());
    BOOST_TEST(c.http.tls.certificate == "cert");
    BOOST_TEST(c.http.tls.key == "key");
    BOOST_TEST(std::holds_alternative<no_credentials>(c.credentials));
}

BOOST_AUTO_TEST_CASE(impersonation_becomes_headers) {
    const auto c =
        parse_kubeconfig(
            with(
                "", "token: t, as: jane, as-uid: '7', as-groups: [dev, ops], as-user-extra: {scopes: [view]}"
            ),
            "x"
        )
            .value();
    std::string all;
    for (const auto& h : c.impersonation) {
        all += h.name + "=" + h.value + ";";
    }
    BOOST_TEST(
        all == "Impersonate-User=jane;Impersonate-Uid=7;Impersonate-Group=dev;Impersonate-Group=ops;"
               "Impersonate-Extra-scopes=view;"
    );
}

BOOST_AUTO_TEST_CASE(an_exec_plugin_is_described_with_what_it_may_know) {
    const auto path = dir.write("config", R"(
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters:
- name: c
  cluster:
    server: https://c.test
    extensions:
    - {name: client.authentication.k8s.io/exec, extension: {audience: me, number: 7, quoted: "7", list: [true]}}
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/plugin
      args: [get, token]
      env: [{name: PROFILE, value: dev}]
      installHint: apt install it
      interactiveMode: IfAvailable
      provideClusterInfo: true
)");
    const auto c = load_kubeconfig({path}).value();
    const auto& exec = std::get<exec_credentials>(c.credentials);
    BOOST_TEST(exec.command == dir / "bin/plugin");
    BOOST_TEST(exec.args == (std::vector<std::string>{"get", "token"}), boost::test_tools::per_element());
    BOOST_TEST(exec.env.at(0).first == "PROFILE");
    BOOST_TEST(exec.env.at(0).second == "dev");
    BOOST_TEST(exec.install_hint == "apt install it");
    BOOST_TEST(
        exec.cluster_info ==
        R"({"server":"https://c.test","config":{"audience":"me","number":7,"quoted":"7","list":[true]}})"
    );
}

BOOST_AUTO_TEST_CASE(a_kubeconfig_that_is_not_ours_may_neither_run_programs_nor_read_files) {
    const std::string exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: sh}";
    check_refused(
        parse_kubeconfig(with("", exec), "Secret team/cluster"), {"Secret team/cluster", "users[u].user.exec"}
    );
    BOOST_TEST(parse_kubeconfig(with("", exec), "x", {}, {.allow_exec = true}).has_value());

    const auto token = dir.write("token", "secret of the operator");
    for (const auto& [cluster, user, field] :
         {std::tuple{std::string{}, "tokenFile: " + token, "users[u].user.tokenFile"},
          std::tuple{std::string{}, "client-certificate: " + token, "users[u].user.client-certificate"},
          std::tuple{
              "certificate-authority: " + token, std::string{}, "clusters[c].cluster.certificate-authority"
          }}) {
        check_refused(parse_kubeconfig(with(cluster, user), "x"), {field});
    }
}

BOOST_AUTO_TEST_CASE(errors_name_the_file_and_the_field) {
    const auto refused = [&](std::string_view cluster, std::string_view user,
                             std::initializer_list<std::string_view> named) {
        check_refused(load_kubeconfig({dir.write("config", with(cluster, user))}), named);
    };
    refused(
        "certificate-authority: missing.crt", "",
        {"config", "clusters[c].cluster.certificate-authority", "missing.crt"}
    );
    refused("certificate-authority-data: '***'", "", {"certificate-authority-data", "base64"});
    refused("insecure-skip-tls-verify: maybe", "", {"insecure-skip-tls-verify", "true or false"});
    refused(
        "insecure-skip-tls-verify: true, certificate-authority-data: aGk=", "", {"insecure-skip-tls-verify"}
    );
    refused("proxy-url: 'socks5://p.test'", "", {"proxy-url"});
    refused("", "client-certificate-data: aGk=", {"users[u].user.client-key"});
    refused("", "token: [a]", {"users[u].user.token"});
    refused("", "username: a, token: b", {"users[u].user.username"});
    refused("", "auth-provider: {name: gcp}", {"auth-provider", "exec"});
    refused("", "as-groups: [a]", {"users[u].user.as"});
    refused(
        "", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: a}",
        {"users[u].user.exec.apiVersion"}
    );
    refused("", "exec: {apiVersion: client.authentication.k8s.io/v1}", {"users[u].user.exec.command"});
    refused(
        "", "exec: {apiVersion: client.authentication.k8s.io/v1, command: a, interactiveMode: Always}",
        {"users[u].user.exec.interactiveMode"}
    );
}

BOOST_AUTO_TEST_CASE(names_that_lead_nowhere_are_errors) {
    check_refused(
        parse_kubeconfig("current-context: c\ncontexts: [{name: c, context: {cluster: gone}}]\n", "x"),
        {"contexts[c].context.cluster", "gone"}
    );
    check_refused(
        parse_kubeconfig(
            "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: gone}}]\n"
            "clusters: [{name: c, cluster: {server: 'https://a'}}]\n",
            "x"
        ),
        {"contexts[c].context.user", "gone"}
    );
    check_refused(
        parse_kubeconfig(
            "current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\nclusters: [{name: c, cluster: "
            "{}}]\n",
            "x"
        ),
        {"clusters[c].cluster.server"}
    );
}

BOOST_AUTO_TEST_CASE(what_is_no_kubeconfig_is_refused) {
    check_refused(parse_kubeconfig("a: b: c", "x"), {"x:1"});
    check_refused(parse_kubeconfig("- a\n", "x"), {"mapping"});
    check_refused(parse_kubeconfig("", "x"), {"current-context"});
    check_refused(parse_kubeconfig("current-context: c\ncontexts: 7\n", "x"), {"contexts", "list"});
    check_refused(parse_kubeconfig("current-context: c\ncontexts: [7]\n", "x"), {"contexts[0]", "mapping"});
    check_refused(parse_kubeconfig(std::string(std::size_t{2} << 20U, '#'), "x"), {"1 MiB"});
    check_refused(parse_kubeconfig("a: " + std::string(100'000, '['), "x"), {"x"});
}

BOOST_AUTO_TEST_CASE(json_is_a_kubeconfig_too) {
    const auto c = parse_kubeconfig(
        R"({"current-context":"c","contexts":[{"name":"c","context":{"cluster":"c"}}],)"
        R"("clusters":[{"name":"c","cluster":{"server":"https://json.test"}}],"users":null})",
        "x"
    );
    BOOST_TEST(c.value().http.url == "https://json.test");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(finding_a_configuration, directory_fixture)

BOOST_AUTO_TEST_CASE(a_file_given_by_name_comes_first_and_must_be_there) {
    config_environment e;
    e.kubeconfig = dir.write("other", with("", "token: other"));
    const auto path = dir.write("named", with("", "token: named"));
    const auto c = find_config({.path = path}, e).value();
    BOOST_TEST(std::get<token_credentials>(c.credentials).token == "named");
    check_refused(find_config({.path = dir / "gone"}, e), {"gone"});
}

BOOST_AUTO_TEST_CASE(then_the_files_of_the_environment_then_the_pod_then_the_home) {
    config_environment e;
    e.home = dir / "home";
    static_cast<void>(dir.write("home/.kube/config", with("", "token: home")));
    BOOST_TEST(std::get<token_credentials>(find_config({}, e).value().credentials).token == "home");

    e.service_host = "10.0.0.1";
    e.service_port = "443";
    e.service_account_directory = dir / "account";
    static_cast<void>(dir.write("account/token", "inside"));
    static_cast<void>(dir.write("account/ca.crt", "the ca"));
    BOOST_TEST(std::holds_alternative<token_file_credentials>(find_config({}, e).value().credentials));
    // A context is one of a kubeconfig.
    BOOST_TEST(
        std::get<token_credentials>(find_config({.context = "c"}, e).value().credentials).token == "home"
    );

    e.kubeconfig = ":" + dir.write("env", with("", "token: env")) + ":" + (dir / "gone");
    BOOST_TEST(std::get<token_credentials>(find_config({}, e).value().credentials).token == "env");
}

BOOST_AUTO_TEST_CASE(nothing_at_all_is_an_error_that_says_where_was_looked) {
    config_environment e;
    check_refused(find_config({}, e), {"KUBECONFIG", "HOME"});
    e.home = dir / "home";
    check_refused(find_config({}, e), {"home/.kube/config"});
}

BOOST_AUTO_TEST_CASE(a_pod_finds_its_cluster) {
    config_environment e;
    BOOST_TEST((in_cluster_config(e).error().kind() == error_kind::not_found));
    e.service_host = "fd00::1";
    e.service_port = "6443";
    e.service_account_directory = dir / "account";
    check_refused(in_cluster_config(e), {"account/token", "automountServiceAccountToken"});
    static_cast<void>(dir.write("account/token", "inside"));
    check_refused(in_cluster_config(e), {"account/ca.crt"});
    static_cast<void>(dir.write("account/ca.crt", "the ca"));
    static_cast<void>(dir.write("account/namespace", "holdfast\n"));
    const auto c = in_cluster_config(e).value();
    BOOST_TEST(c.http.url == "https://[fd00::1]:6443");
    BOOST_TEST(c.http.tls.ca == "the ca");
    BOOST_TEST(c.ca_file == dir / "account/ca.crt");
    BOOST_TEST(c.default_namespace == "holdfast");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::kube
