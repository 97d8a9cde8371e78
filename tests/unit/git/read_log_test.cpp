#include "files/read_log.hpp"
#include "git/snapshot.hpp"
#include "servers.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

namespace holdfast::git::test {
namespace {

using files::path_reads;
using files::read_log;
using files::same_answers;
using files::tree_reader;

struct with_log {
    temporary_directory directory;
    origin repo{directory.path(), "repo"};

    snapshot commit(const std::string& commands) {
        const auto head = shell(
            repo.work(), commands + "\ngit add -A; git commit -q --allow-empty -m x; "
                                    "git push -q -f origin HEAD:main; git rev-parse HEAD"
        );
        auto s = snapshot::open(repo.bare(), *object_id::from_hex(head));
        BOOST_REQUIRE_MESSAGE(s.has_value(), s.error().message());
        return std::move(*s);
    }

    /// What `work` reads of the commit.
    template <class F>
    static std::optional<path_reads> reads_of(const snapshot& at, F work) {
        const auto log = std::make_shared<read_log>();
        auto reader = at.noting(log).read();
        BOOST_REQUIRE(reader.has_value());
        work(**reader);
        return log->finish();
    }

    static bool same(const snapshot& at, const path_reads& reads) {
        auto reader = at.read();
        BOOST_REQUIRE(reader.has_value());
        const auto answer = same_answers(**reader, reads);
        BOOST_REQUIRE(answer.has_value());
        return *answer;
    }
};

BOOST_FIXTURE_TEST_SUITE(read_logs, with_log)

BOOST_AUTO_TEST_CASE(who_reads_one_directory_asks_one_question) {
    const auto at = commit("mkdir -p apps/a apps/b; echo 1 > apps/a/x.yaml; echo 1 > apps/b/x.yaml");
    const auto reads = reads_of(at, [](tree_reader& r) {
        BOOST_TEST(r.step_at("").has_value());
        BOOST_TEST(r.step_at("apps").has_value());
        BOOST_TEST(r.entry_at("apps/a").has_value());
        BOOST_TEST(r.entry_at("apps/a/Chart.yaml").has_error());
        BOOST_TEST(r.entry_at("apps/a/x.yaml").has_value());
        BOOST_TEST(r.follow("apps/a/x.yaml").has_value());
    });
    BOOST_REQUIRE(reads.has_value());
    BOOST_REQUIRE(reads->size() == 1U);
    BOOST_TEST(reads->front().path == "apps/a");
    BOOST_TEST(same(at, *reads));
    BOOST_TEST(same(commit("echo 2 > apps/b/x.yaml; echo 2 > y"), *reads));
    BOOST_TEST(!same(commit("echo 2 > apps/a/x.yaml"), *reads));
    BOOST_TEST(!same(commit("git rm -rq apps; ln -s elsewhere apps; mkdir -p elsewhere/a"), *reads));
}

BOOST_AUTO_TEST_CASE(what_was_not_there_counts_and_so_does_where_links_lead) {
    const auto at = commit(
        "mkdir -p a base/one base/two; echo 1 > base/one/x; echo 1 > base/two/x; ln -s ../base/one a/link"
    );
    const auto reads = reads_of(at, [](tree_reader& r) {
        BOOST_TEST(r.entry_at("a/more").has_error());
        BOOST_TEST(r.step_at("a").has_value());
        BOOST_TEST(r.follow("a/link/x").has_value());
        BOOST_TEST(r.follow("a/link/none").has_error());
    });
    BOOST_REQUIRE(reads.has_value());
    BOOST_TEST(same(at, *reads));
    BOOST_TEST(same(commit("echo 2 > base/two/x; echo 2 > a/other"), *reads));
    BOOST_TEST(!same(commit("echo 1 > a/more"), *reads));
    BOOST_TEST(same(commit("rm a/more"), *reads));
    BOOST_TEST(!same(commit("echo 1 > base/one/none"), *reads));
    // The same content by another way: messages and copies name where it is.
    BOOST_TEST(!same(commit("rm base/one/none; ln -sfn ../base/two a/link; echo 1 > base/two/x"), *reads));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_only_gone_through_may_change) {
    const auto at = commit("mkdir -p d/e; echo 1 > d/e/x");
    const auto step = reads_of(at, [](tree_reader& r) { BOOST_TEST(r.step_at("d").has_value()); });
    const auto whole = reads_of(at, [](tree_reader& r) { BOOST_TEST(r.entry_at("d").has_value()); });
    const auto later = commit("echo 1 > d/y");
    BOOST_TEST(same(later, *step));
    BOOST_TEST(!same(later, *whole));
    BOOST_TEST(!same(commit("git rm -rq d; echo 1 > d"), *step));
}

BOOST_AUTO_TEST_CASE(without_an_answer_or_with_too_many_nothing_can_be_compared) {
    const auto at =
        commit("ln -s ../out away; mkdir -p many; for i in $(seq 300); do echo $i > many/$i; done");
    BOOST_TEST(!reads_of(at, [](tree_reader& r) { BOOST_TEST(r.follow("away").has_error()); }));
    const auto wrong = reads_of(at, [](tree_reader& r) { BOOST_TEST(r.follow("../x").has_error()); });
    BOOST_TEST((wrong && wrong->empty())); // it is no path in any commit
    BOOST_TEST(!reads_of(at, [](tree_reader& r) {
        for (int i = 1; i <= 300; ++i) {
            BOOST_TEST(r.entry_at("many/" + std::to_string(i)).has_value());
        }
    }));
    const auto log = std::make_shared<read_log>();
    at.noting(log).note_revision();
    BOOST_TEST(!log->finish());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git::test
