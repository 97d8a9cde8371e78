#include "lua/health_scripts.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace holdfast::lua {
namespace {

const json::object& widget() {
    static const auto object =
        json::parse(
            R"({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "generation": 3},
            "spec": {"replicas": 3, "ratio": 0.5, "whole": 4.0, "large": 1000000000000000, "nothing": null},
            "status": {"ready": 2, "conditions": [{"type": "Ready", "status": "False", "message": "soon"}]}})"
        )
            .as_object();
    return object;
}

std::string text_of(const outcome& came) {
    const auto& h = came.verdict;
    return std::string{to_string(h.status)} + (h.message.empty() ? "" : ": " + h.message);
}

std::string run(const std::string& script) {
    health_scripts scripts;
    return text_of(scripts.run(script, widget()));
}

struct row {
    const char* what;
    const char* script;
    const char* expected;
};

void check(const std::vector<row>& rows) {
    for (const auto& r : rows) {
        const auto got = run(r.script);
        BOOST_TEST(got.starts_with(r.expected), r.what << ": is " << got << ", should be " << r.expected);
    }
}

BOOST_AUTO_TEST_SUITE(health_by_script)

BOOST_AUTO_TEST_CASE(says_what_the_script_returns) {
    check({
        {"as Argo CD's users write it",
         "hs = {}\n"
         "if obj.status ~= nil and obj.status.conditions ~= nil then\n"
         "  for i, condition in ipairs(obj.status.conditions) do\n"
         "    if condition.type == 'Ready' and condition.status == 'False' then\n"
         "      hs.status = 'Degraded'\n"
         "      hs.message = condition.message\n"
         "      return hs\n"
         "    end\n"
         "  end\n"
         "end\n"
         "hs.status = 'Progressing'\n"
         "return hs",
         "Degraded: soon"},
        {"with goto",
         "for _, c in ipairs(obj.status.conditions) do if c.type ~= 'x' then goto continue end ::continue:: end "
         "return {status = 'Healthy'}",
         "Healthy"},
        {"null is not there", "return {status = obj.spec.nothing == nil and 'Healthy' or 'Degraded'}",
         "Healthy"},
        {"numbers are as they are written",
         "return {status = 'Healthy', message = obj.spec.replicas .. ' ' .. obj.spec.whole .. ' ' .. obj.spec.ratio .. "
         "' ' .. obj.spec.large .. ' ' .. tostring(10 / 2)}",
         "Healthy: 3 4 0.5 1000000000000000 5"},
        {"a message that is a number", "return {status = 'Healthy', message = 5}", "Healthy: 5"},
        {"what Lua 5.1 had",
         "local t = {1, 2, 3} return {status = 'Healthy', message = table.getn(t) .. table.maxn(t) .. "
         "select('#', unpack(t)) .. math.floor(math.pow(2, 3)) .. string.gfind('ab', 'a')()}",
         "Healthy: 3338a"},
        {"texts",
         "return {status = 'Healthy', message = ('x'):upper() .. string.format('%d', 4) .. ('a-b'):gsub('-', '+')}",
         "Healthy: X4a+b"},
        {"time", "local os = require('os') return {status = os.time() > 1000 and 'Healthy' or 'Degraded'}",
         "Healthy"},
        {"print says nothing", "print('x') return {status = 'Healthy'}", "Healthy"},
        {"all six words", "return {status = 'Missing'}", "Missing"},
    });
}

