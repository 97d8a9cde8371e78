#include "argocd/customizations.hpp"

#include "render/yaml.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast::argocd {

namespace json = boost::json;

namespace {

constexpr std::string_view map_key = "resource.customizations";

constexpr std::array<std::string_view, 6> types{
    "health", "useOpenLibs", "actions", "ignoreDifferences", "ignoreResourceUpdates", "knownTypeFields"
};

/// A member of the map's entries as a type; empty where it is none.
std::string_view type_of_member(std::string_view member) {
    if (member == "health.lua") return "health";
    if (member == "health.lua.useOpenLibs") return "useOpenLibs";
    const bool is_the_same =
        member != "health" && member != "useOpenLibs" && std::ranges::count(types, member) > 0;
    return is_the_same ? member : std::string_view{};
}

std::string text_of(const json::value& value) {
    if (const auto* text = value.if_string()) return std::string{*text};
    return json::serialize(value);
}

/// "apps_Deployment", "ConfigMap", "all" as kinds are named in the map; nothing where it is none of these.
std::optional<std::string> kind_of_key(std::string_view key) {
    if (key == "all") return "*/*";
    const auto line = key.find('_');
    if (line == std::string_view::npos) return key.empty() ? std::nullopt : std::optional{std::string{key}};
    const auto group = key.substr(0, line);
    const auto kind = key.substr(line + 1);
    if (kind.empty() || kind.find('_') != std::string_view::npos) return std::nullopt;
    return group.empty() ? std::string{kind} : std::string{group} + '/' + std::string{kind};
}

class reader {
public:
    void read_map(std::string_view text) {
        const auto documents = render::read_yaml(text, render::configuration_limits());
        if (!documents) {
            const auto& wrong = documents.error();
            problem(
                map_key, "is not YAML: line " + std::to_string(wrong.where.line) + ", column " +
                             std::to_string(wrong.where.column) + ": " + wrong.message
            );
            return;
        }
        if (documents->empty()) return;
        const auto* kinds = documents->front().value.if_object();
        if (kinds == nullptr) {
            problem(map_key, "is no mapping of kinds");
            return;
        }
        for (const auto& [kind, entry] : *kinds) {
            const auto where = std::string{map_key} + " of " + std::string{kind};
            const auto* members = entry.if_object();
            if (members == nullptr) {
                problem(where, "is no mapping");
                continue;
            }
            for (const auto& [member, value] : *members) {
                const auto type = type_of_member(member);
                if (type.empty()) {
                    problem(where, std::string{member} + " is nothing that is known");
                } else {
                    put(std::string{kind}, type, text_of(value), where + ", " + std::string{member});
                }
            }
        }
    }

    void read_key(std::string_view key, std::string_view value) {
        const auto rest = key.substr(map_key.size() + 1);
        const auto dot = rest.find('.');
        const auto type = rest.substr(0, dot);
        if (std::ranges::count(types, type) == 0) {
            problem(
                key, std::string{type} + " is none of health, useOpenLibs, actions, ignoreDifferences, "
                                         "ignoreResourceUpdates, knownTypeFields"
            );
            return;
        }
        const auto kind =
            kind_of_key(dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1));
        if (!kind) {
            problem(key, "ends with no kind: GROUP_KIND, or KIND of the core group");
            return;
        }
        put(*kind, type, std::string{value}, std::string{key});
    }

    customizations take() {
        for (auto& [of, one] : all_)
            read_.all.push_back(std::move(one));
        return std::move(read_);
    }

private:
    void problem(std::string_view where, std::string_view what) {
        read_.problems.push_back(std::string{where} + ": " + std::string{what});
    }
    void put(std::string kind, std::string_view type, std::string value, std::string where) {
        customization one{
            .kind = kind, .type = std::string{type}, .value = std::move(value), .where = std::move(where)
        };
        all_.insert_or_assign(std::pair{std::move(kind), std::string{type}}, std::move(one));
    }

    customizations read_;
    std::map<std::pair<std::string, std::string>, customization> all_;
};

} // namespace

customizations read_customizations(const json::object& data) {
    reader read;
    if (const auto* map = data.if_contains(map_key); map != nullptr && map->is_string()) {
        read.read_map(map->get_string());
    }
    const auto prefix = std::string{map_key} + '.';
    for (const auto& [key, value] : data) {
        if (key.starts_with(prefix) && value.is_string() && !value.get_string().empty()) {
            read.read_key(key, value.get_string());
        }
    }
    return read.take();
}

} // namespace holdfast::argocd
