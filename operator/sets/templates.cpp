#include "sets/templates.hpp"

#include "render/yaml.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::sets {

namespace {

bool is_empty(const json::value& value) noexcept {
    switch (value.kind()) {
    case json::kind::null: return true;
    case json::kind::bool_: return !value.get_bool();
    case json::kind::int64: return value.get_int64() == 0;
    case json::kind::uint64: return value.get_uint64() == 0;
    case json::kind::double_: return value.get_double() == 0;
    case json::kind::string: return value.get_string().empty();
    case json::kind::array: return value.get_array().empty();
    case json::kind::object: return value.get_object().empty();
    }
    return true;
}

void fill_in(json::object& into, const json::object& from) {
    for (const auto& member : from) {
        auto* there = into.if_contains(member.key());
        // The values of a chart are one value.
        const bool is_whole = member.key() == "valuesObject";
        if (there == nullptr || is_empty(*there)) {
            into.insert_or_assign(member.key(), member.value());
        } else if (there->is_object() && member.value().is_object() && !is_whole) {
            fill_in(there->get_object(), member.value().get_object());
        }
    }
}

constexpr std::string_view directive = "$patch";

result<void> merge_strategically(json::object& into, const json::object& patch, const std::string& path);

/// Lists of objects cannot have their items merged or deleted: nothing says which one is meant.
result<void> check_list(const json::array& list, const std::string& path) {
    for (const auto& item : list) {
        if (item.is_object() && item.get_object().contains(directive)) {
            return user_error(fmt::format("{}: {} has no meaning in a list", path, directive));
        }
    }
    return {};
}

void add_new(json::value& into, const json::array& items) {
    if (!into.is_array()) into = json::array{};
    auto& list = into.get_array();
    for (const auto& item : items) {
        if (std::ranges::find(list, item) == list.end()) list.push_back(item);
    }
}

/// An object that comes new: its directives are not kept.
result<json::object> without_directives(const json::object& patch, const std::string& path) {
    json::object made;
    if (auto merged = merge_strategically(made, patch, path); !merged) return merged.error();
    return made;
}

result<void> merge_strategically(json::object& into, const json::object& patch, const std::string& path) {
    for (const auto& member : patch) {
        const std::string_view name{member.key()};
        const auto where = path.empty() ? std::string{name} : fmt::format("{}.{}", path, name);
        if (name == directive) continue;
        if (name.starts_with('$')) return user_error(fmt::format("{} is not served", where));
        if (member.value().is_null()) {
            into.erase(name);
        } else if (const auto* below = member.value().if_object()) {
            const auto* how = below->if_contains(directive);
            if (how != nullptr && *how != "replace" && *how != "delete" && *how != "merge") {
                return user_error(fmt::format("{}.{} must be replace, delete or merge", where, directive));
            }
            if (how != nullptr && *how == "delete") {
                into.erase(name);
                continue;
            }
            auto* there = into.if_contains(name);
            if (there != nullptr && there->is_object() && (how == nullptr || *how == "merge")) {
                if (auto merged = merge_strategically(there->get_object(), *below, where); !merged) {
                    return merged;
                }
                continue;
            }
            auto fresh = without_directives(*below, where);
            if (!fresh) return fresh.error();
            into.insert_or_assign(name, std::move(*fresh));
        } else if (const auto* list = member.value().if_array()) {
            if (auto checked = check_list(*list, where); !checked) return checked;
            if (where == "metadata.finalizers") {
                add_new(into[name], *list);
            } else {
                into.insert_or_assign(name, *list);
            }
        } else {
            into.insert_or_assign(name, member.value());
        }
    }
    return {};
}

} // namespace

json::object template_of(const crds::set_template& base, const std::optional<crds::set_template>& own) {
    json::object made;
    if (own) made = crds::write(*own);
    fill_in(made, crds::write(base));
    return made;
}

result<json::object> patched(json::object application, std::string_view patch) {
    auto limits = render::configuration_limits();
    limits.repeated = render::yaml_limits::repeated_keys::last_wins;
    const auto read = render::read_yaml(patch, limits);
    if (read.has_error()) {
        const auto& wrong = read.error();
        return user_error(
            fmt::format("line {}, column {}: {}", wrong.where.line, wrong.where.column, wrong.message)
        );
    }
    if (read->empty()) return application;
    const auto* object = read->front().value.if_object();
    if (object == nullptr) return user_error("it must be an object with metadata or spec");
    json::value project;
    if (const auto* spec = application.if_contains("spec"); spec != nullptr && spec->is_object()) {
        if (const auto* named = spec->get_object().if_contains("project")) project = *named;
    }
    if (auto merged = merge_strategically(application, *object, {}); !merged) return merged.error();
    if (auto* spec = application.if_contains("spec"); spec != nullptr && spec->is_object()) {
        if (project.is_null()) {
            spec->get_object().erase("project");
        } else {
            spec->get_object().insert_or_assign("project", std::move(project));
        }
    }
    return application;
}

} // namespace holdfast::sets
