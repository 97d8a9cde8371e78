// The way back: what today's version writes is taken by the schema of an older one, or is pruned by it, which
// is named here with why that does no harm.
#include "crds/application.hpp"
#include "crds/crd.hpp"
#include "crds/repository.hpp"
#include "support/read_file.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace holdfast::crds {
namespace {

namespace fs = std::filesystem;

// What an older version does not know, and why it does not need it.
const std::map<std::string, std::string> additions{
    {"applications.holdfast.dev status.history[].sourcesOmitted",
     "it only tells a reader why an entry has no sources; a rollback to such an entry is refused for want of "
     "them by either version"},
    {"applications.holdfast.dev status.operationState.ownedAtBegin",
     "the older version counts the objects itself when it goes on with an operation"},
    {"applications.holdfast.dev status.operationState.syncResult.source",
     "the older version goes on with an operation by the sources of the specification"},
    {"applications.holdfast.dev status.operationState.syncResult.sources",
     "the older version goes on with an operation by the sources of the specification"},
    {"applications.holdfast.dev status.resources[].message", "it only tells a reader what a sync would do"},
};

class comparison {
public:
    explicit comparison(std::string kind) : kind_{std::move(kind)} {}

    std::vector<std::string> problems;
    std::set<std::string> added;

    // Whether everything that `now` takes is taken by `then`.
    void schemas(const json::object& now, const json::object& then, const std::string& path) {
        for (const auto* key :
             {"type", "pattern", "format", "x-kubernetes-int-or-string",
              "x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
              "x-kubernetes-map-type"}) {
            if (text(now, key) != text(then, key)) problem(path, key, now, then);
        }
        for (const auto* key : {"maxLength", "maxItems", "maxProperties", "maximum"}) {
            if (narrower(now, then, key, false)) problem(path, key, now, then);
        }
        for (const auto* key : {"minLength", "minItems", "minProperties", "minimum"}) {
            if (narrower(now, then, key, true)) problem(path, key, now, then);
        }
        within(now, then, "enum", path);     // each word of today
        within(then, now, "required", path); // each field that has to be there for the older
        if (text(now, "default") != text(then, "default")) problem(path, "default", now, then);
        if (const auto* properties = now.if_contains("properties")) {
            const auto* others = then.if_contains("properties");
            for (const auto& each : properties->as_object()) {
                const auto inner = (path.empty() ? "" : path + ".") + std::string{each.key()};
                const auto* other = others != nullptr ? others->as_object().if_contains(each.key()) : nullptr;
                if (other == nullptr) {
                    added.insert(kind_ + " " + inner);
                } else {
                    schemas(each.value().as_object(), other->as_object(), inner);
                }
            }
            for (const auto& each : others != nullptr ? others->as_object() : json::object{}) {
                // What an older version stored would be pruned by today's.
                if (!properties->as_object().contains(each.key())) problem(path, each.key(), now, then);
            }
        }
        nested(now, then, "items", path + "[]");
        nested(now, then, "additionalProperties", path + "{}");
    }

private:
    static std::string text(const json::object& schema, std::string_view key) {
        const auto* value = schema.if_contains(key);
        return value != nullptr ? json::serialize(*value) : std::string{};
    }
    static bool narrower(const json::object& now, const json::object& then, const char* key, bool lower) {
        const auto* bound = then.if_contains(key);
        if (bound == nullptr) return false;
        const auto* ours = now.if_contains(key);
        if (ours == nullptr) return true;
        return lower ? ours->as_int64() < bound->as_int64() : ours->as_int64() > bound->as_int64();
    }
    void
    within(const json::object& inner, const json::object& outer, const char* key, const std::string& path) {
        const auto* some = inner.if_contains(key);
        if (some == nullptr) {
            if (std::string_view{key} == "enum" && outer.contains(key)) problem(path, key, inner, outer);
            return;
        }
        const auto* all = outer.if_contains(key);
        for (const auto& one : some->as_array()) {
            const bool is_there =
                all != nullptr && std::ranges::find(all->as_array(), one) != all->as_array().end();
            // Without a list of words every word is taken.
            if (!is_there && !(all == nullptr && std::string_view{key} == "enum")) {
                problem(path, key, inner, outer);
            }
        }
    }
    void nested(const json::object& now, const json::object& then, const char* key, const std::string& path) {
        const auto* ours = now.if_contains(key);
        const auto* others = then.if_contains(key);
        if ((ours == nullptr) != (others == nullptr)) {
            problem(path, key, now, then);
        } else if (ours != nullptr && ours->is_object() && others->is_object()) {
            schemas(ours->as_object(), others->as_object(), path);
        }
    }
    void problem(
        const std::string& path, std::string_view key, const json::object& now, const json::object& then
    ) {
        problems.push_back(
            kind_ + " " + path + ": " + std::string{key} + " is " + text(now, key) + " and was " +
            text(then, key)
        );
    }

