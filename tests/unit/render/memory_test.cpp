// How much memory a text and a source may take: counted, not timed.

#include "render/directory.hpp"
#include "render/yaml.hpp"
#include "support/needs.hpp"

#include "memory_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <functional>
#include <limits>
#include <malloc.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace holdfast;
using test::config_map;
using test::memory_tree;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// `head`, then `unit` again and again until there are `size` bytes, then `tail`.
std::string repeated(std::string head, std::string_view unit, std::size_t size, std::string_view tail = "") {
    while (head.size() < size) {
        head += unit;
    }
    return head.append(tail);
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']') + ",";
}

/// A document of `aliases` aliases of one mapping with 40 members.
std::string document_of_aliases(int aliases) {
    std::string text = "---\na: &a {";
    for (int i = 0; i < 40; ++i) {
        text += "k" + std::to_string(i) + ": 1,";
    }
    text += "}\nb: [";
    for (int i = 0; i < aliases; ++i) {
        text += "*a,";
    }
    return text + "]\n";
}

std::string error_of(std::string_view text, const render::yaml_limits& limits = {}) {
    const auto read = render::read_yaml(text, limits);
    return read ? std::string{} : std::to_string(read.error().where.line) + ": " + read.error().message;
}

render::yaml_limits unlimited() {
    render::yaml_limits limits;
    limits.max_memory = std::numeric_limits<std::size_t>::max();
    return limits;
}

std::string errors_of(memory_tree& tree, const render::directory_limits& limits = {}) {
    const auto output = render::render_directory(tree, {}, limits);
    std::string all;
    if (output) return all;
    for (const auto& e : output.error().all) {
        all += render::to_string(e) + "\n";
    }
    return all;
}

std::size_t on_the_heap() {
    const auto now = ::mallinfo2();
    return now.uordblks + now.hblkhd;
}

/// A sanitizer's heap tells nothing, and has a memory of its own.
std::string lacks_heap_that_is_counted() {
    const auto before = on_the_heap();
    const auto block = std::make_unique<std::string>(mebibyte, 'x');
    return on_the_heap() >= before + mebibyte
               ? ""
               : "this heap does not say what it has given, as under a sanitizer";
}

std::size_t in_status(std::string_view field) {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field)) return std::stoul(line.substr(field.size() + 1)) * 1024;
    }
    return 0;
}

