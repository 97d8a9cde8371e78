// Plugins that call pass by themselves: in the sandbox, with the real pass and gpg.

#include "base/base64.hpp"
#include "base/worker_pool.hpp"
#include "builders/plugin.hpp"
#include "builders/run.hpp"
#include "source_repository.hpp"
#include "support/coroutine.hpp"
#include "unit/secrets/store_fixture.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace holdfast;
namespace fs = std::filesystem;
namespace stores = holdfast::secrets::test;

namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// Of all processes.
bool runs_somewhere(const std::string& word) {
    for (const auto& process : fs::directory_iterator{"/proc"}) {
        std::ifstream file{process.path() / "cmdline"};
        const std::string line{std::istreambuf_iterator<char>{file}, {}};
        if (has(line, word)) return true;
    }
    return false;
}

/// A repository that a plugin with a store builds.
class bench {
public:
    bench() {
        sandbox::settings with;
        // As on a machine whose directory for builds is on a disk.
        with.directory = "/var/tmp/" + fs::path{scratch_.path()}.filename().string();
        disk_ = with.directory;
        with.memory_directory = scratch_.path();
        fs::permissions(scratch_.path(), fs::perms{0711}); // as root the jobs are other users
        with.supervisor = SANDBOX_PROGRAM;
        runner_ = sandbox::open(context_.get_executor(), pool_, std::move(with)).value();
        plugin.name = "team";
        plugin.password_store = true;
        plugin.generate = {"/bin/bash", "./build.sh"};
        source.spec.path = "app";
        source.spec.repo_url = "https://git.example/shop";
        source.spec.plugin.emplace();
        store.url = "https://git.example/passwords";
        store.at = stores::shared_user().snapshot();
        store.keys = stores::shared_keys();
        store.access = secrets::access_rules::everything();
        store.is_default = true;
    }
    ~bench() {
        runner_.reset();
        fs::remove_all(disk_);
    }
    bench(const bench&) = delete;
    bench& operator=(const bench&) = delete;

    [[nodiscard]] const std::string& memory() const { return scratch_.path(); }

    builders::build_plan plan() {
        const auto at = repository.commit();
        source.at = at;
        source.revision = at.commit().hex();
        return builders::plan_plugin(source, facts, plugin, "").value();
    }

    render::render_result<std::string> run() {
        auto copy = secrets::copy_store(store, who);
        if (!copy) {
            return render::render_errors{{{.kind = copy.error().kind(), .message = copy.error().message()}}};
        }
        return test::run(
            context_,
            builders::run(
                *runner_, pool_, plan(), {}, std::make_shared<const secrets::store_copy>(std::move(*copy))
            )
        );
    }

    // What a script prints, as the value of a Secret.
    std::string printed(const std::string& script) {
        repository.file("app/script.sh", script);
        repository.file(
            "app/build.sh", "printf 'apiVersion: v1\\nkind: Secret\\nmetadata: {name: made}\\n'\n"
                            "printf 'data: {out: \"%s\"}\\n' \"$(bash ./script.sh | base64 -w0)\"\n"
        );
        auto made = run();
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().summary().message()));
        const auto output = builders::read_output(plan(), *made).value();
        BOOST_REQUIRE_EQUAL(output.objects.size(), 1U);
        return base64_decode(output.objects[0].object.at("data").at("out").as_string()).value();
    }

    std::string refusal(const std::string& script) {
        repository.file("app/build.sh", script);
        const auto made = run();
        BOOST_REQUIRE(made.has_error());
        return made.error().summary().message();
    }

    test::source_repository repository;
    builders::build_source source;
    builders::build_facts facts;
    builders::plugin_declaration plugin;
    secrets::usable_store store;
    secrets::requester who{"shop", "web"};

private:
    stores::temporary_directory scratch_;
    fs::path disk_;
    boost::asio::io_context context_;
    worker_pool pool_{2};
    std::unique_ptr<sandbox::runner> runner_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_with_a_password_store)

BOOST_AUTO_TEST_CASE(a_script_that_calls_pass_works_as_it_is) {
    bench b;
    b.plugin.init = {"/bin/sh", "-c", "pass show shop/plain > made-before"};
    const auto printed = b.printed(R"sh(set -eu
echo "first: $(pass show shop/db | head -n1)"
echo "again: $(pass shop/unicode | head -n1)"
echo "binary: $(pass show shop/binary | base64)"
echo "before: $(cat made-before)"
echo "odd: $(pass show 'other team/with + sign')"
echo "listed: $(pass ls shop | grep -c .)"
unset PASSWORD_STORE_DIR GNUPGHOME
echo "by default: $(pass show shop/plain)"
)sh");
    BOOST_TEST(
        printed == "first: s3cret-first\nagain: pässwörd-🔑\nbinary: AP/+gCBieXRlcwo=\n"
                   "before: one-line-value\nodd: odd-name-value\nlisted: 9\nby default: one-line-value\n"
    );
}

