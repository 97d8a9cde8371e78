// What it costs to look something up: counted in trees that are parsed and in looks, not in time.

#include "base/work_budget.hpp"
#include "git/snapshot.hpp"
#include "git/tree_cache.hpp"
#include "servers.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <fstream>

namespace holdfast::git::test {
namespace {

using files::entry_mode;
using files::tree_reader;

/// A repository whose commits are written without a work tree.
struct with_commits {
    temporary_directory directory;
    origin repo{directory.path(), "repo"};
    std::shared_ptr<tree_cache> trees = std::make_shared<tree_cache>();
    int imported = 0;

    /// A commit with these lines of git-fast-import's "M" commands on top of the one before.
    snapshot commit(const std::string& changes) {
        const auto file = directory / fmt::format("import-{}", ++imported);
        std::ofstream{file} << "commit refs/heads/main\ncommitter A <a@example.com> 1767323045 +0000\n"
                               "data 1\nx\n"
                            << (imported > 1 ? "from refs/heads/main^0\n" : "") << changes << "\n";
        shell(repo.bare(), "git fast-import --quiet --force < " + file);
        const auto head = shell(repo.bare(), "git rev-parse refs/heads/main");
        auto s = snapshot::open(repo.bare(), *object_id::from_hex(head), trees);
        BOOST_REQUIRE_MESSAGE(s.has_value(), s.error().message());
        return std::move(*s);
    }

    static std::string file(const std::string& path, const std::string& text, const char* mode = "100644") {
        return fmt::format("M {} inline {}\ndata {}\n{}\n", mode, path, text.size(), text);
    }

    static std::string link(const std::string& path, const std::string& target) {
        return file(path, target, "120000");
    }

