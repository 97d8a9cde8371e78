// Signatures that the real gpg, ssh-keygen and git make, and what others try instead.

#include "sources/signature_checker.hpp"

#include "support/coroutine.hpp"
#include "support/signing_user.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <memory>

namespace holdfast::sources {

static std::ostream& operator<<(std::ostream& out, signature_flaw flaw) {
    constexpr std::array names{"nothing",     "missing",       "other_kind",
                               "damaged",     "unknown_key",   "expired_key",
                               "revoked_key", "early_key",     "expired_signature",
                               "wrong",       "other_purpose", "weak",
                               "refused"};
    return out << names.at(static_cast<std::size_t>(flaw));
}

namespace {

using test::signing_user;

// Keys take time: one of all for the program.
struct people {
    signing_user user;
    std::string alice = user.openpgp_key("Alice <alice@example.org>");
    std::string expired = user.openpgp_key("Erin <erin@example.org>", "1y", "20200101T000000!");
    std::string revoked = user.openpgp_key("Rita <rita@example.org>");
    std::string soon = user.openpgp_key("Sam <sam@example.org>", "1y");
    // Of the same name as one who is trusted.
    std::string mallory = user.openpgp_key("Alice <alice@example.org>");
    std::string bob = user.ssh_key("bob", "bob@example.org");
    std::string old = user.ssh_key("old", "old@example.org");
    std::string mallory_ssh = user.ssh_key("mallory", "bob@example.org");

    git::secret_data secret() {
        const auto words = [](const std::string& line) { return line.substr(0, line.rfind(' ')); };
        return {
            {"people.asc", user.exported(alice) + user.exported(expired) + user.exported(soon)},
            {"rita.asc", user.exported(revoked)},
            {"people.sshpub",
             "# who may\n" + bob + "old@example.org valid-before=\"20200101\" " + words(old) + "\n"},
            {"unrelated", "what is here counts for nothing"}
        };
    }
};

people& everybody() {
    static people all;
    return all;
}

struct checking_bench {
    asio::io_context context;
    worker_pool pool{2};
    test::temporary_directory directory{"hf-checker"};
    std::unique_ptr<sandbox::runner> runner = [this] {
        sandbox::settings with;
        with.directory = directory / "jobs";
        with.supervisor = SANDBOX_PROGRAM;
        auto opened = sandbox::open(context.get_executor(), pool, std::move(with));
        return std::move(opened.value());
    }();
    signature_checker checker{context.get_executor(), *runner, pool};

