#include "lua/interpreter.hpp"

#include "lua/libraries.hpp"
#include "lua/values.hpp"

#include "base/bounded_text.hpp"

#include <lauxlib.h>

#include <cstdlib>

namespace holdfast::lua {

namespace {

// Where things are in the registry.
constexpr const char* chunk_key = "holdfast.chunk";
constexpr const char* base_key = "holdfast.base";

/// Blocks of this size are a reason to look at the clock: an instruction may make one, and many of these fit between
/// two looks.
constexpr std::size_t large_block = std::size_t{64} << 10U;

int prepare(lua_State* in) {
    open_libraries(in);
    lua_setfield(in, LUA_REGISTRYINDEX, base_key);
    return 0;
}

/// The chunk, with an environment of its own for this run, and the object in it.
int call(lua_State* in) {
    const auto* live = *static_cast<const json::object**>(lua_touserdata(in, 1));
    lua_getfield(in, LUA_REGISTRYINDEX, chunk_key);
    lua_getfield(in, LUA_REGISTRYINDEX, base_key);
    push_environment(in, -1);
    lua_remove(in, -2);
    push_value(in, *live);
    lua_setfield(in, -2, "obj");
    (void)lua_setupvalue(in, -2, 1); // _ENV is the only one of a chunk
    lua_call(in, 0, 1);
    return 1;
}

} // namespace

void* interpreter::allocate(void* self, void* block, std::size_t before, std::size_t now) {
    auto& mine = *static_cast<interpreter*>(self);
    const auto held = block != nullptr ? before : 0; // else it says what kind of thing it is for
    if (now == 0) {
        std::free(block);
        mine.used_ -= held;
        return nullptr;
    }
    if (now > held) {
        if (mine.used_ - held + now > most_memory) {
            mine.ran_out_of_memory_ = true;
            return nullptr;
        }
        if (now >= large_block && mine.is_late()) {
            mine.ran_out_of_time_ = true;
            return nullptr;
        }
    }
    auto* moved = std::realloc(block, now);
    if (moved != nullptr) mine.used_ = mine.used_ - held + now;
    return moved;
}

interpreter& interpreter::of(lua_State* in) {
    void* self = nullptr;
    (void)lua_getallocf(in, &self);
    return *static_cast<interpreter*>(self);
}

void interpreter::look_at_clock(lua_State* in, lua_Debug* /*where*/) {
    auto& mine = of(in);
    if (!mine.is_late()) return;
    mine.ran_out_of_time_ = true;
    // A script may catch the error: then its next instruction fails, too.
    lua_sethook(in, look_at_clock, LUA_MASKCOUNT, 1);
    luaL_error(in, "it ran for longer than a second");
}

error interpreter::take_error() {
    std::string text;
    if (ran_out_of_time_) {
        text = "it ran for longer than a second";
    } else if (ran_out_of_memory_) {
        text = "it took more than 32 MiB of memory";
    } else {
        const auto* said = lua_tostring(in_, -1);
        text = said != nullptr ? said : "it raised an error that is no text";
    }
    lua_settop(in_, 0);
    return user_error(cut_to_bytes(text, longest_message));
}

result<std::unique_ptr<interpreter>> interpreter::compile(std::string_view script) {
    std::unique_ptr<interpreter> made{new interpreter};
    made->until_ = clock::now() + longest_run;
    made->in_ = lua_newstate(allocate, made.get());
    if (made->in_ == nullptr) return user_error("there is no memory for it");
    lua_pushcfunction(made->in_, prepare);
    if (lua_pcall(made->in_, 0, 0, 0) != LUA_OK) return made->take_error();
    // Text only: what is compiled already may be anything.
    if (luaL_loadbufferx(made->in_, script.data(), script.size(), "=check", "t") != LUA_OK)
        return made->take_error();
    lua_setfield(made->in_, LUA_REGISTRYINDEX, chunk_key);
    return made;
}

interpreter::~interpreter() {
    if (in_ != nullptr) lua_close(in_);
}

result<std::optional<answer>> interpreter::run(const json::object& live) {
    until_ = clock::now() + longest_run;
    lua_sethook(in_, look_at_clock, LUA_MASKCOUNT, instructions_between_looks);
    lua_pushcfunction(in_, call);
    const auto* object = &live;
    lua_pushlightuserdata(in_, &object); // Lua knows no pointers to const
    const int outcome = lua_pcall(in_, 1, 1, 0);
    lua_sethook(in_, nullptr, 0, 0);
    if (outcome != LUA_OK || ran_out_of_time_) return take_error();
    auto given = read_answer(in_, longest_message);
    lua_settop(in_, 0);
    until_ = clock::time_point::max();
    // What a large run has used is not to be held until the next one.
    constexpr std::size_t large_run = std::size_t{1} << 20U;
    if (used_ > large_run) lua_gc(in_, LUA_GCCOLLECT);
    return given;
}

} // namespace holdfast::lua