    static std::unique_ptr<tree_reader> reader(const snapshot& at) {
        auto made = at.read();
        BOOST_REQUIRE(made.has_value());
        return std::move(*made);
    }
};

BOOST_FIXTURE_TEST_SUITE(tree_caching, with_commits)

BOOST_AUTO_TEST_CASE(a_folder_is_parsed_once_whatever_is_looked_up_in_it) {
    constexpr int applications = 2000;
    std::string changes;
    for (int i = 0; i < applications; ++i) {
        changes += file(fmt::format("apps/a{:04}/cm.yaml", i), fmt::format("n: {}\n", i));
    }
    const auto before = commit(changes);
    const auto look_at_all = [&](const snapshot& at) {
        for (int i = 0; i < applications; ++i) {
            const auto found = reader(at)->tree_at(fmt::format("apps/a{:04}", i));
            BOOST_REQUIRE(found.has_value());
        }
    };
    auto first = trees->parsed();
    look_at_all(before);
    BOOST_TEST(trees->parsed() - first <= 2U); // the root and apps

    const auto after = commit(file("apps/a0000/cm.yaml", "n: other\n"));
    first = trees->parsed();
    look_at_all(after);
    BOOST_TEST(trees->parsed() - first <= 2U);
}

BOOST_AUTO_TEST_CASE(a_look_up_costs_the_same_in_a_large_folder) {
    const auto spent_in = [&](int names) {
        std::string changes;
        for (int i = 0; i < names; ++i) {
            changes += file(fmt::format("d{}/f{:05}", names, i), "x");
        }
        const auto at = commit(changes);
        const auto r = reader(at);
        const auto path = fmt::format("d{}/f00007", names);
        BOOST_REQUIRE(r->entry_at(path).has_value()); // parsed
        work_budget budget{"test"};
        const work_budget::scope inside{budget};
        for (int i = 0; i < 100; ++i) {
            BOOST_REQUIRE(r->entry_at(path).has_value());
        }
        return budget.spent();
    };
    BOOST_TEST(spent_in(10) == spent_in(5000));
}

BOOST_AUTO_TEST_CASE(names_are_found_whatever_git_sorts_them_by) {
    const auto at = commit(
        file("foo-bar", "1") + file("foo.txt", "2") + file("foo/x", "3") + file("foo0", "4") +
        file("fo", "5") + file("z", "6")
    );
    const auto r = reader(at);
    for (const auto* const name : {"foo-bar", "foo.txt", "foo0", "fo", "z"}) {
        const auto found = r->entry_at(name);
        BOOST_REQUIRE_MESSAGE(found.has_value(), name);
        BOOST_TEST((found->mode == entry_mode::file));
        BOOST_TEST(found->name == name);
    }
    BOOST_TEST((r->entry_at("foo").value().mode == entry_mode::tree));
    for (const auto* const name : {"a", "f", "foo-", "foo1", "zz"}) {
        BOOST_TEST((r->entry_at(name).error().kind() == error_kind::not_found));
    }
}

BOOST_AUTO_TEST_CASE(the_cache_keeps_to_its_bytes_and_to_its_repositories) {
    trees = std::make_shared<tree_cache>(std::size_t{64} << 10U);
    std::string changes;
    for (int i = 0; i < 300; ++i) {
        changes += file(fmt::format("apps/a{:04}/{}", i, std::string(100, 'n')), "x");
        changes += file(fmt::format("apps/a{:04}/f{}", i, i), "x");
    }
    const auto at = commit(changes);
    const auto r = reader(at);
    for (int i = 0; i < 300; ++i) {
        BOOST_REQUIRE(r->entry_at(fmt::format("apps/a{:04}/f{}", i, i)).has_value());
        BOOST_TEST_REQUIRE(trees->bytes() <= std::size_t{64} << 10U);
    }
    BOOST_TEST(trees->bytes() > 0U);
    const auto root = r->tree_at("").value();
    tree_cache::key other{sha256("elsewhere"), root};
    BOOST_TEST(trees->find(other) == nullptr);
}

// 40 symlinks, each of which names two thousand steps and then the next: half a megabyte of them in a large
// folder, and every step was a look at the whole folder.
BOOST_AUTO_TEST_CASE(symlinks_that_lead_through_one_another_end_soon) {
    std::string changes;
    std::string there_and_back;
    for (int i = 0; i < 800; ++i) {
        there_and_back += "d/../";
    }
    for (int i = 0; i < 40; ++i) {
        changes += link(fmt::format("l{:02}", i), there_and_back + fmt::format("l{:02}", i + 1));
    }
    for (int i = 0; i < 3000; ++i) {
        changes += file(fmt::format("f{:04}", i), "x");
    }
    const auto at = commit(changes + file("d/x", "x") + file("l40", "x"));
    const auto r = reader(at);
    const auto parsed = trees->parsed();
    work_budget budget{"test"};
    const work_budget::scope inside{budget};
    const auto lost = r->follow("l00");
    BOOST_REQUIRE(lost.has_error());
    BOOST_TEST((lost.error().kind() == error_kind::user));
    BOOST_TEST(lost.error().message().find("\"l00\"") != std::string::npos, lost.error().message());
    BOOST_TEST(lost.error().message().find("4096") != std::string::npos, lost.error().message());
    BOOST_TEST(budget.spent() <= 4096U + 2000U); // the steps, and the folder once
    BOOST_TEST(trees->parsed() - parsed <= 2U);
    // What people write is followed as ever.
    BOOST_TEST(r->follow("l39").value().name == "l40");
}

BOOST_AUTO_TEST_CASE(work_ends_with_its_budget_and_says_where) {
    std::string changes;
    for (int i = 0; i < 100; ++i) {
        changes += file(fmt::format("d/f{:04}", i), "x");
    }
    const auto at = commit(changes);
    const auto r = reader(at);
    const auto run = [&](work_budget& budget) {
        const work_budget::scope inside{budget};
        int done = 0;
        while (done < 10'000 && r->entry_at(fmt::format("d/f{:04}", done % 100)).has_value()) {
            ++done;
        }
        return done;
    };
    work_budget small{"planning apps/web", {.looks = 500}};
    BOOST_TEST(run(small) < 500);
    BOOST_REQUIRE(small.over().has_value());
    BOOST_TEST((small.over()->kind() == error_kind::user));
    BOOST_TEST(small.over()->message().find("planning apps/web") == 0U, small.over()->message());
    BOOST_TEST(small.over()->message().find("\"d/f0") != std::string::npos, small.over()->message());
    BOOST_TEST(r->list(r->tree_at("d").value()).has_value()); // outside of it there is none

    const auto stop = std::make_shared<work_stop>();
    stop->request();
    work_budget stopped{"planning apps/web", {}, stop};
    BOOST_TEST(run(stopped) == 0);
    BOOST_TEST((stopped.over()->kind() == error_kind::cancelled));

    work_budget late{"planning apps/web", {.time = std::chrono::milliseconds{-1}}};
    BOOST_TEST(run(late) == 0);
    BOOST_TEST((late.over()->kind() == error_kind::transient));
}

// A few directories with long names, each in the next, make long paths of many files.
BOOST_AUTO_TEST_CASE(a_listing_is_bounded_by_the_bytes_of_its_paths) {
    std::string path;
    for (int i = 0; i < 40; ++i) {
        path += std::string(1000, static_cast<char>('a' + i % 26)) + "/";
    }
    std::string changes;
    for (int i = 0; i < 1000; ++i) {
        changes += file(path + fmt::format("f{}", i), "x");
    }
    const auto at = commit(changes);
    const auto r = reader(at);
    const auto listed = r->list(r->tree_at("").value(), {.recursive = true});
    BOOST_REQUIRE(listed.has_error());
    BOOST_TEST((listed.error().kind() == error_kind::user));
    BOOST_TEST(listed.error().message().find("bytes together") != std::string::npos);

    const auto longer = commit(file(std::string(1100, 'n'), "x"));
    const auto refused = reader(longer)->entry_at("f");
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().kind() == error_kind::user));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git::test
