#include "bench.hpp"

#include "base/memory_directory.hpp"
#include "support/needs.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::size_t entries(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{directory}, fs::directory_iterator{})
    );
}

BOOST_AUTO_TEST_SUITE(sandbox_run)

BOOST_AUTO_TEST_CASE(gives_what_it_said_and_how_it_ended) {
    bench b;
    auto j = b.shell("cat; cat <&3; echo oops >&2; echo made > made; exit 3");
    j.input = "in ";
    j.inherited = {"secret"};
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
    BOOST_TEST(said->status == 3);
    BOOST_TEST(said->output == "in secret");
    BOOST_TEST(said->error_output == "oops\n");
    BOOST_TEST(fs::exists(b.files() / "made"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_somebody_removed_is_made_again) {
    bench b;
    for (int i = 0; i < 2; ++i) {
        fs::remove_all(b.directory());
        auto made = b.made().make_workspace();
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message()));
        auto j = b.shell("echo made > made; cat made");
        j.directory = &*made;
        const auto said = b.run(std::move(j));
        BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
        BOOST_TEST(said->output == "made\n");
    }
}

BOOST_AUTO_TEST_CASE(what_it_was_given_has_a_path_that_can_be_read_again) {
    bench b;
    auto j = b.shell("cat /proc/self/fd/4 /dev/fd/4; cat <&3");
    j.inherited = {"first", "second"};
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
    BOOST_TEST(said->output == "secondsecondfirst", said->error_output);
}

BOOST_AUTO_TEST_CASE(has_an_environment_and_descriptors_of_its_own) {
    ::setenv("HOLDFAST_TEST_SECRET", "token", 1); // NOLINT(concurrency-mt-unsafe)
    bench b;
    auto j = b.shell(
        "env | grep -v '^PWD=\\|^OLDPWD=\\|^_=\\|^SHLVL=' | sort; touch $HOME/a $TMPDIR/b && echo good"
    );
    j.environment = {"ONLY=this"};
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE(said.has_value());
    BOOST_TEST(said->output.find("SECRET") == std::string::npos);
    BOOST_TEST(said->output.find("ONLY=this\n") != std::string::npos);
    BOOST_TEST(said->output.ends_with("good\n"));
    BOOST_TEST(std::count(said->output.begin(), said->output.end(), '\n') == 6);
    // What is open: input, output, error output.
    const auto open =
        b.run(b.shell("for i in 3 4 5 6 7 8 9; do (: <&$i) 2>/dev/null && echo $i; done; true"));
    BOOST_REQUIRE(open.has_value());
    BOOST_TEST(open->output.empty());
}

