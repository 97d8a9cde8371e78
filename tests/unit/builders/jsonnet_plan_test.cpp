#include "jsonnet_bench.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

using namespace holdfast;
using test::jsonnet_bench;

namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

void fill(jsonnet_bench& b) {
    b.repository.file("apps/web/main.jsonnet", "(import 'a.libsonnet') + { e: std.extVar('e') }")
        .file("apps/web/a.libsonnet", "{ a: import 'b.libsonnet', t: importstr 'text' }")
        .file("apps/web/text", "import 'no.libsonnet'")
        .file("apps/web/other.libsonnet", "{}")
        .file("apps/web/plain.yaml", "a: 1")
        .file("lib/b.libsonnet", "'b'")
        .file("elsewhere/x.jsonnet", "{}");
    b.options().libs = {"lib"};
    b.options().ext_vars = {{"e", "$ARGOCD_APP_NAME", false}};
}

std::string key(jsonnet_bench& b) {
    const auto planned = b.plan();
    BOOST_REQUIRE_MESSAGE(planned.has_value(), (planned ? "" : planned.error().summary().message()));
    BOOST_REQUIRE(planned->has_value());
    return to_hex((*planned)->key);
}

} // namespace

BOOST_AUTO_TEST_SUITE(jsonnet_plan)

