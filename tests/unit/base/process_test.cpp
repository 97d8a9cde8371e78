#include "base/async.hpp"
#include "base/open_files.hpp"
#include "base/process.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast {
namespace {

result<process_result> run(process_options options) {
    asio::io_context context;
    return test::run(context, run_process(std::move(options)));
}

process_options shell(std::string script) {
    process_options o;
    o.argv = {"/bin/sh", "-c", std::move(script)};
    return o;
}

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(goes_before_the_operator_when_memory_is_short) {
    const auto r = run(shell("cat /proc/self/oom_score_adj"));
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST(r->output == "1000\n");
}

BOOST_AUTO_TEST_CASE(gives_what_it_said_and_how_it_ended) {
    auto o = shell("cat; echo oops >&2; exit 3");
    o.input = "hello";
    const auto r = run(std::move(o));
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST(r.value().status == 3);
    BOOST_TEST(r.value().output == "hello");
    BOOST_TEST(r.value().error_output == "oops\n");
}

BOOST_AUTO_TEST_CASE(inherits_nothing_but_what_it_was_given) {
    auto o = shell("env | sort; cat <&3; ls /proc/self/fd | tr '\\n' ' '");
    o.environment = {"PATH=/usr/bin:/bin", "ONLY=this"};
    o.inherited = {"secret\n"};
    const auto r = run(std::move(o));
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST(r.value().output.find("HOME") == std::string::npos);
    BOOST_TEST(r.value().output.find("ONLY=this\n") != std::string::npos);
    BOOST_TEST(r.value().output.ends_with("secret\n0 1 2 3 4 ")); // 4 is ls's own view of the directory
}

BOOST_AUTO_TEST_CASE(what_it_was_given_has_a_path_that_can_be_read_again) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{6}, std::size_t{200'000}}) {
        auto o = shell("cat /proc/self/fd/3 /proc/self/fd/3 | wc -c");
        o.environment = {"PATH=/usr/bin:/bin"};
        o.inherited = {std::string(size, 's')};
        const auto r = run(std::move(o));
        BOOST_REQUIRE(r.has_value());
        BOOST_TEST(r.value().output == std::to_string(2 * size) + "\n");
    }
}

// As an operator has it that watches many kinds: a connection each.
struct open_descriptors {
    std::vector<int> all;
    open_descriptors() = default;
    open_descriptors(const open_descriptors&) = delete;
    open_descriptors& operator=(const open_descriptors&) = delete;
    ~open_descriptors() {
        for (const int one : all)
            ::close(one);
    }
    void up_to(int number) {
        while (all.empty() || all.back() < number) {
            all.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        }
    }
};

BOOST_AUTO_TEST_CASE(however_many_descriptors_are_open_a_child_has_its_own) {
    open_descriptors taken;
    for (int open = 50; open <= 600; open += open < 250 ? 1 : 13) {
        taken.up_to(open);
        auto o = shell("cat; cat <&3; cat <&4; echo oops >&2; ls /proc/self/fd | tr '\\n' ' '");
        o.environment = {"PATH=/usr/bin:/bin"};
        o.input = "input ";
        o.inherited = {"third ", "fourth "};
        const auto r = run(std::move(o));
        BOOST_TEST_REQUIRE(r.has_value(), open << ": " << (r ? "" : r.error().message()));
        BOOST_TEST(r->output == "input third fourth 0 1 2 3 4 5 ", open << " are open: " << r->output);
        BOOST_TEST(r->error_output == "oops\n", open << " are open: " << r->error_output);
    }
}

BOOST_AUTO_TEST_CASE(however_many_descriptors_are_open_it_is_told_why_a_child_did_not_start) {
    open_descriptors taken;
    for (int open = 50; open <= 600; open += open < 250 ? 1 : 13) {
        taken.up_to(open);
        process_options o;
        o.argv = {"/nowhere/program"};
        const auto r = run(std::move(o));
        BOOST_TEST_REQUIRE(r.has_error(), open << " are open");
        BOOST_TEST(
            r.error().message() == "cannot start /nowhere/program: No such file or directory",
            open << " are open: " << r.error().message()
        );
    }
}

