#pragma once

#include <boost/json/value.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

namespace json = boost::json;

/// A number in one form, whether it was read as signed, unsigned or floating: 1 and 1.0 are the same.
std::string canonical_number(const json::value& number);
/// A JSON string literal.
void append_quoted(std::string& out, std::string_view text);

/// The members of an object in the order of their names.
inline std::vector<const json::key_value_pair*> sorted_members(const json::object& object) {
    std::vector<const json::key_value_pair*> members;
    members.reserve(object.size());
    for (const auto& member : object) {
        members.push_back(&member);
    }
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) {
        return a->key() < b->key();
    });
    return members;
}

/// Writes the canonical form piece by piece: `out` is a string whose content `flush()` may take away between
/// any two values.
template <class Flush>
void write_canonical(const json::value& value, std::string& out, Flush flush) {
    switch (value.kind()) {
    case json::kind::null: out += "null"; break;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: out += canonical_number(value); break;
    case json::kind::string: append_quoted(out, value.get_string()); break;
    case json::kind::array: {
        out += '[';
        bool first = true;
        for (const auto& item : value.get_array()) {
            if (!std::exchange(first, false)) out += ',';
            write_canonical(item, out, flush);
        }
        out += ']';
        break;
    }
    case json::kind::object: {
        out += '{';
        bool first = true;
        for (const auto* member : sorted_members(value.get_object())) {
            if (!std::exchange(first, false)) out += ',';
            append_quoted(out, member->key());
            out += ':';
            write_canonical(member->value(), out, flush);
        }
        out += '}';
        break;
    }
    }
    flush();
}

/// Equal as Kubernetes sees JSON: numbers by value, objects whatever the order of their members.
bool same_value(const json::value& a, const json::value& b);

/// True for what the server leaves out: null, {}, [], and what holds only such.
bool is_hollow(const json::value& value);

/// At most `limit` bytes of a text, cut at the boundary of a character, with "…" where it was cut.
std::string shortened(std::string_view text, std::size_t limit);

} // namespace holdfast::sync
