// Which fields a schema has, and the schemas that definitions bring.

#include "sync/field_path.hpp"
#include "sync/openapi.hpp"
#include "sync/schema_node.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast::sync {

const schema_property* find_property(const schema_node& schema, std::string_view name) {
    const auto found = std::lower_bound(
        schema.properties.begin(), schema.properties.end(), name,
        [](const schema_property& p, std::string_view n) { return p.name < n; }
    );
    return found != schema.properties.end() && found->name == name ? &*found : nullptr;
}

bool has_room_for(const schema_node& schema, std::string_view name) {
    return schema.open || (schema.embedded && (name == "apiVersion" || name == "kind" || name == "metadata"));
}

namespace {

void drop_below(
    json::value& value, const schema_node& schema, const std::string& path, std::vector<std::string>& dropped
) {
    if (auto* object = value.if_object(); object != nullptr && schema.type == schema_type::object) {
        drop_unknown_fields(*object, schema, path, dropped);
    } else if (auto* list = value.if_array(); list != nullptr && schema.items != nullptr) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            std::string below = path;
            append_index(below, i);
            drop_below((*list)[i], *schema.items, below, dropped);
        }
    }
}

} // namespace

void drop_unknown_fields(
    json::object& object, const schema_node& schema, const std::string& path,
    std::vector<std::string>& dropped
) {
    std::vector<std::string> unknown;
    for (auto& member : object) {
        const std::string_view name = member.key();
        std::string below = path;
        append_field(below, name);
        if (const auto* property = find_property(schema, name)) {
            drop_below(member.value(), *property->schema, below, dropped);
        } else if (schema.values != nullptr) {
            drop_below(member.value(), *schema.values, below, dropped);
        } else if (!has_room_for(schema, name)) {
            unknown.emplace_back(name);
            dropped.push_back(std::move(below));
        }
    }
    for (const auto& name : unknown) {
        object.erase(name);
    }
}

result<void> schema_set::add_definitions(std::span<const json::object* const> definitions) {
    struct document {
        json::object schemas;
        std::vector<std::string> kinds;
    };
    std::map<std::pair<std::string, std::string>, document> all;
    for (const auto* definition : definitions) {
        const auto group = kube::find_text(*definition, {"spec", "group"});
        const auto kind = kube::find_text(*definition, {"spec", "names", "kind"});
        const auto* versions = kube::find_array(*definition, {"spec", "versions"});
        if (versions == nullptr) continue;
        for (const auto& item : *versions) {
            const auto* version = item.if_object();
            const auto* schema =
                version == nullptr ? nullptr : kube::find_object(*version, {"schema", "openAPIV3Schema"});
            if (schema == nullptr) continue;
            const std::string name{kube::find_text(*version, {"name"})};
            // As the server publishes it.
            auto whole = *schema;
            auto& properties = whole["properties"];
            if (!properties.is_object()) properties.emplace_object();
            for (const auto* field : {"apiVersion", "kind"}) {
                properties.get_object().emplace(field, json::object{{"type", "string"}});
            }
            properties.get_object()["metadata"] = json::object{{"type", "object"}};
            whole["x-kubernetes-group-version-kind"] =
                json::array{json::object{{"group", group}, {"version", name}, {"kind", kind}}};
            auto& into = all[{std::string{group}, name}];
            into.schemas[kind] = std::move(whole);
            into.kinds.emplace_back(kind);
        }
    }
    for (auto& [version, one] : all) {
        json::object components;
        components["schemas"] = std::move(one.schemas);
        json::object root;
        root["components"] = std::move(components);
        if (auto added = add(version.first, version.second, json::serialize(root), one.kinds); !added) {
            return added.error();
        }
    }
    return {};
}

} // namespace holdfast::sync