BOOST_AUTO_TEST_CASE(a_child_is_allowed_as_many_files_as_the_operator_was_started_with) {
    rlimit limit{};
    BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    BOOST_TEST_REQUIRE(limit.rlim_max > 512u);
    const auto as_it_was = limit;
    limit.rlim_cur = 512;
    BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    const auto raised = raise_open_file_limit();
    BOOST_TEST(raised.before == 512u);
    BOOST_TEST(raised.now == std::min<rlim_t>(limit.rlim_max, 65'536));
    BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    BOOST_TEST(limit.rlim_cur == raised.now);
    BOOST_TEST(raise_open_file_limit().now == raised.now);

    const auto r = run(shell("ulimit -S -n; ulimit -H -n"));
    BOOST_TEST_REQUIRE(r.has_value());
    const auto hard =
        as_it_was.rlim_max == RLIM_INFINITY ? std::string{"unlimited"} : std::to_string(as_it_was.rlim_max);
    BOOST_TEST(r->output == "512\n" + hard + "\n");
}

BOOST_AUTO_TEST_CASE(a_deadline_kills_what_it_started_too) {
    const auto mark =
        std::filesystem::temp_directory_path() / ("holdfast-process-" + std::to_string(::getpid()));
    auto o = shell("sleep 1000 & echo $! > " + mark.string() + "; wait");
    o.environment = {"PATH=/usr/bin:/bin"};
    o.deadline = 300ms;
    const auto r = run(std::move(o));
    BOOST_REQUIRE(r.has_error());
    BOOST_TEST(r.error().is_transient());
    pid_t grandchild = 0;
    std::ifstream{mark} >> grandchild;
    std::filesystem::remove(mark);
    BOOST_REQUIRE(grandchild > 1);
    // It goes in a moment, or waits as a zombie for whoever adopted it.
    const auto state = [&] {
        std::ifstream stat{"/proc/" + std::to_string(grandchild) + "/stat"};
        std::string pid;
        std::string name;
        std::string letter;
        stat >> pid >> name >> letter;
        return letter;
    };
    const auto until = steady_clock::now() + 30s;
    while (!state().empty() && state() != "Z" && steady_clock::now() < until) {
        std::this_thread::sleep_for(10ms);
    }
    BOOST_TEST((state().empty() || state() == "Z"), state());
}

// Nobody else is held up by a child that takes its time.
BOOST_AUTO_TEST_CASE(the_loop_goes_on_while_a_child_comes_to_its_end) {
    asio::io_context context;
    auto o = shell("trap 'sleep 1; exit 3' TERM; while :; do sleep 0.01; done");
    o.environment = {"PATH=/usr/bin:/bin"};
    o.deadline = 300ms;
    o.stop_signal = SIGTERM;
    int turns = 0;
    asio::steady_timer timer{context};
    std::function<void(boost::system::error_code)> tick = [&](boost::system::error_code ec) {
        if (!ec) {
            ++turns;
            timer.expires_after(10ms);
            timer.async_wait(tick);
        }
    };
    int turns_at_deadline = 0;
    asio::steady_timer deadline{context, 400ms};
    deadline.async_wait([&](boost::system::error_code) { turns_at_deadline = turns; });
    tick({});
    const auto r = test::run(
        context,
        [](process_options options, asio::steady_timer& ticks) -> asio::awaitable<result<process_result>> {
            auto said = co_await run_process(std::move(options));
            ticks.cancel();
            co_return said;
        }(std::move(o), timer)
    );
    BOOST_REQUIRE(r.has_error());
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(turns_at_deadline > 0);
    BOOST_TEST(turns > turns_at_deadline + 3);
}

BOOST_AUTO_TEST_CASE(too_much_output_is_an_error) {
    auto o = shell("yes");
    o.environment = {"PATH=/usr/bin:/bin"};
    o.max_output = 1000;
    const auto r = run(std::move(o));
    BOOST_REQUIRE(r.has_error());
    BOOST_TEST(r.error().message() == "/bin/sh printed more than the 1000 bytes that are allowed");
}

BOOST_AUTO_TEST_CASE(of_too_much_error_output_the_end_is_kept) {
    auto o = shell("i=0; while [ $i -lt 1000 ]; do echo line $i >&2; i=$((i+1)); done");
    o.max_error_output = 18;
    const auto r = run(std::move(o));
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST(r.value().error_output == "line 998\nline 999\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there) {
    process_options o;
    o.argv = {"no-such-program"};
    const auto r = run(std::move(o));
    BOOST_REQUIRE(r.has_error());
    BOOST_TEST(r.error().message() == "the program \"no-such-program\" is not installed: it is not in PATH");
    process_options p;
    p.argv = {"/etc/passwd"};
    BOOST_TEST(run(std::move(p)).error().message() == "cannot start /etc/passwd: Permission denied");
}

BOOST_AUTO_TEST_CASE(a_signal_is_told_as_the_shell_tells_it) {
    const auto r = run(shell("kill -TERM $$"));
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST(r.value().status == 128 + SIGTERM);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
