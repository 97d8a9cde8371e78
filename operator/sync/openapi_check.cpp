#include "sync/openapi.hpp"

#include "match/words.hpp"
#include "sync/canonical.hpp"
#include "sync/compare.hpp"
#include "sync/desired.hpp"
#include "sync/field_path.hpp"
#include "sync/schema_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>

namespace holdfast::sync {

namespace {

/// One mistake in a generator can be in a thousand places; nobody reads them all.
constexpr std::size_t most_problems = 100;

constexpr std::string_view unknown_field_words = "unknown field";

void note(std::vector<problem>& problems, const std::string& path, std::string message) {
    if (problems.size() < most_problems) problems.push_back({path, std::move(message)});
}

std::string_view name_of_type(const json::value& value) {
    switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "a string";
    case json::kind::array: return "a list";
    case json::kind::object: return "a map";
    }
    return "something else";
}

void wrong_type(
    const json::value& value, std::string_view expected, const std::string& path,
    std::vector<problem>& problems
) {
    std::string hint;
    if (expected == "a string" && (value.is_number() || value.is_bool())) hint = "; put it in quotes";
    if ((expected == "an integer" || expected == "a number" || expected == "a boolean") &&
        value.is_string()) {
        hint = "; take the quotes away";
    }
    note(problems, path, fmt::format("must be {}, is {}{}", expected, name_of_type(value), hint));
}

void check_integer(
    const json::value& value, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
) {
    if (!value.is_number()) {
        wrong_type(value, "an integer", path, problems);
        return;
    }
    std::int64_t number = 0;
    constexpr double beyond = 9223372036854775808.0; // 2^63
    if (const auto* n = value.if_int64()) {
        number = *n;
    } else if (value.is_uint64()) {
        note(problems, path, fmt::format("must be an integer of 64 bits, is {}", value.get_uint64()));
        return;
    } else if (const double d = value.get_double(); std::trunc(d) == d && std::abs(d) < beyond) {
        number = static_cast<std::int64_t>(d);
    } else {
        note(problems, path, fmt::format("must be an integer, is {}", d));
        return;
    }
    const bool fits = number >= std::numeric_limits<std::int32_t>::min() &&
                      number <= std::numeric_limits<std::int32_t>::max();
    if (schema.int32 && !fits) {
        note(problems, path, fmt::format("must be an integer of 32 bits, is {}", number));
    }
}

void check_quantity(const json::value& value, const std::string& path, std::vector<problem>& problems) {
    const auto* text = value.if_string();
    if (text == nullptr && !value.is_number()) {
        wrong_type(value, "a quantity", path, problems);
    } else if (text != nullptr && !is_quantity(*text)) {
        note(
            problems, path,
            fmt::format("must be a quantity such as 100m, 0.5, 2 or 64Mi, is \"{}\"", std::string_view{*text})
        );
    }
}

std::string shown(const json::value& value) {
    constexpr std::size_t longest = 80;
    std::string text;
    write_canonical(value, text, [] {});
    return shortened(text, longest);
}

void check_choice(
    const json::value& value, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
) {
    if (schema.choices.empty()) return;
    const auto* text = value.if_string();
    if (schema.built_in && text != nullptr && text->empty()) return;
    const bool known = std::any_of(schema.choices.begin(), schema.choices.end(), [&](const auto& choice) {
        return same_value(choice, value);
    });
    if (known) return;
    std::string choices;
    for (const auto& choice : schema.choices) {
        if (!choices.empty()) choices += ", ";
        write_canonical(choice, choices, [] {});
    }
    note(problems, path, fmt::format("must be one of {}, is {}", choices, shown(value)));
}

/// What tells an item of a list from the others: nothing where it has not all of it, for which it is refused
/// in other words.
std::optional<json::array> key_of(const json::value& item, const schema_node& list) {
    if (list.keys.empty()) return json::array{item};
    const auto* object = item.if_object();
    if (object == nullptr) return std::nullopt;
    json::array key;
    for (const auto& [name, standard] : list.keys) {
        const auto* own = object->if_contains(name);
        const auto& value = own != nullptr ? *own : standard;
        if (value.is_null()) return std::nullopt;
        key.push_back(value);
    }
    return key;
}

/// "the same containerPort 80 and protocol \"TCP\" as [0]"
std::string same_as(const schema_node& list, const json::array& key, std::size_t first) {
    if (list.keys.empty()) return fmt::format("is {}, as [{}] is", shown(key.front()), first);
    std::string what;
    for (std::size_t i = 0; i < key.size(); ++i) {
        what += fmt::format("{}{} {}", i == 0 ? "" : " and ", list.keys[i].first, shown(key[i]));
    }
    return fmt::format("has the same {} as [{}]", what, first);
}

/// Other ways of writing an object take what is given twice; server-side apply does not, and its refusal says
/// neither which nor where.
void check_duplicates(
    const json::array& list, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
) {
    if (schema.keys.empty() && !schema.is_set) return;
    std::map<std::string, std::size_t> first_of;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto key = key_of(list[i], schema);
        if (!key) continue;
        const auto [seen, is_first] = first_of.emplace(canonical_json(json::value(*key)), i);
        if (is_first) continue;
        std::string at = path;
        append_index(at, i);
        note(
            problems, at,
            fmt::format(
                "{}: server-side apply takes only one of them, so remove one of the two",
                same_as(schema, *key, seen->second)
            )
        );
    }
}

