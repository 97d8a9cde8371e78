// spec.ignoreDifferences: which fields are left to the live object.

#include "base/json_pointer.hpp"
#include "sync/compare.hpp"
#include "sync/field_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast::sync {

namespace {

using tokens = std::vector<std::string>;

/// What makes an object what it is cannot be left to the live one.
bool is_identity(const tokens& pointer) {
    if (pointer[0] == "apiVersion" || pointer[0] == "kind") return true;
    return pointer[0] == "metadata" &&
           (pointer.size() == 1 || pointer[1] == "name" || pointer[1] == "namespace");
}

const json::value* follow(const json::object& object, const tokens& pointer) {
    const auto* value = object.if_contains(pointer[0]);
    for (std::size_t i = 1; i < pointer.size() && value != nullptr; ++i) {
        if (const auto* below = value->if_object()) {
            value = below->if_contains(pointer[i]);
        } else if (const auto* list = value->if_array()) {
            const auto index = pointer_index(pointer[i], list->size());
            value = index ? &(*list)[*index] : nullptr;
        } else {
            value = nullptr;
        }
    }
    return value;
}

/// True where fieldsV1 owns the place that a pointer names: the path ends there, above it (a value owned as a
/// whole) or goes on below it.
bool owns(const json::object& fields, const json::object& live, const tokens& pointer) {
    const json::object* node = &fields;
    const json::value* value = nullptr;
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        if (i > 0 && node->empty()) return true;
        const json::value* next_node = nullptr;
        if (i == 0 || value->is_object()) {
            next_node = node->if_contains("f:" + pointer[i]);
            value = i == 0 ? live.if_contains(pointer[i]) : value->get_object().if_contains(pointer[i]);
        } else if (value->is_array()) {
            const auto& list = value->get_array();
            const auto index = pointer_index(pointer[i], list.size());
            if (!index) return false;
            for (const auto& member : *node) {
                const auto element = parse_element(member.key());
                if (element && element->what != path_element::kind::self &&
                    child_of(value, *element) == &list[*index]) {
                    next_node = &member.value();
                }
            }
            value = &list[*index];
        }
        if (next_node == nullptr || value == nullptr || !next_node->is_object()) return false;
        node = &next_node->get_object();
    }
    return true;
}

bool owned_by_another(const json::object& live, const tokens& pointer, const dialect& names) {
    for (const auto& entry : managed_entries(live)) {
        if (entry.manager == names.field_manager || entry.fields == nullptr ||
            entry.api_version != kube::api_version_of(live)) {
            continue;
        }
        if (owns(*entry.fields, live, pointer)) return true;
    }
    return false;
}

/// Where in a list the live object has an item: by its name, where it has one, since others add items in
/// between.
std::optional<std::size_t>
position_of(const json::value& item, std::size_t position, const json::array& live) {
    const auto name_of_item = [](const json::value& value) {
        const auto* object = value.if_object();
        return object == nullptr ? std::string_view{} : kube::find_text(*object, {"name"});
    };
    const auto name = name_of_item(item);
    if (name.empty()) return position < live.size() ? std::optional{position} : std::nullopt;
    for (std::size_t i = 0; i < live.size(); ++i) {
        if (name_of_item(live[i]) == name) return i;
    }
    return std::nullopt;
}

