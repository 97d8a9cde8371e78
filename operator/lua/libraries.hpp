#pragma once

// What a script may call; only for this folder.

#include <lua.h>

namespace holdfast::lua {

/// Pushes a table of all that a script sees beside `obj`: what Argo CD has for scripts (base, table, string, math, and
/// the time out of os), with what Lua 5.4 has no more of Lua 5.1; without what reaches files, programs, code that is
/// given as text, or loops within C for as long as it likes. Raises Lua's error where memory runs out.
void open_libraries(lua_State* in);

/// Pushes a copy of such a table, which is at `index`: what a script sets there, or in one of its libraries, is gone
/// with it.
void push_environment(lua_State* in, int index);

} // namespace holdfast::lua
