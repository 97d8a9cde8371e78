#include "builders/jsonnet/imports.hpp"

#include "builders/jsonnet/import_path.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace holdfast::builders::jsonnet;

namespace {

/// "code a@1 data b@3".
std::string imports(std::string_view text) {
    std::string all;
    for (const auto& one : imports_of(text)) {
        all += (all.empty() ? "" : " ") + std::string{one.kind == import_kind::code ? "code " : "data "} +
               one.name + "@" + std::to_string(one.line);
    }
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(jsonnet_imports)

BOOST_AUTO_TEST_CASE(all_forms_are_found) {
    BOOST_TEST(imports("import 'a'") == "code a@1");
    BOOST_TEST(imports("importstr \"a\"\n+ importbin\n\n 'b'") == "data a@1 data b@2");
    BOOST_TEST(imports("import@'a''b' + import@\"a\"\"b\\n\"") == "code a'b@1 code a\"b\\n@1");
    BOOST_TEST(imports(R"(import '\u0061\/\'\"\\b\u00fc\u20ac')") == "code a/'\"\\bü€@1");
    BOOST_TEST(imports("import /* why */ // so\n # there\n 'a'") == "code a@1");
    BOOST_TEST(imports("{a:import'a',b:[import'b'],c:(import'c').d}") == "code a@1 code b@1 code c@1");
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_one_is_not) {
    for (const char* const text : {
             "'import \"a\"'",
             "\"\\\" import 'a'\"",
             "@'\\' + 'import \"a\"'",
             "// import 'a'",
             "# import 'a'",
             "/* import 'a' */",
             "/*/ import 'a' */",
             "ximport 'a'",
             "import_ 'a'",
             "importing 'a'",
             "{ 'import': 'a' }",
             "import a",
             "import ('a')",
             "|||\n  import 'a'\n|||",
             "|||\n\timport 'a'\n\n\timport 'b'\n|||",
             "||| \t\r\n  import 'a'\n  |||import 'b'\n |||",
         }) {
        BOOST_TEST(imports(text).empty(), text << " gives " << imports(text));
    }
}

BOOST_AUTO_TEST_CASE(what_follows_strings_and_comments_is_found) {
    BOOST_TEST(imports("'it\\'s' + import 'a'") == "code a@1");
    BOOST_TEST(imports("@'\\' + import 'a'") == "code a@1");
    BOOST_TEST(imports("/**/ import 'a' /***/ + import 'b'") == "code a@1 code b@1");
    BOOST_TEST(imports("a //\n+ import 'a' #\n+ import 'b'") == "code a@2 code b@3");
    BOOST_TEST(imports("{ t: |||\n    x\n  ||| + import 'a' }") == "code a@3");
    BOOST_TEST(imports("{ t: |||-\n    x\n\n\n    y\n|||, i: import 'a' }") == "code a@6");
    BOOST_TEST(imports("a || import 'a' || (1|||2) + import 'b'") == "code a@1 code b@1");
    BOOST_TEST(imports("'a\nb\n' + import 'c'") == "code c@3");
    BOOST_TEST(imports("1e5 + 0x1 + import 'a'") == "code a@1");
}

BOOST_AUTO_TEST_CASE(broken_texts_give_what_is_before_the_break) {
    BOOST_TEST(imports("import 'a' + 'unclosed import \"b\"") == "code a@1");
    BOOST_TEST(imports("import 'a' /* import 'b'") == "code a@1");
    BOOST_TEST(imports("import 'a' + |||\nno blanks\n||| import 'b'") == "code a@1");
    BOOST_TEST(imports("import 'a' + |||\n  no end") == "code a@1");
    for (const char* const text :
         {"", "import", "import '", "import @", "import @'", "import '\\", "import '\\u", "|||", "|||-",
          "|||\n", "|||\n ", "/*", "@", "\\", "import \"\\u00"}) {
        BOOST_TEST(imports(text).empty(), text);
    }
    BOOST_TEST(imports(std::string{"\0import 'a'", 11}) == "code a@1");
}

BOOST_AUTO_TEST_CASE(paths_are_those_of_the_names) {
    const auto path = [](std::string_view directory, std::string_view name) {
        return import_path(directory, name).value_or("none");
    };
    BOOST_TEST(path("a/b", "c") == "a/b/c");
    BOOST_TEST(path("", "c") == "c");
    BOOST_TEST(path("a/b", "./c//d") == "a/b/c/d");
    BOOST_TEST(path("a/b", "../c") == "a/c");
    BOOST_TEST(path("a/b", "../../c") == "c");
    BOOST_TEST(path("a/b", "../../../c") == "none");
    BOOST_TEST(path("a/b", "../../../a/b/c") == "none");
    BOOST_TEST(path("a", "/c") == "none");
    BOOST_TEST(path("a", "") == "none");
    BOOST_TEST(path("a", "..") == "none");
    BOOST_TEST(path("a", "b/") == "none");
    BOOST_TEST(path("a", std::string_view{"b\0c", 3}) == "none");
    BOOST_TEST(path("a", std::string(5000, 'x')) == "none");
    BOOST_TEST(directory_of("a/b/c") == "a/b");
    BOOST_TEST(directory_of("c") == "");
}

BOOST_AUTO_TEST_SUITE_END()
