#include "render/yaml.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace holdfast;
using render::read_yaml;
namespace json = boost::json;

namespace {

/// The documents as JSON, divided by blanks; the error as "line:column message".
std::string read(std::string_view text, const render::yaml_limits& limits = {}) {
    const auto documents = read_yaml(text, limits);
    if (!documents) {
        const auto& e = documents.error();
        return std::to_string(e.where.line) + ":" + std::to_string(e.where.column) + " " + e.message;
    }
    std::string all;
    for (const auto& document : *documents) {
        if (!all.empty()) all += ' ';
        all += json::serialize(document.value);
    }
    return all;
}

bool starts_with(const std::string& text, std::string_view start) {
    return text.compare(0, start.size(), start) == 0;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_document_becomes_a_value) {
    BOOST_TEST(read("a: 1\nb:\n  - x\n  - {c: [z, 'q']}\n") == R"({"a":1,"b":["x",{"c":["z","q"]}]})");
    BOOST_TEST(
        read("text: |\n  one\n  two\nfolded: >-\n  one\n  two\n") ==
        R"({"text":"one\ntwo\n","folded":"one two"})"
    );
    BOOST_TEST(read("just text") == R"("just text")");
    BOOST_TEST(read("a:\nb: ~\n") == R"({"a":null,"b":null})");
    BOOST_TEST(read("a: {}\nb: []\n") == R"({"a":{},"b":[]})");
}

BOOST_AUTO_TEST_CASE(documents_without_content_are_left_out_but_counted) {
    const auto documents = read_yaml("---\n# only a comment\n---\na: 1\n---\n---\n\n\nb: 2\n...\n");
    BOOST_REQUIRE(documents.has_value());
    BOOST_REQUIRE_EQUAL(documents->size(), 2U);
    BOOST_TEST((*documents)[0].index == 2);
    BOOST_TEST((*documents)[0].line == 4);
    BOOST_TEST((*documents)[1].index == 4);
    BOOST_TEST((*documents)[1].line == 9);
    BOOST_TEST(read("").empty());
    BOOST_TEST(read("   \n# nothing\n").empty());
    BOOST_TEST(read("null").empty());
}

BOOST_AUTO_TEST_CASE(line_ends_and_encodings_are_those_of_every_editor) {
    BOOST_TEST(read("a: 1\r\nb:\r\n- x\r\n---\r\nc: 3\r\n") == R"({"a":1,"b":["x"]} {"c":3})");
    BOOST_TEST(
        read("\xEF\xBB\xBF"
             "a: ä\n") == R"({"a":"ä"})"
    );
    BOOST_TEST(
        read(std::string{
            "\xFF\xFE"
            "a\0:\0 \0"
            "1\0\n\0",
            12
        }) == R"({"a":1})"
    );
    BOOST_TEST(
        read(std::string{
            "\xFE\xFF"
            "\0a\0:\0 \0"
            "1\0\n",
            12
        }) == R"({"a":1})"
    );
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_refused_where_they_are) {
    BOOST_TEST(starts_with(read(std::string{"a: 1\nb: x\0y\n", 12}), "2:5 control characters are not allowed")
    );
    BOOST_TEST(starts_with(read("a: 1\nbc: \xFF\n"), "2:5 invalid leading UTF-8 octet"));
    BOOST_TEST(starts_with(read("a: \xC3"), "1:4 incomplete UTF-8 octet sequence"));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_given_twice_is_refused_with_both_lines) {
    BOOST_TEST(
        read("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n") ==
        "5:3 key \"c\" appears twice in one mapping; it was first in line 3"
    );
    BOOST_TEST(
        read("1: a\n\"1\": b\n") == "2:1 key \"1\" appears twice in one mapping; it was first in line 1"
    );
    BOOST_TEST(
        read("{a: 1, b: 2, a: 3}") == "1:14 key \"a\" appears twice in one mapping; it was first in line 1"
    );
    BOOST_TEST(read("a: {c: 1}\nb: {c: 2}\n") == R"({"a":{"c":1},"b":{"c":2}})");
}

BOOST_AUTO_TEST_CASE(below_a_manifests_own_fields_the_last_of_a_repeated_key_counts_and_is_told) {
    render::yaml_limits limits;
    limits.repeated = render::yaml_limits::repeated_keys::refused_in_manifest;
    const auto told = [&](std::string_view text) {
        const auto read = render::read_yaml(text, limits);
        if (!read) return fmt::format("{}: {}", read.error().where.line, read.error().message);
        std::string all;
        for (const auto& document : *read) {
            all += json::serialize(document.value);
            for (const auto& key : document.repeated) {
                all += fmt::format(" {}:{}:{}", key.name, key.where.line, key.first_line);
            }
        }
        return all;
    };
    BOOST_TEST(told("b:\n  c: 1\n  d: 2\n  c: 3\n") == R"({"b":{"c":3,"d":2}} c:4:2)");
    BOOST_TEST(told("b: {c: {e: 1}, c: {f: 2}, c: [3]}") == R"({"b":{"c":[3]}} c:1:1 c:1:1)");
    BOOST_TEST(told("b:\n- {c: 1, c: 2}\n") == R"({"b":[{"c":2}]} c:2:2)");
    BOOST_TEST(told("{\n\"b\": {\"c\": 1,\n\"c\": 2}}") == R"({"b":{"c":2}} c:3:2)");
    BOOST_TEST(told("x: &x {c: 0}\nb:\n  <<: *x\n  c: 1\n  c: 2\n") == R"({"x":{"c":0},"b":{"c":2}} c:5:4)");
    // Two documents: each tells of its own.
    BOOST_TEST(told("b: {c: 1, c: 2}\n---\na: 1\n") == R"({"b":{"c":2}} c:1:1{"a":1})");
    // Objects that were glued together, alone or in a list.
    BOOST_TEST(has(told("kind: A\nb: 1\nkind: B\n"), "3: key \"kind\" appears twice"));
    BOOST_TEST(has(told("{\"kind\": \"A\", \"kind\": \"B\"}"), "key \"kind\" appears twice"));
    BOOST_TEST(has(told("kind: List\nitems:\n- kind: A\n  kind: B\n"), "4: key \"kind\" appears twice"));
    BOOST_TEST(told("items:\n- spec: {c: 1, c: 2}\n") == R"({"items":[{"spec":{"c":2}}]} c:2:2)");

    std::string many = "b:\n";
    for (int i = 0; i < 1000; ++i) {
        many += "  c: 1\n";
    }
    BOOST_TEST(
        render::read_yaml(many, limits)->front().repeated.size() == render::yaml_document::max_repeated
    );

    limits.repeated = render::yaml_limits::repeated_keys::last_wins; // of charts' own files
    BOOST_TEST(told("version: 1\nversion: 2\n") == R"({"version":2} version:2:1)");
}

BOOST_AUTO_TEST_CASE(merges_are_applied_as_go_yaml_does) {
    const std::string base = "v: &x {a: 1, b: 2}\nw: &y {b: 3, c: 4}\n";
    const std::string head = R"({"v":{"a":1,"b":2},"w":{"b":3,"c":4},"z":)";
    BOOST_TEST(read(base + "z:\n  <<: *x\n") == head + R"({"a":1,"b":2}})");
    BOOST_TEST(read(base + "z:\n  <<: *x\n  a: 9\n") == head + R"({"a":9,"b":2}})");
    BOOST_TEST(read(base + "z:\n  <<: [*x, *y]\n") == head + R"({"b":2,"c":4,"a":1}})");
    BOOST_TEST(read(base + "z:\n  <<: {q: 1}\n  r: 2\n") == head + R"({"q":1,"r":2}})");
    BOOST_TEST(read(base + "z:\n  <<: *x\n  <<: *y\n") == head + R"({"a":1,"b":3,"c":4}})");
    // A merge that stands behind a key wins over it: not what YAML says, but what every cluster got so far.
    BOOST_TEST(read(base + "z:\n  a: 9\n  <<: *x\n") == head + R"({"a":1,"b":2}})");
    // An overridden key is no duplicate, but a second explicit one is.
    BOOST_TEST(has(read(base + "z:\n  <<: *x\n  a: 9\n  a: 8\n"), "6:3 key \"a\" appears twice"));
    BOOST_TEST(read("\"<<\": 1\n") == R"({"<<":1})");
}

BOOST_AUTO_TEST_CASE(a_merge_of_something_else_is_refused) {
    for (const char* const text :
         {"<<: 1\n", "<<: ~\n", "<<: [1]\n", "x: &x [{a: 1}]\nz: {<<: *x}\n", "x: &x 1\nz: {<<: *x}\n",
          "<<: [[{a: 1}]]\n"}) {
        BOOST_TEST(has(read(text), "a merge (<<) needs a mapping"), text);
    }
}

BOOST_AUTO_TEST_CASE(aliases_stand_for_copies) {
    BOOST_TEST(read("a: &x [1, 2]\nb: *x\n") == R"({"a":[1,2],"b":[1,2]})");
    BOOST_TEST(read("a: &x yes\nb: *x\n*x : c\n") == R"({"a":true,"b":true,"true":"c"})");
    BOOST_TEST(read("&k key: 1\nb: *k\n") == R"({"key":1,"b":"key"})");
    BOOST_TEST(read("a: &x 1\nb: &x 2\nc: *x\n") == R"({"a":1,"b":2,"c":2})");
    BOOST_TEST(read("a: &x\nb: *x\n") == R"({"a":null,"b":null})");
}

BOOST_AUTO_TEST_CASE(aliases_that_lead_nowhere_or_into_themselves_are_refused) {
    BOOST_TEST(read("a: *x\n") == "1:4 unknown anchor 'x' is referred to");
    BOOST_TEST(read("a: &x 1\n---\nb: *x\n") == "3:4 unknown anchor 'x' is referred to");
    BOOST_TEST(read("a: &x [*x]\n") == "1:8 anchor 'x' contains itself");
    BOOST_TEST(read("&x {a: {b: *x}}\n") == "1:12 anchor 'x' contains itself");
    BOOST_TEST(has(read("a: &x {b: 1}\n*x : c\n"), "2:1 anchor 'x' is not a scalar and cannot be a key"));
}

BOOST_AUTO_TEST_CASE(aliases_do_not_multiply_without_bounds) {
    std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c <= 'k'; ++c) {
        const std::string before(1, static_cast<char>(c - 1));
        laughs += std::string(1, c) + ": &" + c + " [";
        for (int i = 0; i < 10; ++i) {
            laughs += "*" + before + (i < 9 ? ", " : "]\n");
        }
    }
    BOOST_TEST(has(read(laughs), "aliases"));
    // One long text, many times: few values, many bytes.
    std::string heavy = "a: &a " + std::string(100'000, 'x') + "\nb:\n";
    for (int i = 0; i < 900; ++i) {
        heavy += "- *a\n";
    }
    BOOST_TEST(has(read(heavy), "anchors and aliases of the text take more than"));
    // And many anchors around one long text.
    std::string nested;
    for (int i = 0; i < 90; ++i) {
        nested += "&a" + std::to_string(i) + " [";
    }
    BOOST_TEST(
        has(read(nested + std::string(1'000'000, 'x') + std::string(90, ']')),
            "anchors and aliases of the text take more than")
    );
}

BOOST_AUTO_TEST_CASE(an_ordinary_use_of_aliases_is_far_from_the_bounds) {
    std::string text =
        "defaults: &d {image: nginx, tag: '1', ports: [80, 443], env: {A: 1, B: 2}}\nservices:\n";
    for (int i = 0; i < 2000; ++i) {
        text += "  s" + std::to_string(i) + ": {<<: *d, tag: '2'}\n";
    }
    BOOST_TEST(read_yaml(text).has_value());
}

BOOST_AUTO_TEST_CASE(nesting_ends_somewhere_and_soon) {
    const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
    BOOST_TEST(read_yaml(nested(100)).has_value());
    BOOST_TEST(has(read(nested(101)), "nested more than 100 deep"));
    BOOST_TEST(has(read(std::string(1'000'000, '[')), "nested more than 100 deep"));
    std::string objects;
    for (int i = 0; i < 101; ++i) {
        objects += "{\"a\":";
    }
    BOOST_TEST(has(read(objects), "nested more than 100 deep"));
    std::string block;
    for (std::size_t i = 0; i < 200; ++i) {
        block += std::string(i, ' ') + "a:\n";
    }
    BOOST_TEST(has(read(block), "101:101 nested more than 100 deep"));
}

BOOST_AUTO_TEST_CASE(size_and_number_of_documents_are_limited) {
    render::yaml_limits limits;
    limits.max_bytes = 10;
    BOOST_TEST(has(read("a: 12345678\n", limits), "12 bytes are more than the limit of 10"));
    limits = {};
    limits.max_documents = 3;
    BOOST_TEST(has(read("---\n---\n---\n---\n", limits), "4:1 more than 3 documents"));
    BOOST_TEST(has(read("{}{}{}{}", limits), "1:7 more than 3 documents"));
}

BOOST_AUTO_TEST_CASE(what_is_no_yaml_is_refused_where_it_is_with_what_to_do) {
    BOOST_TEST(starts_with(read("a: 1\nb:\n\t- x\n"), "3:1 found character that cannot start any token"));
    BOOST_TEST(has(read("a: 1\nb:\n\t- x\n"), "use spaces"));
    BOOST_TEST(has(read("a: 1\n b: 2\n"), "2:3 mapping values are not allowed in this context"));
    BOOST_TEST(has(read("a: [1, 2\nb: 3\n"), "that starts in line 1"));
    BOOST_TEST(has(read("a: \"x\n"), "unexpected end of stream"));
    BOOST_TEST(
        has(read("kind: Service\nmetadata:\n  name: {{ .Release.Name }}\n"), "a mapping cannot be a key")
    );
    BOOST_TEST(has(read("a: @x\n"), "quote the value"));
    BOOST_TEST(has(read("a: b\n{{- if .x }}\nc: d\n"), "looks like a template"));
    BOOST_TEST(has(read("a: b\n<<<<<<< HEAD\nc: d\n"), "merge conflict"));
    BOOST_TEST(has(read("? [a]\n: b\n"), "1:3 a sequence cannot be a key"));
    BOOST_TEST(has(read("a: 1\n~: 2\n"), "2:1 null cannot be a key"));
    BOOST_TEST(has(read("a: 1\nb: .inf\n"), "2:4 `.inf` is not a number that JSON can hold"));
    BOOST_TEST(has(read("a: \"\\ud83d\\ude00\"\n"), "1:"));
}

BOOST_AUTO_TEST_CASE(an_error_names_the_document_it_is_in) {
    const auto failed = read_yaml("a: 1\n---\nb: 2\n---\nc: [\n");
    BOOST_REQUIRE(failed.has_error());
    BOOST_TEST(failed.error().document == 3);
    BOOST_TEST(read_yaml("{").error().document == 1);
}

BOOST_AUTO_TEST_CASE(columns_count_characters) {
    BOOST_TEST(starts_with(read("äöü: *x\n"), "1:6 unknown anchor"));
    BOOST_TEST(starts_with(read("{\"äöü\": \"\\q\"}"), "1:11 "));
}

BOOST_AUTO_TEST_CASE(json_is_read_as_json) {
    BOOST_TEST(
        read(R"({"a": [1, -2, 1.5, 1.0, true, null, "x\u00e4\ud83d\ude00"]})") ==
        R"({"a":[1,-2,1.5E0,1,true,null,"xä😀"]})"
    );
    BOOST_TEST(read("{\"a\":1}{\"b\":2}\n {\"c\":3} \n") == R"({"a":1} {"b":2} {"c":3})");
    BOOST_TEST(read("{\n\t\"a\": 18446744073709551615\n}") == R"({"a":18446744073709551615})");
    BOOST_TEST(read("\n\n{\"a\": {}}") == R"({"a":{}})");
}

BOOST_AUTO_TEST_CASE(json_numbers_are_rounded_correctly) {
    const auto documents = read_yaml(
        R"({"a": 0.30000000000000004, "b": 1.7976931348623157e308, "c": 5e-324, "d": 123456789.12345678, "e": 1e-400})"
    );
    BOOST_REQUIRE(documents.has_value());
    const auto& object = documents->front().value.as_object();
    BOOST_TEST(object.at("a").as_double() == 0.30000000000000004);
    BOOST_TEST(object.at("b").as_double() == 1.7976931348623157e308);
    BOOST_TEST(object.at("c").as_double() == 5e-324);
    BOOST_TEST(object.at("d").as_double() == 123456789.12345678);
    BOOST_TEST(object.at("e").as_int64() == 0);
    BOOST_TEST(has(read(R"({"a": 1e400})"), "1e400 is too large a number"));
}

BOOST_AUTO_TEST_CASE(json_with_a_key_twice_is_refused_with_both_lines) {
    BOOST_TEST(has(read("{\n \"a\": 1,\n \"b\": 2,\n \"a\": 3\n}"), "4:"));
    BOOST_TEST(
        has(read("{\n \"a\": 1,\n \"b\": 2,\n \"a\": 3\n}"),
            "key \"a\" appears twice in one object; it was first in line 2")
    );
    BOOST_TEST(has(read("{\"a\": {\"b\": 1, \"\\u0062\": 2}}"), "key \"b\" appears twice"));
}

BOOST_AUTO_TEST_CASE(what_starts_like_json_may_be_yaml_after_all) {
    BOOST_TEST(read("{a: b, c: [d]}\n") == R"({"a":"b","c":["d"]})");
    BOOST_TEST(read("{\"a\": 1}\n---\nb: 2\n") == R"({"a":1} {"b":2})");
    BOOST_TEST(read("{\"a\": 1} # comment\n") == R"({"a":1})");
    // Neither: whoever came further says why.
    BOOST_TEST(starts_with(read("{\n  \"a\": 1,\n  \"b\": tru\n}x"), "4:2"));
}

BOOST_AUTO_TEST_CASE(tags_on_collections_change_nothing) {
    BOOST_TEST(
        read("a: !!map {b: 1}\nc: !!seq [1]\nd: !custom {e: 1}\n") == R"({"a":{"b":1},"c":[1],"d":{"e":1}})"
    );
    BOOST_TEST(read("a: !!set {v, w}\n") == R"({"a":{"v":null,"w":null}})");
    BOOST_TEST(read("a: ! 12\nb: ! '12'\n") == R"({"a":"12","b":"12"})");
    BOOST_TEST(read("%YAML 1.2\n---\na: 1\n") == R"({"a":1})");
}
