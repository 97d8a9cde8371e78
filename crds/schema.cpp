#include "crds/schema.hpp"

#include <fmt/format.h>

namespace holdfast::crds {

namespace {

struct view {
    const field_description& field;
    /// Documented elsewhere: without sentences and rules.
    bool terse;
};

json::object schema_of(const type_description& type, const view& at);

json::object text_schema(const field& facts) {
    json::object made{{"type", "string"}};
    if (facts.min_length > 0) made.emplace("minLength", facts.min_length);
    made.emplace("maxLength", facts.max_length);
    if (!facts.pattern.empty()) made.emplace("pattern", facts.pattern);
    return made;
}

json::object integer_schema(const field& facts) {
    json::object made{{"type", "integer"}, {"format", "int64"}};
    if (facts.minimum) made.emplace("minimum", *facts.minimum);
    if (facts.maximum) made.emplace("maximum", *facts.maximum);
    return made;
}

json::object int_or_text_schema(const field& facts) {
    json::object made{
        {"x-kubernetes-int-or-string", true},
        {"anyOf", json::array{json::object{{"type", "integer"}}, json::object{{"type", "string"}}}},
        {"maxLength", facts.max_length},
    };
    if (!facts.pattern.empty()) made.emplace("pattern", facts.pattern);
    if (facts.minimum) made.emplace("minimum", *facts.minimum);
    return made;
}

json::object duration_schema(const view& at) {
    const bool lenient = at.field.facts.lenient_duration;
    const auto pattern = lenient ? lenient_duration_pattern : duration_pattern;
    json::object made{{"type", "string"}, {"maxLength", duration_length}, {"pattern", pattern}};
    if (!at.terse) {
        // Beside the pattern, for its sentence: of a pattern the API server can only say that it does not
        // match.
        json::object sentence{
            {"rule", fmt::format("self.matches(r'{}')", pattern)},
            {"message", "must be a duration such as 30s, 5m or 1h30m"},
        };
        if (!lenient) {
            sentence["rule"] = fmt::format("self.matches(r'{}') && self.matches('[1-9]')", pattern);
            sentence["message"] = "must be a duration longer than zero such as 30s, 5m or 1h30m";
        }
        made.emplace("x-kubernetes-validations", json::array{std::move(sentence)});
    }
    return made;
}

json::object choice_schema(const type_description& type) {
    json::array texts;
    for (const auto& one : type.choices) {
        if (!one.text.empty()) texts.emplace_back(one.text);
    }
    return {{"type", "string"}, {"enum", std::move(texts)}};
}

json::object property_schema(const field_description& field, bool terse) {
    json::object made;
    if (!terse) made.emplace("description", field_documentation(field));
    const bool inner_terse = terse || !field.facts.documented_at.empty();
    for (auto& member : schema_of(*field.type, {field, inner_terse})) {
        // A struct's own sentences are for the places that say nothing of their own.
        made.emplace(member.key(), std::move(member.value()));
    }
    if (has_default(field)) made.emplace("default", field.default_value);
    return made;
}

json::object structure_schema(const type_description& type, bool terse) {
    json::object made;
    if (!terse) made.emplace("description", type.doc);
    made.emplace("type", "object");
    json::object properties;
    json::array required;
    for (const auto& field : type.fields) {
        properties.emplace(field.name, property_schema(field, terse));
        if (field.facts.required) required.emplace_back(field.name);
    }
    made.emplace("properties", std::move(properties));
    if (!required.empty()) made.emplace("required", std::move(required));
    if (!terse && !type.rules.empty()) {
        json::array rules;
        for (const auto& one : type.rules) {
            json::object told{{"rule", one.expression}, {"message", one.message}};
            if (!one.field_path.empty()) told.emplace("fieldPath", one.field_path);
            rules.push_back(std::move(told));
        }
        made.emplace("x-kubernetes-validations", std::move(rules));
    }
    return made;
}

json::object list_schema(const type_description& type, const view& at) {
    const auto& facts = at.field.facts;
    json::object made{{"type", "array"}};
    if (facts.min_items > 0) made.emplace("minItems", facts.min_items);
    made.emplace("maxItems", facts.max_items);
    switch (facts.merge) {
    case list_merge::atomic: made.emplace("x-kubernetes-list-type", "atomic"); break;
    case list_merge::set: made.emplace("x-kubernetes-list-type", "set"); break;
    case list_merge::map:
        made.emplace("x-kubernetes-list-type", "map");
        made.emplace("x-kubernetes-list-map-keys", json::array{facts.key});
        break;
    }
    made.emplace("items", schema_of(*type.element, at));
    return made;
}

json::object schema_of(const type_description& type, const view& at) {
    const auto& facts = at.field.facts;
    switch (type.shape) {
    case shape::text: return text_schema(facts);
    case shape::boolean: return {{"type", "boolean"}};
    case shape::integer: return integer_schema(facts);
    case shape::duration: return duration_schema(at);
    case shape::time: return {{"type", "string"}, {"format", "date-time"}};
    case shape::int_or_text: return int_or_text_schema(facts);
    case shape::any_object: return {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
    case shape::choice: return choice_schema(type);
    case shape::structure: return structure_schema(type, at.terse);
    case shape::list: return list_schema(type, at);
    case shape::map:
        return {
            {"type", "object"},
            {"maxProperties", facts.max_properties},
            {"additionalProperties", schema_of(*type.element, at)},
        };
    case shape::optional: return schema_of(*type.element, at);
    }
    return {};
}

json::object root_schema(const kind_description& kind) {
    auto made = structure_schema(*kind.type, false);
    auto& properties = made.at("properties").as_object();
    json::object all{
        {"apiVersion",
         {{"description", fmt::format("Version of the API that the object is written in: {}.", api_version)},
          {"type", "string"}}},
        {"kind", {{"description", fmt::format("{}.", kind.kind)}, {"type", "string"}}},
    };
    for (auto& property : properties) {
        // The API server has its own schema for metadata and lets a CRD say no more than this.
        all.emplace(
            property.key(),
            property.key() == "metadata" ? json::value{{"type", "object"}} : std::move(property.value())
        );
    }
    properties = std::move(all);
    return made;
}

} // namespace

const type_description& innermost(const type_description& type) noexcept {
    const auto* inner = &type;
    while (inner->element != nullptr)
        inner = inner->element;
    return *inner;
}

bool has_default(const field_description& field) noexcept {
    const auto& value = field.default_value;
    if (field.facts.required || field.type->element != nullptr || value.is_null() || value.is_object()) {
        return false;
    }
    switch (value.kind()) {
    case json::kind::bool_: return value.get_bool();
    case json::kind::int64: return value.get_int64() != 0;
    case json::kind::string: return !value.get_string().empty();
    default: return false;
    }
}

std::string field_documentation(const field_description& field) {
    std::string text{field.facts.doc};
    if (const auto& type = innermost(*field.type); type.shape == shape::choice) {
        std::string values;
        for (const auto& one : type.choices) {
            if (one.text.empty()) continue;
            values += fmt::format("{}{}: {}", values.empty() ? " " : "; ", one.text, one.doc);
        }
        text += values + ".";
    }
    if (!field.facts.documented_at.empty()) {
        text += fmt::format(" For its fields see {}.", field.facts.documented_at);
    }
    if (has_default(field)) {
        const auto& value = field.default_value;
        text += fmt::format(
            " Defaults to {}.", value.is_string()
                                    ? std::string{value.get_string()}
                                    : (value.is_bool() ? std::string{value.get_bool() ? "true" : "false"}
                                                       : std::to_string(value.to_number<std::int64_t>()))
        );
    }
    return text;
}

json::object custom_resource_definition(const kind_description& kind) {
    json::array columns;
    for (const auto& one : kind.columns) {
        json::object column{
            {"name", one.name}, {"type", one.type}, {"jsonPath", one.json_path}, {"description", one.doc}
        };
        if (one.wide) column.emplace("priority", 1);
        columns.push_back(std::move(column));
    }
    json::array selectable;
    for (const auto path : kind.selectable) {
        selectable.push_back(json::object{{"jsonPath", path}});
    }
    json::object served{
        {"name", version},
        {"served", true},
        {"storage", true},
        {"subresources", {{"status", json::object{}}}},
        {"additionalPrinterColumns", std::move(columns)},
    };
    if (!selectable.empty()) served.emplace("selectableFields", std::move(selectable));
    served.emplace("schema", json::object{{"openAPIV3Schema", root_schema(kind)}});
    return {
        {"apiVersion", "apiextensions.k8s.io/v1"},
        {"kind", "CustomResourceDefinition"},
        {"metadata",
         {{"name", fmt::format("{}.{}", kind.plural, group)},
          {"labels", {{"app.kubernetes.io/name", "holdfast"}, {"app.kubernetes.io/component", "crds"}}}}},
        {"spec",
         {{"group", group},
          {"scope", "Namespaced"},
          {"names",
           {{"kind", kind.kind},
            {"listKind", fmt::format("{}List", kind.kind)},
            {"plural", kind.plural},
            {"singular", kind.singular},
            {"shortNames", json::array{kind.short_name}},
            {"categories", json::array{"holdfast"}}}},
          {"versions", json::array{std::move(served)}}}},
    };
}

} // namespace holdfast::crds
