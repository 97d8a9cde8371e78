#include "base/bounded_text.hpp"
#include "base/duration.hpp"
#include "crds/described.hpp"
#include "crds/words.hpp"
#include "match/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace holdfast::crds {

namespace {

class reader {
public:
    explicit reader(read_report& report) : report_{report} {}

    void structure(
        const type_description& type, void* target, const json::object& source, const std::string& path
    ) {
        if (!type.open) {
            for (const auto& member : source) {
                if (type.find(member.key()) == nullptr) unknown(type, member.key(), path);
            }
        }
        members(type, target, source, path);
    }

    void
    members(const type_description& type, void* target, const json::object& source, const std::string& path) {
        for (const auto& field : type.fields) {
            const auto* value = source.if_contains(field.name);
            const auto where = path.empty() ? field.name : path + "." + field.name;
            if (value == nullptr || value->is_null()) {
                if (field.facts.required) wrong(where, "is required");
                continue;
            }
            read(*field.type, field.member(target), *value, where, field);
        }
    }

    void wrong(const std::string& path, std::string message) {
        if (has_room(report_.problems, path)) report_.problems.push_back({path, std::move(message)});
    }

    void unknown(const type_description& type, std::string_view key, const std::string& path) {
        if (!has_room(report_.unknown_fields, path)) return;
        std::vector<std::string_view> names;
        for (const auto& field : type.fields)
            names.push_back(field.name);
        std::string message = "unknown field";
        if (const auto meant = match::nearest(key, names); !meant.empty()) {
            message += fmt::format(", did you mean \"{}\"?", meant);
        }
        report_.unknown_fields.push_back(
            {path.empty() ? std::string{key} : fmt::format("{}.{}", path, key), std::move(message)}
        );
    }

private:
    /// Nobody reads a thousand of them, and to find them all is work that somebody else decides on. Where it
    /// ends, the last one says so.
    static bool has_room(std::vector<problem>& told, const std::string& path) {
        constexpr std::size_t most = 100;
        if (told.size() == most) {
            told.push_back({path, fmt::format("is wrong too; only the first {} problems are listed", most)});
        }
        return told.size() < most;
    }

    void read(
        const type_description& type, void* target, const json::value& value, const std::string& path,
        const field_description& field
    ) {
        switch (type.shape) {
        case shape::text: return text(*static_cast<std::string*>(target), value, path, field);
        case shape::boolean:
            if (const auto* is = value.if_bool()) {
                *static_cast<bool*>(target) = *is;
            } else {
                wrong(path, "must be true or false, is " + named(value));
            }
            return;
        case shape::integer: integer(*static_cast<std::int64_t*>(target), value, path, field); return;
        case shape::duration: return length(*static_cast<duration*>(target), value, path, field);
        case shape::time: return time(*static_cast<timestamp*>(target), value, path);
        case shape::int_or_text: return int_or_text(*static_cast<int_or_string*>(target), value, path, field);
        case shape::any_object:
            if (const auto* object = value.if_object()) {
                *static_cast<json::object*>(target) = *object;
            } else {
                wrong(path, "must be an object, is " + named(value));
            }
            return;
        case shape::choice: return choice(type, target, value, path);
        case shape::structure:
            if (const auto* object = value.if_object()) {
                structure(type, target, *object, path);
            } else {
                wrong(path, "must be an object, is " + named(value));
            }
            return;
        case shape::list: return list(type, target, value, path, field);
        case shape::map: return map(type, target, value, path, field);
        case shape::optional: return read(*type.element, type.append(target), value, path, field);
        }
    }

    void text(
        std::string& target, const json::value& value, const std::string& path, const field_description& field
    ) {
        const auto* source = value.if_string();
        if (source == nullptr) {
            return wrong(path, "must be a string, is " + named(value));
        }
        const std::string_view read{*source};
        if (bounded(read, path, field) && !(read.empty() && !target.empty())) {
            target = read; // An empty one leaves the default, as its absence does.
        }
    }

