#include "jsonnet_bench.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast;
using namespace std::chrono_literals;
using test::jsonnet_bench;

namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string errors_of(const std::string& text) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "error 'told before'").file("apps/web/b.jsonnet", text);
    b.bench.deadline = 60s;
    return b.errors();
}

} // namespace

BOOST_AUTO_TEST_SUITE(jsonnet_hostile)

BOOST_AUTO_TEST_CASE(recursion_without_end_meets_a_bound) {
    const auto said = errors_of("local f(x) = f(x) + 1; f(1)");
    BOOST_TEST(has(said, "apps/web/b.jsonnet:1:14: max stack frames exceeded."), said);
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "import 'b.libsonnet'")
        .file("apps/web/b.libsonnet", "import 'a.jsonnet'");
    BOOST_TEST(has(b.errors(), "max stack frames exceeded."));
}

BOOST_AUTO_TEST_CASE(what_takes_too_much_memory_ends_and_is_named) {
    for (const char* const text : {
             "std.length(std.repeat('x', 100000000))",
             "local f(a) = f(a + a) tailstrict; f([1])",
             "local f(s) = f(s + s) tailstrict; f('xxxxxxxxxxxxxxxx')",
             "std.makeArray(500000000, function(i) i)",
         }) {
        const auto said = errors_of(text);
        BOOST_TEST(has(said, "apps/web/a.jsonnet:1:1: told before"), text << ": " << said);
        BOOST_TEST(
            has(said, "apps/web/b.jsonnet: the evaluation takes more memory than it may"),
            text << ": " << said
        );
    }
}

BOOST_AUTO_TEST_CASE(what_is_nested_too_deep_ends_and_is_named) {
    for (const auto& [open, close] : {std::pair{"[", "]"}, {"(", ")"}, {"{a:", "}"}}) {
        std::string text;
        for (int i = 0; i < 200'000; ++i) {
            text += open;
        }
        text += open == std::string_view{"{a:"} ? "1" : "";
        for (int i = 0; i < 200'000; ++i) {
            text += close;
        }
        const auto said = errors_of(text);
        BOOST_TEST(has(said, "apps/web/b.jsonnet"), open << ": " << said);
    }
}

BOOST_AUTO_TEST_CASE(a_long_result_is_refused) {
    const auto said =
        errors_of("local d(s, n) = if n == 0 then s else d(s + s, n - 1); d('0123456789abcdef', 21)");
    BOOST_TEST(has(said, "apps/web/b.jsonnet: the results have more than 33554432 bytes"), said);
}

BOOST_AUTO_TEST_CASE(a_loop_without_end_is_cut) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "local f(x) = f(x + 1) tailstrict; f(1)");
    b.bench.deadline = 2s;
    const auto late = b.errors();
    BOOST_TEST(has(late, "jsonnet did not finish within 2s"), late);
    b.bench.deadline = 60s;
    b.bench.limits.cpu = 1s;
    const auto busy = b.errors();
    BOOST_TEST(has(busy, "jsonnet was stopped"), busy);
}

BOOST_AUTO_TEST_CASE(nothing_of_the_system_is_read) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "[importstr p for p in ['/etc/passwd']]")
        .file("apps/web/b.jsonnet", "{ a: std.native('readFile')('/etc/passwd') }")
        .file("apps/web/c.jsonnet", "importstr '../../../job'")
        .file("apps/web/d.jsonnet", "importstr '/proc/self/environ'");
    const auto said = b.errors();
    BOOST_TEST(has(said, "apps/web/a.jsonnet:1:12: "), said); // computed imports are none
    BOOST_TEST(has(said, "apps/web/b.jsonnet"), said);
    BOOST_TEST(has(said, "apps/web/c.jsonnet:1:1: couldn't open import"), said);
    BOOST_TEST(has(said, "apps/web/d.jsonnet:1:1: couldn't open import"), said);
}

BOOST_AUTO_TEST_CASE(long_errors_are_cut) {
    const auto said =
        errors_of("local d(s, n) = if n == 0 then s else d(s + s, n - 1); error d('0123456789abcdef', 12)");
    BOOST_TEST(has(said, "apps/web/b.jsonnet:1:56: 0123456789"), said.substr(0, 200));
    BOOST_TEST(said.size() < 5000U);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_do_no_harm) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "{ a: importstr 'bytes', b: '\xff\xfe' }")
        .file("apps/web/bytes", "\xc3\x28\xff")
        .file("apps/web/b.jsonnet", std::string{"{ a: 1 }\0{", 10})
        .file("apps/web/c.jsonnet", "importstr 'nul'")
        .file("apps/web/nul", std::string{"a\0b", 3})
        .file("apps/web/d.jsonnet", "'\\ud800'");
    const auto said = b.errors();
    BOOST_TEST(!has(said, "a.jsonnet"), said);
    BOOST_TEST(has(said, "apps/web/b.jsonnet: the file has a NUL byte in it"), said);
    BOOST_TEST(
        has(said, "apps/web/c.jsonnet:1:1: couldn't open import \"nul\": the file has a NUL byte in it"), said
    );
}

BOOST_AUTO_TEST_SUITE_END()
