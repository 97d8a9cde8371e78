#include "sync/definition_change.hpp"

#include "kube/json.hpp"
#include "kube/object.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace holdfast::sync {

namespace {

const json::object* version_of(const json::object& definition, std::string_view name) {
    const auto* versions = kube::find_array(definition, {"spec", "versions"});
    if (versions == nullptr) return nullptr;
    for (const auto& one : *versions) {
        const auto* version = one.if_object();
        if (version != nullptr && kube::find_text(*version, {"name"}) == name) return version;
    }
    return nullptr;
}

const json::value* schema_of(const json::object& version) {
    return kube::find_path(version, {"schema", "openAPIV3Schema"});
}

bool is_served(const json::object& version) {
    const auto* served = version.if_contains("served");
    return served != nullptr && served->is_bool() && served->get_bool();
}

} // namespace

definition_change::definition_change(const json::object& live, const json::object& wanted)
    : wanted_{wanted},
      group_{kube::find_text(wanted, {"spec", "group"})},
      kind_{kube::find_text(wanted, {"spec", "names", "kind"})} {
    const auto keep = [&](std::initializer_list<std::string_view> path, std::string_view what) {
        const auto before = kube::find_text(live, path);
        const auto now = kube::find_text(wanted, path);
        if (before != now) {
            losses_.push_back(fmt::format("{} would change from \"{}\" to \"{}\"", what, before, now));
        }
    };
    keep({"spec", "scope"}, "spec.scope");
    keep({"spec", "names", "kind"}, "spec.names.kind");
    keep({"spec", "names", "plural"}, "spec.names.plural");
    if (const auto* stored = kube::find_array(live, {"status", "storedVersions"})) {
        for (const auto& one : *stored) {
            const auto* name = one.if_string();
            if (name != nullptr && version_of(wanted, *name) == nullptr) {
                losses_.push_back(fmt::format(
                    "objects are stored in version {}, which it does not have; keep the version, not served",
                    std::string_view{*name}
                ));
            }
        }
    }
    const auto* versions = kube::find_array(live, {"spec", "versions"});
    if (versions == nullptr) return;
    for (const auto& one : *versions) {
        const auto* before = one.if_object();
        if (before == nullptr || !is_served(*before)) continue;
        const auto name = kube::find_text(*before, {"name"});
        const auto* now = version_of(wanted, name);
        if (now == nullptr || !is_served(*now)) {
            losses_.push_back(fmt::format("version {} would not be served any more", name));
            continue;
        }
        const auto* schema_before = schema_of(*before);
        const auto* schema_now = schema_of(*now);
        keeps_schemas_ = keeps_schemas_ && schema_before != nullptr && schema_now != nullptr &&
                         *schema_before == *schema_now;
    }
}

result<void> definition_change::load(const std::string& version) {
    if (std::find(loaded_.begin(), loaded_.end(), version) != loaded_.end()) {
        return {};
    }
    const auto* wanted = version_of(wanted_, version);
    const auto* schema = wanted != nullptr ? schema_of(*wanted) : nullptr;
    const auto* fields = schema != nullptr ? schema->if_object() : nullptr;
    if (fields == nullptr) {
        return user_error(fmt::format("version {} has no schema.openAPIV3Schema", version));
    }
    auto one = *fields;
    // As an API server has it: metadata is the server's own affair.
    if (auto* properties = one["properties"].if_object()) {
        (*properties)["metadata"] =
            json::object{{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
    }
    one["x-kubernetes-group-version-kind"] =
        json::array{json::object{{"group", group_}, {"version", version}, {"kind", kind_}}};
    const json::object document{
        {"openapi", "3.0.0"}, {"components", json::object{{"schemas", json::object{{kind_, std::move(one)}}}}}
    };
    auto added = schemas_.add(group_, version, json::serialize(document), {kind_});
    if (!added) {
        return added.error();
    }
    loaded_.push_back(version);
    return {};
}

result<std::vector<problem>>
definition_change::check(const json::object& stored, const std::string& version) {
    if (auto loaded = load(version); !loaded) {
        return loaded.error();
    }
    return schemas_.check(stored);
}

} // namespace holdfast::sync