/// The same place in the live object; nothing where it has not the item of a list that leads there.
std::optional<tokens>
place_in_live(const json::object& desired, const json::object& live, const tokens& place) {
    tokens there{place[0]};
    const auto* wanted = desired.if_contains(place[0]);
    const auto* found = live.if_contains(place[0]);
    for (std::size_t i = 1; i < place.size(); ++i) {
        auto token = place[i];
        if (const auto* list = wanted == nullptr ? nullptr : wanted->if_array()) {
            const auto index = pointer_index(token, list->size());
            const auto* live_list = found == nullptr ? nullptr : found->if_array();
            if (!index || live_list == nullptr) return std::nullopt;
            const auto at = position_of((*list)[*index], *index, *live_list);
            if (!at) return std::nullopt;
            wanted = &(*list)[*index];
            found = &(*live_list)[*at];
            token = std::to_string(*at);
        } else {
            const auto* wanted_object = wanted == nullptr ? nullptr : wanted->if_object();
            const auto* found_object = found == nullptr ? nullptr : found->if_object();
            wanted = wanted_object == nullptr ? nullptr : wanted_object->if_contains(token);
            found = found_object == nullptr ? nullptr : found_object->if_contains(token);
        }
        there.push_back(std::move(token));
    }
    return there;
}

/// Sets or takes out what a pointer names in `desired`; nothing where its parent is not there.
void leave_to(json::object& desired, const tokens& pointer, const json::value* live_value) {
    if (pointer.size() == 1) {
        if (live_value != nullptr) {
            desired[pointer[0]] = *live_value;
        } else {
            desired.erase(pointer[0]);
        }
        return;
    }
    json::value* parent = desired.if_contains(pointer[0]);
    for (std::size_t i = 1; i + 1 < pointer.size() && parent != nullptr; ++i) {
        if (auto* object = parent->if_object()) {
            parent = object->if_contains(pointer[i]);
        } else if (auto* list = parent->if_array()) {
            const auto index = pointer_index(pointer[i], list->size());
            parent = index ? &(*list)[*index] : nullptr;
        } else {
            parent = nullptr;
        }
    }
    if (parent == nullptr) return;
    if (auto* object = parent->if_object()) {
        if (live_value != nullptr) {
            (*object)[pointer.back()] = *live_value;
        } else {
            object->erase(pointer.back());
        }
    } else if (auto* list = parent->if_array()) {
        const auto index = pointer_index(pointer.back(), list->size());
        if (!index) return;
        if (live_value != nullptr) {
            (*list)[*index] = *live_value;
        } else {
            list->erase(list->begin() + static_cast<std::ptrdiff_t>(*index));
        }
    }
}

/// Leaves what a pointer names in `desired` to the live object. Not what is in an item that is yet to be
/// made.
void leave(json::object& desired, const json::object& live, const tokens& pointer, const dialect& names) {
    const auto there = place_in_live(desired, live, pointer);
    if (!there) return;
    leave_to(desired, pointer, owned_by_another(live, *there, names) ? nullptr : follow(live, *there));
}

json::value* mutable_child(json::value& parent, const path_element& element) {
    if (element.what == path_element::kind::key && parent.is_array()) {
        return const_cast<json::value*>(find_item(parent.get_array(), element.pick.get_object(), true));
    }
    return const_cast<json::value*>(child_of(&parent, element));
}

/// Takes out of `desired` what `fields` own there. `keys` are the fields that pick the item `desired` is.
void take_out(json::value& desired, const json::object& fields, const json::object* keys);

void take_out(json::object& desired, const json::object& fields, const json::object* keys) {
    for (const auto& member : fields) {
        const auto element = parse_element(member.key());
        if (!element || element->what != path_element::kind::field) continue;
        if (keys != nullptr && keys->contains(element->name)) continue;
        auto* child = desired.if_contains(element->name);
        const auto* below = member.value().if_object();
        if (child == nullptr) continue;
        if (below == nullptr || below->empty()) {
            desired.erase(element->name);
            continue;
        }
        take_out(*child, *below, nullptr);
        const bool emptied = (child->is_object() && child->get_object().empty()) ||
                             (child->is_array() && child->get_array().empty());
        if (emptied) desired.erase(element->name);
    }
}

