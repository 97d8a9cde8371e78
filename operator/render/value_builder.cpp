#include "render/value_builder.hpp"

#include "render/memory_budget.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace holdfast::render {

namespace json = boost::json;

void value_builder::open(bool mapping) {
    if (depth_ == frames_.size()) frames_.emplace_back();
    frame& f = frames_[depth_++];
    if (mapping) {
        f.container.emplace_object();
    } else {
        f.container.emplace_array();
    }
    f.notes.clear();
    f.wants_key = mapping;
    f.merging = false;
}

json::value value_builder::close() {
    json::value finished = std::move(top().container);
    --depth_;
    return finished;
}

std::optional<value_builder::place> value_builder::key(std::string_view name, place where) {
    frame& f = top();
    const json::object& object = f.container.get_object();
    if (const auto found = object.find(name); found != object.end()) {
        const key_note& note = f.notes[static_cast<std::size_t>(found - object.begin())];
        if (!note.merged) return note.where;
    }
    repeat(name, where);
    return std::nullopt;
}

void value_builder::repeat(std::string_view name, place where) {
    frame& f = top();
    f.key = name;
    f.key_place = where;
    f.wants_key = false;
}

bool value_builder::is_at_manifest() const noexcept {
    return depth_ == 1 || (depth_ == 3 && frames_[0].key == "items" && frames_[1].container.is_array());
}

void value_builder::merge_key() {
    top().merging = true;
    top().wants_key = false;
}

void value_builder::merge(frame& into, const json::object& from) {
    // As go-yaml v2 does it: a merge behind a key replaces the key's value, one in front of it is replaced.
    json::object& object = into.container.get_object();
    const std::size_t before = object.capacity();
    for (const auto& [name, value] : from) {
        const auto [at, is_new] = object.insert_or_assign(name, value);
        memory_ += memory_of(at->value());
        if (!is_new) continue;
        into.notes.push_back({.where = 0, .merged = true});
        memory_ += memory_of_key(name.size());
    }
    memory_ += memory_of_object(object.capacity()) - memory_of_object(before);
}

bool value_builder::add(json::value&& value, bool by_alias) {
    // What was written out here was counted when its parts were added.
    if (by_alias) {
        memory_ += memory_of(value);
    } else if (const auto* text = value.if_string()) {
        memory_ += memory_of_text(*text);
    }
    if (depth_ == 0) {
        result_ = std::move(value);
        return true;
    }
    frame& f = top();
    if (f.container.is_array()) {
        json::array& array = f.container.get_array();
        const std::size_t before = array.capacity();
        array.push_back(std::move(value));
        memory_ += memory_of_array(array.capacity()) - memory_of_array(before);
        return true;
    }
    f.wants_key = true;
    json::object& object = f.container.get_object();
    if (!f.merging) {
        const std::size_t before = object.capacity();
        if (const auto [at, is_new] = object.emplace(f.key, std::move(value)); is_new) {
            f.notes.push_back({.where = f.key_place, .merged = false});
            memory_ += memory_of_key(f.key.size());
            memory_ += memory_of_object(object.capacity()) - memory_of_object(before);
        } else {
            at->value() = std::move(value); // emplace has not taken the value
            f.notes[static_cast<std::size_t>(at - object.begin())] = {.where = f.key_place, .merged = false};
        }
        return true;
    }
    f.merging = false;
    if (value.is_object()) {
        merge(f, value.get_object());
        return true;
    }
    if (!value.is_array() || by_alias) return false;
    const json::array& several = value.get_array();
    if (!std::all_of(several.begin(), several.end(), [](const json::value& v) { return v.is_object(); })) {
        return false;
    }
    for (auto each = several.rbegin(); each != several.rend(); ++each) {
        merge(f, each->get_object()); // the first one wins
    }
    return true;
}

json::value value_builder::take() {
    return std::exchange(result_, json::value{});
}

} // namespace holdfast::render
