// PassSecret against the original kustomize-pass: data/pass_secret has what that made of each case.

#include "base/base64.hpp"
#include "base/worker_pool.hpp"
#include "builders/kustomize.hpp"
#include "builders/run.hpp"
#include "secrets/pass_secret.hpp"
#include "secrets/resolver.hpp"
#include "store_fixture.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace holdfast::secrets::test {
namespace {

namespace fs = std::filesystem;

const fs::path data_directory = fs::path{HOLDFAST_TEST_DATA} / "pass_secret";

json::value read_json(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    BOOST_REQUIRE_MESSAGE(in, file);
    return json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});
}

std::string content_of(const json::value& entry) {
    if (const auto* text = entry.if_string()) return std::string{*text};
    return base64_decode(entry.at("base64").as_string()).value();
}

const json::object& all_entries() {
    static const json::value read = read_json(data_directory / "entries.json");
    return read.as_object();
}

// The stores of entries.json, each written by pass for a key of its own.
struct written_store {
    explicit written_store(const std::string& url) {
        const auto key = user.make_key("shop");
        user.run("pass init " + key + " >/dev/null; pass git init >/dev/null");
        for (const auto& [name, value] : all_entries().at(url).as_object()) {
            user.insert(name, content_of(value));
        }
        keys = read_keys(secret_of("pass-key", {{"key", user.private_key(key)}}), nullptr).value();
    }

    usable_store usable(const std::string& url) {
        return {
            .url = url == "default" ? "https://git.example.com/shop/passwords" : url,
            .at = user.snapshot(),
            .path = {},
            .keys = keys,
            .keys_from = "Secret shop/pass-key",
            .access = access_rules::everything(),
            .is_default = url == "default"
        };
    }

    gpg_user user;
    std::shared_ptr<const key_material> keys;
};

written_store& store_of(const std::string& url) {
    static std::map<std::string, std::unique_ptr<written_store>> made;
    auto& store = made[url];
    if (!store) store = std::make_unique<written_store>(url);
    return *store;
}

std::vector<usable_store> all_stores() {
    std::vector<usable_store> all;
    for (const auto& [url, entries] : all_entries()) {
        all.push_back(store_of(std::string{url}).usable(std::string{url}));
    }
    return all;
}

// Maps by their keys, lists as they are.
json::value sorted(const json::value& value) { // NOLINT(misc-no-recursion)
    if (const auto* list = value.if_array()) {
        json::array made;
        for (const auto& each : *list)
            made.push_back(sorted(each));
        return made;
    }
    const auto* map = value.if_object();
    if (map == nullptr) return value;
    std::map<std::string, json::value> by_key;
    for (const auto& [key, each] : *map)
        by_key.emplace(key, sorted(each));
    json::object made;
    for (auto& [key, each] : by_key)
        made.emplace(key, std::move(each));
    return made;
}

std::string text_of(const json::value& objects) {
    std::string text;
    for (const auto& each : objects.as_array())
        text += json::serialize(sorted(each)) + '\n';
    return text;
}

const json::object& secret_in(const json::value& objects) {
    const auto& all = objects.as_array();
    const auto found = std::ranges::find_if(all, [](const json::value& each) {
        return each.at("kind").as_string() == "Secret";
    });
    BOOST_REQUIRE(found != all.end());
    return found->as_object();
}

std::string name_of(const json::object& object) {
    return std::string{object.at("metadata").at("name").as_string()};
}

// With something else for the hash of a name, wherever the name stands.
std::string without_hash(std::string text, const std::string& name) {
    const auto plain = name.substr(0, name.rfind('-')) + "-HASH";
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + plain.size()))
        text.replace(at, name.size(), plain);
    return text;
}

// The operator's own way: planned, built by kustomize in the sandbox, values put in.
struct with_builds {
    with_builds() {
        const char* const directory = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
        BOOST_REQUIRE_MESSAGE(directory != nullptr, "HOLDFAST_PROGRAMS has to name the pinned programs");
        programs.kustomize = fs::canonical(fs::path{directory} / "kustomize");
        programs.functions = FUNCTIONS_DIRECTORY;
        programs.kustomize_version = "v5.7.1";
        sandbox::settings with;
        with.directory = scratch.path() + "/builds";
        with.supervisor = SANDBOX_PROGRAM;
        runner = sandbox::open(context.get_executor(), pool, std::move(with)).value();
    }

