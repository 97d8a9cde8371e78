#pragma once

// Values between JSON and Lua; only for this folder.

#include "lua/interpreter.hpp"

namespace holdfast::lua {

/// Pushes an object as a table: null is left out, whole numbers are integers. Raises Lua's error where memory runs out.
void push_value(lua_State* in, const json::object& object);

/// What is on the top of the stack, as the answer of a script. Raises no error of Lua's.
[[nodiscard]] result<std::optional<answer>> read_answer(lua_State* in, std::size_t longest);

} // namespace holdfast::lua
