// Sources that ask for all the memory there is cost their own applications, and nobody else.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/patient.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

// Of the operator's process, in MiB.
std::size_t memory(std::string_view field) {
    const auto pid = world::get().shared_operator().pid();
    std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field)) return std::stoul(line.substr(field.size() + 1)) / 1024;
    }
    BOOST_FAIL("the operator has no " << field);
    return 0;
}

std::string repeated(std::string text, std::string_view unit, std::size_t size) {
    while (text.size() < size) {
        text += unit;
    }
    return text;
}

// One object of a mapping and `count` aliases of it.
std::string aliases(int count) {
    std::string text = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na: &a {";
    for (int i = 0; i < 40; ++i) {
        text += "k" + std::to_string(i) + ": 1,";
    }
    return repeated(text + "}\nb: [", "*a,", text.size() + 6 + 3 * static_cast<std::size_t>(count)) + "]\n";
}

// An object that is fine, and is 800 KiB of aliases.
std::string object_of_aliases(const std::string& name) {
    const std::string head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\nx: &a " +
                             std::string(1000, 'x') + "\ny: [";
    return repeated(head, "*a,", head.size() + 3 * 800) + "]\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(memory_of_builds)

BOOST_AUTO_TEST_CASE(sources_that_ask_for_all_the_memory_cost_themselves_only) {
    patient s{"greedy"};
    auto& from = s.repository();
    constexpr int each = 4;
    for (int i = 0; i < each; ++i) {
        const auto n = std::to_string(i);
        from.write("aliases" + n + "/a.yaml", repeated("# " + n + "\n", aliases(60), mebibyte));
        from.write("lists" + n + "/a.json", repeated("{\"a\":[", "[],", 9 * mebibyte) + n + "]}");
        for (int file = 0; file < 150; ++file) {
            const auto name = "f" + std::to_string(file);
            from.write("files" + n + "/" + name + ".yaml", object_of_aliases(name + "-" + n));
        }
        from.write(
            "kustomize" + n + "/kustomization.yaml", repeated("# " + n + "\n", aliases(60), mebibyte / 2)
        );
        from.write(
            "override" + n + "/.argocd-source.yaml", repeated("# " + n + "\n", aliases(60), mebibyte / 2)
        );
        from.write("override" + n + "/a.yaml", config_map("a", "k", "v"));
    }
    from.push("All of it");
    const auto before = memory("VmRSS:");
    const std::vector<std::pair<std::string, std::string>> kinds{
        {"aliases", "anchors and aliases of the text take more than"},
        {"lists", "of memory, the limit for one text"},
        {"files", "the limit for one source"},
        {"kustomize", "anchors and aliases of the text take more than"},
        {"override", "anchors and aliases of the text take more than"},
    };
    for (int i = 0; i < each; ++i) {
        for (const auto& [kind, said] : kinds) {
            const auto name = kind + std::to_string(i);
            world::get().apply(application(name, {.url = from.url(), .path = name, .into = "greedy"}));
        }
    }
    others_are_served();
    for (int i = 0; i < each; ++i) {
        for (const auto& [kind, said] : kinds) {
            await_condition(kind + std::to_string(i), "ComparisonError", {said});
        }
    }
    BOOST_TEST_MESSAGE("before " << before << " MiB, at most " << memory("VmHWM:") << " MiB");
    BOOST_TEST(memory("VmHWM:") < before + 700);
    eventually(
        [&] { return memory("VmRSS:") < before + 150; }, "the memory is given back", 60s,
        [] { return "it has " + std::to_string(memory("VmRSS:")) + " MiB"; }
    );
    others_are_served();
    s.require_untouched();
    for (int i = 0; i < each; ++i) {
        for (const auto& [kind, said] : kinds) {
            world::get().kubectl(
                {"delete", "application.holdfast.dev", kind + std::to_string(i), "-n", home, "--wait=false"}
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(a_large_source_of_the_ordinary_kind_is_built_and_leaves_nothing_behind) {
    patient s{"large"};
    // More than the first, small allowance.
    for (int i = 0; i < 12; ++i) {
        const auto name = "part" + std::to_string(i);
        s.repository().write(
            name + ".yaml",
            repeated(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata:\n  text: |\n",
                "    0123456789abcdef\n", 700'000
            )
        );
    }
    const auto before = memory("VmRSS:");
    const auto pushed = s.repository().push("Twelve large objects");
    await_synced("large", pushed);
    eventually(
        [&] { return memory("VmRSS:") < before + 100; }, "the memory is given back", 60s,
        [] { return "it has " + std::to_string(memory("VmRSS:")) + " MiB"; }
    );
}

BOOST_AUTO_TEST_SUITE_END()
