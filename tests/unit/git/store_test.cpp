#include "servers.hpp"

#include "base/reconcile_id.hpp"
#include "git/repair_pace.hpp"
#include "support/captured_log.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <optional>

namespace holdfast::git::test {
namespace {

struct with_repository {
    temporary_directory directory;
    std::string root = directory / "root";
    origin shop{root, "shop"};
};

std::string file_of(const snapshot& s, std::string_view path) {
    const auto reader = s.read();
    BOOST_REQUIRE_MESSAGE(reader.has_value(), reader.error().message());
    const auto content = (*reader)->file(path);
    BOOST_REQUIRE_MESSAGE(content.has_value(), content.error().message());
    return *content;
}

BOOST_FIXTURE_TEST_SUITE(git_store, with_repository)

BOOST_AUTO_TEST_CASE(brings_a_branch_without_history_and_reads_it) {
    shop.commit("a.yaml", "a: 1\n");
    const auto sha = shop.commit("a.yaml", "a: 2\n");
    world w;
    const auto s = w.open(shop.file_url());
    const auto got = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    BOOST_TEST(got->commit().hex() == sha);
    BOOST_TEST(file_of(*got, "a.yaml") == "a: 2\n");
    BOOST_TEST(read_file(s->directory() + "/shallow") == sha + "\n");
    BOOST_TEST(shell(s->directory(), "git rev-list --all --count") == "1");
    BOOST_TEST(s->disk_bytes() > 0U);
}

BOOST_AUTO_TEST_CASE(a_message_that_is_too_long_is_not_read) {
    const auto good = shop.commit("a.yaml", "a: 1\n");
    shop.git(
        "status; yes 'a line of a message that is very long' | head -c 6000000 > ../long; "
        "git commit -q --allow-empty -F ../long; git tag -a -F ../long v1 " +
        good + "; git push -q origin HEAD v1"
    );
    world w;
    const auto s = w.open(shop.file_url());
    const auto commit = w.get(s, "main");
    BOOST_REQUIRE(!commit.has_value());
    BOOST_TEST((commit.error().kind() == error_kind::user), commit.error().message());
    BOOST_TEST(commit.error().message().find("its message is too long") != std::string::npos);
    // A tag's own message is never read: its commit is what is fetched.
    const auto tagged = w.get(s, "v1");
    BOOST_REQUIRE_MESSAGE(tagged.has_value(), tagged.error().message());
    BOOST_TEST(tagged->commit().hex() == good);
}

BOOST_AUTO_TEST_CASE(a_tag_is_brought_for_who_checks_its_signature_and_stays_as_long_as_its_commit) {
    const auto commit = *object_id::from_hex(shop.commit("a.yaml", "a: 1\n"));
    shop.git("tag -a -m annotated v1; git push -q --tags origin");
    const auto tag = *object_id::from_hex(shop.git("rev-parse refs/tags/v1"));
    const auto bytes = shop.git("cat-file tag v1") + "\n";
    store_manager_options options;
    options.directory = directory / "kept";
    {
        world w{options};
        const auto s = w.open(shop.file_url());
        BOOST_REQUIRE(w.get(s, "v1").has_value());
        const auto missing = w.run(s->commit_bytes(tag)); // a fetch of a commit brings no tag
        BOOST_REQUIRE(!missing.has_value());
        const auto before = s->exchanges();
        for (int i = 0; i < 3; ++i) {
            const auto read = w.run(s->tag_bytes(tag, "refs/tags/v1", commit));
            BOOST_REQUIRE_MESSAGE(read.has_value(), read.error().message());
            BOOST_TEST(*read == bytes);
        }
        BOOST_TEST(s->exchanges() == before + 1);
        BOOST_TEST(w.run(s->commit_bytes(commit)).value().starts_with("tree "));
    }
    // Neither a restart nor a server that is away matters; housekeeping keeps it.
    shell(root, "mv shop.git away");
    {
        world w{options};
        const auto s = w.open(shop.file_url());
        BOOST_TEST(w.run(s->tag_bytes(tag, "refs/tags/v1", commit)).value() == bytes);
        BOOST_TEST(shell(s->directory(), "git for-each-ref refs/holdfast-tags | wc -l") == "1");
    }
    shell(root, "mv away shop.git");
    // A tag that is gone from the server, or is none.
    world w;
    const auto s = w.open(shop.file_url());
    BOOST_TEST(!w.run(s->tag_bytes(commit, "refs/heads/main", commit)).has_value());
    const auto nowhere = *object_id::from_hex(std::string(40, '1'));
    BOOST_TEST(!w.run(s->tag_bytes(nowhere, "refs/tags/nowhere", commit)).has_value());
}

BOOST_AUTO_TEST_CASE(every_kind_of_revision_leads_to_its_commit) {
    const auto first = shop.commit("a.yaml", "a: 1\n");
    shop.git("tag v1.0.0; git tag -a -m annotated v1.1.0; git push -q --tags origin");
    const auto second = shop.commit("a.yaml", "a: 2\n");
    shop.git("tag -a -m x v1.2.0; git tag v2.0.0-rc.1; git push -q --tags origin; "
             "git push -q origin HEAD:refs/pull/7/head; git push -q origin HEAD:refs/heads/feature/x");
    const auto third = shop.commit("a.yaml", "a: 3\n");
    world w;
    const auto s = w.open(shop.file_url());
    const std::vector<std::array<std::string, 3>> cases{
        {"", third, "refs/heads/main"},
        {"HEAD", third, "refs/heads/main"},
        {"main", third, "refs/heads/main"},
        {"feature/x", second, "refs/heads/feature/x"},
        {"v1.0.0", first, "refs/tags/v1.0.0"},
        {"v1.1.0", first, "refs/tags/v1.1.0"},
        {"refs/heads/main", third, "refs/heads/main"},
        {"refs/tags/v1.2.0", second, "refs/tags/v1.2.0"},
        {"refs/pull/7/head", second, "refs/pull/7/head"},
        {"pull/7/head", second, "refs/pull/7/head"},
        {"^1.0", second, "refs/tags/v1.2.0"},
        {"1.1.x", first, "refs/tags/v1.1.0"},
        {">=2.0.0-0", second, "refs/tags/v2.0.0-rc.1"},
        {first, first, ""},
        {third.substr(0, 8), third, ""},
    };
    for (const auto& [text, commit, ref] : cases) {
        BOOST_TEST_CONTEXT("targetRevision " << text) {
            const auto found = w.resolve(s, text);
            BOOST_REQUIRE_MESSAGE(found.has_value(), found.error().message());
            BOOST_TEST(found->commit.hex() == commit);
            BOOST_TEST(found->ref == ref);
            const auto got = w.run(s->fetch(*found));
            BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
            BOOST_TEST(got->commit().hex() == commit);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_new_commit_comes_into_the_shallow_store_and_the_old_one_stays_readable) {
    shop.commit("big.bin", std::string(100'000, 'x'));
    shop.commit("a.yaml", "a: 1\n");
    world w;
    const auto s = w.open(shop.file_url());
    const auto old = w.get(s, "main");
    BOOST_REQUIRE(old.has_value());
    const auto sha = shop.commit("a.yaml", "a: 2\n");
    const auto now = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(now.has_value(), now.error().message());
    BOOST_TEST(now->commit().hex() == sha);
    BOOST_TEST(file_of(*now, "a.yaml") == "a: 2\n");
    BOOST_TEST(file_of(*old, "a.yaml") == "a: 1\n");
    BOOST_TEST(file_of(*now, "big.bin").size() == 100'000U);
}

BOOST_AUTO_TEST_CASE(a_force_push_is_a_change_like_any_other) {
    shop.commit("a.yaml", "a: 1\n");
    world w;
    const auto s = w.open(shop.file_url());
    BOOST_REQUIRE(w.get(s, "main").has_value());
    shop.git("checkout -q --orphan other");
    const auto sha = shop.commit("a.yaml", "rewritten\n");
    const auto got = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    BOOST_TEST(got->commit().hex() == sha);
    BOOST_TEST(file_of(*got, "a.yaml") == "rewritten\n");
}

BOOST_AUTO_TEST_CASE(a_deleted_branch_is_not_found_by_its_name) {
    shop.commit("a.yaml", "a: 1\n");
    shop.git("push -q origin HEAD:refs/heads/gone");
    world w;
    const auto s = w.open(shop.file_url());
    BOOST_REQUIRE(w.get(s, "gone").has_value());
    shop.git("push -q origin :gone");
    const auto got = w.get(s, "gone");
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::not_found));
    BOOST_TEST(got.error().message() == shop.file_url() + ": the repository has no branch or tag \"gone\"");
}

BOOST_AUTO_TEST_CASE(an_empty_repository_is_said_to_be_empty) {
    world w;
    const auto got = w.get(w.open(shop.file_url()), "main");
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::not_found));
    BOOST_TEST(got.error().message().find("is empty") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_repository_that_is_not_there_is_not_found) {
    world w;
    const auto got = w.get(w.open("file://" + root + "/nowhere.git"), "main");
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::not_found), got.error().message());
}

BOOST_AUTO_TEST_CASE(a_commit_that_is_not_there_is_not_found_and_leaves_nothing) {
    shop.commit("a.yaml", "a: 1\n");
    world w;
    const auto s = w.open(shop.file_url());
    const auto got = w.get(s, "0123456789012345678901234567890123456789");
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::not_found), got.error().message());
    BOOST_TEST(files_below(s->directory(), ".pack").empty());
}