BOOST_AUTO_TEST_CASE(keys_with_passphrases_ask_for_none) {
    stores::gpg_user user;
    const auto one = user.make_key("one", "first guard");
    const auto two = user.make_key("two", "second guard");
    user.run("pass init " + one + " >/dev/null; pass git init >/dev/null");
    user.insert("a", "for one\n");
    user.run("pass init -p team " + two + " >/dev/null");
    user.insert("team/b", "for two\n");
    const auto keys = stores::secret_of(
        "keys",
        {{"one", user.private_key(one, "first guard")}, {"two", user.private_key(two, "second guard")}}
    );
    const auto keys_with = [&](std::initializer_list<std::pair<std::string_view, std::string_view>> guards) {
        const auto passphrases = stores::secret_of("guards", guards);
        return secrets::read_keys(keys, &passphrases).value();
    };
    const auto* const script = "pass show a && pass show team/b";
    bench b;
    b.store.at = user.snapshot();
    b.store.keys = keys_with({{"x", "no key's"}, {"y", "second guard"}, {"z", "first guard\n"}});
    BOOST_TEST(b.printed(script) == "for one\nfor two\n");

    b.store.keys = keys_with({{"x", "first guard"}});
    BOOST_TEST(b.printed("pass show a; pass show team/b || true") == "for one\n");

    b.store.keys = keys_with({{"x", "wrong"}});
    const auto wrong = b.refusal(script);
    BOOST_TEST(has(wrong, "https://git.example/passwords"), wrong);
    BOOST_TEST(has(wrong, "one@example.org"), wrong);
    BOOST_TEST(has(wrong, "the passphrase is wrong"), wrong);

    b.store.keys = secrets::read_keys(keys, nullptr).value();
    BOOST_TEST(has(b.refusal(script), "there is no passphrase"));
    b.store.keys = nullptr;
    BOOST_TEST(has(b.refusal(script), "spec.passwordStore.keySecretRef"));
}

BOOST_AUTO_TEST_CASE(entries_that_the_application_may_not_read_are_not_there) {
    bench b;
    b.store.access = secrets::access_rules::compile(
                         "stores",
                         std::vector<secrets::access_rule>{
                             {.entries = {"shop/*"}, .namespaces = {"shop"}, .applications = {"web"}}
                         }
    ).value();
    const auto* const script =
        "cd \"$PASSWORD_STORE_DIR\" && find . -name '*.gpg' | grep -v ./shop/ | wc -l\n"
        "pass show nested/ref 2>/dev/null || echo none; pass show shop/newline; ls -A";
    BOOST_TEST(b.printed(script) == "0\nnone\nends-with-newline\n.gpg-id\nshop\n");
    b.who = {"shop", "other"};
    BOOST_TEST(b.printed("find \"$PASSWORD_STORE_DIR\" -name '*.gpg' | wc -l") == "0\n");
}

BOOST_AUTO_TEST_CASE(it_is_all_in_memory_and_ends_with_the_build) {
    bench b;
    const auto printed = b.printed(R"(
pass show shop/plain > "$TMPDIR/left"; pass show shop/plain > left; cp left "$HOME"
for each in . "$HOME" "$TMPDIR" "$GNUPGHOME" "$PASSWORD_STORE_DIR"; do stat -f -c %T "$each"; done
stat -c %a "$GNUPGHOME"
gpg-connect-agent --no-autostart /bye && echo "an agent runs"
)");
    BOOST_TEST(printed == "tmpfs\ntmpfs\ntmpfs\ntmpfs\ntmpfs\n700\nan agent runs\n");
    const fs::directory_iterator left{b.memory()};
    BOOST_REQUIRE(left != fs::directory_iterator{});
    BOOST_TEST(fs::is_empty(left->path()));
    BOOST_TEST(!runs_somewhere(b.memory()));
}

BOOST_AUTO_TEST_CASE(values_leave_the_sandbox_in_base64) {
    bench b;
    b.repository.file(
        "app/build.sh", "cat <<END\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
                        "stringData: {k: $(pass show shop/plain)}\n---\napiVersion: v1\nkind: ConfigMap\n"
                        "metadata: {name: b}\ndata: {k: v}\nEND\n"
    );
    const auto made = b.run();
    BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().summary().message()));
    BOOST_TEST(!has(*made, "one-line-value"), *made);
    BOOST_TEST(has(*made, base64_encode("one-line-value")), *made);
    const auto output = builders::read_output(b.plan(), *made);
    BOOST_REQUIRE(output.has_value());
    BOOST_TEST(output->objects.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_it_said_is_in_no_error) {
    bench b;
    const auto failed = b.refusal("pass show shop/plain >&2; pass show shop/plain; exit 3");
    BOOST_TEST(has(failed, "plugin team: generate failed with status 3"), failed);
    BOOST_TEST(!has(failed, "one-line-value"), failed);

    for (const auto* const wrong :
         {"a: 1\none-line-value: {\n", "one-line-value\n", "{one-line-value: 1, one-line-value: 2}",
          "kind: one-line-value\n", "apiVersion: v1\nkind: Secret\nmetadata: {}\ndata: one-line-value\n"}) {
        b.repository.file("app/wrong", wrong);
        const auto said = b.refusal("cat wrong");
        BOOST_TEST(!has(said, "one-line-value"), said);
        BOOST_TEST(has(said, "app: document 1, line "), said);
        BOOST_TEST(has(said, "may hold secrets"), said);
    }
}

BOOST_AUTO_TEST_CASE(nothing_of_the_repository_or_the_declaration_takes_its_place) {
    bench b;
    b.plugin.environment = {"PASSWORD_STORE_DIR=/elsewhere", "GNUPGHOME=/elsewhere"};
    b.repository.file(".gnupg/gpg.conf", "no-such-option\n").file("app/.gnupg/gpg.conf", "no-such-option\n");
    b.repository.file(".password-store/shop/plain.gpg", "x").file("app/.password-store/x.gpg", "x");
    BOOST_TEST(b.printed("pass show shop/plain") == "one-line-value");
}

BOOST_AUTO_TEST_CASE(without_the_declaration_there_is_none) {
    bench b;
    b.plugin.password_store = false;
    BOOST_TEST(b.printed("ls -A \"$HOME\"; echo \"${PASSWORD_STORE_DIR-unset}\"") == "unset\n");
}

BOOST_AUTO_TEST_SUITE_END()
