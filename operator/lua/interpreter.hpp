#pragma once

// One interpreter and its limits; only for this folder.

#include "base/error.hpp"

#include <lua.h>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::lua {

namespace json = boost::json;
using clock = std::chrono::steady_clock;

inline constexpr std::size_t most_memory = std::size_t{32} << 20U;
inline constexpr std::chrono::milliseconds longest_run{1000};
/// How many instructions run between two looks at the clock.
inline constexpr int instructions_between_looks = 10'000;
inline constexpr std::size_t longest_message = 4096;

/// What a script returned: a status and a message, both as they are; nothing where it returned nothing, or an empty
/// table.
struct answer {
    std::string status;
    std::string message;
};

/// A compiled script and the interpreter that runs it. One thread at a time.
class interpreter {
public:
    /// Error: user, what is wrong with the script.
    static result<std::unique_ptr<interpreter>> compile(std::string_view script);
    ~interpreter();
    interpreter(const interpreter&) = delete;
    interpreter& operator=(const interpreter&) = delete;

    /// Error: user, why it failed. The interpreter is as before then, unless `is_spoilt`.
    [[nodiscard]] result<std::optional<answer>> run(const json::object& live);
    /// Memory or time ran out in it: it is not to be used again.
    [[nodiscard]] bool is_spoilt() const noexcept { return ran_out_of_memory_ || ran_out_of_time_; }
    [[nodiscard]] bool ran_out_of_time() const noexcept { return ran_out_of_time_; }

private:
    interpreter() = default;

    static void* allocate(void* self, void* block, std::size_t before, std::size_t now);
    static void look_at_clock(lua_State* in, lua_Debug* where);
    static interpreter& of(lua_State* in);

    [[nodiscard]] bool is_late() const { return clock::now() >= until_; }
    /// The error on the top of the stack, which it takes off.
    [[nodiscard]] error take_error();

    lua_State* in_ = nullptr;
    std::size_t used_ = 0;
    clock::time_point until_ = clock::time_point::max();
    bool ran_out_of_memory_ = false;
    bool ran_out_of_time_ = false;
};

} // namespace holdfast::lua