BOOST_AUTO_TEST_CASE(an_id_that_is_no_commit_is_refused) {
    shop.commit("a.yaml", "a: 1\n");
    const auto tree = shop.git("rev-parse HEAD^{tree}");
    world w;
    const auto s = w.open(shop.file_url());
    const auto got = w.get(s, tree);
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::user), got.error().message());
    BOOST_TEST(files_below(s->directory(), ".pack").empty());
}

BOOST_AUTO_TEST_CASE(what_was_fetched_is_still_there_after_a_restart) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    temporary_directory cache;
    store_manager_options options;
    options.directory = cache.path();
    {
        world w{options};
        BOOST_REQUIRE(w.get(w.open(shop.file_url()), "main").has_value());
        // What a crash in the middle of a fetch leaves behind.
        const auto s = w.open(shop.file_url());
        write_file(s->directory() + "/shallow.lock", "");
        write_file(s->directory() + "/objects/pack/tmp_pack_abc", "half");
        write_file(s->directory() + "/refs/holdfast/x.lock", "");
    }
    world w{options};
    const auto s = w.open(shop.file_url());
    const auto got = w.run(s->open(*object_id::from_hex(sha)));
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    BOOST_TEST(file_of(*got, "a.yaml") == "a: 1\n");
    BOOST_TEST(s->exchanges() == 0U);
    BOOST_TEST(files_below(s->directory(), ".lock").empty());
    BOOST_TEST(files_below(s->directory(), "tmp_").empty());
    shop.commit("a.yaml", "a: 2\n");
    BOOST_TEST(w.get(s, "main").has_value());
}

