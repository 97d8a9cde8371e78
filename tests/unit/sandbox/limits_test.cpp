// What a job may take, and how it is told.

#include "bench.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

namespace holdfast::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string message(const result<outcome>& r) {
    return r ? "it ended with status " + std::to_string(r->status) + ": " + r->output : r.error().message();
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(sandbox_limits)

BOOST_AUTO_TEST_CASE(never_ending_is_ended) {
    bench b;
    auto j = b.shell("sleep 1000 & sleep 1000 & wait");
    j.deadline = 500ms;
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE(said.has_error());
    BOOST_TEST(said.error().is_transient());
    BOOST_TEST(
        message(said) ==
        "build did not finish within 500ms and was killed with the 2 processes that it started"
    );
    BOOST_TEST(children() == 0U);
}

BOOST_AUTO_TEST_CASE(deafness_does_not_help) {
    bench b;
    auto j = b.hostile_job({"deaf"});
    j.deadline = 300ms;
    const auto said = b.run(std::move(j));
    BOOST_TEST(message(said) == "build did not finish within 300ms and was killed");
    BOOST_TEST(children() == 0U);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded) {
    bench b;
    for (const auto* how : {"eat", "eat-shared"}) {
        auto j = b.hostile_job({how});
        j.limits.memory = 64U << 20U;
        const auto said = b.run(std::move(j));
        BOOST_REQUIRE(said.has_error());
        BOOST_TEST((said.error().kind() == error_kind::user));
        BOOST_TEST(message(said) == "build was stopped: it took more than 64 MiB of memory");
    }
}

BOOST_AUTO_TEST_CASE(memory_is_that_of_all_processes_together) {
    bench b;
    // Each has 30 MiB or so: none is over the limit alone.
    auto j = b.shell(
        "x() { sleep 0.01; v=$(head -c 20000000 /dev/zero | tr '\\0' x); sleep 1000; }; x & x & x & x & wait"
    );
    j.limits.memory = 60U << 20U;
    const auto said = b.run(std::move(j));
    BOOST_TEST(contains(message(said), "took more than 60 MiB of memory"), message(said));
}

BOOST_AUTO_TEST_CASE(processor_time_is_bounded) {
    bench b;
    auto j = b.shell(std::string{HOSTILE_PROGRAM} + " spin & " + HOSTILE_PROGRAM + " spin & wait");
    j.read_only = {HOSTILE_PROGRAM};
    j.limits.cpu = 1s;
    const auto said = b.run(std::move(j));
    BOOST_TEST(contains(message(said), "took more than 1s of processor time"), message(said));
}

BOOST_AUTO_TEST_CASE(forking_without_end_is_ended) {
    // In one group, and each in one of its own.
    for (const auto* kind : {"bomb", "scattered bomb"}) {
        bench b;
        auto j = b.hostile_job({kind});
        j.limits.processes = 50;
        const auto said = b.run(std::move(j));
        BOOST_REQUIRE(said.has_error());
        BOOST_TEST((said.error().kind() == error_kind::user));
        BOOST_TEST(contains(message(said), "had more than 50 processes and threads at once"), message(said));
        BOOST_TEST(children() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(threads_without_end_are_ended) {
    bench b;
    auto j = b.hostile_job({"threads"});
    j.limits.processes = 50;
    const auto said = b.run(std::move(j));
    BOOST_TEST(contains(message(said), "had more than 50 processes and threads at once"), message(said));
    BOOST_TEST(children() == 0U);
}

// As a shell does: its signal handler does not restart what the signal came into.
BOOST_AUTO_TEST_CASE(a_child_that_ends_does_not_make_the_next_one_fail) {
    bench b;
    const auto said = b.run(b.hostile_job({"forks among signals"}));
    BOOST_REQUIRE_MESSAGE(said.has_value(), message(said));
    BOOST_TEST(said->output == "yes\n");
}

BOOST_AUTO_TEST_CASE(many_processes_one_after_the_other_are_not_too_many) {
    bench b;
    auto j = b.shell("i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done; echo $i");
    j.limits.processes = 8;
    BOOST_TEST(contains(message(b.run(std::move(j))), "300"));
}

BOOST_AUTO_TEST_CASE(a_long_file_is_cut) {
    bench b;
    auto j = b.hostile_job({"file"});
    j.limits.file_size = 8U << 20U;
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE(said.has_value());
    BOOST_TEST(said->output == "File too large\n");
    BOOST_TEST(fs::file_size(b.files() / "big") == 8U << 20U);
}

BOOST_AUTO_TEST_CASE(the_disk_is_not_filled) {
    bench b;
    auto j = b.shell("i=0; while :; do head -c 4000000 /dev/zero > f$i; i=$((i+1)); done");
    j.limits.disk = 32U << 20U;
    auto said = b.run(j);
    BOOST_TEST(contains(message(said), "filled more than 32 MiB of disk"), message(said));
    // Nor with a file that has no name any more.
    bench c;
    auto hidden = c.hostile_job({"unlinked"});
    hidden.limits.disk = 32U << 20U;
    said = c.run(std::move(hidden));
    BOOST_TEST(contains(message(said), "filled more than 32 MiB of disk"), message(said));
}

BOOST_AUTO_TEST_CASE(many_files_are_too_many) {
    bench b;
    auto j = b.shell("i=0; while :; do : > f$i; i=$((i+1)); done");
    j.limits.files = 500;
    const auto said = b.run(std::move(j));
    BOOST_TEST(contains(message(said), "made more than 500 files"), message(said));
}

BOOST_AUTO_TEST_CASE(a_long_output_is_cut) {
    bench b;
    auto j = b.shell("yes");
    j.limits.output = 1U << 20U;
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE(said.has_error());
    BOOST_TEST((said.error().kind() == error_kind::user));
    BOOST_TEST(contains(message(said), "it printed more than 1 MiB"), message(said));
    const auto errors = b.run(b.shell("yes no | head -c 3000000 >&2; echo the end >&2"));
    BOOST_REQUIRE(errors.has_value());
    BOOST_TEST(errors->error_output.size() <= 65536U);
    BOOST_TEST(errors->error_output.ends_with("the end\n"));
}

BOOST_AUTO_TEST_CASE(open_files_are_bounded_and_there_are_no_cores) {
    bench b;
    auto j = b.shell("ulimit -n; ulimit -c");
    j.limits.open_files = 77;
    BOOST_TEST(b.run(std::move(j))->output == "77\n0\n");
}

BOOST_AUTO_TEST_CASE(directories_of_any_depth_are_removed) {
    bench b;
    auto made = b.made().make_workspace();
    BOOST_REQUIRE(made.has_value());
    const fs::path path = made->path();
    auto j = b.hostile_job({"deep"});
    j.directory = &*made;
    BOOST_TEST(b.run(std::move(j))->output == "yes\n");
    BOOST_TEST(fs::exists(path / "d/d/d"));
    test::run(b.context, b.made().remove(std::move(*made)));
    BOOST_TEST(!fs::exists(path.parent_path()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sandbox