BOOST_AUTO_TEST_CASE(what_decides_about_the_outcome_changes_the_key) {
    struct change {
        const char* name;
        std::function<void(jsonnet_bench&)> make;
    };
    const std::vector<change> changes{
        {"the file", [](auto& b) { b.repository.file("apps/web/main.jsonnet", "{}"); }},
        {"an import", [](auto& b) { b.repository.file("lib/b.libsonnet", "'c'"); }},
        {"an imported text", [](auto& b) { b.repository.file("apps/web/text", "other"); }},
        {"an import that is found earlier", [](auto& b) { b.repository.file("apps/web/b.libsonnet", "'b'"); }
        },
        {"another file", [](auto& b) { b.repository.file("apps/web/two.jsonnet", "{}"); }},
        {"a file left out",
         [](auto& b) { b.repository.file("apps/web/two.jsonnet", "{}").remove("apps/web/main.jsonnet"); }},
        {"a variable's value", [](auto& b) { b.options().ext_vars[0].value = "y"; }},
        {"a variable's name", [](auto& b) { b.options().ext_vars[0].name = "y"; }},
        {"that a variable is code", [](auto& b) { b.options().ext_vars[0].code = true; }},
        {"an argument", [](auto& b) { b.options().tlas = {{"x", "1", false}}; }},
        {"a library", [](auto& b) { b.options().libs.emplace_back("elsewhere"); }},
        {"what a variable stands for", [](auto& b) { b.facts.application = "other"; }},
    };
    for (const auto& one : changes) {
        BOOST_TEST_CONTEXT(one.name) {
            jsonnet_bench b;
            fill(b);
            const auto before = key(b);
            one.make(b);
            BOOST_TEST(key(b) != before);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_decide_leaves_the_key) {
    struct change {
        const char* name;
        std::function<void(jsonnet_bench&)> make;
    };
    const std::vector<change> changes{
        {"nothing", [](auto&) {}},
        {"a library that nobody imports",
         [](auto& b) { b.repository.file("apps/web/other.libsonnet", "{ x: 1 }"); }},
        {"a plain manifest", [](auto& b) { b.repository.file("apps/web/plain.yaml", "a: 2"); }},
        {"another directory", [](auto& b) { b.repository.file("elsewhere/x.jsonnet", "[]"); }},
        {"the project, which no variable names", [](auto& b) { b.facts.project = "other"; }},
        {"the same value by other means", [](auto& b) { b.options().ext_vars[0].value = "web"; }},
        {"the cluster's version", [](auto& b) { b.facts.kube_version = "1.38.0"; }},
    };
    for (const auto& one : changes) {
        BOOST_TEST_CONTEXT(one.name) {
            jsonnet_bench b;
            fill(b);
            const auto before = key(b);
            one.make(b);
            BOOST_TEST(key(b) == before);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_key_of_a_directory_covers_both_of_its_parts) {
    const auto one = sha256("one");
    const auto other = sha256("other");
    BOOST_TEST((builders::with_jsonnet(one, other) == builders::with_jsonnet(one, other)));
    BOOST_TEST((builders::with_jsonnet(one, other) != builders::with_jsonnet(other, one)));
    BOOST_TEST((builders::with_jsonnet(one, other) != one));
}

BOOST_AUTO_TEST_CASE(an_import_that_leads_nowhere_is_said_with_its_place_and_what_was_meant) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "{\n  a: import 'lib/depoyment.libsonnet',\n}")
        .file("apps/web/b.jsonnet", "\n\n(import 'c.libsonnet')")
        .file("apps/web/c.libsonnet", "{\n\n b: importstr 'vendored/x.txt' }")
        .file("apps/web/lib/deployment.libsonnet", "{}")
        .file("vendor/vendor/x.txt", "x")
        .file("vendor/vendored.libsonnet", "x");
    b.options().libs = {"vendor"};
    const auto said = b.errors();
    BOOST_TEST(
        has(said,
            "apps/web/a.jsonnet:2:6: couldn't open import \"lib/depoyment.libsonnet\": there is no such file "
            "in apps/web, vendor, did you mean \"lib/deployment.libsonnet\"?\n"),
        said
    );
    BOOST_TEST(
        has(said,
            "apps/web/c.libsonnet:3:5: couldn't open import \"vendored/x.txt\": there is no such file in "
            "apps/web, vendor, did you mean \"vendor/x.txt\"? (evaluating apps/web/b.jsonnet)\n"),
        said
    );
}

BOOST_AUTO_TEST_CASE(imports_that_leave_the_repository_are_refused) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "importstr '/etc/passwd'")
        .file("apps/web/b.jsonnet", "importstr '../../../../../../etc/passwd'")
        .file("apps/web/c.jsonnet", "importstr 'link'")
        .file("apps/web/d.jsonnet", "importstr 'dir/passwd'")
        .file("apps/web/e.jsonnet", "import 'circle'")
        .file("apps/web/f.jsonnet", "import 'sub'")
        .file("apps/web/g.jsonnet", "import ''")
        .file("apps/web/h.jsonnet", "std.extVar('v')")
        .file("apps/web/sub/x.libsonnet", "{}")
        .link("apps/web/link", "/etc/passwd")
        .link("apps/web/dir", "../../../../../../../etc")
        .link("apps/web/circle", "circle");
    b.options().ext_vars = {{"v", "importstr '/etc/passwd'", true}};
    const auto said = b.errors();
    BOOST_TEST(
        has(said, "apps/web/a.jsonnet:1:1: couldn't open import \"/etc/passwd\": the path is absolute"), said
    );
    BOOST_TEST(
        has(said, "apps/web/b.jsonnet:1:1: couldn't open import \"../../../../../../etc/passwd\": it leads "
                  "out of the repository"),
        said
    );
    BOOST_TEST(
        has(said, "apps/web/c.jsonnet:1:1: couldn't open import \"link\": symlink apps/web/link leaves the "
                  "repository"),
        said
    );
    BOOST_TEST(
        has(said,
            "apps/web/d.jsonnet:1:1: couldn't open import \"dir/passwd\": symlink apps/web/dir/passwd leaves"
        ),
        said
    );
    BOOST_TEST(
        has(said,
            "apps/web/e.jsonnet:1:1: couldn't open import \"circle\": symlink apps/web/circle runs in circles"
        ),
        said
    );
    BOOST_TEST(
        has(said, "apps/web/f.jsonnet:1:1: couldn't open import \"sub\": apps/web/sub is a directory"), said
    );
    BOOST_TEST(
        has(said, "apps/web/g.jsonnet:1:1: couldn't open import \"\": this is not the path of a file"), said
    );
    BOOST_TEST(
        has(said, "apps/web/h.jsonnet: couldn't open import \"/etc/passwd\": the path is absolute"), said
    );
    BOOST_TEST(has(said, "(in the external variable v)"), said);
    BOOST_TEST(!has(said, "root:"), said);
}

