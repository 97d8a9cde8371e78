// Each option of spec.source.helm, as Argo CD has it.

#include "helm_bench.hpp"

#include "builders/helm/arguments.hpp"
#include "builders/helm/values.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace holdfast::builders {
namespace {

namespace json = boost::json;

/// A chart that shows what it is given.
void showing_chart(const repository& r) {
    r.file("c/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n");
    r.file("c/values.yaml", "from: chart\nlist: [a]\n");
    r.file("c/templates/values.yaml", shows("values", ".Values | toJson"));
    r.file("c/templates/release.yaml", shows("release", "printf \"%s/%s\" .Release.Namespace .Release.Name"));
}

BOOST_AUTO_TEST_SUITE(helm_options_)

BOOST_AUTO_TEST_CASE(without_a_block_the_application_decides) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    auto s = b.source(r, "c");
    s.spec.helm.reset();
    const auto made = b.built(s);
    BOOST_TEST(made == expected(b, r, "c"));
    BOOST_TEST(made.find("value: \"shop/web\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(release_name_and_namespace) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    auto s = b.source(r, "c");
    s.spec.helm->release_name = "front";
    s.spec.helm->namespace_ = "other";
    BOOST_TEST(b.built(s).find("value: \"other/front\"") != std::string::npos);
    b.facts.destination_namespace.clear();
    s.spec.helm->namespace_.clear();
    BOOST_TEST(std::ranges::count(b.good_plan(s).commands[0].argv, "--namespace") == 0);
    s.spec.helm->release_name = std::string(54, 'a');
    BOOST_TEST(
        b.errors(s).find("has 54 characters, and helm takes no release name of more than 53") !=
        std::string::npos
    );
    s.spec.helm->release_name.clear();
    b.facts.application = std::string(60, 'b');
    BOOST_TEST(b.errors(s).find("set spec.source.helm.releaseName") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(parameters) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    auto s = b.source(r, "c");
    s.spec.helm->parameters = {
        {.name = "number", .value = "5"},
        {.name = "text", .value = "5", .force_string = true},
        {.name = "from", .value = "first"},
        {.name = "from", .value = "last"},
        {.name = "commas", .value = "a,b\\,c"},
        {.name = "braces", .value = "{a,b}"},
        {.name = "nested.list[1]", .value = "x"},
        {.name = "annotations.example\\.com/key", .value = "=y", .force_string = true},
        {.name = "name", .value = "$ARGOCD_APP_NAME-${ARGOCD_APP_REVISION_SHORT}"},
        {.name = "money", .value = "5$$", .force_string = true},
    };
    const auto flags = fmt::format(
        "--set number=5 --set-string text=5 --set from=last --set 'commas=a\\,b\\,c' --set 'braces={{a,b}}' "
        "--set 'nested.list[1]=x' --set-string 'annotations.example\\.com/key==y' --set name=web-{} "
        "--set-string 'money=5$'",
        s.revision.substr(0, 7)
    );
    BOOST_TEST(b.built(s) == expected(b, r, "c", flags));
    s.spec.helm->parameters = {
        {.name = "", .value = "x"}, {.name = "long", .value = std::string(200'000, 'x')}
    };
    const auto said = b.errors(s);
    BOOST_TEST(said.find("spec.source.helm.parameters[0] needs a name") != std::string::npos);
    BOOST_TEST(
        said.find("spec.source.helm.parameters[1]: the value of long has more than 100 KiB") !=
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(what_wins_over_what) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    r.file("c/one.yaml", "from: one\na: 1\nb: 1\nc: 1\nd: 1\n");
    r.file("two.yaml", "from: two\nb: 2\nc: 2\nd: 2\n");
    r.file("c/four.txt", "4");
    auto s = b.source(r, "c");
    s.spec.helm->value_files = {"one.yaml", "/two.yaml"};
    s.spec.helm->values = "from: values\nc: 3\nd: 3\n";
    s.spec.helm->parameters = {{.name = "d", .value = "4"}};
    r.file("values.txt", s.spec.helm->values);
    (void)r.commit();
    BOOST_TEST(
        b.built(s) ==
        expected(b, r, "c", "--values one.yaml --values ../two.yaml --values ../values.txt --set d=4")
    );
    s.spec.helm->values_object =
        json::parse(R"({"from":"object","c":[1,{"x":null}],"e":1.5,"f":12345678901})").as_object();
    r.file("object.txt", "from: object\nc: [1, {x: null}]\ne: 1.5\nf: 12345678901\n");
    (void)r.commit();
    BOOST_TEST(
        b.built(s) ==
        expected(b, r, "c", "--values one.yaml --values ../two.yaml --values ../object.txt --set d=4")
    );
    s.spec.helm->file_parameters = {{.name = "d", .path = "four.txt"}, {.name = "e", .path = "/two.yaml"}};
    BOOST_TEST(
        b.built(s) == expected(
                          b, r, "c",
                          "--values one.yaml --values ../two.yaml --values ../object.txt --set d=4 "
                          "--set-file d=four.txt --set-file e=../two.yaml"
                      )
    );
}

BOOST_AUTO_TEST_CASE(values_as_json_mean_the_same_as_yaml) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    auto s = b.source(r, "c");
    // Control characters, line breaks of Unicode, the byte order mark, characters beyond 16 bits.
    const std::string text =
        "\x01 \x7f \xc2\x85 \xc2\x9f \xc2\xa0 \xe2\x80\xa8 \xe2\x80\xa9 \xef\xbb\xbf \xef\xbf\xbe "
        "\xf0\x9f\x98\x80 \\ \" \n\t : # - {";
    s.spec.helm->values_object =
        json::object{{"text", text},         {"yes", "no"},    {"octal", "0644"},
                     {"date", "2024-01-01"}, {"number", "12"}, {"long", std::string(5000, 'k')}};
    r.file(
        "c/templates/bytes.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: bytes\ndata:\n  text: "
                                  "{{ .Values.text | b64enc }}\n"
                                  "  yes: {{ kindOf .Values.yes }}\n  octal: {{ kindOf .Values.octal }}\n"
    );
    s.at = r.commit();
    const auto made = b.built(s);
    r.file("text.txt", text);
    const auto bytes = shell(fmt::format("base64 -w0 '{}/text.txt'", r.path().string()));
    BOOST_TEST(made.find("text: " + bytes + "\n") != std::string::npos, made);
    BOOST_TEST(made.find("yes: string\n") != std::string::npos);
    BOOST_TEST(made.find("octal: string\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(value_files_lead_through_the_repository) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    r.file("env/prod.yaml", "env: prod\n");
    r.file("env/web, \"best\".yaml", "odd: name\n");
    r.link("env/link.yaml", "prod.yaml");
    r.link("environments", "env");
    auto s = b.source(r, "c");
    s.spec.helm->value_files = {
        "../env/x$ARGOCD_ENV/../prod.yaml", "/env/link.yaml", "../environments/web, \"best\".yaml"
    };
    BOOST_TEST(
        b.built(s) ==
        expected(b, r, "c", "--values ../env/prod.yaml --values '\"../environments/web, \"\"best\"\".yaml\"'")
    );
    const auto plan = b.good_plan(s);
    // Just these files, nothing beside them.
    BOOST_REQUIRE(plan.trees.size() == 4U);
    BOOST_TEST(plan.trees[1].path == "env/prod.yaml");
    BOOST_TEST(plan.trees[3].path == "env/web, \"best\".yaml");
    BOOST_TEST(plan.trees[3].to == "repo/environments/web, \"best\".yaml");
}

BOOST_AUTO_TEST_CASE(missing_value_files_may_be_ignored) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    r.file("c/values-prod.yaml", "env: prod\n");
    const repository env;
    env.file("other.yaml", "x: 1\n");
    auto s = b.source(r, "c");
    const auto env_at = env.commit();
    s.refs["env"] = {.repo_url = "https://git.example/env", .at = env_at};
    s.spec.helm->value_files = {"values-prod.yaml", "values-prd.yaml", "no/such/*.yaml", "$env/others.yaml"};
    const auto said = b.errors(s);
    const auto at = "revision " + s.revision.substr(0, 10) + " of https://git.example/shop";
    BOOST_TEST(
        said == "spec.source.helm.valueFiles[1]: there is no c/values-prd.yaml in " + at +
                    "; did you mean values-prod.yaml?\n"
                    "spec.source.helm.valueFiles[2]: c/no/such/*.yaml matches no file in " +
                    at +
                    "; in c: Chart.yaml, templates/, values-prod.yaml, values.yaml\n"
                    "spec.source.helm.valueFiles[3]: there is no others.yaml in revision " +
                    env_at.commit().hex().substr(0, 10) +
                    " of https://git.example/env; did you mean other.yaml?\n"
    );
    s.spec.helm->ignore_missing_value_files = true;
    BOOST_TEST(b.built(s) == expected(b, r, "c", "--values values-prod.yaml"));
    // File parameters have to be there all the same.
    s.spec.helm->file_parameters = {{.name = "a", .path = "nothing.txt"}};
    BOOST_TEST(b.errors(s).starts_with("spec.source.helm.fileParameters[0]: there is no c/nothing.txt in "));
}

BOOST_AUTO_TEST_CASE(value_files_behind_urls_are_needs) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    r.file("remote.yaml", "remote: true\n");
    auto s = b.source(r, "c");
    s.spec.helm->value_files = {"https://files.example/$ARGOCD_APP_NAME/values.yaml?ref=1"};
    s.spec.helm->file_parameters = {{.name = "remote2", .path = "http://files.example/b"}};
    const need first{.what = need::kind::file, .url = "https://files.example/web/values.yaml?ref=1"};
    const need second{.what = need::kind::file, .url = "http://files.example/b"};
    BOOST_TEST((b.good_plan(s).missing == std::set<need>{first, second}));
    const auto file = (r.path() / "remote.yaml").string();
    b.supplied[first] = {.file = file, .identity = "sha256:1"};
    b.supplied[second] = {.file = file, .identity = "sha256:1"};
    BOOST_TEST(b.good_plan(s).missing.empty());
    BOOST_TEST(
        b.built(s) == expected(b, r, "c", "--values ../remote.yaml --set-file remote2=../remote.yaml")
    );
    s.spec.helm->value_files = {"s3://bucket/values.yaml", "secrets://x"};
    const auto said = b.errors(s);
    BOOST_TEST(
        said.find("valueFiles[0]: the URL scheme \"s3\" of s3://bucket/values.yaml is not allowed") !=
        std::string::npos
    );
    BOOST_TEST(said.find("valueFiles[1]: the URL scheme \"secrets\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_ref_that_there_is_not) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    auto s = b.source(r, "c");
    s.refs["values"] = {.repo_url = "https://git.example/env", .at = r.commit()};
    s.spec.helm->value_files = {"$value/a.yaml"};
    BOOST_TEST(
        b.errors(s) == "spec.source.helm.valueFiles[0]: $value/a.yaml: there is no source with ref: value; "
                       "did you mean values?\n"
    );
}

BOOST_AUTO_TEST_CASE(versions) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    auto s = b.source(r, "c");
    for (const char* good : {"", "3", "v3"}) {
        s.spec.helm->version = good;
        BOOST_TEST(b.plan(s).has_value());
    }
    s.spec.helm->version = "v2";
    BOOST_TEST(
        b.errors(s).find("spec.source.helm.version: \"v2\" cannot be used: Helm 2") != std::string::npos
    );
    s.spec.helm->version = "4";
    s.spec.helm->kube_version = "new";
    const auto said = b.errors(s);
    BOOST_TEST(said.find("\"4\" is not known; leave it out, or write v3") != std::string::npos);
    BOOST_TEST(
        said.find("spec.source.helm.kubeVersion: \"new\" is not a version of Kubernetes") != std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(kube_versions_are_read_as_argo_cd_reads_them) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"1.30.2", "1.30.2"},
        {"v1.30.2", "1.30.2"},
        {"1.30", "1.30"},
        {" v1.28.3-gke.100", "1.28.3"},
        {"1.30.2+k3s1", "1.30.2"},
        {"1.27.", "1.27"},
        {"1", ""},
        {"", ""},
        {"x1.2", ""},
    };
    for (const auto& [written, plain] : cases) {
        BOOST_TEST(plain_kube_version(written) == plain, written);
    }
}

BOOST_AUTO_TEST_CASE(thousands_of_api_versions_fit) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    r.file(
        "c/templates/last.yaml",
        shows("last", ".Capabilities.APIVersions.Has \"group5999.example.com/v1/Kind\"")
    );
    std::vector<std::string> many;
    for (int i = 0; i < 6000; ++i) {
        many.push_back(fmt::format("group{}.example.com/v1/Kind", i));
    }
    b.facts.api_versions = std::make_shared<const std::vector<std::string>>(many);
    const auto s = b.source(r, "c");
    const auto plan = b.good_plan(s);
    for (const auto& word : plan.commands.at(0).argv) {
        BOOST_TEST(word.size() < 100'000U);
    }
    BOOST_TEST(b.built(s).find("name: last\ndata:\n  value: \"true\"") != std::string::npos);
    for (int i = 0; i < 60'000; ++i) {
        many.push_back(fmt::format("another{}.example.com/v1/Kind", i));
    }
    b.facts.api_versions = std::make_shared<const std::vector<std::string>>(many);
    BOOST_TEST(b.errors(s).find("KiB of arguments") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(helm_keeps_to_the_workspace) {
    helm_bench b;
    const repository r;
    showing_chart(r);
    const auto plan = b.good_plan(b.source(r, "c"));
    const auto& run = plan.commands.at(0);
    BOOST_TEST(!run.network);
    BOOST_TEST(run.argv[0] == b.with.helm);
    for (const char* name :
         {"HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_PLUGINS", "HELM_REPOSITORY_CONFIG",
          "HELM_REGISTRY_CONFIG", "HELM_REPOSITORY_CACHE"}) {
        BOOST_TEST(
            std::ranges::count_if(
                run.environment,
                [&](const auto& variable) {
                    return variable.starts_with(std::string{name} + "=" + std::string{workspace_mark});
                }
            ) == 1,
            name
        );
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