    bool bounded(std::string_view read, const std::string& path, const field_description& field) {
        const auto length = static_cast<std::int64_t>(character_count(read));
        if (length < field.facts.min_length) {
            wrong(
                path, length == 0 ? std::string{"must not be empty"}
                                  : fmt::format("must have at least {} characters", field.facts.min_length)
            );
        } else if (length > field.facts.max_length) {
            wrong(
                path, fmt::format("must have at most {} characters, has {}", field.facts.max_length, length)
            );
        } else if (!field.facts.pattern.empty() && !matches(read, field.facts.pattern)) {
            wrong(path, fmt::format("must be {}, is {}", field.facts.expects, quoted(read)));
        } else {
            return true;
        }
        return false;
    }

    std::optional<std::int64_t> whole_number(const json::value& value) {
        if (const auto* number = value.if_int64()) return *number;
        if (const auto* number = value.if_double()) {
            constexpr double exact = 9007199254740992.0; // 2^53
            if (std::trunc(*number) == *number && std::abs(*number) <= exact)
                return static_cast<std::int64_t>(*number);
        }
        return std::nullopt;
    }

    bool integer(
        std::int64_t& target, const json::value& value, const std::string& path,
        const field_description& field
    ) {
        const auto number = whole_number(value);
        if (!number) {
            wrong(path, "must be an integer, is " + named(value));
        } else if (field.facts.minimum && *number < *field.facts.minimum) {
            wrong(path, fmt::format("must be at least {}, is {}", *field.facts.minimum, *number));
        } else if (field.facts.maximum && *number > *field.facts.maximum) {
            wrong(path, fmt::format("must be at most {}, is {}", *field.facts.maximum, *number));
        } else {
            target = *number;
            return true;
        }
        return false;
    }

    void length(
        duration& target, const json::value& value, const std::string& path, const field_description& field
    ) {
        const auto* source = value.if_string();
        const bool lenient = field.facts.lenient_duration;
        const std::string_view read = source != nullptr ? std::string_view{*source} : std::string_view{};
        const bool fits = source != nullptr && read.size() <= static_cast<std::size_t>(duration_length) &&
                          matches(read, lenient ? lenient_duration_pattern : duration_pattern);
        const bool bare = fits && lenient && read.find_first_not_of("0123456789") == std::string_view::npos;
        const auto parsed = fits ? parse_duration(bare ? std::string{read} + "s" : std::string{read})
                                 : result<std::chrono::nanoseconds>{error{}};
        if (parsed.has_error()) {
            return wrong(path, "must be a duration such as 30s, 5m or 1h30m, is " + named(value));
        }
        if (*parsed <= std::chrono::nanoseconds{0} && !lenient) {
            return wrong(path, "must be longer than zero, is " + named(value));
        }
        target.text = read;
        target.value = std::chrono::ceil<std::chrono::milliseconds>(*parsed);
    }

    void time(timestamp& target, const json::value& value, const std::string& path) {
        const auto* source = value.if_string();
        const auto parsed = source != nullptr ? parse_time(std::string_view{*source}) : std::nullopt;
        if (!parsed) {
            return wrong(path, "must be a time such as 2026-01-31T12:00:00Z, is " + named(value));
        }
        target = *parsed;
    }

    void int_or_text(
        int_or_string& target, const json::value& value, const std::string& path,
        const field_description& field
    ) {
        if (const auto number = whole_number(value)) {
            std::int64_t read = 0;
            if (integer(read, value, path, field)) target = read;
        } else if (const auto* source = value.if_string()) {
            if (bounded(std::string_view{*source}, path, field)) target = std::string{*source};
        } else if (field.facts.expects.empty()) {
            wrong(path, "must be an integer or a string, is " + named(value));
        } else {
            wrong(path, fmt::format("must be {}, is {}", field.facts.expects, named(value)));
        }
    }

    void
    choice(const type_description& type, void* target, const json::value& value, const std::string& path) {
        std::vector<std::string_view> texts;
        for (const auto& one : type.choices) {
            if (one.text.empty()) continue;
            if (value.is_string() && one.text == std::string_view{value.get_string()}) {
                return type.set_ordinal(target, one.value);
            }
            texts.push_back(one.text);
        }
        wrong(path, fmt::format("must be {}, is {}", enumerated(texts, " or "), named(value)));
    }

