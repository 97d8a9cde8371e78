// What is applied is what is stored, byte for byte: the API server reads an apply as YAML.

#include "cluster.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

namespace holdfast::kube {
namespace {

const resource config_maps = resources::config_maps();
const resource things{
    .group = "bytes.example.com",
    .version = "v1",
    .plural = "things",
    .kind = "Thing",
    .namespaced = true,
    .verbs = {},
    .subresources = {}
};

constexpr auto definition = R"({
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
  "metadata": {"name": "things.bytes.example.com"},
  "spec": {"group": "bytes.example.com", "scope": "Namespaced",
    "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
    "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema":
      {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})";

void append(std::string& text, unsigned code) {
    const auto byte = [&](unsigned value) { text += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | code >> 6U);
        byte(0x80 | (code & 0x3FU));
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12U);
        byte(0x80 | (code >> 6U & 0x3FU));
        byte(0x80 | (code & 0x3FU));
    } else {
        byte(0xF0 | code >> 18U);
        byte(0x80 | (code >> 12U & 0x3FU));
        byte(0x80 | (code >> 6U & 0x3FU));
        byte(0x80 | (code & 0x3FU));
    }
}

std::string text_of(unsigned code) {
    std::string text;
    append(text, code);
    return text;
}

/// Every character that some reader may treat in a way of its own.
std::vector<unsigned> special_characters() {
    std::vector<unsigned> all;
    for (unsigned code = 0; code <= 0xA1; ++code)
        all.push_back(code);
    for (const unsigned code :
         {0xADU,    0x300U,   0x61CU,   0x200BU,   0x200DU,   0x200EU,  0x2027U,  0x2028U,
          0x2029U,  0x202AU,  0x2060U,  0x3000U,   0xD7FFU,   0xE000U,  0xFDD0U,  0xFEFEU,
          0xFEFFU,  0xFF00U,  0xFFFCU,  0xFFFDU,   0xFFFEU,   0xFFFFU,  0x10000U, 0x1F600U,
          0x1FFFEU, 0x1FFFFU, 0xE0001U, 0x10FFFDU, 0x10FFFEU, 0x10FFFFU})
        all.push_back(code);
    return all;
}

std::vector<std::string> texts() {
    std::vector<std::string> all{
        "",
        " ",
        "  leading and trailing  ",
        "\t",
        "\ttab\t",
        "\n",
        "a\n",
        "\n\na",
        "a\r\nb\r",
        "---",
        "--- ",
        "...",
        "---\na: b\n...\n",
        "%YAML 1.1",
        "? a",
        "- a",
        ": ",
        "a: b",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!!str a",
        "|",
        ">-",
        "'",
        "\"",
        "\\",
        "\\u2028",
        "\\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        "<<",
        "=",
        "~",
        "null",
        "yes",
        "on",
        "0644",
        "0x1F",
        "1e3",
        "1_000",
        ".inf",
        "12:30:45",
        "2026-01-31",
        "`",
        "@",
        "</script>\xE2\x80\xA8&<>"
    };
    for (const auto code : special_characters()) {
        const auto one = text_of(code);
        all.push_back(one);
        all.push_back("a" + one + "b " + one + one + " c" + one);
    }
    all.push_back(std::string(100'000, ' ') + "x" + std::string(100'000, ' '));
    all.push_back(std::string(50'000, '"') + std::string(50'000, '\\'));
    std::mt19937 random{7}; // NOLINT: the same each time
    const auto characters = special_characters();
    for (int i = 0; i < 40; ++i) {
        std::string text;
        for (int length = static_cast<int>(random() % 200); length >= 0; --length)
            append(text, characters[random() % characters.size()]);
        all.push_back(std::move(text));
    }
    return all;
}

struct with_things : clustered {
    with_things() {
        (void)run(api.apply(
                      resources::custom_resource_definitions(), json::parse(definition).as_object(),
                      {.field_manager = "test", .force = true}
                  ))
            .value();
    }

    /// Once the kind is served.
    json::object applied(const json::object& thing) {
        for (const auto end = steady_clock::now() + 60s;;) {
            auto done = run(api.apply(things, thing, {.field_manager = "holdfast", .force = true}));
            if (done || steady_clock::now() > end || !done.error().is_not_found()) {
                BOOST_REQUIRE_MESSAGE(done.has_value(), (done.has_value() ? "" : done.error().message()));
                return *done;
            }
            run(sleep_for(100ms));
        }
    }
};

json::object thing(const std::string& ns, const std::string& name, json::value value) {
    return {
        {"apiVersion", "bytes.example.com/v1"},
        {"kind", "Thing"},
        {"metadata", json::object{{"namespace", ns}, {"name", name}}},
        {"value", std::move(value)}
    };
}

BOOST_FIXTURE_TEST_SUITE(byte_for_byte, with_things)

BOOST_AUTO_TEST_CASE(texts_of_a_config_map_come_back_as_they_went_in) {
    const auto ns = make_namespace("bytes");
    json::object data;
    json::object annotations;
    std::size_t number = 0;
    for (const auto& text : texts()) {
        data["t" + std::to_string(number++)] = text;
        if (text.size() < 1000) annotations["example.com/t" + std::to_string(number)] = text;
    }
    json::object object = config_map(ns, "all");
    object["data"] = data;
    object["metadata"].as_object()["annotations"] = annotations;
    const auto done = run(api.apply(config_maps, object, {.field_manager = "holdfast"}));
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done.has_value() ? "" : done.error().message()));
    const auto stored = run(api.get(config_maps, ns, "all")).value();
    const auto& got = stored.at("data").as_object();
    BOOST_TEST(got.size() == data.size());
    for (const auto& [key, value] : data) {
        BOOST_TEST((got.at(key) == value), key << ": " << value << " became " << got.at(key));
    }
    for (const auto& [key, value] : annotations) {
        BOOST_TEST((stored.at("metadata").at("annotations").at(key) == value), key);
    }
    // The same again changes nothing.
    const auto again = run(api.apply(config_maps, object, {.field_manager = "holdfast"})).value();
    BOOST_TEST(resource_version_of(again) == resource_version_of(stored));
}

