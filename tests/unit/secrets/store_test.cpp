#include "base/async.hpp"
#include "secrets/access.hpp"
#include "secrets/password_store.hpp"
#include "secrets/sensitive.hpp"
#include "store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>

namespace holdfast::secrets::test {
namespace {

password_store open_shared() {
    return password_store::open(shared_user().snapshot(), "", "https://example.org/store").value();
}

BOOST_AUTO_TEST_SUITE(store_suite)

BOOST_AUTO_TEST_CASE(entries_are_the_files_of_pass_less_their_suffix_in_order) {
    auto store = open_shared();
    const auto all = store.entries().value();
    const auto has = [&](std::string_view name) {
        return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
    };
    BOOST_TEST(has("shop/db"));
    BOOST_TEST(has("other team/with + sign"));
    BOOST_TEST(!has(".gpg-id"));
    BOOST_TEST(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.name < b.name;
    }));
    const auto some =
        store.entries(match::glob::compile(match::glob_dialect::gobwas, "shop/new*").value()).value();
    BOOST_REQUIRE_EQUAL(some.size(), 2U);
    BOOST_TEST(some[0].name == "shop/newline");
    BOOST_TEST((store.find("shop/newline")->blob == some[0].blob));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named_with_what_would_be_right) {
    shared_user().run("cd store; echo x > notes.txt; git add notes.txt; git commit -qm notes");
    auto store = open_shared();
    const auto says = [&](std::string_view entry, error_kind kind, std::string_view words) {
        const auto found = store.find(entry);
        BOOST_REQUIRE(found.has_error());
        BOOST_TEST((found.error().kind() == kind));
        const auto message = found.error().message();
        BOOST_TEST(
            message.find(
                "entry \"" + std::string{entry} + "\" of the password store https://example.org/store"
            ) == 0,
            message
        );
        BOOST_TEST(message.find(words) != std::string::npos, message);
    };
    says("shop/nothing", error_kind::not_found, "pass insert shop/nothing");
    says("shop/DB", error_kind::not_found, "there is \"shop/db\" (case counts)");
    says("shop", error_kind::user, "is a folder");
    says("shop/db.gpg", error_kind::user, "named without \".gpg\": \"shop/db\"");
    says("notes.txt", error_kind::user, "is a file but not an entry");
    says("../shop/db", error_kind::user, "no \"..\"");
    says("", error_kind::user, "no entry");
}

BOOST_AUTO_TEST_CASE(the_next_gpg_id_above_an_entry_says_whose_it_is) {
    gpg_user user;
    const auto first = user.make_key("first");
    const auto second = user.make_key("second");
    user.run(
        "pass init " + first + " >/dev/null; pass git init >/dev/null; pass init -p team/deep " + first +
        " " + second + " >/dev/null"
    );
    user.insert("top", "x");
    user.insert("team/a", "x");
    user.insert("team/deep/b", "x");
    user.insert("team/deep/down/c", "x");
    auto store = password_store::open(user.snapshot(), "", "s").value();
    BOOST_TEST(store.recipients_of("team/a")->file == ".gpg-id");
    BOOST_TEST(store.recipients_of("top")->ids == std::vector<std::string>{first});
    const auto deep = store.recipients_of("team/deep/down/c").value();
    BOOST_TEST(deep.file == "team/deep/.gpg-id");
    BOOST_TEST(deep.ids == (std::vector<std::string>{first, second}));
}

BOOST_AUTO_TEST_CASE(a_store_may_be_a_folder_of_its_repository_and_have_links_inside) {
    gpg_user user;
    user.run(
        R"(mkdir -p store/secrets/a; cd store; git init -q; echo KEY > secrets/.gpg-id; echo 1 > secrets/a/one.gpg
ln -s a/one.gpg secrets/link.gpg; ln -s ../outside.gpg secrets/out.gpg; echo 2 > outside.gpg
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 3\n' > secrets/large.gpg; git add .; git commit -qm x)"
    );
    auto store = password_store::open(user.snapshot(), "secrets", "s").value();
    BOOST_TEST((store.find("link")->blob == store.find("a/one")->blob));
    BOOST_TEST(store.find("out").has_error());
    BOOST_TEST(store.find("outside").has_error());
    BOOST_TEST(store.entries()->size() == 3U);
    const auto lfs = store.read(store.find("large").value());
    BOOST_REQUIRE(lfs.has_error());
    BOOST_TEST(lfs.error().message().find("LFS") != std::string::npos);
    const auto none = password_store::open(user.snapshot(), "", "s");
    BOOST_REQUIRE(none.has_error());
    BOOST_TEST(none.error().message().find(".gpg-id") != std::string::npos, none.error().message());
    BOOST_TEST(password_store::open(user.snapshot(), "nowhere", "s").has_error());
}

