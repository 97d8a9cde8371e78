// What kubectl apply answers: the API server's schema and rules first, then the operator's webhook, which
// registered itself under the address that it was told.

#include "e2e/applications.hpp"
#include "e2e/asking.hpp"
#include "e2e/config_folder.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// Where the webhook is, for all cases: the API server is told once whom it shows its certificate.
const std::string& judges_address() {
    static const std::string at = "127.0.0.1:" + std::to_string(free_port());
    return at;
}

asking_rights& rights() {
    static asking_rights made{judges_address()};
    return made;
}

/// Starts the operator, and returns when the API server asks its webhook, by its certificate.
void start_judge(world& w) {
    const auto& at = judges_address();
    w.shared_operator().start(
        {"--admission-listen", at, "--admission-url", "https://" + at, "--admission-client-ca",
         rights().authority_file()}
    );
    eventually(
        [&] {
            const auto tried = w.cluster().kubectl(
                {"apply", "--dry-run=server", "-f", "-"},
                {.input = application("probe", {.url = "nonsense", .into = "default"})}
            );
            return tried.err.find("The request is invalid") != std::string::npos;
        },
        "the API server asks the webhook"
    );
}

/// The operator with its webhook registered; the same for all cases.
world& judged() {
    static bool started = false;
    auto& w = world::with_apiserver(rights().apiserver_args());
    if (!started) {
        started = true;
        start_judge(w);
    }
    return w;
}

json::object merged(json::object into, const json::object& patch) {
    for (const auto& [key, value] : patch) {
        if (value.is_null()) {
            into.erase(key);
        } else if (value.is_object() && into.contains(key) && into[key].is_object()) {
            into[key] = merged(into[key].as_object(), value.as_object());
        } else {
            into[key] = value;
        }
    }
    return into;
}

/// An object that is right, with a merge patch.
std::string object_of(const std::string& kind, const std::string& patch) {
    const auto right = kind == "Application"
                           ? json::parse(R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Application",
                "metadata": {"name": "shop", "namespace": "holdfast"},
                "spec": {"source": {"repoURL": "https://git.example.com/team/deploy", "path": "shop", "targetRevision": "v1.2.3"},
                         "destination": {"name": "in-cluster", "namespace": "shop"}}})")
                           : json::parse(R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Repository",
                "metadata": {"name": "team", "namespace": "holdfast"},
                "spec": {"url": "https://git.example.com/other"}})");
    return json::serialize(merged(right.as_object(), json::parse(patch).as_object()));
}

/// What kubectl prints about an object that is only tried.
std::string said_of(const std::string& kind, const std::string& patch) {
    const auto told = judged().cluster().kubectl(
        {"apply", "--dry-run=server", "-f", "-"}, {.input = object_of(kind, patch)}
    );
    auto text = told.err + told.out;
    while (text.ends_with('\n')) {
        text.pop_back();
    }
    return text;
}

struct tried {
    std::string kind;
    std::string patch;
    std::string said;
};

/// Blocks of three parts in tests/e2e/data: "KIND PATCH", then what kubectl prints, then a line "---".
std::vector<tried> table(const std::string& name) {
    std::ifstream file{std::string{HOLDFAST_TEST_DATA} + "/" + name};
    std::vector<tried> all;
    tried one;
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with('#')) {
            continue;
        }
        if (line == "---") {
            while (one.said.ends_with('\n')) {
                one.said.pop_back();
            }
            all.push_back(std::exchange(one, {}));
        } else if (one.kind.empty()) {
            const auto blank = line.find(' ');
            one.kind = line.substr(0, blank);
            one.patch = line.substr(blank + 1);
        } else {
            one.said += line + "\n";
        }
    }
    return all;
}

