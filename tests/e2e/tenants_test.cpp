// A tenant: somebody who may write Applications and Repositories, and nearly everything else, in one
// namespace. Whatever they try, they reach nothing else, and are told so.

#include "base/hash.hpp"
#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/imposter.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <sstream>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr const char* tenant = "tenant";
constexpr const char* victim = "victim";

std::string in(const std::string& ns, const std::string& name) {
    return "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + ", namespace: " + ns +
           "}, data: {a: b}}\n";
}

/// The tenant with one Application, "mine", and its repository. It may do everything in its namespace.
class tenancy {
public:
    static tenancy& get() {
        static auto* one = new tenancy; // NOLINT: as the world, for the program
        return *one;
    }

    world& w;
    git_repository repository;

    /// The files of the repository are these and no others.
    void push(const std::map<std::string, std::string>& files) {
        for (const auto& path : written_) {
            repository.remove(path);
        }
        written_.clear();
        for (const auto& [path, text] : files) {
            repository.write(path, text);
            written_.push_back(path);
        }
        repository.push("An attempt");
    }

    /// The Application, with this in its spec; refused by the API server in these words, or taken (empty).
    std::string apply(const json::object& spec = {}, const std::string& name = "mine") {
        return w.cluster()
            .kubectl(
                {"apply", "-f", "-"},
                {.input = application(
                     name,
                     {.url = repository.url(), .into = tenant, .finalizer = false, .ns = tenant, .spec = spec}
                 )}
            )
            .err;
    }

    /// Tries this, and is told so in a condition.
    void is_told(const std::string& type, const std::vector<std::string>& texts) {
        const auto seen = await_condition("mine", type, texts, tenant);
        BOOST_TEST(seen.get("Ready").status == "False");
    }

    /// Everything that is not the tenant's, as text.
    std::string others() {
        const std::string columns =
            "--output=jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} "
            "{.metadata.resourceVersion}{\"\\n\"}{end}";
        std::istringstream lines{w.kubectl(
            {"get",
             "namespaces,configmaps,secrets,serviceaccounts,services,roles,rolebindings,clusterroles,"
             "clusterrolebindings,customresourcedefinitions,applications.holdfast.dev",
             "--all-namespaces", columns}
        )};
        std::string text;
        for (std::string line; std::getline(lines, line);) {
            if (line.find(" tenant/") == std::string::npos) {
                text += line + "\n";
            }
        }
        return text;
    }

private:
    tenancy() : w{world::with_operator()}, repository{"tenant"} {
        w.create_namespace(tenant);
        w.create_namespace(victim);
        w.kubectl({"create", "role", "everything", "-n", tenant, "--verb=*", "--resource=*.*"});
        w.kubectl(
            {"create", "rolebinding", "everything", "-n", tenant, "--role=everything",
             "--serviceaccount=tenant:default"}
        );
        w.kubectl(
            {"create", "secret", "generic", "credentials", "-n", victim, "--from-literal=username=x",
             "--from-literal=password=y", "--from-literal=insecure=true"}
        );
        w.apply(json::serialize(json::object{
            {"apiVersion", "holdfast.dev/v1alpha1"},
            {"kind", "Repository"},
            {"metadata", {{"name", "tenant"}, {"namespace", tenant}}},
            {"spec", {{"url", repository.url()}, {"interval", "1s"}}}
        }));
    }

    std::vector<std::string> written_;
};