/// By how many MiB the resident memory of a process grows at most while it does this. At most 254.
int growth_while(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::malloc_trim(0);
        const auto before = in_status("VmRSS:");
        std::ofstream{"/proc/self/clear_refs"} << "5"; // the peak begins anew
        work();
        const auto grown = (in_status("VmHWM:") - before) / mebibyte;
        ::_exit(static_cast<int>(std::min<std::size_t>(grown, 254)));
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_counted_is_what_the_heap_gives, *test::needs(lacks_heap_that_is_counted)) {
    std::string keys = "{\"a\":{";
    for (int i = 0; keys.size() < mebibyte; ++i) {
        keys += "\"k" + std::to_string(i) + "\":0,";
    }
    std::string anchors;
    for (int i = 0; i < 3000; ++i) {
        anchors += "- &a" + std::to_string(i) + " {name: a text of some length}\n";
    }
    const std::pair<const char*, std::string> texts[] = {
        {"[],", repeated("{\"a\":[", "[],", mebibyte, "0]}")},
        {"0,", repeated("{\"a\":[", "0,", mebibyte, "0]}")},
        {"[0],", repeated("{\"a\":[", "[0],", mebibyte, "0]}")},
        {"{\"\":0},", repeated("{\"a\":[", "{\"\":0},", mebibyte, "0]}")},
        {"deep JSON", repeated("{\"a\":[", nested(90), mebibyte, "0]}")},
        {"keys", keys + "\"z\":0}}"},
        {"texts", repeated("{\"a\":[", "\"a text of fifteen\",", mebibyte, "0]}")},
        {"YAML [],", repeated("a: [", "[],", mebibyte, "0]\n")},
        {"YAML -", repeated("a:\n", "-\n", mebibyte)},
        {"YAML - - -", repeated("a:\n", "- - - - - - - -\n", mebibyte)},
        {"YAML {a},", repeated("a: [", "{a},", mebibyte, "0]\n")},
        {"YAML long lines", repeated("a:\n", "- " + std::string(100, 'x') + "\n", mebibyte)},
        {"aliases", document_of_aliases(500)},
        {"merges", repeated("a: &a {b: 1, c: 2, d: 3}\nl:\n", "- {<<: *a, e: 4}\n", 20'000)},
        {"anchors", anchors},
    };
    for (const auto& [name, text] : texts) {
        BOOST_TEST_CONTEXT(name) {
            render::memory_budget counted{std::numeric_limits<std::size_t>::max()};
            const auto before = on_the_heap();
            const auto read = render::read_yaml(text, unlimited(), &counted);
            const auto taken = on_the_heap() - before;
            BOOST_REQUIRE(read.has_value());
            BOOST_TEST(counted.used() >= taken * 9 / 10 - std::min<std::size_t>(taken, 4096));
            BOOST_TEST(counted.used() <= taken * 11 / 10 + mebibyte / 4);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_budget_of_a_text_is_for_all_its_documents) {
    // Each document alone is far from every bound.
    BOOST_TEST(error_of(document_of_aliases(60)).empty());
    BOOST_TEST(
        has(error_of(repeated("", document_of_aliases(60), mebibyte)),
            "anchors and aliases of the text take more than 16777216 bytes")
    );
    // One long text in each.
    std::string heavy = "---\na: &a " + std::string(3000, 'x') + "\nb: [";
    for (int i = 0; i < 5000; ++i) {
        heavy += "*a,";
    }
    BOOST_TEST(has(error_of(repeated("", heavy + "]\n", mebibyte)), "anchors and aliases of the text"));
    // Without aliases.
    render::yaml_limits limits;
    limits.max_memory = mebibyte;
    const std::string small = "---\na: [" + repeated("", "[],", 3000) + "]\n";
    BOOST_TEST(error_of(small, limits).empty());
    const auto said = error_of(repeated("", small, 300'000), limits);
    BOOST_TEST(
        has(said, "the values of this text take more than 1 MiB of memory, the limit for one text"), said
    );
    BOOST_TEST(has(said, "divide it into several files"), said);
}

BOOST_AUTO_TEST_CASE(values_that_take_many_times_their_text_are_counted_as_what_they_take) {
    const std::string expected = "take more than 64 MiB of memory";
    const std::size_t size = 10'000'000;
    BOOST_TEST(has(error_of(repeated("{\"a\":[", "[],", size, "0]}")), expected));
    BOOST_TEST(has(error_of(repeated("{\"a\":[", "{},", size, "0]}")), expected));
    BOOST_TEST(has(error_of(repeated("{\"a\":[", "0,", size, "0]}")), expected));
    BOOST_TEST(has(error_of(repeated("{\"a\":[", nested(90), size, "0]}")), expected));
    BOOST_TEST(has(error_of(repeated("a: [", "[],", size, "0]\n")), expected));
    BOOST_TEST(has(error_of(repeated("a:\n", "- - - - - - - - -\n", size)), expected));
    BOOST_TEST(has(error_of(repeated("", "{\"a\":[0,0,0,0,0,0,0,0]}\n", size)), "more than 20000 documents"));
    std::string anchors;
    for (int i = 0; anchors.size() < size; ++i) {
        anchors += "- &" + std::to_string(i) + "\n";
    }
    BOOST_TEST(has(error_of(anchors), expected));
}

BOOST_AUTO_TEST_CASE(what_a_text_took_stays_in_the_budget_of_its_source) {
    render::memory_budget source{2 * mebibyte};
    const auto text = repeated("a: [", "[],", 100'000, "0]\n");
    int read = 0;
    while (render::read_yaml(text, {}, &source)) {
        BOOST_REQUIRE(++read < 10);
    }
    BOOST_TEST(read == 2); // nearly a mebibyte each, and the documents are gone by now
    const auto refused = render::read_yaml(text, {}, &source);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(
        has(refused.error().message, "the values of the source take more than 2 MiB of memory together")
    );
    // Anchors are of their document only.
    render::memory_budget another{2 * mebibyte};
    std::string anchors;
    for (int i = 0; i < 500; ++i) {
        anchors += "---\n&a {k: &b " + std::string(3000, 'x') + "}\n";
    }
    BOOST_TEST(render::read_yaml(anchors, {}, &another).has_value());
    BOOST_TEST(another.used() < mebibyte * 7 / 4); // without the copies that they keep
}

BOOST_AUTO_TEST_CASE(documents_are_given_one_after_the_other) {
    for (const std::string text :
         {"---\na: 1\n---\nb: 2\n---\nc: [\n", "{\"a\":1}{\"b\":2}{\"c\":1,\"c\":2}"}) {
        std::vector<int> seen;
        const auto all = render::read_documents(text, {}, nullptr, [&](render::yaml_document&& document) {
            seen.push_back(document.index);
            return true;
        });
        BOOST_TEST(all.has_error());
        BOOST_TEST(seen == (std::vector{1, 2}), boost::test_tools::per_element());
        seen.clear();
        const auto first = render::read_documents(text, {}, nullptr, [&](render::yaml_document&& document) {
            seen.push_back(document.index);
            return false;
        });
        BOOST_TEST(first.has_value()); // what comes behind was not looked at
        BOOST_TEST(seen.size() == 1U);
    }
    // What turns out to be YAML is not given twice.
    int seen = 0;
    const auto read =
        render::read_documents("{\"a\": 1}\n---\nb: 2\n", {}, nullptr, [&](render::yaml_document&&) {
            ++seen;
            return true;
        });
    BOOST_TEST(read.has_value());
    BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_CASE(the_objects_before_an_error_of_the_text_are_judged_too) {
    memory_tree tree;
    tree.file("a.yaml", "apiVersion: v1\nkind: ConfigMap\n---\na: [\n");
    const auto said = errors_of(tree);
    BOOST_TEST(has(said, "a.yaml:1:1: the ConfigMap has no metadata.name"), said);
    BOOST_TEST(has(said, "a.yaml:5:1 (document 2): "), said);
}

BOOST_AUTO_TEST_CASE(a_source_of_many_files_has_one_budget) {
    // 160 KiB in all: each file alone is fine.
    memory_tree tree;
    std::string file = config_map("a", "");
    file += "data: {x: &a " + std::string(1000, 'x') + "}\nl: [";
    for (int i = 0; i < 800; ++i) {
        file += "*a,";
    }
    file += "]\n";
    memory_tree one;
    one.file("a.yaml", file);
    BOOST_TEST(errors_of(one).empty());
    for (int i = 0; i < 45; ++i) {
        tree.file("f" + std::to_string(i) + ".yaml", file);
    }
    render::directory_limits limits;
    limits.max_output_bytes = std::numeric_limits<std::size_t>::max();
    limits.max_memory = 16 * mebibyte;
    const auto output = render::render_directory(tree, {}, limits);
    BOOST_REQUIRE(output.has_error());
    BOOST_TEST(output.error().is_too_large);
    BOOST_TEST(output.error().all.size() == 1U); // the other files would only say so again
    const auto said = errors_of(tree, limits);
    BOOST_TEST(has(said, "the values of the source take more than 16 MiB of memory together"), said);
    BOOST_TEST(has(said, "divide it among several Applications"), said);
    BOOST_TEST(has(said, ".yaml:"), said);
    // And one for what comes out of it.
    limits = {};
    limits.max_output_bytes = 8 * mebibyte;
    BOOST_TEST(has(errors_of(tree, limits), "the objects of the source have more than 8388608 bytes together")
    );
}

BOOST_AUTO_TEST_CASE(what_is_made_beside_the_texts_counts_too) {
    // A typed list gives its kind to each of its items.
    memory_tree tree;
    tree.file(
        "a.yaml", repeated(
                      "apiVersion: v1\nkind: " + std::string(900'000, 'K') + "List\nitems:\n",
                      "- {metadata: {name: a}}\n", 1'200'000
                  )
    );
    const auto said = errors_of(tree);
    BOOST_TEST(has(said, "a.yaml:2:1: kind has 900004 bytes; 1024 is the limit"), said.substr(0, 300));
    memory_tree names;
    names.file("a.yaml", config_map(std::string(2000, 'n')));
    BOOST_TEST(has(errors_of(names), "metadata.name has 2000 bytes; 1024 is the limit"));
    // An object is written out no further than it may be long.
    memory_tree controls;
    controls.file("a.yaml", config_map("a", "data: {x: \"" + repeated("", "\\a", 1'000'000) + "\"}\n"));
    BOOST_TEST(has(errors_of(controls), "is larger than 1572864 bytes, the limit for one object"));
}

BOOST_AUTO_TEST_CASE(large_texts_of_the_ordinary_kind_are_far_from_the_bounds) {
    // As a definition has it: short keys, short values, descriptions.
    std::string schema;
    for (int i = 0; i < 60; ++i) {
        schema += "      field" + std::to_string(i) + ":\n        type: object\n        properties:\n";
        for (int j = 0; j < 12; ++j) {
            schema += "          inner" + std::to_string(j) +
                      ":\n            type: string\n            description: What it is for, in a sentence.\n"
                      "            enum:\n            - First\n            - Second\n";
        }
    }
    std::string bundle;
    int count = 0;
    while (bundle.size() < 9'800'000) {
        bundle +=
            "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: c" +
            std::to_string(++count) + ".x.io\nspec:\n  a:\n    b:\n" + schema;
    }
    memory_tree tree;
    tree.file("crds.yaml", bundle);
    render::memory_budget counted{std::numeric_limits<std::size_t>::max()};
    BOOST_REQUIRE(render::read_yaml(bundle, {}, &counted).has_value());
    BOOST_TEST(counted.used() < 6 * bundle.size());
    const auto output = render::render_directory(tree, {});
    BOOST_REQUIRE(output.has_value());
    BOOST_TEST(output->objects.size() == static_cast<std::size_t>(count));
    // And one long text.
    memory_tree text;
    text.file("cm.yaml", config_map("a", "data:\n  x: |\n" + repeated("", "    0123456789\n", 1'200'000)));
    BOOST_TEST(errors_of(text).empty());
}

BOOST_AUTO_TEST_CASE(
    hostile_sources_take_no_more_memory_than_said, *test::needs(lacks_heap_that_is_counted)
) {
    const auto built = [](memory_tree& tree) {
        return growth_while([&] {
            // What looks like no manifest is passed over when it is too much.
            const auto output = render::render_directory(tree, {});
            BOOST_TEST((output.has_error() || !output->warnings.empty()));
        });
    };
    memory_tree aliases;
    aliases.file("a.yaml", repeated("", document_of_aliases(60), mebibyte));
    BOOST_TEST(built(aliases) < 100);
    memory_tree files;
    for (int i = 0; i < 40; ++i) {
        files.file("f" + std::to_string(i) + ".yaml", "kind: 1\n" + document_of_aliases(1200));
    }
    BOOST_TEST(built(files) < 250);
    memory_tree lists;
    lists.file("a.json", repeated("{\"a\":[", "[],", 10'000'000, "0]}"));
    BOOST_TEST(built(lists) < 250);
}