    std::string kind_;
};

json::object schema_of(const json::object& definition) {
    return definition.at("spec")
        .at("versions")
        .as_array()
        .front()
        .at("schema")
        .at("openAPIV3Schema")
        .as_object();
}

json::object named(const json::object& definition) {
    return {
        {"apiVersion", definition.at("apiVersion")},
        {"names", definition.at("spec").at("names")},
        {"scope", definition.at("spec").at("scope")},
        {"version", definition.at("spec").at("versions").as_array().front().at("name")},
        {"subresources", definition.at("spec").at("versions").as_array().front().at("subresources")}
    };
}

BOOST_AUTO_TEST_SUITE(older_schemas)

BOOST_AUTO_TEST_CASE(take_what_is_written_today) {
    std::set<std::string> added;
    std::size_t compared = 0;
    for (const auto& version : fs::directory_iterator{HOLDFAST_SOURCE_DIR "/tests/stored"}) {
        if (!version.is_directory()) continue;
        const auto older =
            json::parse(holdfast::test::read_file(version.path() / "definitions.json")).as_object();
        for (const auto& today : {crd_of<application>(), crd_of<repository>()}) {
            const auto name = std::string{today.at("metadata").at("name").as_string()};
            BOOST_TEST_REQUIRE(older.contains(name));
            const auto& then = older.at(name).as_object();
            BOOST_TEST(named(today) == named(then));
            comparison of{name};
            of.schemas(schema_of(today), schema_of(then), "");
            for (const auto& problem : of.problems) {
                BOOST_ERROR(version.path().filename().string() << ": " << problem);
            }
            added.merge(of.added);
            ++compared;
        }
    }
    BOOST_TEST(compared >= 2U);
    for (const auto& field : added) {
        BOOST_TEST(
            additions.contains(field), field << " is pruned by an older version: say why that is harmless"
        );
    }
    for (const auto& [field, why] : additions) {
        BOOST_TEST(added.contains(field), field << " is not new");
    }
}

BOOST_AUTO_TEST_CASE(are_seen_to_differ_where_they_do) {
    const auto of = [](std::string_view now, std::string_view then) {
        comparison made{"k"};
        made.schemas(json::parse(now).as_object(), json::parse(then).as_object(), "");
        return made;
    };
    const auto field = [](const std::string& facts) { return R"({"properties":{"a":{)" + facts + "}}}"; };
    const std::pair<std::string, std::string> narrower[] = {
        {R"("type":"string","maxLength":9)", R"("type":"string","maxLength":8)"},
        {R"("type":"string")", R"("type":"string","maxLength":8)"},
        {R"("type":"integer","minimum":0)", R"("type":"integer","minimum":1)"},
        {R"("type":"string","enum":["a","b"])", R"("type":"string","enum":["a"])"},
        {R"("type":"string")", R"("type":"integer")"},
        {R"("type":"object")", R"("type":"object","required":["b"])"},
        {R"("type":"array","items":{"maxLength":2})", R"("type":"array","items":{"maxLength":1})"},
        {R"("type":"object","properties":{})", R"("type":"object","properties":{"gone":{}})"},
    };
    for (const auto& [now, then] : narrower) {
        BOOST_TEST(of(field(now), field(then)).problems.size() == 1U, now);
        BOOST_TEST(of(field(now), field(now)).problems.empty());
    }
    BOOST_TEST(of(field(R"("maxLength":7)"), field(R"("maxLength":8)")).problems.empty());
    BOOST_TEST(of(field(R"("enum":["a"])"), field(R"("enum":["a","b"])")).problems.empty());
    BOOST_TEST(of(R"({"properties":{"a":{},"b":{}}})", field("")).added.contains("k b"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