json::object a_repository(const std::string& name, const std::string& ns, const json::object& spec) {
    return {
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", name}, {"namespace", ns}}},
        {"spec", spec}
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(tenants)

BOOST_AUTO_TEST_CASE(manifests_reach_no_other_namespace_and_nothing_of_the_cluster) {
    auto& t = tenancy::get();
    t.push({{"ours.yaml", in(tenant, "ours")}});
    t.apply();
    await_synced("mine", {}, tenant);
    const auto before = t.others();
    const std::string confined =
        "an Application in namespace \"tenant\" may only have objects of that namespace";
    const auto attempt = [&](const std::string& what, const std::map<std::string, std::string>& files,
                             const std::vector<std::string>& named) {
        BOOST_TEST_CONTEXT(what) {
            t.push(files);
            auto texts = named;
            texts.push_back(confined);
            t.is_told("ComparisonError", texts);
        }
    };
    attempt("another namespace", {{"a.yaml", in(victim, "planted")}}, {"planted", "victim"});
    attempt("the operator's", {{"a.yaml", in(home, "planted")}}, {"planted", "holdfast"});
    attempt("the cluster's", {{"a.yaml", in("kube-system", "planted")}}, {"planted", "kube-system"});
    attempt(
        "one of many in a List",
        {{"a.yaml",
          "apiVersion: v1\nkind: List\nitems:\n- " + in(tenant, "fine") + "- " + in(victim, "listed")}},
        {"listed"}
    );
    attempt(
        "a hook", {{"a.yaml", R"(
apiVersion: batch/v1
kind: Job
metadata: {name: hooked, namespace: victim, annotations: {argocd.argoproj.io/hook: PreSync}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}
)"}},
        {"hooked"}
    );
    attempt(
        "its own Namespace",
        {{"a.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: tenant, labels: "
                    "{pod-security.kubernetes.io/enforce: privileged}}}"}},
        {"Namespace", "tenant"}
    );
    attempt(
        "a Namespace", {{"a.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: more}}"}}, {"more"}
    );
    attempt(
        "a ClusterRole",
        {{"a.yaml",
          R"({apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: everything}, rules: []})"
        }},
        {"ClusterRole", "everything"}
    );
    attempt(
        "a ClusterRoleBinding", {{"a.yaml", R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everything}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: default, namespace: tenant}]
)"}},
        {"ClusterRoleBinding"}
    );
    attempt(
        "a definition", {{"a.yaml", R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
)"}},
        {"CustomResourceDefinition"}
    );
    attempt(
        "an Application of the operator's namespace",
        {{"a.yaml", application("planted", {.url = t.repository.url(), .into = victim})}},
        {"planted", "holdfast"}
    );
    attempt(
        "kustomize's namespace",
        {{"kustomization.yaml", "namespace: victim\nresources: [a.yaml]\n"},
         {"a.yaml", config_map("built", "a", "b")}},
        {"built", "victim"}
    );
    // Nor is anything applied of what would be right.
    BOOST_TEST(!t.w.exists("configmap", tenant, "fine"));
    BOOST_TEST(t.others() == before);
    t.push({{"ours.yaml", in(tenant, "ours")}});
    await_synced("mine", {}, tenant);
}

BOOST_AUTO_TEST_CASE(no_field_of_an_application_leads_elsewhere) {
    auto& t = tenancy::get();
    t.push({{"ours.yaml", config_map("ours", "a", "b")}});
    t.apply();
    await_synced("mine", {}, tenant);
    t.w.apply(
        application("theirs", {.url = "https://git.example.com/none", .into = victim, .automated = false})
    );
    await_condition("theirs", "ComparisonError", {});
    const auto before = t.others();
    const auto attempt = [&](const json::object& spec, const std::vector<std::string>& named) {
        BOOST_TEST_CONTEXT(json::serialize(spec)) {
            const auto refused = t.apply(spec);
            BOOST_TEST_REQUIRE(refused.find("invalid") == std::string::npos, refused);
            t.is_told("InvalidSpecError", named);
        }
    };
    attempt({{"destination", {{"namespace", victim}}}}, {"spec.destination.namespace: must be \"tenant\""});
    attempt({{"destination", {{"namespace", home}}}}, {"spec.destination.namespace: must be \"tenant\""});
    attempt({{"destination", {{"server", "https://10.0.0.1"}}}}, {"spec.destination.server: must be"});
    attempt(
        {{"syncPolicy", {{"syncOptions", {"CreateNamespace=true"}}}}},
        {"spec.syncPolicy.syncOptions[0]: must not be CreateNamespace=true"}
    );
    attempt(
        {{"syncPolicy",
          {{"syncOptions", {"CreateNamespace=true"}},
           {"managedNamespaceMetadata", {{"labels", {{"pod-security.kubernetes.io/enforce", "privileged"}}}}}}
        }},
        {"spec.syncPolicy.managedNamespaceMetadata: must not be set"}
    );
    attempt(
        {{"dependsOn", {{{"name", "theirs"}, {"namespace", home}}}}},
        {"spec.dependsOn[0].namespace: must be \"tenant\""}
    );
    attempt(
        {{"source", {{"repoURL", "file://" + t.w.shared_operator().cache().string() + "/stores/any"}}}},
        {"spec.source.repoURL: must not be a file:// URL"}
    );
    // These are refused before they are stored.
    for (const auto* account : {"victim:default", "system:admin", "../victim/default"}) {
        BOOST_TEST(t.apply({{"serviceAccountName", account}}).find("invalid") != std::string::npos, account);
    }
    for (const auto* name : {"victim/key", "../victim/key"}) {
        const json::object pass{{"repoURL", "https://a.example.com/b"}, {"keySecretRef", {{"name", name}}}};
        BOOST_TEST(t.apply({{"secrets", {{{"pass", pass}}}}}).find("invalid") != std::string::npos, name);
    }
    // kustomize.namespace is Argo CD's field for the same thing as the transformer in a file.
    t.push({{"kustomization.yaml", "resources: [a.yaml]\n"}, {"a.yaml", config_map("built", "a", "b")}});
    t.apply({{"source", {{"kustomize", {{"namespace", victim}}}}}});
    t.is_told("ComparisonError", {"built", "victim", "may only have objects of that namespace"});
    // An operation brings its own source: no other way.
    t.apply();
    await_synced("mine", {}, tenant);
    t.w.kubectl(
        {"patch", "applications.holdfast.dev/mine", "-n", tenant, "--type=merge", "-p",
         json::serialize(json::object{
             {"operation",
              {{"sync",
                {{"source",
                  {{"repoURL", t.repository.url()},
                   {"path", "."},
                   {"targetRevision", "main"},
                   {"kustomize", {{"namespace", victim}}}}}}}}}
         })}
    );
    eventually(
        [&] {
            const auto said = t.w.kubectl(
                {"get", "applications.holdfast.dev/mine", "-n", tenant, "-o",
                 "jsonpath={.status.operationState.phase}: {.status.operationState.message}"}
            );
            return said.starts_with("Failed: ") && said.find("victim/built") != std::string::npos;
        },
        "the operation fails"
    );
    BOOST_TEST(t.others() == before);
    t.w.kubectl({"delete", "applications.holdfast.dev/mine", "-n", tenant});
    t.w.kubectl({"delete", "applications.holdfast.dev/theirs", "-n", home});
}

BOOST_AUTO_TEST_CASE(what_its_service_account_may_not_is_refused_by_the_server) {
    auto& t = tenancy::get();
    t.w.kubectl({"create", "serviceaccount", "weak", "-n", tenant});
    t.w.kubectl(
        {"create", "role", "weak", "-n", tenant, "--verb=get,list,create,update,patch,delete",
         "--resource=configmaps,roles,rolebindings"}
    );
    t.w.kubectl({"create", "rolebinding", "weak", "-n", tenant, "--role=weak", "--serviceaccount=tenant:weak"}
    );
    const auto before = t.others();
    const auto attempt = [&](const std::string& manifest, const std::vector<std::string>& named) {
        t.push({{"a.yaml", manifest}});
        t.apply({{"serviceAccountName", "weak"}});
        t.is_told("SyncError", named);
    };
    attempt(
        "{apiVersion: v1, kind: Secret, metadata: {name: planted}}",
        {"forbidden", "system:serviceaccount:tenant:weak"}
    );
    attempt(
        R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: more}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: weak}]
)",
        {"more", "not currently held"}
    );
    attempt(
        R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: more}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
)",
        {"more", "not currently held"}
    );
    BOOST_TEST(!t.w.exists("secret", tenant, "planted"));
    BOOST_TEST(!t.w.exists("rolebinding", tenant, "more"));
    BOOST_TEST(t.others() == before);
    t.w.kubectl({"delete", "applications.holdfast.dev/mine", "-n", tenant});
}