BOOST_AUTO_TEST_CASE(is_unknown_where_the_script_is_wrong_and_says_why) {
    check({
        {"another word", "return {status = 'Fine'}",
         "Unknown: Its health check failed: it returned the status \"Fine\", which is none of Healthy, Progressing"
        },
        {"a text", "return 'Healthy'",
         "Unknown: Its health check failed: it returned a string: a table is needed"},
        {"a number", "return 7", "Unknown: Its health check failed: it returned a number"},
        {"nothing", "local x = 1", "Progressing: Its health check returned nothing"},
        {"an empty table", "return {}", "Progressing: Its health check returned nothing"},
        {"a status that is a table", "return {status = {}}", "Progressing: Its health check returned nothing"
        },
        {"no Lua",
         "return {status = ", "Unknown: Its health check failed: check:1: unexpected symbol near <eof>"},
        {"a missing field", "\nreturn {status = obj.status.x.y}",
         "Unknown: Its health check failed: check:2: attempt to index a nil value (field 'x')"},
        {"an error of its own", "error('no luck')", "Unknown: Its health check failed: check:1: no luck"},
        {"an error that is no text", "error({})",
         "Unknown: Its health check failed: it raised an error that is no text"},
        {"compiled code", "\x1bLua",
         "Unknown: Its health check failed: attempt to load a binary chunk (mode is 't')"},
    });
}

BOOST_AUTO_TEST_CASE(reaches_nothing_but_the_object) {
    for (const std::string_view name :
         {"io", "debug", "package", "load", "loadstring", "loadfile", "dofile", "collectgarbage", "coroutine",
          "getmetatable", "setmetatable", "os.execute", "os.getenv", "os.remove", "os.exit", "string.dump",
          "table.move"}) {
        const auto got =
            run("return {status = " + std::string{name} + " == nil and 'Healthy' or 'Degraded'}");
        BOOST_TEST(got == "Healthy", name << ": " << got);
    }
    check({
        {"a file", "io.open('/etc/passwd')",
         "Unknown: Its health check failed: check:1: attempt to index a nil value (global 'io')"},
        {"a module", "require('socket')",
         "Unknown: Its health check failed: check:1: there is no module 'socket': there are os, math, string and table"
        },
    });
}

BOOST_AUTO_TEST_CASE(ends_in_time) {
    for (const auto* script :
         {"while true do end", "while true do pcall(function() while true do end end) end",
          "local function f() return pcall(f) end while true do xpcall(f, f) end",
          "repeat local t = {} for i = 1, 100 do t[i] = ('x'):rep(100000) end until false",
          "local s = ('x'):rep(1000000) while true do s = s:upper() end"}) {
        const auto begin = std::chrono::steady_clock::now();
        BOOST_TEST(
            run(script) == "Unknown: Its health check failed: it ran for longer than a second", script
        );
        // It is a minute that would say that nothing ends it.
        BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds{30}), script);
    }
    check({
        {"a pattern that goes back", "return {status = ('a'):rep(30):match(('a*'):rep(30) .. 'b')}",
         "Unknown: Its health check failed: check:1: the pattern may take too long on a text of this length"},
        {"as a method", "local s = ('a'):rep(40) return {status = s:find(('a?'):rep(40) .. 'b')}",
         "Unknown: Its health check failed: check:1: the pattern may take too long"},
    });
}

BOOST_AUTO_TEST_CASE(takes_so_much_memory_and_no_more) {
    constexpr const char* too_much = "Unknown: Its health check failed: it took more than 32 MiB of memory";
    check({
        {"a text", "local s = 'x' while true do s = s .. s end", too_much},
        {"tables", "local t = {} for i = 1, 1e9 do t[i] = {} end", too_much},
        {"at once", "return {status = ('x'):rep(1e9)}", too_much},
    });
    BOOST_TEST(
        run("local function f() return 1 + f() end f()").starts_with("Unknown: Its health check failed: ")
    );
    BOOST_TEST(run("local function f(...) return f(1, ...) end f()")
                   .starts_with("Unknown: Its health check failed: "));
}

