#include "sync/openapi.hpp"

#include "sync/schema_node.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

namespace holdfast::sync {

namespace {

using kind_key = std::tuple<std::string, std::string, std::string>;

constexpr std::string_view reference_prefix = "#/components/schemas/";

/// The server's own types: compiled into it, the same in every document, and checked by code rather than by
/// schema.
bool is_built_in(std::string_view name) {
    constexpr std::array<std::string_view, 4> prefixes{
        "io.k8s.api.", "io.k8s.apimachinery.", "io.k8s.apiextensions-apiserver.", "io.k8s.kube-aggregator."
    };
    return std::any_of(prefixes.begin(), prefixes.end(), [&](auto p) { return name.starts_with(p); });
}

/// Required by the schemas of some version, but the server takes objects without it.
bool is_not_enforced(std::string_view schema, std::string_view property) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 12> exceptions{{
        {"io.k8s.api.apps.v1.StatefulSetSpec", "serviceName"},
        {"io.k8s.api.core.v1.EvictionResponder", "priority"},
        {"io.k8s.api.core.v1.HTTPHeader", "value"},
        {"io.k8s.api.core.v1.ISCSIPersistentVolumeSource", "lun"},
        {"io.k8s.api.core.v1.ISCSIVolumeSource", "lun"},
        {"io.k8s.api.core.v1.SleepAction", "seconds"},
        {"io.k8s.api.core.v1.Sysctl", "value"},
        {"io.k8s.api.discovery.v1.EndpointSlice", "endpoints"},
        {"io.k8s.api.rbac.v1.ClusterRole", "rules"},
        {"io.k8s.api.rbac.v1.Role", "rules"},
        {"io.k8s.api.rbac.v1.RoleRef", "apiGroup"},
        {"io.k8s.api.scheduling.v1.PriorityClass", "value"},
    }};
    return std::find(exceptions.begin(), exceptions.end(), std::pair{schema, property}) != exceptions.end();
}

std::string_view text_at(const json::object& object, std::string_view name) {
    return kube::find_text(object, {name});
}

bool flag(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

/// Nodes and what they are called. Addresses are stable.
struct schema_arena {
    std::deque<schema_node> nodes;
    std::map<std::string, const schema_node*, std::less<>> named;
};

struct schema_store {
    schema_arena shared;
    /// By group and version: what comes from CustomResourceDefinitions and aggregated servers can change.
    std::map<std::pair<std::string, std::string>, schema_arena> own;
    std::map<kind_key, const schema_node*> kinds;
    std::unordered_set<std::string> names;
    /// Plain leaves are the same everywhere.
    std::map<std::tuple<schema_type, bool, bool, bool>, schema_node> leaves;

    std::string_view intern(std::string_view name) { return *names.emplace(name).first; }
};

/// Compiles the schemas of one document.
class compiler {
public:
    compiler(schema_store& set, schema_arena& own, const json::object& schemas)
        : set_{set}, own_{own}, schemas_{schemas} {}

    const schema_node* named(std::string_view name) {
        const bool built_in = is_built_in(name);
        auto& arena = built_in ? set_.shared : own_;
        if (const auto found = arena.named.find(name); found != arena.named.end()) return found->second;
        auto& node = arena.nodes.emplace_back();
        // Before what is below, which may refer to it again.
        arena.named.emplace(std::string{name}, &node);
        const auto* definition = schemas_.if_contains(name);
        if (definition == nullptr || !definition->is_object()) {
            node.open = true;
            return &node;
        }
        fill(node, definition->get_object(), name, built_in);
        if (name == "io.k8s.apimachinery.pkg.api.resource.Quantity") node.type = schema_type::quantity;
        return &node;
    }

private:
    const schema_node* compile(const json::object& definition, bool built_in) {
        if (const auto reference = text_at(definition, "$ref"); reference.starts_with(reference_prefix)) {
            return named(reference.substr(reference_prefix.size()));
        }
        // How a reference gets a description or a default beside it.
        if (const auto* all = kube::find_array(definition, {"allOf"}); all != nullptr && all->size() == 1 &&
                                                                       (*all)[0].is_object() &&
                                                                       !definition.contains("properties")) {
            const auto* target = compile((*all)[0].get_object(), built_in);
            if (!flag(definition, "nullable") || target->nullable) return target;
            auto& copy = arena(built_in).nodes.emplace_back(*target);
            copy.nullable = true;
            return &copy;
        }
        schema_node node;
        fill(node, definition, {}, built_in);
        const bool is_leaf = node.properties.empty() && node.values == nullptr && node.items == nullptr &&
                             node.choices.empty() && node.type != schema_type::object &&
                             node.type != schema_type::array && !node.embedded && !node.open;
        if (is_leaf) {
            const auto key = std::tuple{node.type, node.nullable, node.built_in, node.int32};
            return &set_.leaves.emplace(key, std::move(node)).first->second;
        }
        return &arena(built_in).nodes.emplace_back(std::move(node));
    }

    void fill(schema_node& node, const json::object& definition, std::string_view name, bool built_in) {
        node.built_in = built_in;
        node.type = type_of(definition);
        node.nullable = flag(definition, "nullable");
        node.embedded = flag(definition, "x-kubernetes-embedded-resource");
        node.open = flag(definition, "x-kubernetes-preserve-unknown-fields");
        node.int32 = text_at(definition, "format") == "int32";
        if (const auto* choices = kube::find_array(definition, {"enum"})) {
            // Not in the memory of the parser, which goes with the document.
            for (const auto& choice : *choices) {
                node.choices.emplace_back(choice, json::storage_ptr{});
            }
        }
        const auto* properties = kube::find_object(definition, {"properties"});
        if (properties != nullptr) {
            if (node.type == schema_type::any) node.type = schema_type::object;
            fill_properties(node, definition, *properties, name, built_in);
        }
        if (const auto* items = kube::find_object(definition, {"items"})) {
            node.items = compile(*items, built_in);
            fill_keys(node, definition, *items);
        }
        if (const auto* values = kube::find_object(definition, {"additionalProperties"})) {
            node.values = compile(*values, built_in);
        } else if (flag(definition, "additionalProperties")) {
            node.open = true;
        }
        // RawExtension, FieldsV1, and what a definition leaves open: the server asks nothing of these.
        if (node.type == schema_type::object && properties == nullptr && node.values == nullptr)
            node.open = true;
    }

    void fill_keys(schema_node& node, const json::object& definition, const json::object& items) {
        const auto type = text_at(definition, "x-kubernetes-list-type");
        node.is_set = type == "set";
        const auto* keys = kube::find_array(definition, {"x-kubernetes-list-map-keys"});
        if (type != "map" || keys == nullptr) return;
        for (const auto& key : *keys) {
            const auto* name = key.if_string();
            if (name == nullptr) continue;
            const auto* field = kube::find_object(definition_of(items), {"properties", *name});
            const auto* standard = field != nullptr ? field->if_contains("default") : nullptr;
            // Not in the memory of the parser, which goes with the document.
            json::value otherwise;
            if (standard != nullptr) otherwise = json::value(*standard, json::storage_ptr{});
            node.keys.emplace_back(set_.intern(*name), std::move(otherwise));
        }
    }

    /// What a reference leads to; else what it is.
    [[nodiscard]] const json::object& definition_of(const json::object& schema) const {
        const auto* all = kube::find_array(schema, {"allOf"});
        const auto& inner =
            all != nullptr && all->size() == 1 && (*all)[0].is_object() ? (*all)[0].get_object() : schema;
        const auto reference = text_at(inner, "$ref");
        if (!reference.starts_with(reference_prefix)) return schema;
        const auto* target = schemas_.if_contains(reference.substr(reference_prefix.size()));
        return target != nullptr && target->is_object() ? target->get_object() : schema;
    }

    void fill_properties(
        schema_node& node, const json::object& definition, const json::object& properties,
        std::string_view name, bool built_in
    ) {
        std::set<std::string_view> required;
        if (const auto* list = kube::find_array(definition, {"required"})) {
            for (const auto& item : *list) {
                if (const auto* text = item.if_string()) required.insert(*text);
            }
        }
        node.properties.reserve(properties.size());
        for (const auto& member : properties) {
            const auto* schema = member.value().if_object();
            if (schema == nullptr) continue;
            schema_property property;
            property.name = set_.intern(member.key());
            property.schema = compile(*schema, built_in);
            const auto* standard = schema->if_contains("default");
            property.has_default = standard != nullptr;
            if (required.contains(property.name) && !is_not_enforced(name, property.name)) {
                set_required(property, *schema, built_in);
            }
            node.properties.push_back(property);
        }
        std::sort(node.properties.begin(), node.properties.end(), [](const auto& a, const auto& b) {
            return a.name < b.name;
        });
    }

    /// A default takes the requirement away, except that the schemas of the server's own types give every
    /// required field the zero value of Go as its default, which the server then mostly refuses.
    static void set_required(schema_property& property, const json::object& schema, bool built_in) {
        const auto* standard = schema.if_contains("default");
        if (standard == nullptr) {
            property.required = true;
        } else if (built_in) {
            const auto* text = standard->if_string();
            const auto* object = standard->if_object();
            property.required = (text != nullptr && text->empty()) ||
                                (standard->is_int64() && standard->get_int64() == 0) ||
                                (standard->is_uint64() && standard->get_uint64() == 0) ||
                                (object != nullptr && is_refused_when_empty(schema));
            property.required_unless_empty_fits = object != nullptr && object->empty();
        }
    }

    /// The schema requires nothing in it, but the server does.
    static bool is_refused_when_empty(const json::object& schema) {
        const auto* all = kube::find_array(schema, {"allOf"});
        if (all == nullptr || all->size() != 1 || !(*all)[0].is_object()) return false;
        const auto reference = text_at((*all)[0].get_object(), "$ref");
        constexpr std::array<std::string_view, 3> names{
            "io.k8s.api.batch.v1.JobTemplateSpec", "io.k8s.api.core.v1.PodTemplateSpec",
            "io.k8s.api.networking.v1.IngressBackend"
        };
        return reference.starts_with(reference_prefix) &&
               std::find(names.begin(), names.end(), reference.substr(reference_prefix.size())) !=
                   names.end();
    }

    static schema_type type_of(const json::object& definition) {
        if (flag(definition, "x-kubernetes-int-or-string") ||
            text_at(definition, "format") == "int-or-string") {
            return schema_type::int_or_string;
        }
        const auto type = text_at(definition, "type");
        if (type == "object") return schema_type::object;
        if (type == "array") return schema_type::array;
        if (type == "string") return schema_type::string;
        if (type == "integer") return schema_type::integer;
        if (type == "number") return schema_type::number;
        if (type == "boolean") return schema_type::boolean;
        return schema_type::any;
    }

    schema_arena& arena(bool built_in) { return built_in ? set_.shared : own_; }

    schema_store& set_;
    schema_arena& own_;
    const json::object& schemas_;
};

/// The names of the schemas in a document that describe objects of this group and version, by kind.
std::map<std::string, std::string>
kinds_in(const json::object& schemas, std::string_view group, std::string_view version) {
    std::map<std::string, std::string> found;
    for (const auto& member : schemas) {
        const auto* schema = member.value().if_object();
        if (schema == nullptr) continue;
        const auto* list = kube::find_array(*schema, {"x-kubernetes-group-version-kind"});
        // What every group has (DeleteOptions, WatchEvent) lists them all, and is no object.
        if (list == nullptr || list->size() != 1 || !(*list)[0].is_object()) continue;
        const auto& gvk = (*list)[0].get_object();
        if (text_at(gvk, "group") == group && text_at(gvk, "version") == version) {
            found.emplace(std::string{text_at(gvk, "kind")}, std::string{std::string_view{member.key()}});
        }
    }
    return found;
}

} // namespace

struct schema_set::state : schema_store {};

schema_set::schema_set() : state_{std::make_unique<state>()} {}
schema_set::~schema_set() = default;
schema_set::schema_set(schema_set&&) noexcept = default;
schema_set& schema_set::operator=(schema_set&&) noexcept = default;

result<void> schema_set::add(
    std::string_view group, std::string_view version, std::string_view document,
    const std::vector<std::string>& kinds
) {
    const auto what = fmt::format("OpenAPI document of {}/{}", group.empty() ? "core" : group, version);
    json::monotonic_resource memory;
    boost::system::error_code ec;
    json::parse_options options;
    constexpr std::size_t deepest = 200;
    options.max_depth = deepest;
    const auto parsed = json::parse(document, ec, &memory, options);
    if (ec) return user_error(fmt::format("{} is not valid JSON: {}", what, ec.message()));
    const auto* root = parsed.if_object();
    const auto* schemas = root != nullptr ? kube::find_object(*root, {"components", "schemas"}) : nullptr;
    if (schemas == nullptr) {
        return user_error(fmt::format("{} has no components.schemas, is it OpenAPI v3?", what));
    }
    const std::pair key{std::string{group}, std::string{version}};
    std::erase_if(state_->kinds, [&](const auto& entry) {
        return std::get<0>(entry.first) == group && std::get<1>(entry.first) == version;
    });
    auto& arena = state_->own[key];
    arena = {};
    compiler compile{*state_, arena, *schemas};
    const auto names = kinds_in(*schemas, group, version);
    for (const auto& kind : kinds) {
        if (const auto found = names.find(kind); found != names.end()) {
            state_->kinds[{key.first, key.second, kind}] = compile.named(found->second);
        }
    }
    return {};
}

bool schema_set::has(const kind_version& kind) const {
    return state_->kinds.contains({kind.group, kind.version, kind.kind});
}

std::vector<problem> schema_set::check(const json::object& object) const {
    std::vector<problem> problems;
    check_identity(object, problems);
    const auto gvk = kube::gvk_of(object);
    if (const auto found = state_->kinds.find({gvk.group, gvk.version, gvk.kind});
        found != state_->kinds.end()) {
        check_object(object, *found->second, {}, problems);
    }
    return problems;
}

std::vector<std::string> schema_set::drop_unknown(json::object& object) const {
    std::vector<std::string> dropped;
    const auto gvk = kube::gvk_of(object);
    if (const auto found = state_->kinds.find({gvk.group, gvk.version, gvk.kind});
        found != state_->kinds.end()) {
        drop_unknown_fields(object, *found->second, {}, dropped);
    }
    return dropped;
}

std::size_t schema_set::size() const noexcept {
    std::size_t count = state_->shared.nodes.size() + state_->leaves.size();
    for (const auto& [key, arena] : state_->own) {
        count += arena.nodes.size();
    }
    return count;
}

} // namespace holdfast::sync
