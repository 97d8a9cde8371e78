#include "lua/values.hpp"

#include "base/bounded_text.hpp"

#include <lauxlib.h>

#include <fmt/format.h>

#include <cmath>

namespace holdfast::lua {

namespace {

void push(lua_State* in, const json::value& value);

// Whole numbers are integers, so that they look and count like those of Lua 5.1.
void push(lua_State* in, double number) {
    constexpr double exact = 9007199254740992; // 2^53
    if (std::abs(number) <= exact && std::trunc(number) == number) {
        lua_pushinteger(in, static_cast<lua_Integer>(number));
    } else {
        lua_pushnumber(in, number);
    }
}

void push(lua_State* in, const json::array& list) {
    lua_createtable(in, static_cast<int>(list.size()), 0);
    lua_Integer at = 0;
    for (const auto& item : list) {
        push(in, item);
        lua_rawseti(in, -2, ++at);
    }
}

void push(lua_State* in, const json::value& value) {
    luaL_checkstack(in, 8, "the object is nested too deeply");
    switch (value.kind()) {
    case json::kind::null: lua_pushnil(in); break;
    case json::kind::bool_: lua_pushboolean(in, value.get_bool() ? 1 : 0); break;
    case json::kind::int64: lua_pushinteger(in, value.get_int64()); break;
    case json::kind::uint64: lua_pushnumber(in, static_cast<lua_Number>(value.get_uint64())); break;
    case json::kind::double_: push(in, value.get_double()); break;
    case json::kind::string: lua_pushlstring(in, value.get_string().data(), value.get_string().size()); break;
    case json::kind::array: push(in, value.get_array()); break;
    case json::kind::object: push_value(in, value.get_object()); break;
    }
}

/// A field of the table on the top, where it is a text or a number.
std::optional<std::string> text_at(lua_State* in, const char* name, std::size_t longest) {
    lua_pushstring(in, name);
    lua_rawget(in, -2);
    std::optional<std::string> text;
    if (lua_type(in, -1) == LUA_TSTRING) {
        std::size_t size = 0;
        const auto* begin = lua_tolstring(in, -1, &size);
        text = cut_to_bytes({begin, size}, longest);
    } else if (lua_isinteger(in, -1) != 0) {
        text = fmt::format("{}", lua_tointeger(in, -1));
    } else if (lua_type(in, -1) == LUA_TNUMBER) {
        text = fmt::format("{}", lua_tonumber(in, -1));
    }
    lua_pop(in, 1);
    return text;
}

} // namespace

void push_value(lua_State* in, const json::object& object) {
    luaL_checkstack(in, 8, "the object is nested too deeply");
    lua_createtable(in, 0, static_cast<int>(object.size()));
    for (const auto& [key, value] : object) {
        if (value.is_null()) continue;
        lua_pushlstring(in, key.data(), key.size());
        push(in, value);
        lua_rawset(in, -3);
    }
}

result<std::optional<answer>> read_answer(lua_State* in, std::size_t longest) {
    if (lua_isnoneornil(in, -1)) return std::optional<answer>{};
    if (!lua_istable(in, -1)) {
        return user_error(fmt::format(
            "it returned a {}: a table is needed, with status and message", lua_typename(in, lua_type(in, -1))
        ));
    }
    auto status = text_at(in, "status", longest);
    if (!status) return std::optional<answer>{};
    return std::optional{answer{std::move(*status), text_at(in, "message", longest).value_or(std::string{})}};
}

} // namespace holdfast::lua