BOOST_AUTO_TEST_CASE(an_application_of_applications_hands_on_no_more_than_it_has) {
    auto& t = tenancy::get();
    const auto before = t.others();
    t.push(
        {{"child.yaml",
          application(
              "child",
              {.url = t.repository.url(), .path = "child", .into = victim, .finalizer = false, .ns = tenant}
          )},
         {"child/a.yaml", config_map("planted", "a", "b")}}
    );
    t.apply();
    await_condition("child", "InvalidSpecError", {"spec.destination.namespace: must be \"tenant\""}, tenant);
    BOOST_TEST(t.others() == before);
    t.w.kubectl({"delete", "applications.holdfast.dev/mine", "-n", tenant});
    t.w.kubectl({"delete", "applications.holdfast.dev/child", "-n", tenant, "--ignore-not-found"});
}

BOOST_AUTO_TEST_CASE(another_namespaces_repository_and_its_copy_are_not_read) {
    auto& t = tenancy::get();
    git_repository secret{"private", {"--basic", "x:y"}};
    secret.write("a.yaml", config_map("known", "a", "b"));
    const auto commit = secret.push("Private");
    const auto declare = [&] {
        t.w.apply(json::serialize(a_repository(
            "private", victim,
            {{"url", secret.url()}, {"interval", "1s"}, {"secretRef", {{"name", "credentials"}}}}
        )));
    };
    declare();
    t.w.kubectl(
        {"create", "rolebinding", "admin", "-n", victim, "--clusterrole=admin",
         "--serviceaccount=victim:default"}
    );
    t.w.apply(application("theirs", {.url = secret.url(), .into = victim, .finalizer = false, .ns = victim}));
    await_synced("theirs", commit, victim);

    // The commit is on the operator's disk by now.
    for (const auto& revision : {std::string{"main"}, commit}) {
        t.apply({{"source", {{"repoURL", secret.url()}, {"targetRevision", revision}}}});
        t.is_told("ComparisonError", {secret.url(), "credentials"});
        BOOST_TEST(view("mine", tenant).sync != "Synced");
    }
    // Its owner is not locked out by that, and a Repository that is opened anew does not let the other in.
    secret.write("b.yaml", config_map("news", "a", "b"));
    await_synced("theirs", secret.push("News"), victim);
    t.w.kubectl({"delete", "repository.holdfast.dev/private", "-n", victim});
    declare();
    secret.write("c.yaml", config_map("more", "a", "b"));
    await_synced("theirs", secret.push("More"), victim);
    throughout(
        1500ms, [&] { return !t.w.exists("configmap", tenant, "known"); }, "the tenant gets nothing of it"
    );
    t.is_told("ComparisonError", {secret.url(), "credentials"});

    // Credentials are those of one's own namespace, whatever they are called.
    t.w.apply(json::serialize(a_repository(
        "private", tenant,
        {{"url", secret.url()}, {"interval", "1s"}, {"secretRef", {{"name", "credentials"}}}}
    )));
    t.is_told("ComparisonError", {"there is no Secret \"credentials\" in namespace \"tenant\""});
    t.w.kubectl({"delete", "repository.holdfast.dev/private", "-n", tenant});
    t.w.kubectl({"delete", "applications.holdfast.dev/mine", "-n", tenant});
    t.w.kubectl({"delete", "applications.holdfast.dev/theirs", "-n", victim});
}

