#include "lua/libraries.hpp"

#include "lua/pattern_cost.hpp"

#include <lauxlib.h>
#include <lualib.h>

#include <array>
#include <cmath>
#include <string_view>

namespace holdfast::lua {

namespace {

// Left out of base: what loads code (load, dofile, loadfile, require of files), collectgarbage, and metatables,
// by which a table can say that it is a billion long, and C functions loop over that.
constexpr std::array base_names{"assert", "error",  "ipairs", "next",   "pairs",    "pcall", "rawequal",
                                "rawget", "rawlen", "rawset", "select", "tonumber", "type",  "xpcall"};
constexpr std::array table_names{"concat", "insert", "pack", "remove", "sort", "unpack"};
constexpr std::array string_names{"byte", "char", "format", "len", "lower", "rep", "reverse", "sub", "upper"};
constexpr std::array math_names{"abs",  "acos",       "asin",      "atan", "ceil", "cos",    "deg",
                                "exp",  "floor",      "fmod",      "huge", "log",  "max",    "maxinteger",
                                "min",  "mininteger", "modf",      "pi",   "rad",  "random", "sin",
                                "sqrt", "tan",        "tointeger", "type", "ult"};

template <class Names>
void take(lua_State* in, int from, const Names& wanted) {
    for (const auto* name : wanted) {
        lua_getfield(in, from, name);
        lua_setfield(in, -2, name);
    }
}

// Whole numbers look like whole numbers, as they do in Lua 5.1: 5, not 5.0.
int to_string(lua_State* in) {
    luaL_checkany(in, 1);
    if (lua_type(in, 1) == LUA_TNUMBER && lua_isinteger(in, 1) == 0) {
        lua_Integer whole = 0;
        if (lua_numbertointeger(lua_tonumber(in, 1), &whole) &&
            static_cast<lua_Number>(whole) == lua_tonumber(in, 1)) {
            lua_pushinteger(in, whole);
            lua_tostring(in, -1);
            return 1;
        }
    }
    luaL_tolstring(in, 1, nullptr);
    return 1;
}

// table.getn and table.maxn of Lua 5.1
int table_length(lua_State* in) {
    luaL_checktype(in, 1, LUA_TTABLE);
    lua_pushinteger(in, static_cast<lua_Integer>(lua_rawlen(in, 1)));
    return 1;
}

int table_largest(lua_State* in) {
    luaL_checktype(in, 1, LUA_TTABLE);
    lua_Number largest = 0;
    lua_pushnil(in);
    while (lua_next(in, 1) != 0) {
        lua_pop(in, 1);
        if (lua_type(in, -1) == LUA_TNUMBER) largest = std::max(largest, lua_tonumber(in, -1));
    }
    lua_pushinteger(in, static_cast<lua_Integer>(largest));
    return 1;
}

// There is nobody to read it.
int print(lua_State* /*in*/) {
    return 0;
}

int power(lua_State* in) {
    lua_pushnumber(in, std::pow(luaL_checknumber(in, 1), luaL_checknumber(in, 2)));
    return 1;
}

/// string.find and its like are C, which nothing interrupts: what may take too long is not begun. The function itself
/// is an upvalue.
int with_bounded_pattern(lua_State* in) {
    std::size_t text_size = 0;
    std::size_t pattern_size = 0;
    luaL_checklstring(in, 1, &text_size);
    const auto* pattern = luaL_checklstring(in, 2, &pattern_size);
    if (!is_pattern_cheap({pattern, pattern_size}, text_size)) {
        return luaL_error(in, "the pattern may take too long on a text of this length");
    }
    lua_pushvalue(in, lua_upvalueindex(1));
    lua_insert(in, 1);
    lua_call(in, lua_gettop(in) - 1, LUA_MULTRET);
    return lua_gettop(in);
}

void take_bounded(lua_State* in, int from, const char* name, const char* as) {
    lua_getfield(in, from, name);
    lua_pushcclosure(in, with_bounded_pattern, 1);
    lua_setfield(in, -2, as);
}

/// Pushes a copy of the table at `index`.
void push_copy(lua_State* in, int index) {
    lua_newtable(in);
    lua_pushnil(in);
    while (lua_next(in, index) != 0) {
        lua_pushvalue(in, -2);
        lua_insert(in, -2);
        lua_rawset(in, -4);
    }
}

/// Opens one of Lua's own libraries, and pushes it.
int open(lua_State* in, lua_CFunction opener, const char* name) {
    lua_pushcfunction(in, opener);
    lua_pushstring(in, name);
    lua_call(in, 1, 1);
    return lua_gettop(in);
}

/// Every library under its name in the table on the top.
void finish(lua_State* in, int environment, const char* name) {
    lua_setfield(in, environment, name);
    lua_settop(in, environment);
}

void open_strings(lua_State* in, int environment) {
    const int from = open(in, luaopen_string, LUA_STRLIBNAME);
    lua_newtable(in);
    take(in, from, string_names);
    for (const auto* name : {"find", "match", "gmatch", "gsub"})
        take_bounded(in, from, name, name);
    take_bounded(in, from, "gmatch", "gfind");
    // The methods of texts are the same, and nobody gets at the table that they are in.
    const int strings = lua_gettop(in);
    lua_pushstring(in, "");
    lua_getmetatable(in, -1);
    push_copy(in, strings);
    lua_setfield(in, -2, "__index");
    lua_settop(in, strings);
    finish(in, environment, LUA_STRLIBNAME);
}

} // namespace

void open_libraries(lua_State* in) {
    lua_settop(in, 0);
    lua_newtable(in);
    const int environment = lua_gettop(in);

    const int base = open(in, luaopen_base, LUA_GNAME);
    lua_pushvalue(in, environment);
    take(in, base, base_names);
    lua_pushcfunction(in, to_string);
    lua_setfield(in, -2, "tostring");
    lua_pushcfunction(in, print);
    lua_setfield(in, -2, "print");
    lua_settop(in, environment);

    const int tables = open(in, luaopen_table, LUA_TABLIBNAME);
    lua_newtable(in);
    take(in, tables, table_names);
    lua_pushcfunction(in, table_length);
    lua_setfield(in, -2, "getn");
    lua_pushcfunction(in, table_largest);
    lua_setfield(in, -2, "maxn");
    lua_getfield(in, -1, "unpack");
    lua_setfield(in, environment, "unpack");
    finish(in, environment, LUA_TABLIBNAME);

    open_strings(in, environment);

    const int numbers = open(in, luaopen_math, LUA_MATHLIBNAME);
    lua_newtable(in);
    take(in, numbers, math_names);
    lua_pushcfunction(in, power);
    lua_setfield(in, -2, "pow");
    finish(in, environment, LUA_MATHLIBNAME);

    const int system = open(in, luaopen_os, LUA_OSLIBNAME);
    lua_newtable(in);
    take(in, system, std::array{"date", "time"});
    finish(in, environment, LUA_OSLIBNAME);
}

namespace {

/// `require` of what is there anyway. The environment is an upvalue.
int require(lua_State* in) {
    const auto* name = luaL_checkstring(in, 1);
    for (const std::string_view known : {"os", "math", "string", "table"}) {
        if (known != name) continue;
        lua_getfield(in, lua_upvalueindex(1), name);
        return 1;
    }
    return luaL_error(in, "there is no module '%s': there are os, math, string and table", name);
}

} // namespace

void push_environment(lua_State* in, int index) {
    const int from = lua_absindex(in, index);
    lua_newtable(in);
    lua_pushnil(in);
    while (lua_next(in, from) != 0) {
        if (lua_istable(in, -1)) {
            const int library = lua_gettop(in);
            push_copy(in, library);
            lua_remove(in, library);
        }
        lua_pushvalue(in, -2);
        lua_insert(in, -2);
        lua_rawset(in, -4);
    }
    lua_pushvalue(in, -1);
    lua_setfield(in, -2, LUA_GNAME);
    lua_pushvalue(in, -1);
    lua_pushcclosure(in, require, 1);
    lua_setfield(in, -2, "require");
}

} // namespace holdfast::lua
