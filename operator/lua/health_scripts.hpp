#pragma once

#include "sync/health.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::lua {

/// What is wrong with a script before it is run, with its line; empty where nothing is. Any thread.
[[nodiscard]] std::string problem_of(std::string_view script);

/// What came of running a script.
struct outcome {
    sync::health verdict;
    /// Where it ran for too long: it is not run again so long, on whatever object.
    std::optional<std::chrono::steady_clock::duration> again_in = std::nullopt;
};

/// Runs health checks in Lua: `obj` is the live object, and what is returned is a table with `status` and `message`. A
/// script is compiled once, and its interpreter kept for the next time; what it sets does not last from one run to the
/// next. It may use 32 MiB and one second, and reaches no file, no program, no environment and no other script.
class health_scripts {
public:
    /// Of at most so many scripts an interpreter is kept, the last used ones.
    explicit health_scripts(std::size_t kept = 64);
    ~health_scripts();
    health_scripts(const health_scripts&) = delete;
    health_scripts& operator=(const health_scripts&) = delete;

    /// The script's verdict. One that fails is Unknown, and its message says why. At most 4 KiB of message. Blocks for as
    /// long as the script runs, and one script runs once at a time: for the pool. Any thread.
    [[nodiscard]] outcome run(const std::string& script, const json::object& live);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace holdfast::lua
