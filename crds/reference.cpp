#include "crds/crd.hpp"
#include "crds/kinds.hpp"
#include "crds/schema.hpp"
#include "crds/words.hpp"
#include "crds/yaml_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

namespace holdfast::crds {

namespace {

/// A structure and the places of the kind where it stands.
struct entry {
    const type_description* type;
    std::vector<std::string> paths;
};

void collect(const type_description& type, const std::string& path, std::vector<entry>& entries) {
    for (const auto& field : type.fields) {
        const auto& inner = innermost(*field.type);
        if (inner.shape != shape::structure || field.name == "metadata") continue;
        const auto where = path.empty() ? field.name : path + "." + field.name;
        const auto known = std::ranges::find(entries, &inner, &entry::type);
        if (known != entries.end()) {
            known->paths.push_back(where);
            continue;
        }
        entries.push_back({&inner, {where}});
        collect(inner, where, entries);
    }
}

std::string anchor(std::string_view name) {
    std::string made;
    for (const char c : name)
        made += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return made;
}

std::string range_of(const field& facts) {
    if (facts.minimum && facts.maximum) return fmt::format(", {} to {}", *facts.minimum, *facts.maximum);
    if (facts.minimum) return fmt::format(", at least {}", *facts.minimum);
    if (facts.maximum) return fmt::format(", at most {}", *facts.maximum);
    return {};
}

std::string type_text(const type_description& type, const field& facts) {
    switch (type.shape) {
    case shape::text:
        return facts.expects.empty() ? fmt::format("string, at most {} characters", facts.max_length)
                                     : fmt::format("string: {}", facts.expects);
    case shape::boolean: return "boolean";
    case shape::integer: return "integer" + range_of(facts);
    case shape::duration: return "duration";
    case shape::time: return "time";
    case shape::int_or_text: return std::string{facts.expects};
    case shape::any_object: return "object";
    case shape::choice: {
        std::vector<std::string_view> texts;
        for (const auto& one : type.choices) {
            if (!one.text.empty()) texts.push_back(one.text);
        }
        return enumerated(texts, " or ");
    }
    case shape::structure: return fmt::format("[{}](#{})", type.name, anchor(type.name));
    case shape::list:
        return fmt::format("list (at most {}) of: {}", facts.max_items, type_text(*type.element, facts));
    case shape::map:
        return fmt::format("map (at most {}) of: {}", facts.max_properties, type_text(*type.element, facts));
    case shape::optional: return type_text(*type.element, facts);
    }
    return {};
}

/// A text that does not end a cell of a table.
std::string cell(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (c == '|') made += '\\';
        made += c;
    }
    return made;
}

void table(std::string& page, const type_description& type) {
    page += "| Field | Type | Meaning |\n| --- | --- | --- |\n";
    for (const auto& field : type.fields) {
        if (field.name == "metadata") continue;
        page += fmt::format(
            "| `{}` | {} | {}{} |\n", field.name, cell(type_text(*field.type, field.facts)),
            field.facts.required ? "**Required.** " : "", cell(field_documentation(field))
        );
    }
    if (!type.rules.empty()) {
        page += "\nRules:\n\n";
        for (const auto& one : type.rules)
            page += fmt::format("- {}\n", one.message);
    }
    page += '\n';
}

void document(std::string& page, const kind_description& kind, std::vector<const type_description*>& done) {
    page += fmt::format("## {}\n\n{}\n\n", kind.kind, kind.type->doc);
    page += fmt::format("`kubectl get {}.{}`, short `{}`.\n\n", kind.plural, group, kind.short_name);
    std::vector<std::string_view> columns;
    std::vector<std::string_view> wide;
    for (const auto& one : kind.columns)
        (one.wide ? wide : columns).push_back(one.name);
    page += fmt::format(
        "Columns: {}; with `-o wide` also {}.\n", enumerated(columns, " and "), enumerated(wide, " and ")
    );
    std::string selectable;
    for (const auto path : kind.selectable) {
        selectable += fmt::format("{}`{}`", selectable.empty() ? "" : ", ", path.substr(1));
    }
    page += selectable.empty() ? "\n" : fmt::format("Usable in `--field-selector`: {}.\n\n", selectable);
    table(page, *kind.type);
    std::vector<entry> entries;
    collect(*kind.type, {}, entries);
    for (const auto& one : entries) {
        if (std::ranges::find(done, one.type) != done.end()) continue;
        done.push_back(one.type);
        std::string places;
        for (const auto& path : one.paths)
            places += fmt::format("{}`{}`", places.empty() ? "" : ", ", path);
        page += fmt::format("### {}\n\n{} Found at {}.\n\n", one.type->name, one.type->doc, places);
        table(page, *one.type);
    }
}

} // namespace

template <>
json::object crd_of<application>() {
    return custom_resource_definition(application_kind());
}

template <>
json::object crd_of<application_set>() {
    return custom_resource_definition(application_set_kind());
}

template <>
json::object crd_of<project>() {
    return custom_resource_definition(project_kind_description());
}

template <>
json::object crd_of<repository>() {
    return custom_resource_definition(repository_kind());
}

std::string crd_yaml(const json::object& crd) {
    return "# Made by holdfast-crdgen from the tables in crds/; change those.\n" + to_yaml(crd);
}

std::string api_reference() {
    std::string page = "<!-- Made by holdfast-crdgen from the tables in crds/; change those. -->\n"
                       "# API reference\n\n";
    page += fmt::format(
        "The kinds of the group `{}`, version `{}`. The API server says the same: `kubectl explain "
        "applications.{}.spec.source`.\n\n",
        group, version, group
    );
    page += "A duration is a text such as `30s`, `5m` or `1h30m`; a time is RFC 3339 in UTC, such as "
            "`2026-01-31T12:00:00Z`.\n\n";
    std::vector<const type_description*> done;
    document(page, application_kind(), done);
    document(page, project_kind_description(), done);
    document(page, repository_kind(), done);
    document(page, application_set_kind(), done);
    page.pop_back();
    return page;
}

} // namespace holdfast::crds