// One by one, so that each says for itself what is wrong with it.
BOOST_AUTO_TEST_CASE(each_character_is_taken) {
    const auto ns = make_namespace("characters");
    for (const auto code : special_characters()) {
        const auto object = config_map(ns, "one", text_of(code));
        const auto done = run(api.apply(config_maps, object, {.field_manager = "holdfast", .dry_run = true}));
        const auto is_same = done && find_text(*done, {"data", "value"}) == text_of(code);
        BOOST_TEST(is_same, "U+" << std::hex << code << (done ? "" : done.error().message()));
    }
}

BOOST_AUTO_TEST_CASE(keys_of_a_custom_resource_come_back_as_they_went_in) {
    const auto ns = make_namespace("keys");
    json::object value;
    for (const auto& text : texts()) {
        if (text.size() < 10'000) value[text] = json::object{{text, text}};
    }
    for (const std::size_t length : {500U, 511U, 512U, 1022U, 1023U, 1024U, 1025U, 5000U}) {
        value[std::string(length, 'k')] = json::array{json::object{{std::string(length, 'l'), length}}};
    }
    const auto stored = applied(thing(ns, "keys", value));
    const auto& got = stored.at("value").as_object();
    BOOST_TEST(got.size() == value.size());
    for (const auto& [key, each] : value) {
        const auto* found = got.if_contains(key);
        BOOST_TEST((found != nullptr && *found == each), json::serialize(json::string{key}).substr(0, 200));
    }
}

// JSON is what the server reads at a create: what is read as YAML is to be the same number.
BOOST_AUTO_TEST_CASE(numbers_are_applied_as_they_are_created) {
    const auto ns = make_namespace("numbers");
    for (const auto* text :
         {"0", "-1", "1e3", "1.0", "-0.0", "0.1", "1e-7", "1E21", "1.5e300", "5e-324", "2147483648",
          "9007199254740992", "9007199254740993", "-9007199254740993", "9223372036854775807",
          "-9223372036854775808", "12345678901234567890", "18446744073709551615"}) {
        const auto value = json::parse(text);
        (void)run(api.remove(things, ns, "created"));
        const auto made = run(api.create(things, thing(ns, "created", value), "test"));
        const auto stored = applied(thing(ns, "applied", value));
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made.has_value() ? "" : made.error().message()));
        BOOST_TEST(
            (stored.at("value") == made->at("value")),
            text << " was created as " << made->at("value") << " and applied as " << stored.at("value")
        );
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
