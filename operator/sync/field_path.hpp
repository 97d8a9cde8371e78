#pragma once

// Walking the `fieldsV1` of managedFields beside the values that they speak of; for owned_fields.cpp and the
// comparing files.

#include "sync/identity.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

/// What one member of a fieldsV1 object speaks of.
struct path_element {
    enum class kind { self, field, key, value, index } what = kind::self;
    /// For a field: its name. Owned by the fieldsV1.
    std::string_view name;
    /// For a key: the fields and values that pick a list item; for a value: the item itself.
    json::value pick;
    std::size_t index = 0;
};

/// Reads "f:name", "k:{…}", "v:…", "i:3" or "."; nothing for anything else.
std::optional<path_element> parse_element(std::string_view text);

/// The child of `parent` that an element speaks of; null where there is none. `parent` may be null.
const json::value* child_of(const json::value* parent, const path_element& element);
/// The same in a whole object, of which only fields can be spoken.
inline const json::value* child_of(const json::object* parent, const path_element& element) {
    return element.what == path_element::kind::field ? parent->if_contains(element.name) : nullptr;
}

/// The item of a list that has these key fields. A lenient search also takes an item that lacks some of them
/// (the server fills in a default), if no other fits better.
const json::value* find_item(const json::array& list, const json::object& keys, bool lenient);

/// Appends an element to a path for people: ".image", "[name=web]", `["holdfast.dev/x"]`, "[3]".
void append_element(std::string& path, const path_element& element);
void append_field(std::string& path, std::string_view name);
void append_index(std::string& path, std::size_t index);

/// One entry of managedFields.
struct managed_entry {
    std::string_view manager;
    std::string_view api_version;
    bool is_apply = false;
    bool is_subresource = false;
    const json::object* fields = nullptr;
};

std::vector<managed_entry> managed_entries(const json::object& object);
/// The entry of a manager's own applies.
std::optional<managed_entry> find_applied(const json::object& object, std::string_view manager);

} // namespace holdfast::sync