void take_out(json::value& desired, const json::object& fields, const json::object* keys) {
    if (auto* object = desired.if_object()) {
        take_out(*object, fields, keys);
        return;
    }
    for (const auto& member : fields) {
        const auto element = parse_element(member.key());
        if (!element || element->what == path_element::kind::self) continue;
        auto* child = mutable_child(desired, *element);
        const auto* below = member.value().if_object();
        if (child == nullptr || below == nullptr) continue;
        if (element->what == path_element::kind::value) {
            auto& list = desired.get_array();
            list.erase(list.begin() + (child - list.data()));
        } else if (!below->empty()) {
            take_out(
                *child, *below,
                element->what == path_element::kind::key ? &element->pick.get_object() : nullptr
            );
        }
    }
}

} // namespace

bool matches(const ignore_rule& rule, const object_id& id) {
    return (rule.name.empty() || rule.name == id.name) &&
           (rule.namespace_.empty() || rule.namespace_ == id.namespace_) && rule.group.matches(id.group) &&
           rule.kind.matches(id.kind);
}

std::vector<std::string> spared_managers(std::span<const ignore_rule> rules, const object_id& id) {
    std::vector<std::string> all;
    for (const auto& rule : rules) {
        if (matches(rule, id)) {
            all.insert(all.end(), rule.managed_fields_managers.begin(), rule.managed_fields_managers.end());
        }
    }
    return all;
}

std::vector<std::string> problems_of(const ignore_rule& rule) {
    std::vector<std::string> problems;
    for (const auto& text : rule.json_pointers) {
        const auto pointer = read_pointer(text);
        if (!pointer || pointer->empty()) {
            problems.push_back(fmt::format(
                "jsonPointers: \"{}\" is not a JSON pointer; one looks like \"/spec/replicas\"", text
            ));
        } else if (is_identity(*pointer)) {
            problems.push_back(
                fmt::format("jsonPointers: \"{}\" cannot be ignored, it says which object it is", text)
            );
        }
    }
    return problems;
}

json::object apply_ignored(
    json::object desired, const json::object& live, std::span<const ignore_rule> rules, const dialect& names
) {
    const auto id = kube::key_of(desired);
    const bool any =
        std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return matches(rule, id); });
    if (!any) return desired;
    const auto tracking = kube::annotation(desired, names.tracking_annotation);
    const std::optional<std::string> kept_tracking =
        tracking ? std::optional<std::string>{*tracking} : std::nullopt;
    const auto installation = kube::label(desired, names.installation_label);
    const std::optional<std::string> kept_installation =
        installation ? std::optional<std::string>{*installation} : std::nullopt;
    for (const auto& rule : rules) {
        if (!matches(rule, id)) continue;
        for (const auto& text : rule.json_pointers) {
            const auto pointer = read_pointer(text);
            if (!pointer || pointer->empty() || is_identity(*pointer) || follow(desired, *pointer) == nullptr)
                continue;
            leave(desired, live, *pointer, names);
        }
        for (const auto& field : rule.fields) {
            if (field.empty() || is_identity(field) || follow(desired, field) == nullptr) continue;
            leave(desired, live, field, names);
        }
        for (const auto& entry : managed_entries(live)) {
            const auto& managers = rule.managed_fields_managers;
            const bool named = std::find(managers.begin(), managers.end(), entry.manager) != managers.end();
            if (named && entry.manager != names.field_manager && entry.fields != nullptr &&
                entry.api_version == kube::api_version_of(desired)) {
                take_out(desired, *entry.fields, nullptr);
            }
        }
    }
    // Whose object it is, is not up for ignoring.
    auto& metadata = desired["metadata"].get_object();
    const auto restore = [&](std::string_view map, std::string_view name,
                             const std::optional<std::string>& value) {
        if (!value) return;
        auto& texts = metadata[map];
        if (!texts.is_object()) texts.emplace_object();
        texts.get_object()[name] = *value;
    };
    restore("annotations", names.tracking_annotation, kept_tracking);
    restore("labels", names.installation_label, kept_installation);
    return desired;
}

} // namespace holdfast::sync