    std::shared_ptr<const trusted_keys> trust(const git::secret_data& data) {
        auto keys = read_signing_keys(data, "Secret shop/signers");
        BOOST_REQUIRE_MESSAGE(keys.has_value(), keys.error().message());
        auto trusted = test::run(context, checker.trust(std::move(*keys)));
        BOOST_REQUIRE_MESSAGE(trusted.has_value(), trusted.error().message());
        return *trusted;
    }
    signature_finding check(
        const std::string& id, const git::signed_content& content, std::shared_ptr<const trusted_keys> keys
    ) {
        auto found =
            test::run(context, checker.check(*git::object_id::from_hex(id), content, std::move(keys)));
        BOOST_REQUIRE_MESSAGE(found.has_value(), found.error().message());
        return *found;
    }
    signature_finding commit(const std::string& bytes, std::shared_ptr<const trusted_keys> keys) {
        static int number = 0; // each is another object
        const auto content = git::take_commit_apart(bytes);
        BOOST_REQUIRE_MESSAGE(content.has_value(), content.error().message());
        auto id = std::to_string(++number);
        return check(std::string(40 - id.size(), '0') + id, *content, std::move(keys));
    }
    ~checking_bench() { test::run(context, checker.stop()); }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    BOOST_REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

// The header with the signature, and a commit without it.
std::string signature_header(const std::string& commit) {
    const auto begin = commit.find("gpgsig ");
    const auto armour = commit.find("-----END", begin);
    return commit.substr(begin, commit.find('\n', armour) + 1 - begin);
}

BOOST_FIXTURE_TEST_SUITE(signature_checking, checking_bench)

BOOST_AUTO_TEST_CASE(who_signed_and_whether_that_counts) {
    auto& all = everybody();
    auto& user = all.user;
    const auto keys = [&] {
        const auto by_rita = user.commit("rita", signing_user::by_openpgp(all.revoked));
        user.write("by-rita", user.object("commit", by_rita));
        user.revoke(all.revoked);
        return trust(all.secret());
    }();
    const auto signed_by = [&](const std::string& by, const std::string& at = "") {
        return user.object("commit", user.commit(by + at, by, at));
    };
    const auto good = signed_by(signing_user::by_openpgp(all.alice));
    const auto by_bob = signed_by(user.by_ssh("bob"));
    struct one {
        std::string what;
        std::string commit;
        signature_flaw flaw;
        std::string signer;
    };
    const std::vector<one> cases{
        {"OpenPGP", good, signature_flaw::nothing, "Alice <alice@example.org>, OpenPGP key " + all.alice},
        {"SSH", by_bob, signature_flaw::nothing, "bob@example.org, SSH key SHA256:"},
        {"nobody", signed_by(""), signature_flaw::missing, ""},
        {"a key of the same name", signed_by(signing_user::by_openpgp(all.mallory)),
         signature_flaw::unknown_key, "OpenPGP key " + all.mallory},
        {"an SSH key of the same name", signed_by(user.by_ssh("mallory")), signature_flaw::unknown_key,
         "SSH key SHA256:"},
        {"a key that expired", signed_by(signing_user::by_openpgp(all.expired), "20200601T000000!"),
         signature_flaw::expired_key, "Erin <erin@example.org>, OpenPGP key " + all.expired},
        {"a key that is revoked", user.read("by-rita"), signature_flaw::revoked_key,
         "Rita <rita@example.org>, OpenPGP key " + all.revoked},
        {"an SSH key that expired", signed_by(user.by_ssh("old")), signature_flaw::expired_key,
         "old@example.org"},
        {"another message", replaced(good, "A change", "A chance"), signature_flaw::wrong, "Alice"},
        {"another message, SSH", replaced(by_bob, "A change", "A chance"), signature_flaw::wrong, "bob"},
        {"another tree", replaced(good, good.substr(5, 40), std::string(40, 'a')), signature_flaw::wrong,
         "Alice"},
        {"a signature of another commit",
         replaced(
             good, signature_header(good), signature_header(signed_by(signing_user::by_openpgp(all.alice)))
         ),
         signature_flaw::wrong, "Alice"},
        {"an SSH signature of another commit",
         replaced(by_bob, signature_header(by_bob), signature_header(signed_by(user.by_ssh("bob")))),
         signature_flaw::wrong, "bob"},
        {"SHA-1",
         [&] {
             return user.object(
                 "commit", user.run(
                                   "export GPG_OPTIONS='--digest-algo SHA1'; signing_git " +
                                   signing_user::by_openpgp(all.soon) +
                                   " commit -q --allow-empty -S -m weak; git -C tree rev-parse HEAD"
                           )
                               .substr(0, 40)
             );
         }(),
         signature_flaw::weak, "Sam"},
    };
    for (const auto& c : cases) {
        const auto found = commit(c.commit, keys);
        BOOST_TEST_CONTEXT(c.what << ": " << found.signer << " " << found.detail) {
            BOOST_TEST(found.flaw == c.flaw);
            BOOST_TEST(found.signer.starts_with(c.signer));
        }
    }
}

BOOST_AUTO_TEST_CASE(signatures_that_are_not_what_they_seem) {
    auto& all = everybody();
    auto& user = all.user;
    const auto keys = trust({{"alice.asc", user.exported(all.alice)}, {"bob.sshpub", all.bob}});
    const auto plain = user.object("commit", user.commit("plain", ""));
    // In place of the signature that git makes: what a script prints that gets the commit on standard input.
    const auto with = [&](const std::string& script) {
        user.write("payload", plain);
        auto armour = user.run(script);
        std::string header = "gpgsig ";
        for (std::size_t at = 0; at < armour.size();) {
            const auto end = armour.find('\n', at);
            header += (at == 0 ? "" : " ") + armour.substr(at, end - at) + "\n";
            at = end + 1;
        }
        auto made = plain;
        return made.insert(made.find("\n\n") + 1, header);
    };
    const auto by_alice = "gpg --batch --quiet --armor -u " + all.alice + "! ";
    const std::vector<std::tuple<std::string, std::string, signature_flaw>> cases{
        {"as git does it", by_alice + "--detach-sign <payload", signature_flaw::nothing},
        {"over a text", by_alice + "--textmode --detach-sign <payload", signature_flaw::weak},
        {"over something else", "echo else | " + by_alice + "--detach-sign", signature_flaw::wrong},
        {"a message with content", by_alice + "--sign <payload", signature_flaw::damaged},
        {"a message with other content", "echo else | " + by_alice + "--sign", signature_flaw::damaged},
        {"a message that says it is a signature",
         "echo else | " + by_alice + "--sign | sed 's/PGP MESSAGE/PGP SIGNATURE/'", signature_flaw::damaged},
        {"two signatures", by_alice + "-u " + all.mallory + "! --detach-sign <payload",
         signature_flaw::damaged},
        {"the same with the other one first",
         "gpg --batch --quiet --armor -u " + all.mallory + "! -u " + all.alice + "! --detach-sign <payload",
         signature_flaw::damaged},
        {"two armours", by_alice + "--detach-sign <payload; " + by_alice + "--detach-sign <payload",
         signature_flaw::damaged},
        {"a public key", "gpg --armor --export " + all.alice + " | sed 's/PUBLIC KEY BLOCK/SIGNATURE/'",
         signature_flaw::damaged},
        {"no signature at all", "echo hello", signature_flaw::other_kind},
        {"S/MIME", "echo '-----BEGIN SIGNED MESSAGE-----'", signature_flaw::other_kind},
        {"an SSH signature for files", "ssh-keygen -q -Y sign -n file -f bob <payload",
         signature_flaw::other_purpose},
        {"SSH as git does it", "ssh-keygen -q -Y sign -n git -f bob <payload", signature_flaw::nothing},
        {"SSH over something else", "echo else | ssh-keygen -q -Y sign -n git -f bob", signature_flaw::wrong},
        {"SSH by another key, with the right one in it",
         "ssh-keygen -q -Y sign -n git -f mallory <payload | python3 -c '\n"
         "import base64, sys\n"
         "lines = sys.stdin.read().split(\"\\n\")\n"
         "blob = base64.b64decode(\"\".join(lines[1:-2]))\n"
         "mine = base64.b64decode(open(\"mallory.pub\").read().split()[1])\n"
         "theirs = base64.b64decode(open(\"bob.pub\").read().split()[1])\n"
         "print(lines[0]); print(base64.b64encode(blob.replace(mine, theirs)).decode()); print(lines[-2])'",
         signature_flaw::wrong},
    };
    for (const auto& [what, script, flaw] : cases) {
        const auto found = commit(with(script), keys);
        BOOST_TEST_CONTEXT(what << ": " << found.signer << " " << found.detail) {
            BOOST_TEST(found.flaw == flaw);
        }
    }
    // A second header of the right kind is refused before anything is run.
    const auto once = with(by_alice + "--detach-sign <payload");
    auto twice = once;
    twice.insert(once.find("gpgsig "), signature_header(once));
    const auto apart = git::take_commit_apart(twice);
    BOOST_REQUIRE(!apart.has_value());
    BOOST_TEST(apart.error().message().find("more than one signature") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(tags_are_verified_as_commits_are) {
    auto& all = everybody();
    auto& user = all.user;
    const auto keys = trust(all.secret());
    user.commit("tagged", "");
    const auto tag = [&](const std::string& name, const std::string& by) {
        const auto id = user.run(
                                "signing_git " + by + " tag -f " + (by.empty() ? "-a" : "-s") +
                                " -m 'A tag' " + name + " >/dev/null; git -C tree rev-parse refs/tags/" + name
        )
                            .substr(0, 40);
        auto apart = git::take_tag_apart(user.object("tag", id));
        BOOST_REQUIRE_MESSAGE(apart.has_value(), apart.error().message());
        BOOST_TEST(apart->name == name);
        BOOST_TEST(apart->target_kind == "commit");
        return std::pair{id, std::move(apart->content)};
    };
    const auto found = [&](const std::pair<std::string, git::signed_content>& of) {
        return check(of.first, of.second, keys).flaw;
    };
    BOOST_TEST(found(tag("v1", signing_user::by_openpgp(all.alice))) == signature_flaw::nothing);
    BOOST_TEST(found(tag("v2", user.by_ssh("bob"))) == signature_flaw::nothing);
    BOOST_TEST(found(tag("v3", "")) == signature_flaw::missing);
    BOOST_TEST(found(tag("v4", user.by_ssh("mallory"))) == signature_flaw::unknown_key);
    auto moved = tag("v5", signing_user::by_openpgp(all.alice));
    moved.second.payload = replaced(moved.second.payload, "tag v5", "tag v6");
    BOOST_TEST(found(moved) == signature_flaw::wrong);
}

BOOST_AUTO_TEST_CASE(an_object_is_verified_once_for_the_same_keys) {
    auto& all = everybody();
    auto& user = all.user;
    const auto id = user.commit("once", signing_user::by_openpgp(all.alice));
    const auto content = git::take_commit_apart(user.object("commit", id)).value();
    const auto keys = trust({{"alice.asc", user.exported(all.alice)}});
    const auto before = checker.verified();
    BOOST_TEST(check(id, content, keys).is_good());
    BOOST_TEST(check(id, content, keys).is_good());
    BOOST_TEST(check(id, content, trust({{"alice.asc", user.exported(all.alice)}})).is_good());
    BOOST_TEST(checker.verified() == before + 1);
    // Those who ask at the same time share it, and other keys are another question.
    const auto others = trust({{"bob.sshpub", all.bob}, {"mallory.asc", user.exported(all.mallory)}});
    int answers = 0;
    for (int i = 0; i < 5; ++i) {
        asio::co_spawn(
            context, checker.check(*git::object_id::from_hex(id), content, others),
            [&](std::exception_ptr, result<signature_finding> found) {
                BOOST_TEST(found.value().flaw == signature_flaw::unknown_key);
                ++answers;
            }
        );
    }
    const auto end = steady_clock::now() + std::chrono::seconds{30};
    context.restart();
    while (answers < 5 && context.run_one_until(end) > 0) {
    }
    BOOST_TEST(answers == 5);
    BOOST_TEST(checker.verified() == before + 2);
}

BOOST_AUTO_TEST_CASE(what_was_found_ends_with_the_next_key_that_expires) {
    auto& all = everybody();
    auto& user = all.user;
    const auto id = user.commit("until", signing_user::by_openpgp(all.alice));
    const auto content = git::take_commit_apart(user.object("commit", id)).value();
    BOOST_TEST(!check(id, content, trust({{"a.asc", user.exported(all.alice)}})).until.has_value());
    const auto found =
        check(id, content, trust({{"a.asc", user.exported(all.alice) + user.exported(all.soon)}}));
    BOOST_REQUIRE(found.until.has_value());
    BOOST_TEST((*found.until > wall_clock::now() + std::chrono::days{364}));
    BOOST_TEST((*found.until < wall_clock::now() + std::chrono::days{366}));
}

BOOST_AUTO_TEST_CASE(keys_of_the_operators_own_user_count_for_nothing) {
    auto& all = everybody();
    auto& user = all.user;
    const auto by_mallory = user.object("commit", user.commit("own", signing_user::by_openpgp(all.mallory)));
    const auto keys = trust({{"alice.asc", user.exported(all.alice)}});
    ::setenv("GNUPGHOME", (user.home() + "/gnupg").c_str(), 1); // NOLINT(concurrency-mt-unsafe): a test
    ::setenv("HOME", user.home().c_str(), 1);                   // NOLINT(concurrency-mt-unsafe): a test
    BOOST_TEST(commit(by_mallory, keys).flaw == signature_flaw::unknown_key);
    ::unsetenv("GNUPGHOME"); // NOLINT(concurrency-mt-unsafe): a test
}

BOOST_AUTO_TEST_CASE(a_secret_with_a_key_that_gpg_does_not_take_is_named) {
    const auto keys = read_signing_keys(
        {{"bad.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"}},
        "Secret shop/signers"
    );
    BOOST_REQUIRE(keys.has_value());
    const auto trusted = test::run(context, checker.trust(*keys));
    BOOST_REQUIRE(!trusted.has_value());
    BOOST_TEST(
        trusted.error().message() ==
        "Secret shop/signers, key \"bad.asc\": gpg finds no OpenPGP public key in it (gpg --armor --export ID "
        "gives one)"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