    render::render_result<json::value> build(const fs::path& case_directory) {
        const temporary_directory repository;
        auto head = shell(
            repository.path(),
            "cp -r '" + case_directory.string() +
                "/.' . && git init -q && git add -A && git commit -qm x && git rev-parse HEAD"
        );
        head.resize(40);
        const auto stores = all_stores();
        builders::build_facts facts;
        facts.secrets_key = "some";
        facts.secrets_index = make_index(stores, who).value().to_json();
        builders::build_source source;
        source.spec.repo_url = "https://git.example.com/shop/deploy.git";
        source.at = git::snapshot::open(repository.path() + "/.git", *git::object_id::from_hex(head)).value();
        source.revision = head;
        const auto plan = builders::plan_kustomize(source, facts, {}, programs);
        if (!plan) return plan.error();
        const auto printed = holdfast::test::run(context, builders::run(*runner, pool, *plan));
        if (!printed) return printed.error();
        auto output = builders::read_output(*plan, *printed);
        if (!output) return output.error();
        auto expanded = expand_pass_secrets(std::move(output->objects), nullptr);
        if (!expanded) return expanded.error();
        auto resolved = holdfast::test::run(context, resolver.resolve(std::move(*expanded), stores, who));
        if (!resolved) return resolved.error();
        json::array objects;
        for (auto& each : *resolved)
            objects.push_back(std::move(each.object));
        return json::value(std::move(objects)); // in braces it would be a list of one
    }

    json::value built(const std::string& name) {
        auto made = build(data_directory / "cases" / name);
        BOOST_REQUIRE_MESSAGE(
            made.has_value(), name << ": " << (made ? "" : made.error().summary().message())
        );
        return std::move(*made);
    }

    const requester who{"shop", "web"};
    temporary_directory scratch;
    builders::programs programs;
    boost::asio::io_context context;
    worker_pool pool{2};
    secrets::resolver resolver{context.get_executor(), pool};
    std::unique_ptr<sandbox::runner> runner;
};

BOOST_FIXTURE_TEST_SUITE(pass_secret, with_builds)

BOOST_AUTO_TEST_CASE(each_case_is_what_the_original_makes_of_it) {
    const std::set<std::string> different{"date", "control-characters"};
    std::size_t compared = 0;
    std::size_t refused = 0;
    for (const auto& entry : fs::directory_iterator{data_directory / "cases"}) {
        const auto name = entry.path().filename().string();
        if (different.contains(name)) continue;
        BOOST_TEST_CONTEXT(name) {
            const auto expected = read_json(entry.path() / "expected.json");
            const auto made = build(entry.path());
            if (expected.as_object().contains("refused")) {
                BOOST_TEST(made.has_error());
                ++refused;
                continue;
            }
            BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().summary().message()));
            const auto& objects = expected.at("objects");
            auto ours = text_of(*made);
            auto theirs = text_of(objects);
            if (name.starts_with("hashed")) {
                ours = without_hash(std::move(ours), name_of(secret_in(*made)));
                theirs = without_hash(std::move(theirs), name_of(secret_in(objects)));
                BOOST_TEST(theirs.find("-HASH\"") != std::string::npos, theirs);
            }
            BOOST_TEST(ours == theirs);
            ++compared;
        }
    }
    BOOST_TEST(compared > 25U);
    BOOST_TEST(refused > 10U);
}

BOOST_AUTO_TEST_CASE(a_value_is_what_the_store_has_where_the_original_fails) {
    for (const auto& [name, entry] : {std::pair{"date", "app/date"}, {"control-characters", "app/control"}}) {
        const auto objects = built(name);
        const auto& data = secret_in(objects).at("data").as_object();
        BOOST_REQUIRE_EQUAL(data.size(), 1U);
        auto stored = content_of(all_entries().at("default").at(entry));
        stored.pop_back(); // less its newline
        BOOST_TEST(base64_decode(data.begin()->value().as_string()).value() == stored, name);
    }
}

BOOST_AUTO_TEST_CASE(a_rotated_entry_gives_a_new_name_and_references_follow) {
    for (const auto& [name, url] :
         {std::pair{"hashed", "default"},
          {"hashed-in-base", "default"},
          {"hashed-other-store", "https://git.example.com/team/passwords.git"}}) {
        BOOST_TEST_CONTEXT(name) {
            auto& store = store_of(url).user;
            const auto original = content_of(all_entries().at(url).at("app/password"));
            const auto before = built(name);
            BOOST_TEST(text_of(built(name)) == text_of(before));

            store.insert("top", "rotated, but not named by the case\n");
            BOOST_TEST(text_of(built(name)) == text_of(before));

            store.insert("app/password", "rotated");
            const auto after = built(name);
            const auto old_name = name_of(secret_in(before));
            const auto new_name = name_of(secret_in(after));
            BOOST_TEST(old_name != new_name);
            BOOST_TEST(
                secret_in(after).at("data").at("password").as_string() ==
                json::string_view{base64_encode("rotated")}
            );
            BOOST_TEST(text_of(after).find(old_name) == std::string::npos);
            // But for the value and the name nothing changed: the Deployment names the new one in all places.
            auto undone = after;
            for (auto& each : undone.as_array()) {
                if (each.at("kind").as_string() == "Secret") {
                    each.at("data").as_object()["password"] = secret_in(before).at("data").at("password");
                }
            }
            BOOST_TEST(without_hash(text_of(undone), new_name) == without_hash(text_of(before), old_name));
            store.insert("app/password", original);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets::test