BOOST_AUTO_TEST_CASE(says_no_more_than_so_much) {
    health_scripts scripts;
    const auto long_message =
        scripts.run("return {status = 'Degraded', message = ('x'):rep(10 * 1024 * 1024)}", widget());
    BOOST_TEST((long_message.verdict.status == sync::health_status::degraded));
    BOOST_TEST(long_message.verdict.message.size() <= 4096U);
    BOOST_TEST(long_message.verdict.message.starts_with("xxxx"));
    const auto no_text = scripts.run("return {status = 'Degraded', message = 'a\\xff\\0b'}", widget());
    BOOST_TEST(no_text.verdict.message.starts_with("a\xEF\xBF\xBD"));
    BOOST_TEST(scripts.run("error(('x'):rep(1e6))", widget()).verdict.message.size() <= 4096U);
}

BOOST_AUTO_TEST_CASE(leaves_nothing_to_the_next_run) {
    health_scripts scripts;
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(
            text_of(scripts.run(
                "local before = tostring(seen) .. tostring(string.mine) .. tostring(math.mine) "
                "seen = 1 string.mine = 1 math.mine = 1 _G.other = 1 "
                "string.upper = nil obj.status = nil "
                "return {status = 'Healthy', message = before .. ('x'):upper() .. tostring(other)}",
                widget()
            )) == "Healthy: nilnilnilX1"
        );
    }
    // Nor does a failure.
    const std::string fails_for_some =
        "if obj.kind == 'Widget' then local s = 'x' while true do s = s .. s end end return {status = 'Healthy'}";
    BOOST_TEST(text_of(scripts.run(fails_for_some, widget())).starts_with("Unknown"));
    BOOST_TEST(text_of(scripts.run(fails_for_some, {})) == "Healthy");
}

BOOST_AUTO_TEST_CASE(is_not_run_for_a_while_after_it_ran_too_long) {
    health_scripts scripts;
    const std::string slow_for_some =
        "if obj.kind == 'Widget' then while true do end end return {status = 'Healthy'}";
    const auto first = scripts.run(slow_for_some, widget());
    BOOST_TEST((first.again_in == std::chrono::minutes{1}));
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i) {
        const auto next = scripts.run(slow_for_some, {});
        BOOST_TEST(
            text_of(next) ==
            "Unknown: Its health check failed: it ran for longer than a second just now, and is not "
            "run for a minute"
        );
        BOOST_TEST((next.again_in && *next.again_in <= std::chrono::minutes{1}));
    }
    BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds{30}));
    // Others are not kept waiting by it.
    BOOST_TEST(text_of(scripts.run("return {status = 'Healthy'}", widget())) == "Healthy");
}

BOOST_AUTO_TEST_CASE(keeps_the_scripts_that_were_run_last) {
    health_scripts scripts{2};
    for (int round = 0; round < 2; ++round) {
        for (const std::string word : {"Healthy", "Degraded", "Suspended"}) {
            BOOST_TEST(text_of(scripts.run("return {status = '" + word + "'}", widget())) == word);
        }
    }
}

BOOST_AUTO_TEST_CASE(runs_on_several_threads) {
    health_scripts scripts;
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                const auto script = t % 2 == 0 ? "n = (n or 0) + 1 return {status = 'Healthy', message = n}"
                                               : "return {status = 'Degraded', message = obj.kind}";
                const auto expected = t % 2 == 0 ? "Healthy: 1" : "Degraded: Widget";
                good += text_of(scripts.run(script, widget())) == expected ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(good == 800);
}

BOOST_AUTO_TEST_CASE(a_deeply_nested_object_is_read_or_refused) {
    json::value deep{1};
    for (int i = 0; i < 5000; ++i)
        deep = json::object{{"a", std::move(deep)}};
    health_scripts scripts;
    const auto got = text_of(scripts.run("return {status = 'Healthy'}", deep.as_object()));
    BOOST_TEST((got == "Healthy" || got.starts_with("Unknown: Its health check failed: ")), got);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_script_is_told_before_it_runs) {
    BOOST_TEST(problem_of("return {status = 'Healthy'}").empty());
    BOOST_TEST(problem_of("hs = {}\nhs.status = = 1") == "check:2: unexpected symbol near '='");
    BOOST_TEST(problem_of("while true do end").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::lua