BOOST_AUTO_TEST_CASE(an_entry_beyond_the_limit_is_not_read) {
    auto store = password_store::open(shared_user().snapshot(), "", "s", {.max_entry_bytes = 10}).value();
    BOOST_TEST(store.read(store.find("shop/db").value()).has_error());
}

BOOST_AUTO_TEST_CASE(without_rules_the_applications_of_the_stores_namespace_may_read_everything) {
    const auto rules = access_rules::compile("shop", std::nullopt).value();
    BOOST_TEST(rules.may_read({"shop", "web"}, "any/thing"));
    BOOST_TEST(!rules.may_read({"blog", "web"}, "any/thing"));
    BOOST_TEST(!rules.may_read_some({"blog", "web"}));
    BOOST_TEST(!access_rules::compile("shop", std::vector<access_rule>{})->may_read({"shop", "web"}, "x"));
    BOOST_TEST(!access_rules{}.may_read({"shop", "web"}, "x"));
    BOOST_TEST(access_rules::everything().may_read({"a", "b"}, "x"));
}

BOOST_AUTO_TEST_CASE(a_rule_lets_applications_of_namespaces_read_entries) {
    const auto rules =
        access_rules::compile(
            "infra",
            std::vector<access_rule>{
                {.entries = {"shop/*", "common/ca"}, .namespaces = {"shop", "shop-*"}, .applications = {}},
                {.entries = {"blog/{db,mail}"}, .namespaces = {"blog"}, .applications = {"blog-?"}},
                {.entries = {}, .namespaces = {}, .applications = {"root"}},
            }
        )
            .value();
    BOOST_TEST(rules.may_read({"shop", "web"}, "shop/db"));
    BOOST_TEST(rules.may_read({"shop-test", "web"}, "shop/deep/er"));
    BOOST_TEST(rules.may_read({"shop", "web"}, "common/ca"));
    BOOST_TEST(!rules.may_read({"shop", "web"}, "common/key"));
    BOOST_TEST(!rules.may_read({"shop", "web"}, "blog/db"));
    BOOST_TEST(!rules.may_read({"shopping", "web"}, "shop/db"));
    BOOST_TEST(rules.may_read({"blog", "blog-1"}, "blog/mail"));
    BOOST_TEST(!rules.may_read({"blog", "other"}, "blog/mail"));
    BOOST_TEST(rules.may_read({"infra", "root"}, "whatever"));
    BOOST_TEST(!rules.may_read({"blog", "root"}, "whatever"));
    BOOST_TEST(rules.may_read_some({"blog", "blog-2"}));
    BOOST_TEST(!rules.may_read_some({"blog", "other"}));
    const auto wrong = access_rules::compile(
        "x", std::vector<access_rule>{{.entries = {"a", "[b"}, .namespaces = {}, .applications = {}}}
    );
    BOOST_REQUIRE(wrong.has_error());
    BOOST_TEST(wrong.error().message().find("allow[0].entries[1]") == 0, wrong.error().message());
}

BOOST_AUTO_TEST_CASE(sensitive_bytes_grow_and_move) {
    sensitive a{"abc"};
    const auto* memory = a.view().data();
    sensitive b = std::move(a);
    BOOST_TEST(b.view().data() == memory);
    BOOST_TEST(a.empty()); // NOLINT(bugprone-use-after-move): it is empty by contract
    b.append("defghijkl");
    BOOST_TEST(b.view() == "abcdefghijkl");
}

BOOST_AUTO_TEST_CASE(wiping_overwrites_what_a_secret_held) {
    auto secret = secret_of("s", {{"password", "a value that is longer than a small string"}});
    const auto& value = secret.at("data").at("password").get_string();
    const char* memory = value.data();
    const auto size = value.size();
    wipe(secret);
    BOOST_TEST(std::all_of(memory, memory + size, [](char c) { return c == '\0'; }));
    json::object other{{"kind", "ConfigMap"}, {"data", json::object{{"a", "b"}}}};
    wipe(other);
    BOOST_TEST(other.at("data").at("a").as_string() == "b");
    std::string text = "a text that is longer than what fits inside of it";
    memory = text.data();
    wipe(text);
    BOOST_TEST(text.empty());
    BOOST_TEST(std::string_view(memory, 10) == std::string_view("\0\0\0\0\0\0\0\0\0\0", 10));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets::test