BOOST_AUTO_TEST_CASE(a_claim_on_anothers_namespace_does_not_keep_its_owner_out) {
    auto& t = tenancy::get();
    t.push({{"shared/a.yaml", config_map("shared", "a", "b")}});
    t.apply({{"source", {{"path", "shared"}}}, {"destination", {{"namespace", victim}}}});
    t.is_told("InvalidSpecError", {"spec.destination.namespace"});
    t.w.apply(application(
        "theirs",
        {.url = t.repository.url(), .path = "shared", .into = victim, .finalizer = false, .ns = victim}
    ));
    await_synced("theirs", {}, victim);
    t.w.kubectl({"delete", "applications.holdfast.dev/mine", "-n", tenant});
    t.w.kubectl({"delete", "applications.holdfast.dev/theirs", "-n", victim});
}

BOOST_AUTO_TEST_CASE(a_password_store_of_another_namespace_is_neither_read_nor_forced_upon_one) {
    auto& t = tenancy::get();
    const json::object store{
        {"url", "https://127.0.0.1:1/passwords"},
        {"passwordStore",
         {{"keySecretRef", {{"name", "key"}}},
          {"default", true},
          {"allow", {{{"entries", {"**"}}, {"namespaces", {"*"}}}}}}}
    };
    t.push(
        {{"a.yaml", "{apiVersion: v1, kind: Secret, metadata: {name: opened}, stringData: {a: ref+pass://db}}"
        }}
    );
    t.w.apply(json::serialize(a_repository("passwords", victim, store)));
    t.apply();
    const auto seen = await_condition("mine", "ComparisonError", {"db", "no default password store"}, tenant);
    BOOST_TEST(seen.get("ComparisonError").message.find("127.0.0.1:1") == std::string::npos);
    t.w.kubectl({"delete", "repository.holdfast.dev/passwords", "-n", victim});

    // The tenant's is not taken for the operator's applications either, and being broken stops none.
    t.w.apply(json::serialize(a_repository("passwords", tenant, store)));
    t.w.apply(application("theirs", {.url = t.repository.url(), .into = victim}));
    const auto other = await_condition("theirs", "ComparisonError", {"db", "no default password store"});
    BOOST_TEST(other.get("ComparisonError").message.find("127.0.0.1:1") == std::string::npos);
    t.push({{"kustomization.yaml", "resources: [a.yaml]\n"}, {"a.yaml", config_map("built", "a", "b")}});
    t.repository.declare();
    await_synced("theirs");
    t.w.kubectl({"delete", "repository.holdfast.dev/passwords", "-n", tenant});
    t.w.kubectl({"delete", "repository.holdfast.dev/tenant", "-n", home});
    t.w.kubectl({"delete", "applications.holdfast.dev/mine", "-n", tenant});
    t.w.kubectl({"delete", "applications.holdfast.dev/theirs", "-n", home});
}