void check_table(const std::string& name, std::size_t least) {
    judged();
    const auto all = table(name);
    BOOST_TEST(all.size() >= least);
    std::string actual;
    for (const auto& one : all) {
        const auto said = said_of(one.kind, one.patch);
        BOOST_TEST(
            said == one.said,
            one.kind << " " << one.patch << "\n  said:     " << said << "\n  expected: " << one.said
        );
        actual += one.kind + " " + one.patch + "\n" + said + "\n---\n";
    }
    // For whoever changes a sentence: the table as it is now.
    if (const char* to = std::getenv("HOLDFAST_ACTUAL"); to != nullptr) { // NOLINT(concurrency-mt-unsafe)
        std::ofstream{std::string{to} + "/" + name} << actual;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(admission)

BOOST_AUTO_TEST_CASE(what_cannot_work_is_refused_with_a_sentence_that_says_what_to_write_instead) {
    check_table("refused.txt", 40);
}

BOOST_AUTO_TEST_CASE(what_is_right_is_taken) {
    check_table("taken.txt", 20);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_already_can_still_be_repaired_and_freed_of_its_finalizers) {
    auto& w = judged();
    // As when the webhook was off: a cycle that two objects make together cannot come in otherwise.
    w.apply(object_of("Application", R"({"metadata": {"name": "one"}, "spec": {"source": {"path": "one"}}})")
    );
    w.apply(object_of("Application", R"({"metadata": {"name": "two", "finalizers": ["example.com/held"]},
        "spec": {"source": {"path": "two"}, "dependsOn": [{"name": "one"}]}})"));
    eventually([&] { return w.shared_operator().running() && view("two").exists; }, "the operator sees both");
    const auto closing = [&] {
        return w.cluster().kubectl(
            {"patch", "application.holdfast.dev", "one", "-n", home, "--type=merge", "-p",
             R"({"spec": {"dependsOn": [{"name": "two"}]}})"}
        );
    };
    eventually([&] { return !closing().ok(); }, "the cycle is refused");
    BOOST_TEST(
        closing().err.find("spec.dependsOn[0]: depends on itself: holdfast/one → holdfast/two → "
                           "holdfast/one") != std::string::npos
    );
    // While the operator is away, objects are taken unjudged.
    w.shared_operator().kill9();
    eventually([&] { return closing().ok(); }, "nobody judges");
    start_judge(w);
    // Both are wrong now. What does not make it worse is let through, with a warning.
    const auto labelled =
        w.cluster().kubectl({"label", "application.holdfast.dev", "two", "-n", home, "team=shop"});
    BOOST_TEST(labelled.ok(), labelled.err);
    BOOST_TEST(labelled.err.find("depends on itself") != std::string::npos, labelled.err);
    w.kubectl({"delete", "application.holdfast.dev", "two", "-n", home, "--wait=false"});
    w.kubectl(
        {"patch", "application.holdfast.dev", "two", "-n", home, "--type=merge", "-p",
         R"({"metadata": {"finalizers": null}})"}
    );
    eventually([&] { return !view("two").exists; }, "it is gone");
    w.kubectl({"delete", "application.holdfast.dev", "one", "-n", home});
}

BOOST_AUTO_TEST_CASE(what_a_project_forbids_is_refused_and_a_project_names_those_that_would_fall_out_of_it) {
    auto& w = judged();
    const auto of_project = [&](const std::string& name, const std::string& repos, bool only_tried) {
        const auto manifest =
            R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Project", "metadata": {"name": ")" + name +
            R"(", "namespace": "holdfast"}, "spec": {"sourceRepos": )" + repos +
            R"(, "destinations": [{"name": "*", "namespace": "*"}]}})";
        std::vector<std::string> args{"apply", "-f", "-"};
        if (only_tried) {
            args.emplace_back("--dry-run=server");
        }
        const auto told = w.cluster().kubectl(std::move(args), {.input = manifest});
        return told.err + told.out;
    };
    of_project("narrow", R"(["https://git.example.com/other/*"])", /*only_tried=*/false);
    const std::string words =
        "spec.source.repoURL: application repo https://git.example.com/team/deploy is not "
        "permitted in project 'narrow'";
    const auto in_narrow = [] { return said_of("Application", R"({"spec": {"project": "narrow"}})"); };
    eventually(
        [&] { return in_narrow() == "The request is invalid: " + words; },
        "it is refused in the rule's words", 30s, in_narrow
    );
    BOOST_TEST(
        said_of("Application", R"({"spec": {"project": "missing"}})")
            .find("Warning: spec.project: Application referencing project missing which does not exist (yet)"
            ) != std::string::npos
    );
    BOOST_TEST(
        of_project("wrong", R"(["!*"])", true).find("spec.sourceRepos[0]: must not be \"!*\"") !=
        std::string::npos
    );
    BOOST_TEST(
        of_project("odd", R"(["!https://x/*"])", true)
            .find("Warning: spec.sourceRepos: only denies: every other repository is permitted") !=
        std::string::npos
    );

    of_project("open", R"(["*"])", /*only_tried=*/false);
    w.apply(object_of("Application", R"({"metadata": {"name": "inside"}, "spec": {"project": "open",
        "source": {"path": "inside"}}})"));
    const auto narrowed = [&] { return of_project("open", R"(["https://git.example.com/other/*"])", true); };
    eventually(
        [&] {
            return narrowed().find("not synced any more: holdfast/inside (application repo "
                                   "https://git.example.com/team/deploy is not permitted in project 'open')"
                   ) != std::string::npos;
        },
        "who would fall out is named", 30s, narrowed
    );
    const auto deleted = w.cluster().kubectl(
        {"delete", "projects.holdfast.dev", "open", "-n", home, "--dry-run=server"}, {.input = {}}
    );
    BOOST_TEST(
        deleted.err.find(
            "Warning: Project open is in use: until it is there again nothing is synced or deleted for "
            "holdfast/inside"
        ) != std::string::npos,
        deleted.err
    );
    BOOST_TEST(
        of_project(
            "odd", R"(["*"], "syncWindows": [{"kind": "deny", "schedule": "0 9 * * *", "duration": "1h"}])",
            true
        )
            .find("Warning: spec.syncWindows[0]: is for no application") != std::string::npos
    );
    w.kubectl({"delete", "application.holdfast.dev", "inside", "-n", home});
    w.kubectl({"delete", "projects.holdfast.dev", "narrow", "open", "-n", home});
}

BOOST_AUTO_TEST_CASE(a_secret_that_lacks_a_key_is_told_before_anything_is_read_with_it) {
    auto& w = judged();
    w.kubectl({"create", "secret", "generic", "half", "-n", home, "--from-literal=username=me"});
    // Secrets are known where a Repository uses one.
    w.apply(object_of("Repository", R"({"metadata": {"name": "uses-a-secret"},
        "spec": {"url": "https://git.example.com/a", "secretRef": {"name": "half"}}})"));
    const std::string patch =
        R"({"spec": {"secretRef": {"name": "half"}, "webhook": {"secretRef": {"name": "half"}}}})";
    eventually(
        [&] {
            const auto said = said_of("Repository", patch);
            return said.find(
                       "spec.secretRef.name: the Secret \"half\" lacks the key \"password\": there is a "
                       "\"username\" without it"
                   ) != std::string::npos &&
                   said.find("spec.webhook.secretRef.name: the Secret \"half\" lacks the key \"secret\"") !=
                       std::string::npos;
        },
        "both are said", 30s, [&] { return said_of("Repository", patch); }
    );
    w.kubectl(
        {"patch", "secret", "half", "-n", home, "--type=merge", "-p",
         R"({"stringData": {"password": "p", "secret": "s"}})"}
    );
    eventually(
        [&] { return said_of("Repository", patch).find("created") != std::string::npos; },
        "a Secret that was completed is taken", 30s, [&] { return said_of("Repository", patch); }
    );
    w.kubectl({"delete", "repository.holdfast.dev", "uses-a-secret", "-n", home});
}

BOOST_AUTO_TEST_CASE(
    two_applications_for_one_path_and_namespace_are_refused_and_so_are_two_repositories_for_one_url
) {
    auto& w = judged();
    w.apply(object_of("Application", R"({"metadata": {"name": "first"}})"));
    w.apply(object_of("Repository", R"({"metadata": {"name": "first"}})"));
    eventually(
        [&] {
            const auto application = said_of(
                "Application", R"({"spec": {"source": {"repoURL": "git@git.example.com:team/deploy.git"}}})"
            );
            const auto repository =
                said_of("Repository", R"({"spec": {"url": "https://GIT.example.com:443/other/"}})");
            return application.find(
                       "The request is invalid: spec.source: is deployed into namespace \"shop\" by "
                       "the Application \"holdfast/first\" already: two would fight for the same "
                       "objects"
                   ) != std::string::npos &&
                   repository == "The request is invalid: spec.url: is that of the Repository "
                                 "\"holdfast/first\" already, and only one can be right";
        },
        "both are refused", 30s,
        [&] { return said_of("Application", "{}") + "\n" + said_of("Repository", "{}"); }
    );
    // Over another transport it is fetched with other credentials.
    BOOST_TEST(
        said_of("Repository", R"({"spec": {"url": "ssh://git@git.example.com/other"}})").find("created") !=
        std::string::npos
    );
    // With a prefix of their own they do not meet.
    BOOST_TEST(
        said_of("Application", R"({"spec": {"source": {"kustomize": {"namePrefix": "b-"}}}})")
            .find("created") != std::string::npos
    );
    w.kubectl({"delete", "application.holdfast.dev", "first", "-n", home});
    w.kubectl({"delete", "repository.holdfast.dev", "first", "-n", home});
}

BOOST_AUTO_TEST_CASE(what_may_be_right_later_is_a_warning) {
    judged();
    scene s{"warned"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.follow();
    eventually([&] { return s.look().synced(); }, "the repository is known");
    const auto told = judged().cluster().kubectl(
        {"apply", "--dry-run=server", "-f", "-"},
        {.input = application("warned", {.url = s.repository.url(), .revision = "v9", .into = s.name})}
    );
    BOOST_TEST(told.ok(), told.err);
    BOOST_TEST(
        told.err.find("Warning: spec.source.targetRevision: there is no \"v9\" among the refs of") !=
            std::string::npos,
        told.err
    );
    const auto elsewhere = judged().cluster().kubectl(
        {"apply", "--dry-run=server", "-f", "-"},
        {.input = application("warned", {.url = s.repository.url(), .path = "nowhere", .into = s.name})}
    );
    const bool path_named = elsewhere.err.find("Warning: spec.source.path: ") != std::string::npos &&
                            elsewhere.err.find("nowhere") != std::string::npos;
    BOOST_TEST(path_named, elsewhere.err);
    const auto moving = judged().cluster().kubectl(
        {"apply", "--dry-run=server", "-f", "-"},
        {.input = application("moving", {.url = s.repository.url(), .into = "elsewhere"})}
    );
    BOOST_TEST(moving.err == "", "an ordinary Application is told nothing: " << moving.err);
    // Nor with what is written beside the spec, whatever there was to say of that.
    const auto wrong = application("beside", {.url = s.repository.url(), .revision = "v9", .into = "beside"});
    judged().apply(wrong);
    const auto annotated = judged().cluster().kubectl(
        {"annotate", "applications.holdfast.dev/beside", "-n", home, "example.com/note=x"}
    );
    BOOST_TEST(annotated.ok(), annotated.err);
    BOOST_TEST(annotated.err == "", annotated.err);
    judged().kubectl({"delete", "applications.holdfast.dev/beside", "-n", home, "--timeout=60s"});
}

BOOST_AUTO_TEST_CASE(values_of_another_source_are_looked_for_where_they_are) {
    judged();
    scene s{"values"};
    s.config_map("a", "1");
    s.repository.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n")
        .write("chart/templates/a.yaml", config_map("of-chart", "greeting", "{{ .Values.greeting }}"))
        .write("values/prod.yaml", "greeting: hello\n");
    s.repository.push("One");
    s.follow();
    eventually([&] { return s.look().synced(); }, "the repository is known");
    const auto said_of = [&](const std::string& file) {
        return judged().cluster().kubectl(
            {"apply", "--dry-run=server", "-f", "-"},
            {.input = json::serialize(json::object{
                 {"apiVersion", "holdfast.dev/v1alpha1"},
                 {"kind", "Application"},
                 {"metadata", {{"name", "of-values"}, {"namespace", home}}},
                 {"spec",
                  {{"sources",
                    {{{"repoURL", s.repository.url()},
                      {"targetRevision", "main"},
                      {"path", "chart"},
                      {"helm", {{"valueFiles", json::array{"$values/" + file}}}}},
                     {{"repoURL", s.repository.url()}, {"targetRevision", "main"}, {"ref", "values"}}}},
                   {"destination", {{"name", "in-cluster"}, {"namespace", "of-values"}}}}}
             })}
        );
    };
    const auto right = said_of("values/prod.yaml");
    BOOST_TEST(right.ok(), right.err);
    BOOST_TEST(right.err == "", right.err);
    const auto wrong = said_of("values/prd.yaml");
    BOOST_TEST(wrong.err.find("values/prd.yaml") != std::string::npos, wrong.err);
}

// That the API server does is what all cases here rest on: without its certificate nothing is judged.
BOOST_AUTO_TEST_CASE(only_who_shows_a_certificate_of_that_authority_may_ask) {
    judged();
    const auto& at = judges_address();
    const std::string body =
        R"({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "1", "operation": "DELETE",
        "kind": {"group": "holdfast.dev", "version": "v1alpha1", "kind": "Application"}, "namespace": "holdfast", "name": "x"}})";
    const authority another{"another"};
    const auto of_another = another.client("kube-apiserver");
    const auto& own = rights().of_the_apiserver();
    const auto is_refused = [](const std::string& said) {
        return said.find("the peer refused our certificate, or that we showed none") != std::string::npos;
    };
    BOOST_TEST(review_by(at, own, body) == "200");
    BOOST_TEST(is_refused(review_by(at, {}, body)), review_by(at, {}, body));
    BOOST_TEST(is_refused(review_by(at, of_another, body)), review_by(at, of_another, body));

    // An authority beside the first, and then in its place, as the file is replaced.
    rights().trust(rights().certificate() + another.certificate());
    eventually([&] { return review_by(at, of_another, body) == "200"; }, "another authority is trusted too");
    BOOST_TEST(review_by(at, own, body) == "200");
    rights().trust("nonsense");
    eventually(
        [&] { return judged().shared_operator().logged("a file that changed cannot be used") > 0; },
        "what is no certificate is said, and changes nothing"
    );
    BOOST_TEST(review_by(at, own, body) == "200");
    rights().trust(another.certificate());
    eventually([&] { return is_refused(review_by(at, own, body)); }, "the first is not trusted any more");
    rights().trust(rights().certificate());
    eventually([&] { return review_by(at, own, body) == "200"; }, "and is again");
}

BOOST_AUTO_TEST_CASE(a_registration_that_somebody_overwrites_is_put_back) {
    auto& w = judged();
    w.kubectl(
        {"patch", "validatingwebhookconfiguration", "holdfast", "--type=json", "-p",
         R"([{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": ""}])"}
    );
    eventually(
        [&] {
            return !w.field(
                         "validatingwebhookconfiguration", "", "holdfast",
                         ".webhooks[0].clientConfig.caBundle"
            )
                        .empty();
        },
        "the bundle is put back"
    );
    w.kubectl({"delete", "secret", "holdfast-admission", "-n", home});
    eventually(
        [&] { return w.exists("secret", home, "holdfast-admission"); }, "the certificates are made anew"
    );
    eventually(
        [&] {
            return said_of("Application", R"({"spec": {"source": {"repoURL": "nonsense"}}})")
                       .find("The request is invalid: spec") != std::string::npos;
        },
        "objects are judged with the new certificates"
    );
}

// config/webhook as it is installed; only that no Service leads to us here, so the addresses become URLs.
BOOST_AUTO_TEST_CASE(the_configuration_that_is_installed_is_filled_in_and_closes_while_nobody_judges) {
    auto& w = judged();
    w.shared_operator().stop();
    w.kubectl({"delete", "validatingwebhookconfiguration", "holdfast"});
    w.kubectl({"delete", "secret", "holdfast-admission", "-n", home});
    w.kubectl({"apply", "-k", HOLDFAST_SOURCE_DIR "/config/webhook"});

    // With the rights that are in config/webhook, and to see the objects that it judges.
    const std::string account = "system:serviceaccount:holdfast:holdfast";
    w.kubectl({"create", "serviceaccount", "holdfast", "-n", home});
    w.apply(R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reads-ours}
rules:
- {apiGroups: [holdfast.dev], resources: ["*"], verbs: [get, list, watch]}
- {apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [get, list, watch]}
)");
    w.kubectl(
        {"create", "clusterrolebinding", "reads-ours", "--clusterrole=reads-ours",
         "--serviceaccount=holdfast:holdfast"}
    );
    BOOST_TEST(
        !w.cluster()
             .kubectl({"auth", "can-i", "patch", "validatingwebhookconfigurations/other", "--as", account})
             .ok()
    );
    const auto at = "127.0.0.1:" + std::to_string(free_port());
    w.shared_operator().use_kubeconfig(w.cluster().user(account, {"system:serviceaccounts"}));
    w.shared_operator().start({"--admission-listen", at});
    const std::string bundles = "{.webhooks[*].clientConfig.caBundle}";
    const auto trusted = [&] {
        std::istringstream words{
            w.kubectl({"get", "validatingwebhookconfiguration", "holdfast", "-o", "jsonpath=" + bundles})
        };
        std::size_t count = 0;
        for (std::string word; words >> word;) {
            ++count;
        }
        return count;
    };
    eventually([&] { return trusted() == count_of_webhooks(); }, "each of its webhooks trusts our authority");
    // To apply it once more takes nothing away.
    w.kubectl({"apply", "-k", HOLDFAST_SOURCE_DIR "/config/webhook"});
    BOOST_TEST(trusted() == count_of_webhooks());

    json::array to_urls;
    for (std::size_t i = 0; i < count_of_webhooks(); ++i) {
        const auto client = "/webhooks/" + std::to_string(i) + "/clientConfig/";
        to_urls.push_back({{"op", "remove"}, {"path", client + "service"}});
        to_urls.push_back({{"op", "add"}, {"path", client + "url"}, {"value", "https://" + at + "/validate"}}
        );
    }
    w.kubectl(
        {"patch", "validatingwebhookconfiguration", "holdfast", "--type=json", "-p", json::serialize(to_urls)}
    );
    const auto said_in = [&](const std::string& ns) {
        const auto tried = w.cluster().kubectl(
            {"apply", "--dry-run=server", "-f", "-"},
            {.input = application("tried", {.url = "nonsense", .into = ns, .ns = ns})}
        );
        return tried.err + tried.out;
    };
    const auto holds = [](const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    for (const std::string ns : {home, "default"}) {
        eventually(
            [&] { return holds(said_in(ns), "The request is invalid: spec.source.repoURL: "); },
            "objects in " + ns + " are judged", 60s, [&] { return said_in(ns); }
        );
    }
    // While nobody judges, only the operator's own namespace is open.
    w.shared_operator().kill9();
    eventually(
        [&] { return holds(said_in("default"), "failed calling webhook \"applications.holdfast.dev\""); },
        "elsewhere nothing unjudged comes in", 60s, [&] { return said_in("default"); }
    );
    BOOST_TEST(holds(said_in(home), "created (server dry run)"), said_in(home));
    w.kubectl({"delete", "-k", HOLDFAST_SOURCE_DIR "/config/webhook"});
}

BOOST_AUTO_TEST_SUITE_END()