void check_list(
    const json::value& value, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
) {
    const auto* list = value.if_array();
    if (list == nullptr) {
        wrong_type(value, "a list", path, problems);
        return;
    }
    if (schema.items == nullptr) return;
    for (std::size_t i = 0; i < list->size() && problems.size() < most_problems; ++i) {
        std::string below = path;
        append_index(below, i);
        check_value((*list)[i], *schema.items, below, problems);
    }
    check_duplicates(*list, schema, path, problems);
}

std::string unknown_field(const schema_node& schema, std::string_view name) {
    std::vector<std::string_view> known;
    known.reserve(schema.properties.size());
    for (const auto& property : schema.properties) {
        known.push_back(property.name);
    }
    const auto best = match::nearest(name, known);
    return best.empty() ? std::string{unknown_field_words}
                        : fmt::format("{}, did you mean \"{}\"?", unknown_field_words, best);
}

void check_missing(
    const json::object& object, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
) {
    for (const auto& property : schema.properties) {
        if (!property.required && !property.required_unless_empty_fits) continue;
        const auto* value = object.if_contains(property.name);
        if (value != nullptr && !value->is_null()) continue;
        // A null that is refused for being one is told once, elsewhere.
        if (value != nullptr && !property.schema->built_in) continue;
        if (!property.required) {
            std::vector<problem> inner;
            check_object({}, *property.schema, {}, inner);
            if (inner.empty()) continue;
        }
        std::string below = path;
        append_field(below, property.name);
        note(problems, below, "is required");
    }
}

} // namespace

bool is_about_unknown_field(const problem& p) {
    return p.message.starts_with(unknown_field_words);
}

std::string to_string(const problem& p) {
    return p.path.empty() ? p.message : p.path + ": " + p.message;
}

void check_object(
    const json::object& object, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
) {
    for (const auto& member : object) {
        if (problems.size() >= most_problems) return;
        const std::string_view name = member.key();
        std::string below = path;
        append_field(below, name);
        if (const auto* property = find_property(schema, name)) {
            if (member.value().is_null() && property->has_default) continue;
            check_value(member.value(), *property->schema, below, problems);
        } else if (schema.values != nullptr) {
            check_value(member.value(), *schema.values, below, problems);
        } else if (!has_room_for(schema, name)) {
            note(problems, below, unknown_field(schema, name));
        }
    }
    check_missing(object, schema, path, problems);
}