    void list(
        const type_description& type, void* target, const json::value& value, const std::string& path,
        const field_description& field
    ) {
        const auto* source = value.if_array();
        if (source == nullptr) {
            return wrong(path, "must be a list, is " + named(value));
        }
        const auto size = static_cast<std::int64_t>(source->size());
        if (size > field.facts.max_items) {
            return wrong(
                path, fmt::format("must have at most {} items, has {}", field.facts.max_items, size)
            );
        }
        if (size < field.facts.min_items) {
            wrong(path, fmt::format("must have at least {} items, has {}", field.facts.min_items, size));
        }
        std::set<std::string> seen;
        for (std::size_t i = 0; i < source->size(); ++i) {
            const auto where = fmt::format("{}[{}]", path, i);
            read(*type.element, type.append(target), (*source)[i], where, field);
            if (const auto id = identity((*source)[i], field); !id.empty() && !seen.insert(id).second) {
                wrong(where, fmt::format("is there twice: {}", quoted(id)));
            }
        }
    }

    /// What tells an item of a set or a keyed list from the others.
    static std::string identity(const json::value& item, const field_description& field) {
        const json::value* told = nullptr;
        if (field.facts.merge == list_merge::set) {
            told = &item;
        } else if (field.facts.merge == list_merge::map && item.is_object()) {
            told = item.get_object().if_contains(field.facts.key);
        }
        return told != nullptr && told->is_string() ? std::string{told->get_string()} : std::string{};
    }

    void
    map(const type_description& type, void* target, const json::value& value, const std::string& path,
        const field_description& field) {
        const auto* source = value.if_object();
        if (source == nullptr) {
            return wrong(path, "must be an object, is " + named(value));
        }
        if (const auto size = static_cast<std::int64_t>(source->size()); size > field.facts.max_properties) {
            return wrong(
                path, fmt::format("must have at most {} entries, has {}", field.facts.max_properties, size)
            );
        }
        for (const auto& entry : *source) {
            const std::string_view key{entry.key()};
            read(
                *type.element, type.insert(target, key), entry.value(), fmt::format("{}[{}]", path, key),
                field
            );
        }
    }

    read_report& report_;
};

} // namespace

const field_description* type_description::find(std::string_view field_name) const noexcept {
    const auto found = std::ranges::find(fields, field_name, &field_description::name);
    return found == fields.end() ? nullptr : &*found;
}

std::string json_name_of(const field& facts) {
    if (!facts.json_name.empty()) {
        return std::string{facts.json_name};
    }
    std::string name;
    bool upper = false;
    for (const char c : facts.member) {
        if (c == '_') {
            upper = true;
        } else {
            name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
            upper = false;
        }
    }
    return name;
}

void read_structure(
    const type_description& type, void* target, const json::value& source, const std::string& path,
    read_report& report
) {
    reader walk{report};
    if (const auto* object = source.if_object()) {
        walk.structure(type, target, *object, path);
    } else {
        walk.wrong(path, "must be an object, is " + named(source));
    }
}

void read_root(
    const type_description& type, std::string_view kind, void* target, const json::object& source,
    read_report& report
) {
    reader walk{report};
    const auto expect = [&](std::string_view name, std::string_view wanted) {
        const auto* value = source.if_contains(name);
        if (value == nullptr) {
            walk.wrong(std::string{name}, "is required");
        } else if (!value->is_string() || std::string_view{value->get_string()} != wanted) {
            walk.wrong(std::string{name}, fmt::format("must be {}, is {}", quoted(wanted), named(*value)));
        }
    };
    expect("apiVersion", api_version);
    expect("kind", kind);
    for (const auto& member : source) {
        if (member.key() != "apiVersion" && member.key() != "kind" && type.find(member.key()) == nullptr) {
            walk.unknown(type, member.key(), {});
        }
    }
    walk.members(type, target, source, {});
}

} // namespace holdfast::crds
