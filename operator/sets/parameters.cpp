#include "sets/parameters.hpp"

#include "sets/go_text.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <set>

namespace holdfast::sets {

namespace {

void flatten(const json::value& value, const std::string& name, parameters& into) {
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            const std::string_view key{member.key()};
            flatten(member.value(), name.empty() ? std::string{key} : fmt::format("{}.{}", name, key), into);
        }
    } else if (const auto* list = value.if_array()) {
        for (std::size_t i = 0; i < list->size(); ++i)
            flatten((*list)[i], fmt::format("{}.{}", name, i), into);
    } else {
        into.insert_or_assign(name, go_text(value));
    }
}

enum class winner { first, last };

void merge(json::object& into, const json::object& from, winner wins) {
    for (const auto& member : from) {
        auto* there = into.if_contains(member.key());
        if (there == nullptr) {
            into.emplace(member.key(), member.value());
        } else if (there->is_object() && member.value().is_object()) {
            merge(there->get_object(), member.value().get_object(), wins);
        } else if (wins == winner::last || there->is_null()) {
            *there = member.value();
        }
    }
}

} // namespace

parameters flattened(const parameters& of) {
    parameters made;
    for (const auto& member : of)
        flatten(member.value(), member.key(), made);
    return made;
}

result<parameters> combined(const parameters& a, const parameters& b) {
    parameters made;
    for (const auto& member : a)
        made.emplace(member.key(), go_text(member.value()));
    for (const auto& member : b) {
        auto text = go_text(member.value());
        const auto [at, is_new] = made.emplace(member.key(), text);
        if (!is_new && std::string_view{at->value().get_string()} != text) {
            return user_error(fmt::format(
                "found duplicate key {} with different value, a: {} ,b: {}", std::string_view{member.key()},
                std::string_view{at->value().get_string()}, text
            ));
        }
    }
    return made;
}

parameters overridden(const parameters& a, const parameters& b) {
    parameters made;
    for (const auto& member : a)
        made.emplace(member.key(), go_text(member.value()));
    for (const auto& member : b)
        made.insert_or_assign(member.key(), go_text(member.value()));
    return made;
}

parameters merged_first_wins(parameters first, const parameters& second) {
    merge(first, second, winner::first);
    return first;
}

parameters merged_last_wins(parameters first, const parameters& second) {
    merge(first, second, winner::last);
    return first;
}

std::string merge_key_of(const parameters& of, const std::vector<std::string>& keys) {
    json::object key;
    for (const auto& name : std::set<std::string>{keys.begin(), keys.end()}) {
        const auto* value = of.if_contains(name);
        key.emplace(name, value == nullptr ? json::value{} : *value);
    }
    return json::serialize(key);
}

std::size_t bytes_of(const json::object& object) noexcept {
    std::size_t bytes = 2;
    for (const auto& member : object)
        bytes += member.key().size() + 4 + bytes_of(member.value());
    return bytes;
}

std::size_t bytes_of(const json::value& value) noexcept {
    constexpr std::size_t scalar = 8;
    switch (value.kind()) {
    case json::kind::string: return value.get_string().size() + 2;
    case json::kind::object: return bytes_of(value.get_object());
    case json::kind::array: {
        std::size_t bytes = 2;
        for (const auto& item : value.get_array())
            bytes += bytes_of(item) + 1;
        return bytes;
    }
    default: return scalar;
    }
}

} // namespace holdfast::sets