void check_value(
    const json::value& value, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
) {
    if (value.is_null()) {
        // Null stands for absent in the server's own types.
        if (schema.built_in || schema.nullable || schema.type == schema_type::any) return;
    }
    switch (schema.type) {
    case schema_type::any: break;
    case schema_type::object:
        if (const auto* object = value.if_object()) {
            check_object(*object, schema, path, problems);
        } else {
            wrong_type(value, "a map", path, problems);
        }
        return;
    case schema_type::array: check_list(value, schema, path, problems); return;
    case schema_type::string:
        if (!value.is_string()) {
            wrong_type(value, "a string", path, problems);
            return;
        }
        break;
    case schema_type::integer: check_integer(value, schema, path, problems); break;
    case schema_type::number:
        if (!value.is_number()) {
            wrong_type(value, "a number", path, problems);
            return;
        }
        break;
    case schema_type::boolean:
        if (!value.is_bool()) wrong_type(value, "a boolean", path, problems);
        return;
    case schema_type::int_or_string:
        if (!value.is_string() && !value.is_int64() && !value.is_uint64()) {
            wrong_type(value, "an integer or a string", path, problems);
        }
        return;
    case schema_type::quantity: check_quantity(value, path, problems); return;
    }
    check_choice(value, schema, path, problems);
}

namespace {

bool is_lower_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_dns_label(std::string_view text) {
    constexpr std::size_t longest = 63;
    return !text.empty() && text.size() <= longest && is_lower_alphanumeric(text.front()) &&
           is_lower_alphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_lower_alphanumeric(c) || c == '-'; });
}

/// RFC 1123; single labels may be as long as the whole, as the server has it.
bool is_dns_subdomain(std::string_view text) {
    constexpr std::size_t longest = 253;
    if (text.empty() || text.size() > longest) return false;
    while (true) {
        const auto dot = std::min(text.find('.'), text.size());
        const auto part = text.substr(0, dot);
        if (part.empty() || !is_lower_alphanumeric(part.front()) || !is_lower_alphanumeric(part.back()) ||
            !std::all_of(part.begin(), part.end(), [](char c) {
                return is_lower_alphanumeric(c) || c == '-';
            })) {
            return false;
        }
        if (dot == text.size()) return true;
        text.remove_prefix(dot + 1);
    }
}

void check_name(const kube::group_version_kind& gvk, std::string_view name, std::vector<problem>& problems) {
    const std::string path = "metadata.name";
    if (gvk.group == "rbac.authorization.k8s.io") {
        if (name == "." || name == ".." || name.find_first_of("/%") != std::string_view::npos) {
            note(problems, path, fmt::format("must not hold / or % nor be . or .., is \"{}\"", name));
        }
        return;
    }
    const bool is_label = gvk.group.empty() && (gvk.kind == "Namespace" || gvk.kind == "Service");
    if (is_label && !is_dns_label(name)) {
        note(
            problems, path,
            fmt::format(
                "must be a DNS label: lower-case letters, digits and \"-\", at most 63, is \"{}\"", name
            )
        );
    } else if (!is_label && !is_dns_subdomain(name)) {
        note(
            problems, path,
            fmt::format(
                "must be a DNS name: lower-case letters, digits, \"-\" and \".\", at most 253, is \"{}\"",
                name
            )
        );
    }
}

} // namespace

void check_identity(const json::object& object, std::vector<problem>& problems) {
    const auto gvk = kube::gvk_of(object);
    if (kube::api_version_of(object).empty()) note(problems, "apiVersion", "is required");
    if (gvk.kind.empty()) note(problems, "kind", "is required");
    const auto name = kube::name_of(object);
    if (!name.empty()) {
        check_name(gvk, name, problems);
    } else if (kube::find_text(object, {"metadata", "generateName"}).empty()) {
        note(problems, "metadata.name", "is required");
    }
    const auto name_space = kube::namespace_of(object);
    if (!name_space.empty() && !is_dns_label(name_space)) {
        note(problems, "metadata.namespace", fmt::format("must be a DNS label, is \"{}\"", name_space));
    }
}

} // namespace holdfast::sync
