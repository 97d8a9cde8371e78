#include "push/body_fields.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <random>

namespace holdfast::push {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> places{"a", "b.c", "list[].x.y"};

result<body_fields> read(std::string_view body) {
    body_fields fields{places};
    // In pieces of any length: where they end counts for nothing.
    while (!body.empty()) {
        const auto piece = body.substr(0, 1 + body.size() % 7);
        body.remove_prefix(piece.size());
        if (auto added = fields.add(piece); !added) {
            return added.error();
        }
    }
    if (auto ended = fields.finish(); !ended) {
        return ended.error();
    }
    return fields;
}

std::string error_of(std::string_view body) {
    const auto r = read(body);
    return r ? "no error" : r.error().message();
}

using texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(push_body_fields)

BOOST_AUTO_TEST_CASE(texts_are_found_where_they_are_looked_for_and_nowhere_else) {
    const auto r = read(R"({"z": {"a": "no"}, "a": "1", "b": {"a": "no", "c": "2"}, "x": {"y": "no"},
        "list": [{"x": {"y": "3"}}, {"x": {"z": "no"}}, {"x": {"y": "4"}}, "no", 5, null, {"x": null}],
        "nested": [[{"a": "no"}]], "a.b": "no", "list[]": {"x": {"y": "no"}}})");
    BOOST_TEST_REQUIRE(r.has_value(), error_of(""));
    BOOST_TEST(r->all("a") == texts{"1"}, boost::test_tools::per_element());
    BOOST_TEST(r->all("b.c") == texts{"2"}, boost::test_tools::per_element());
    BOOST_TEST(r->all("list[].x.y") == (texts{"3", "4"}), boost::test_tools::per_element());
    BOOST_TEST(r->all("never asked for").empty());
    BOOST_TEST(r->first("a") == "1");
    BOOST_TEST(r->first("never asked for").empty());
}

BOOST_AUTO_TEST_CASE(null_is_as_if_it_were_not_there_and_other_types_are_told) {
    BOOST_TEST(read(R"({"a": null})")->all("a").empty());
    BOOST_TEST(error_of(R"({"a": true})") == "the body's a must be a text, is a truth value");
    BOOST_TEST(error_of(R"({"b": {"c": 1.5}})") == "the body's b.c must be a text, is a number");
    BOOST_TEST(
        error_of(R"({"list": [{"x": {"y": {}}}]})") == "the body's list[].x.y must be a text, is an object"
    );
    BOOST_TEST(error_of(R"("a")") == "the body must be a JSON object");
    BOOST_TEST(error_of("{\"a\": \"\xff\"}").starts_with("the body must be JSON"));
}

BOOST_AUTO_TEST_CASE(long_texts_long_keys_and_long_lists_are_not_kept) {
    const auto long_text = read(json::serialize(json::object{{"a", std::string(5000, 'x')}}));
    BOOST_TEST(long_text->all("a").empty());
    BOOST_TEST(long_text->overflowed("a"));
    BOOST_TEST(!long_text->overflowed("b.c"));
    BOOST_TEST(
        read(json::serialize(json::object{{std::string(200, 'a'), "x"}, {"a", "y"}}))->first("a") == "y"
    );
    json::array list;
    for (int i = 0; i < 1000; ++i) {
        list.push_back({{"x", {{"y", std::to_string(i)}}}});
    }
    const auto many = read(json::serialize(json::object{{"list", list}}));
    BOOST_TEST(many->all("list[].x.y").size() == body_fields::most_of_each);
    BOOST_TEST(many->overflowed("list[].x.y"));
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded) {
    const auto nested = [](std::size_t depth) {
        return R"({"z": )" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    BOOST_TEST(read(nested(60)).has_value());
    BOOST_TEST(error_of(nested(70)) == "the body is nested deeper than 64");
    BOOST_TEST(error_of(nested(1'000'000)) == "the body is nested deeper than 64");
}

// A document is made at random, with what is to be found in it.
BOOST_AUTO_TEST_CASE(every_document_gives_what_a_walk_through_its_tree_gives) {
    std::mt19937 random{7}; // NOLINT(cert-msc51-cpp): the same every time
    const std::array<const char*, 6> keys{"a", "b", "c", "list", "x", "y"};
    const std::function<json::value(int)> make = [&](int depth) -> json::value {
        switch (random() % (depth > 4 ? 2U : 5U)) {
        case 0: return json::value(std::to_string(random() % 100));
        case 1: return random() % 2 == 0 ? json::value(nullptr) : json::value(static_cast<int>(random() % 9));
        case 2: {
            json::array list;
            for (auto n = random() % 4; n > 0; --n) {
                list.push_back(make(depth + 1));
            }
            return list;
        }
        default: {
            json::object object;
            for (auto n = random() % 5; n > 0; --n) {
                object[keys[random() % keys.size()]] = make(depth + 1);
            }
            return object;
        }
        }
    };
    int good = 0;
    for (int i = 0; i < 20'000; ++i) {
        json::object document;
        document["list"] = make(0);
        document["b"] = make(1);
        document["a"] = make(5);
        std::map<std::string, texts> expected;
        bool wrong = false;
        const std::function<void(const json::value&, const std::string&)> walk = [&](const json::value& v,
                                                                                     const std::string& path
                                                                                 ) {
            const bool wanted = std::find(places.begin(), places.end(), path) != places.end();
            if (wanted && !v.is_string() && !v.is_null()) {
                wrong = true;
            }
            if (wanted && v.is_string() && !v.get_string().empty()) {
                expected[path].emplace_back(v.get_string());
            }
            if (v.is_object()) {
                for (const auto& m : v.get_object()) {
                    walk(m.value(), path.empty() ? std::string{m.key()} : path + "." + std::string{m.key()});
                }
            } else if (v.is_array()) {
                for (const auto& e : v.get_array()) {
                    walk(e, path + "[]");
                }
            }
        };
        walk(document, "");
        const auto text = json::serialize(document);
        const auto r = read(text);
        BOOST_TEST_REQUIRE(r.has_value() == !wrong, text);
        if (r) {
            ++good;
            for (const auto place : places) {
                BOOST_TEST_REQUIRE(r->all(place) == expected[std::string{place}], text);
            }
        }
    }
    BOOST_TEST(good > 2000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::push