BOOST_AUTO_TEST_CASE(what_was_listed_last_is_known_after_a_restart_while_the_remote_is_away) {
    const auto first = shop.commit("a.yaml", "a: 1\n");
    temporary_directory cache;
    store_manager_options options;
    options.directory = cache.path();
    const auto now = std::chrono::milliseconds::zero();
    const auto any_age = std::chrono::milliseconds::max();
    std::string second;
    {
        world w{options};
        const auto s = w.open(shop.file_url());
        BOOST_TEST(w.run(s->last_listing()) == nullptr); // nobody listed it yet
        BOOST_REQUIRE(w.get(s, "main").has_value());
        second = shop.commit("a.yaml", "a: 2\n");
        BOOST_REQUIRE(w.run(s->list_refs(now)).has_value());
    }
    std::filesystem::rename(shop.bare(), shop.bare() + "-away");
    {
        world w{options};
        const auto s = w.open(shop.file_url());
        BOOST_TEST(!w.run(s->list_refs(any_age)).has_value());
        const auto known = w.run(s->last_listing());
        BOOST_REQUIRE(known != nullptr);
        const auto main = *match::revision::parse("main");
        BOOST_TEST(git::resolve(main, *known, {})->commit.hex() == second);
        BOOST_TEST(w.run(s->resolve(main, {}, any_age))->commit.hex() == second);
        // It is not taken for what the remote says now.
        BOOST_TEST(!w.run(s->resolve(main, {}, now)).has_value());
        BOOST_TEST(w.run(s->open(*object_id::from_hex(first))).has_value());
        // Cut off in the middle of a line, as a full disk leaves it: nothing is known.
        for (const auto& file : files_below(cache.path(), "refs")) {
            if (file.ends_with("/refs")) {
                write_file(file, "0123");
            }
        }
    }
    world w{options};
    BOOST_TEST(w.run(w.open(shop.file_url())->last_listing()) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_cache_directory_belongs_to_one_process) {
    temporary_directory cache;
    store_manager_options options;
    options.directory = cache.path();
    world w{options};
    worker_pool pool{1};
    const auto second = make_store_manager(w.context.get_executor(), pool, options);
    BOOST_REQUIRE(second.has_error());
    BOOST_TEST(second.error().message().find("is in use by another process") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_spellings_that_git_reaches_alike_share_a_store) {
    world w;
    const auto a = w.open("https://Example.com/acme/shop.git");
    const auto b = w.open("https://example.com:443/acme/shop.git");
    BOOST_TEST(a == b);
    BOOST_TEST(a->remote().text() == "https://example.com:443/acme/shop.git");
    credentials key;
    key.ssh_key = "a key";
    key.insecure_ignore_host_key = true;
    for (const std::string other :
         {"https://example.com/acme/shop2", "https://example.com/acme/shop",
          "http://example.com/acme/shop.git", "ssh://git@example.com/acme/shop.git",
          "ssh://ada@example.com/acme/shop.git"}) {
        const auto s = w.open(other, other.starts_with("ssh") ? key : credentials{});
        BOOST_TEST(s != a, other);
        BOOST_TEST(s->directory() != a->directory(), other);
        BOOST_TEST(s->remote().text() == other);
    }
    BOOST_TEST(a->remote().text() == "https://example.com:443/acme/shop.git");
}

BOOST_AUTO_TEST_CASE(what_one_owner_brought_is_not_given_to_another) {
    const auto sha = shop.commit("one.txt", "1");
    world w;
    const auto mine = w.open(shop.file_url(), {}, "team-a/shop");
    BOOST_REQUIRE(w.get(mine, sha).has_value());
    const auto theirs = w.open(shop.file_url(), {}, "team-b/shop");
    BOOST_TEST(theirs != mine);
    BOOST_TEST(theirs->directory() != mine->directory());
    BOOST_TEST(!w.run(theirs->open(*object_id::from_hex(sha))).has_value());
    BOOST_TEST(w.open(shop.file_url(), {}, "team-a/shop") == mine);
    BOOST_TEST(w.open(shop.file_url()) != mine);
}

BOOST_AUTO_TEST_CASE(a_corrupted_store_is_thrown_away_and_fetched_again) {
    shop.commit("big.bin", std::string(10'000, 'y'));
    shop.commit("a.yaml", "a: 1\n");
    world w;
    const auto s = w.open(shop.file_url());
    BOOST_REQUIRE(w.get(s, "main").has_value());
    for (const auto& pack : files_below(s->directory(), ".pack")) {
        std::filesystem::permissions(pack, std::filesystem::perms::owner_all);
        auto bytes = read_file(pack);
        for (std::size_t i = 20; i < bytes.size(); i += 3) {
            bytes[i] = static_cast<char>(~bytes[i]);
        }
        write_file(pack, bytes);
    }
    const auto sha = shop.commit("a.yaml", "a: 2\n");
    const auto got = w.get(s, "main");
    BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
    BOOST_TEST(got->commit().hex() == sha);
    BOOST_TEST(file_of(*got, "a.yaml") == "a: 2\n");
    BOOST_TEST(file_of(*got, "big.bin").size() == 10'000U);
}

// rm -rf of what is in the cache directory, while the operator runs.
BOOST_AUTO_TEST_CASE(an_emptied_cache_directory_is_filled_again) {
    shop.commit("a.yaml", "a: 1\n");
    world w;
    const auto s = w.open(shop.file_url());
    BOOST_REQUIRE(w.get(s, "main").has_value());
    for (const auto* content : {"a: 2\n", "a: 3\n"}) { // the second time soon after the first
        for (const auto& entry : std::filesystem::directory_iterator{w.cache()}) {
            std::filesystem::remove_all(entry.path());
        }
        const auto refs = w.run(s->list_refs());
        BOOST_REQUIRE_MESSAGE(refs.has_value(), refs.error().message());
        const auto sha = shop.commit("a.yaml", content);
        const auto got = w.get(s, "main");
        BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
        BOOST_TEST(got->commit().hex() == sha);
        BOOST_TEST(file_of(*got, "a.yaml") == content);
    }
    // Parts of it.
    for (const auto* part : {"HEAD", "config", "refs", "objects"}) {
        std::filesystem::remove_all(s->directory() + "/" + part);
        const auto refs = w.run(s->list_refs());
        BOOST_REQUIRE_MESSAGE(refs.has_value(), part << ": " << refs.error().message());
        const auto got = w.get(s, "main");
        BOOST_REQUIRE_MESSAGE(got.has_value(), part << ": " << got.error().message());
        BOOST_TEST(file_of(*got, "a.yaml") == "a: 3\n");
    }
}

BOOST_AUTO_TEST_CASE(a_commit_that_was_known_is_brought_again_after_its_store_went) {
    shop.commit("a.yaml", "a: 1\n");
    world w;
    const auto s = w.open(shop.file_url());
    const auto got = w.get(s, "main");
    BOOST_REQUIRE(got.has_value());
    for (const auto& entry : std::filesystem::directory_iterator{w.cache()}) {
        std::filesystem::remove_all(entry.path());
    }
    BOOST_TEST(got->read().has_error());
    w.run(s->verify()); // as its reader does
    const auto again = w.get(s, got->commit().hex());
    BOOST_REQUIRE_MESSAGE(again.has_value(), again.error().message());
    BOOST_TEST(file_of(*again, "a.yaml") == "a: 1\n");
}

BOOST_AUTO_TEST_CASE(a_store_that_is_damaged_again_and_again_is_repaired_at_longer_and_longer_intervals) {
    repair_pace pace;
    auto now = steady_clock::time_point{} + std::chrono::hours{1};
    std::vector<std::chrono::seconds> waits;
    for (int i = 0; i < 7; ++i) {
        BOOST_TEST(pace.may_repair(now));
        pace.repairs(now);
        auto later = now;
        while (!pace.may_repair(later)) {
            later += std::chrono::seconds{1};
        }
        waits.push_back(std::chrono::duration_cast<std::chrono::seconds>(later - now));
        now = later;
    }
    using std::chrono::seconds;
    const std::vector<seconds> expected{seconds{2},   seconds{8},   seconds{32}, seconds{128},
                                        seconds{512}, seconds{600}, seconds{600}};
    BOOST_TEST((waits == expected));
    now += std::chrono::minutes{11}; // it was whole for long
    pace.repairs(now);
    BOOST_TEST(pace.may_repair(now + seconds{2}));
}

BOOST_AUTO_TEST_CASE(a_reader_that_finds_an_object_missing_has_the_store_verified) {
    const auto sha = shop.commit("a.yaml", "a: 1\n");
    world w;
    const auto s = w.open(shop.file_url());
    const auto got = w.get(s, "main");
    BOOST_REQUIRE(got.has_value());
    w.run(s->verify());
    BOOST_TEST(w.run(s->open(got->commit())).has_value()); // whole: nothing happened
    for (const auto& pack : files_below(s->directory(), "/objects/pack/")) {
        std::filesystem::remove(pack);
    }
    const auto reader = got->read();
    BOOST_REQUIRE(reader.has_error());
    BOOST_TEST((reader.error().kind() == error_kind::conflict));
    w.run(s->verify());
    const auto again = w.get(s, sha);
    BOOST_REQUIRE_MESSAGE(again.has_value(), again.error().message());
    BOOST_TEST(file_of(*again, "a.yaml") == "a: 1\n");
}

BOOST_AUTO_TEST_CASE(what_is_logged_of_a_store_bears_the_reconcile_that_asked) {
    shop.commit("a.yaml", "a: 1\n");
    world w;
    const auto s = w.open(shop.file_url());
    const auto resolved = w.resolve(s, "main");
    BOOST_REQUIRE(resolved.has_value());
    const auto repository = std::filesystem::path{s->directory()};
    std::filesystem::remove_all(repository);
    std::filesystem::create_directories(repository);
    write_file((repository / "HEAD").string(), "what is no repository");
    const holdfast::test::captured_log log;
    auto asked = [](asio::any_io_executor on, std::shared_ptr<store> from,
                    resolved_revision what) -> asio::awaitable<result<snapshot>> {
        auto fetch = asio::co_spawn(on, from->fetch(what), asio::use_awaitable);
        co_return co_await std::move(fetch);
    }(executor_of({0xbeef}, w.context.get_executor()), s, *resolved);
    BOOST_REQUIRE(w.run(std::move(asked)).has_value());
    const auto lines = log.lines_with("a store is damaged");
    BOOST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines.front().ends_with(" reconcileID=000000000000beef"));
}

BOOST_AUTO_TEST_CASE(a_repository_that_is_too_large_is_refused_and_takes_no_disk) {
    // Random bytes do not compress.
    shop.git("--version; head -c 3000000 /dev/urandom > big.bin");
    shop.commit("a.yaml", "a: 1\n");
    store_manager_options options;
    options.limits.max_store_bytes = 2U << 20U;
    world w{options};
    const auto s = w.open(shop.file_url());
    const auto got = w.get(s, "main");
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::user), got.error().message());
    BOOST_TEST(got.error().message().find("more than the 2 MiB") != std::string::npos, got.error().message());
    BOOST_TEST(bytes_below(s->directory()) < 10'000U);
    BOOST_TEST(files_below(s->directory(), "pack-").empty());
    BOOST_TEST(files_below(s->directory(), "tmp_").empty());
}

BOOST_AUTO_TEST_CASE(housekeeping_makes_one_pack_of_many_and_lets_go_of_what_nobody_needs) {
    store_manager_options options;
    options.limits.max_packs = 3;
    options.limits.keep_commits = std::chrono::seconds{0};
    world w{options};
    const auto s = w.open(shop.file_url());
    std::vector<std::string> shas;
    std::optional<snapshot> held;
    for (int i = 0; i < 6; ++i) {
        shas.push_back(shop.commit("a.yaml", "a: " + std::to_string(i) + "\n"));
        const auto got = w.get(s, "main");
        BOOST_REQUIRE_MESSAGE(got.has_value(), got.error().message());
        if (i == 2) {
            held = *got;
        }
    }
    BOOST_TEST(files_below(s->directory(), ".pack").size() == 6U);
    const auto reader = held->read();
    BOOST_REQUIRE(reader.has_value());
    w.run(w.manager->housekeeping());
    BOOST_TEST(files_below(s->directory(), ".pack").size() == 1U);
    // A snapshot holds its commit; the newest stays as the base of the next fetch; the others go.
    BOOST_TEST(w.run(s->open(*object_id::from_hex(shas[2]))).has_value());
    BOOST_TEST(w.run(s->open(*object_id::from_hex(shas[5]))).has_value());
    BOOST_TEST(w.run(s->open(*object_id::from_hex(shas[0]))).has_error());
    BOOST_TEST((*reader)->file("a.yaml").value() == "a: 2\n");
    BOOST_TEST(file_of(*held, "a.yaml") == "a: 2\n");
    BOOST_CHECK_NO_THROW(shell(s->directory(), "git fsck --no-dangling --no-progress"));
    // What was let go can be had again.
    const auto again = w.get(s, shas[0]);
    BOOST_REQUIRE_MESSAGE(again.has_value(), again.error().message());
    BOOST_TEST(file_of(*again, "a.yaml") == "a: 0\n");
}

BOOST_AUTO_TEST_CASE(housekeeping_removes_stores_that_nobody_uses) {
    shop.commit("a.yaml", "a: 1\n");
    origin other{root, "other"};
    other.commit("b.yaml", "b: 1\n");
    store_manager_options options;
    options.keep_stores = std::chrono::seconds{0};
    world w{options};
    auto kept = w.open(shop.file_url());
    auto dropped = w.open(other.file_url());
    BOOST_REQUIRE(w.get(kept, "main").has_value());
    BOOST_REQUIRE(w.get(dropped, "main").has_value());
    const auto directory_of_dropped = dropped->directory();
    dropped.reset();
    w.run(w.manager->housekeeping());
    BOOST_TEST(std::filesystem::exists(kept->directory()));
    BOOST_TEST(!std::filesystem::exists(directory_of_dropped));
    BOOST_TEST(files_below(w.cache() + "/trash").empty());
    dropped = w.open(other.file_url());
    BOOST_TEST(w.get(dropped, "main").has_value());
}

BOOST_AUTO_TEST_CASE(the_total_is_kept_by_removing_what_was_unused_longest) {
    shop.commit("big.bin", std::string(1000, 'x'));
    store_manager_options options;
    options.max_total_bytes = 1;
    world w{options};
    auto s = w.open(shop.file_url());
    BOOST_REQUIRE(w.get(s, "main").has_value());
    const auto directory_of_it = s->directory();
    w.run(w.manager->housekeeping());
    BOOST_TEST(std::filesystem::exists(directory_of_it)); // somebody holds it
    s.reset();
    w.run(w.manager->housekeeping());
    BOOST_TEST(!std::filesystem::exists(directory_of_it));
}

BOOST_AUTO_TEST_CASE(readers_go_on_while_commits_are_fetched_and_packs_replaced) {
    for (int i = 0; i < 20; ++i) {
        write_file(shop.work() + "/dir" + std::to_string(i) + "/f.yaml", "n: " + std::to_string(i) + "\n");
    }
    shop.commit("a.yaml", "a: 0\n");
    store_manager_options options;
    options.limits.max_packs = 1;
    world w{options};
    const auto s = w.open(shop.file_url());
    const auto first = w.get(s, "main");
    BOOST_REQUIRE(first.has_value());
    std::atomic<bool> stop = false;
    std::atomic<int> rounds = 0;
    std::atomic<int> failures = 0;
    w.pool.post([&, snap = *first] {
        const auto long_lived = snap.read();
        while (!stop) {
            const auto fresh = snap.read();
            for (const auto* r : {&long_lived, &fresh}) {
                if (!*r) {
                    ++failures;
                    continue;
                }
                for (int i = 0; i < 20; ++i) {
                    const auto f = (**r)->file("dir" + std::to_string(i) + "/f.yaml");
                    failures += f && *f == "n: " + std::to_string(i) + "\n" ? 0 : 1;
                }
            }
            ++rounds;
        }
    });
    for (int i = 1; i <= 8; ++i) {
        shop.commit("a.yaml", "a: " + std::to_string(i) + "\n");
        BOOST_REQUIRE(w.get(s, "main").has_value());
        w.run(w.manager->housekeeping());
    }
    stop = true;
    w.pool.join();
    BOOST_TEST(failures == 0);
    BOOST_TEST(rounds > 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git::test