BOOST_AUTO_TEST_CASE(pipes_and_standard_streams_work_by_name) {
    bench b;
    auto j = b.shell("cat /dev/stdin | tr a-z A-Z > /dev/stdout; echo x > /dev/null");
    j.input = "word";
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE(said.has_value());
    BOOST_TEST(said->output == "WORD");
    BOOST_TEST(said->error_output == "");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_named) {
    bench b;
    auto j = b.shell("");
    j.argv = {"no-such-program"};
    const auto said = b.run(j);
    BOOST_REQUIRE(said.has_error());
    BOOST_TEST((said.error().kind() == error_kind::user));
    BOOST_TEST(said.error().message().find("\"no-such-program\" is not installed") != std::string::npos);
    j.argv = {"/no/such/program"};
    const auto path = b.run(j);
    BOOST_REQUIRE(path.has_error());
    BOOST_TEST(path.error().message().find("/no/such/program") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_script_of_the_workspace_is_run) {
    bench b;
    auto j = b.shell("printf '#!/bin/sh\\necho mine $1\\n' > gen.sh; chmod +x gen.sh");
    BOOST_REQUIRE(b.run(j).has_value());
    j.argv = {"./gen.sh", "now"};
    const auto said = b.run(j);
    BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
    BOOST_TEST(said->output == "mine now\n");
}

BOOST_AUTO_TEST_CASE(what_failed_says_what_it_said_last) {
    job j;
    j.argv = {"/usr/bin/helm"};
    outcome said{.status = 2, .output = {}, .error_output = "one\ntwo\nthree\n"};
    BOOST_TEST(failed(j, said).message() == "helm failed with status 2: one\ntwo\nthree");
    BOOST_TEST(failed(j, said, 2).message() == "helm failed with status 2: two\nthree");
    said.status = 139;
    said.error_output = "";
    BOOST_TEST(failed(j, said).message() == "helm was ended by signal 11");
}

BOOST_AUTO_TEST_CASE(a_background_process_ends_with_the_job) {
    bench b;
    const auto said = b.run(b.shell("sleep 1000 & echo $! > pid; echo done"));
    BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
    BOOST_TEST(said->output == "done\n");
    int pid = 0;
    std::ifstream{b.files() / "pid"} >> pid;
    BOOST_TEST(pid > 0);
    BOOST_TEST(!lives(pid));
    BOOST_TEST(children() == 0U);
}

BOOST_AUTO_TEST_CASE(who_forks_away_ends_with_the_job) {
    bench b;
    auto j = b.shell(std::string{HOSTILE_PROGRAM} + " away pid; while [ ! -s pid ]; do sleep 0.01; done");
    j.read_only = {HOSTILE_PROGRAM};
    const auto said = b.run(std::move(j));
    BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
    int pid = 0;
    std::ifstream{b.files() / "pid"} >> pid;
    BOOST_TEST(pid > 0);
    BOOST_TEST(!lives(pid));
}

BOOST_AUTO_TEST_CASE(a_cancelled_job_is_gone_with_all_that_it_started) {
    bench b;
    auto j = b.shell(std::string{HOSTILE_PROGRAM} + " away pid; " + HOSTILE_PROGRAM + " deaf & wait");
    j.read_only = {HOSTILE_PROGRAM};
    asio::cancellation_signal stop;
    bool ended = false;
    asio::co_spawn(
        b.context, b.made().run(std::move(j)),
        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, result<outcome>) { ended = true; })
    );
    int pid = 0;
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (pid == 0 && std::chrono::steady_clock::now() < until) {
        b.context.run_for(10ms);
        std::ifstream{b.files() / "pid"} >> pid;
    }
    BOOST_REQUIRE(pid > 0);
    BOOST_TEST(lives(pid));
    stop.emit(asio::cancellation_type::terminal);
    while (!ended && std::chrono::steady_clock::now() < until) {
        b.context.run_for(10ms);
    }
    BOOST_TEST(ended);
    BOOST_TEST(!lives(pid));
    BOOST_TEST(children() == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_killed_operator_ran_ends_and_what_it_left_is_swept) {
    const auto base = fs::temp_directory_path() / ("holdfast-swept-" + std::to_string(::getpid()));
    const pid_t victim = ::fork();
    if (victim == 0) {
        settings with;
        with.directory = base.string();
        bench b{with};
        auto j = b.shell(
            std::string{HOSTILE_PROGRAM} + " away pid; while [ ! -s pid ]; do sleep 0.01; done; "
                                           "mkdir -p a/b; chmod 000 a; sleep 1000"
        );
        j.read_only = {HOSTILE_PROGRAM};
        const auto ignored = b.run(std::move(j));
        ::_exit(ignored ? 0 : 1);
    }
    int pid = 0;
    const auto until = std::chrono::steady_clock::now() + 20s;
    fs::path job;
    while ((pid == 0 || fs::status(job / "w" / "a").permissions() != fs::perms::none) &&
           std::chrono::steady_clock::now() < until) {
        ::usleep(10'000);
        std::error_code ec;
        for (const auto& entry : fs::directory_iterator{base, ec}) {
            if (entry.is_directory()) {
                job = entry.path();
                std::ifstream{job / "w" / "pid"} >> pid;
            }
        }
        std::error_code missing;
        if (!fs::exists(job / "w" / "a", missing)) {
            pid = 0;
        }
    }
    BOOST_REQUIRE(pid > 0);
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
    while (lives(pid) && std::chrono::steady_clock::now() < until) {
        ::usleep(10'000);
    }
    BOOST_TEST(!lives(pid));
    BOOST_TEST(fs::exists(job));
    {
        settings with;
        with.directory = base.string();
        // The supervisor may be in its last moments still, and put its report there.
        const bench next{with};
        BOOST_TEST(!fs::exists(job));
    }
    fs::remove_all(base);
}

BOOST_AUTO_TEST_CASE(a_directory_belongs_to_one_process) {
    bench b;
    settings with;
    with.directory = (b.directory() / "jobs").string();
    with.supervisor = SANDBOX_PROGRAM;
    const auto second = open(b.context.get_executor(), b.pool, with);
    BOOST_REQUIRE(second.has_error());
    BOOST_TEST(second.error().message().find("in use by another process") != std::string::npos);
}

std::string lacks_directory_on_a_disk() {
    return is_in_memory(fs::temp_directory_path()) ? "the directory for temporary files is in memory itself"
                                                   : "";
}

BOOST_AUTO_TEST_CASE(
    workspaces_for_secrets_are_in_memory_and_what_a_killed_operator_left_there_is_swept,
    *test::needs(lacks_directory_on_a_disk)
) {
    const test::temporary_directory in_memory{"/dev/shm/hf-test"};
    const auto memory = in_memory.path().string();
    const auto left = fs::path{memory} / "holdfast-builds-left";
    fs::create_directories(left / "job-1/home/deep");
    std::ofstream{left / "job-1/home/deep/value"} << "secret";
    fs::permissions(left / "job-1/home", fs::perms{0});
    fs::create_directory(fs::path{memory} / "another");
    {
        settings with;
        with.memory_directory = memory;
        bench b{std::move(with)};
        BOOST_TEST(!fs::exists(left));
        BOOST_TEST(entries(memory) == 1U); // nothing is made before it is needed
        std::string place;
        {
            const auto made = b.made().make_secret_workspace();
            BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message()));
            place = made->path();
            BOOST_TEST(place.starts_with(memory + "/holdfast-builds-"));
            BOOST_TEST(made->home().starts_with(memory + "/holdfast-builds-"));
            auto j = b.shell("pwd > here && cp here \"$HOME\" && cat \"$HOME/here\"");
            j.directory = &*made;
            const auto said = b.run(std::move(j));
            BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
            BOOST_TEST(said->output == place + "\n");
            settings second;
            second.memory_directory = memory;
            const bench other{std::move(second)};
            BOOST_TEST(fs::exists(place)); // another process's is left alone
        }
        BOOST_TEST(!fs::exists(place));
    }
    BOOST_TEST(entries(memory) == 1U);
    settings on_disk;
    on_disk.memory_directory = "/usr";
    bench b{std::move(on_disk)};
    const auto refused = b.made().make_secret_workspace();
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().message().find("has to be a tmpfs") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_kernel_that_lacks_something_is_refused_where_it_is_required) {
    bench b;
    settings with;
    with.directory = (b.directory() / "others").string();
    with.supervisor = SANDBOX_PROGRAM;
    with.landlock_version = 0;
    with.mode = strictness::required;
    const auto refused = open(b.context.get_executor(), b.pool, with);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().message().find("no Landlock") != std::string::npos);
    with.mode = strictness::best_effort;
    const auto taken = open(b.context.get_executor(), b.pool, with);
    BOOST_REQUIRE(taken.has_value());
    BOOST_TEST((*taken)->confinement().missing.size() == 1U);
}

BOOST_AUTO_TEST_CASE(two_hundred_jobs_leave_no_descriptor_no_process_and_no_file) {
    bench b;
    const auto once = [&] {
        auto made = b.made().make_workspace();
        BOOST_REQUIRE(made.has_value());
        auto j = b.shell("mkdir -p a/b; echo x > a/b/c; sleep 100 & :");
        j.directory = &*made;
        const auto said = b.run(std::move(j));
        BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().message()));
        test::run(b.context, b.made().remove(std::move(*made)));
    };
    once();
    const auto descriptors = entries("/proc/self/fd");
    const auto files = entries(b.directory() / "jobs");
    for (int i = 0; i < 200; ++i) {
        once();
    }
    BOOST_TEST(entries("/proc/self/fd") == descriptors);
    BOOST_TEST(entries(b.directory() / "jobs") == files);
    BOOST_TEST(children() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sandbox
