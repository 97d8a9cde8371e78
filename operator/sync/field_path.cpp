#include "sync/field_path.hpp"

#include "sync/canonical.hpp"

#include <boost/json/parse.hpp>

#include <charconv>

namespace holdfast::sync {

std::optional<path_element> parse_element(std::string_view text) {
    path_element element;
    if (text == ".") return element;
    if (text.size() < 2 || text[1] != ':') return std::nullopt;
    const auto rest = text.substr(2);
    boost::system::error_code ec;
    switch (text[0]) {
    case 'f':
        element.what = path_element::kind::field;
        element.name = rest;
        return element;
    case 'k':
        element.what = path_element::kind::key;
        element.pick = json::parse(rest, ec);
        if (ec || !element.pick.is_object()) return std::nullopt;
        return element;
    case 'v':
        element.what = path_element::kind::value;
        element.pick = json::parse(rest, ec);
        if (ec) return std::nullopt;
        return element;
    case 'i': {
        element.what = path_element::kind::index;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), element.index);
        if (error != std::errc{} || end != rest.data() + rest.size()) return std::nullopt;
        return element;
    }
    default: return std::nullopt;
    }
}

const json::value* find_item(const json::array& list, const json::object& keys, bool lenient) {
    const json::value* fallback = nullptr;
    for (const auto& item : list) {
        const auto* object = item.if_object();
        if (object == nullptr) continue;
        bool all = true;
        std::size_t missing = 0;
        for (const auto& key : keys) {
            const auto* value = object->if_contains(key.key());
            if (value == nullptr) {
                ++missing;
            } else if (!same_value(*value, key.value())) {
                all = false;
                break;
            }
        }
        if (!all) continue;
        if (missing == 0) return &item;
        if (missing < keys.size() && fallback == nullptr) fallback = &item;
    }
    return lenient ? fallback : nullptr;
}

const json::value* child_of(const json::value* parent, const path_element& element) {
    if (parent == nullptr) return nullptr;
    switch (element.what) {
    case path_element::kind::self: return parent;
    case path_element::kind::field:
        return parent->is_object() ? parent->get_object().if_contains(element.name) : nullptr;
    case path_element::kind::key:
        return parent->is_array() ? find_item(parent->get_array(), element.pick.get_object(), false)
                                  : nullptr;
    case path_element::kind::value:
        if (!parent->is_array()) return nullptr;
        for (const auto& item : parent->get_array()) {
            if (same_value(item, element.pick)) return &item;
        }
        return nullptr;
    case path_element::kind::index:
        if (!parent->is_array() || element.index >= parent->get_array().size()) return nullptr;
        return &parent->get_array()[element.index];
    }
    return nullptr;
}

void append_field(std::string& path, std::string_view name) {
    const bool plain =
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-$") ==
        std::string_view::npos;
    if (plain) {
        if (!path.empty()) path += '.';
        path += name;
    } else {
        path += '[';
        append_quoted(path, name);
        path += ']';
    }
}

void append_index(std::string& path, std::size_t index) {
    path += '[' + std::to_string(index) + ']';
}

void append_element(std::string& path, const path_element& element) {
    const auto append_plain = [&](const json::value& value) {
        if (const auto* text = value.if_string()) {
            path += std::string_view{*text};
        } else {
            write_canonical(value, path, [] {});
        }
    };
    switch (element.what) {
    case path_element::kind::self: break;
    case path_element::kind::field: append_field(path, element.name); break;
    case path_element::kind::key: {
        path += '[';
        bool first = true;
        for (const auto* key : sorted_members(element.pick.get_object())) {
            if (!std::exchange(first, false)) path += ',';
            path += std::string_view{key->key()};
            path += '=';
            append_plain(key->value());
        }
        path += ']';
        break;
    }
    case path_element::kind::value:
        path += '[';
        write_canonical(element.pick, path, [] {});
        path += ']';
        break;
    case path_element::kind::index: append_index(path, element.index); break;
    }
}

std::vector<managed_entry> managed_entries(const json::object& object) {
    std::vector<managed_entry> entries;
    const auto* list = kube::find_array(object, {"metadata", "managedFields"});
    if (list == nullptr) return entries;
    for (const auto& item : *list) {
        const auto* entry = item.if_object();
        if (entry == nullptr) continue;
        entries.push_back(
            {kube::find_text(*entry, {"manager"}), kube::find_text(*entry, {"apiVersion"}),
             kube::find_text(*entry, {"operation"}) == "Apply",
             !kube::find_text(*entry, {"subresource"}).empty(), kube::find_object(*entry, {"fieldsV1"})}
        );
    }
    return entries;
}

std::optional<managed_entry> find_applied(const json::object& object, std::string_view manager) {
    for (const auto& entry : managed_entries(object)) {
        if (entry.manager == manager && entry.is_apply && !entry.is_subresource && entry.fields != nullptr) {
            return entry;
        }
    }
    return std::nullopt;
}

} // namespace holdfast::sync