BOOST_AUTO_TEST_CASE(what_fails_to_evaluate_is_said_for_all_files_at_once) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "{\n  a: 1\n  b: 2 }")
        .file("apps/web/b.jsonnet", "{ a: (import 'lib.libsonnet').f(0) }")
        .file("apps/web/lib.libsonnet", "{\n  f(x):: error 'x is ' + x }")
        .file("apps/web/c.jsonnet", "std.extVar('missing')")
        .file("apps/web/d.jsonnet", "function(x) x")
        .file("apps/web/e.jsonnet", "local a = [1];\na[3]")
        .file("apps/web/f.jsonnet", "{ fine: true }");
    const auto said = b.errors();
    BOOST_TEST(has(said, "apps/web/a.jsonnet:3:3: "), said);
    BOOST_TEST(has(said, "apps/web/lib.libsonnet:2:10: x is 0 (evaluating apps/web/b.jsonnet)"), said);
    BOOST_TEST(has(said, "apps/web/c.jsonnet:1:1: undefined external variable: missing"), said);
    BOOST_TEST(has(said, "apps/web/d.jsonnet: function parameter x not bound in call."), said);
    BOOST_TEST(has(said, "apps/web/e.jsonnet:2:1: array bounds error: 3 not within [0, 1)"), said);
    BOOST_TEST(!has(said, "f.jsonnet"), said);
}

BOOST_AUTO_TEST_CASE(what_is_sure_to_be_wrong_is_said_before_anything_runs) {
    jsonnet_bench b;
    b.repository
        .file(
            "apps/web/a.jsonnet", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
        )
        .file("apps/web/b.jsonnet", "importstr 'big.txt'")
        .file("apps/web/big.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
        .link("apps/web/c.jsonnet", "nowhere");
    b.options().libs = {"../lib", "vendor"};
    const auto planned = b.plan();
    BOOST_REQUIRE(planned.has_error());
    std::string said;
    for (const auto& e : planned.error().all) {
        said += render::to_string(e) + "\n";
    }
    BOOST_TEST(has(said, "apps/web/a.jsonnet: the file is in Git LFS"), said);
    BOOST_TEST(!has(said, "c.jsonnet"), said); // that it leads nowhere is a warning
    BOOST_TEST(has(said, "directory.jsonnet.libs[0]: path \"../lib\" must not contain \"..\""), said);
    b.repository.remove("apps/web/a.jsonnet").remove("apps/web/c.jsonnet");
    b.options().libs = {"vendor"};
    BOOST_TEST(has(
        b.errors(), "couldn't open import \"big.txt\": apps/web/big.txt is in Git LFS, which is not fetched"
    ));
    const auto again = b.plan();
    BOOST_REQUIRE(again.has_value());
    BOOST_REQUIRE_EQUAL((*again)->warnings.size(), 1U);
    BOOST_TEST((*again)->warnings[0].starts_with("directory.jsonnet.libs[0]: there is no vendor in revision")
    );
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_none_is_a_defect) {
    for (const char* const text :
         {"", "{", "[]", "{}", R"({"results":{"a":1},"errors":[]})", R"({"results":{},"errors":[1]})",
          R"({"results":[],"errors":{}})"}) {
        const auto read = builders::read_evaluated(text);
        BOOST_REQUIRE(read.has_error());
        BOOST_TEST((read.error().summary().kind() == error_kind::internal), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