BOOST_AUTO_TEST_CASE(credentials_of_the_operators_namespace_go_nowhere_else) {
    auto& t = tenancy::get();
    // A chart whose index leads to a server of the tenant's.
    const temporary_directory files;
    (void)files.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    (void)files.write("web/templates/a.yaml", config_map("charted", "a", "b"));
    const auto packed =
        run_command("tar", {"-C", files.path().string(), "-czf", files / "web.tgz", "web"}, {}, 20s);
    BOOST_REQUIRE(packed.ok());
    const auto archive = read_file(files / "web.tgz");
    imposter theirs;
    theirs.when("GET", "/web.tgz").always([&archive](const seen_request& request) {
        return request.header("Authorization").empty() ? answer(401, "who are you?") : answer(200, archive);
    });
    imposter charts;
    charts.when("GET", "/index.yaml")
        .always(answer(
            200, "apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0, digest: " +
                     holdfast::to_hex(holdfast::sha256(archive)) + ", urls: ['" + theirs.url() +
                     "/web.tgz']}\n"
        ));
    t.w.kubectl(
        {"create", "secret", "generic", "charts", "-n", home, "--from-literal=username=operator",
         "--from-literal=password=not-for-tenants", "--from-literal=insecure=true"}
    );
    const json::object spec{{"url", charts.url()}, {"secretRef", {{"name", "charts"}}}};
    t.w.apply(json::serialize(a_repository("charts", home, spec)));
    t.apply(
        {{"source",
          {{"repoURL", charts.url()},
           {"chart", "web"},
           {"targetRevision", "1.0.0"},
           {"path", nullptr},
           {"helm", {{"passCredentials", true}}}}}}
    );
    t.is_told(
        "ComparisonError", {"passCredentials does not hold for the credentials of another namespace's "
                            "Repository: make a Repository for this URL in tenant"}
    );
    for (const auto& request : theirs.requests()) {
        BOOST_TEST(request.header("Authorization") == "");
    }
    BOOST_TEST(!theirs.requests().empty());

    // Their own go where they like.
    t.w.kubectl(
        {"create", "secret", "generic", "charts", "-n", tenant, "--from-literal=username=tenant",
         "--from-literal=password=their-own", "--from-literal=insecure=true"}
    );
    t.w.apply(json::serialize(a_repository("charts", tenant, spec)));
    await_synced("mine", {}, tenant);
    BOOST_TEST(theirs.requests().back().header("Authorization") != "");
    for (const auto& one : {tenant, home}) {
        t.w.kubectl({"delete", "repository.holdfast.dev/charts", "secret/charts", "-n", one});
    }
    t.w.kubectl({"delete", "applications.holdfast.dev/mine", "-n", tenant});
}

BOOST_AUTO_TEST_SUITE_END()
