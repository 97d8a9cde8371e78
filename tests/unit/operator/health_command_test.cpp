#include "health_command.hpp"

#include "support/read_file.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

struct example {
    std::string objects;
    std::string told;
};

/// What is in the blocks of a Markdown text that are fenced as `kind`, each with the block of plain text after it.
std::vector<example> examples_of(std::string_view text, std::string_view kind) {
    const auto block = [&](std::string_view fence, std::size_t from) {
        const auto begin = text.find("\n" + std::string{fence} + "\n", from);
        if (begin == std::string_view::npos) return std::pair{std::string{}, begin};
        const auto first = begin + fence.size() + 2;
        const auto last = text.find("\n```\n", first);
        return std::pair{std::string{text.substr(first, last + 1 - first)}, last};
    };
    std::vector<example> all;
    std::size_t at = 0;
    for (;;) {
        const auto [objects, behind] = block("```" + std::string{kind}, at);
        if (behind == std::string_view::npos) return all;
        const auto [told, end] = block("```text", behind);
        BOOST_REQUIRE(end != std::string_view::npos);
        all.push_back({objects, told});
        at = end;
    }
}

std::string told_of(std::string_view objects) {
    const auto told = health_of_objects(objects);
    return told ? *told : "error: " + told.error().message();
}

BOOST_AUTO_TEST_SUITE(health_of_a_file)

BOOST_AUTO_TEST_CASE(is_as_the_document_says) {
    const auto text = test::read_file(std::string{HOLDFAST_SOURCE_DIR} + "/docs/health.md");
    const auto examples = examples_of(text, "yaml");
    BOOST_TEST(examples.size() >= 4U);
    for (const auto& one : examples) {
        BOOST_TEST(told_of(one.objects) == one.told, one.objects << "is told as:\n" << told_of(one.objects));
    }
}

BOOST_AUTO_TEST_CASE(of_lists_and_of_what_is_built_in) {
    BOOST_TEST(
        told_of(R"({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "a"}},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"namespace": "shop", "name": "b"},
             "status": {"phase": "Bound"}},
            {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "c"}},
            {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "d",
             "creationTimestamp": "2026-01-01T00:00:00Z"}, "status": {"conditions": [{"type": "Ready",
             "status": "False", "message": "soon"}]}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "e", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
        ]})") == "ConfigMap shop/a: no health\n"
                 "  ConfigMap has no effect on an application's health\n"
                 "PersistentVolumeClaim shop/b: Healthy\n"
                 "  by what is built in for PersistentVolumeClaim\n"
                 "Widget c: Healthy\n"
                 "  by its conditions: there is no rule for example.com/Widget\n"
                 "Widget d: Progressing, Degraded from 2026-01-01T00:05:00Z: soon\n"
                 "  by its conditions: there is no rule for example.com/Widget\n"
                 "Pod e: Progressing: Pending deletion\n"
                 "  since it is being deleted\n"
    );
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_the_file) {
    BOOST_TEST(told_of("") == "error: there is no object in it");
    BOOST_TEST(told_of("a: [").starts_with("error: line "));
    BOOST_TEST(told_of("\n\nmetadata: {name: a}") == "error: line 3: an object needs apiVersion and kind");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
