#pragma once

// Compiled schemas; only for openapi.cpp and openapi_check.cpp.

#include "sync/openapi.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::sync {

enum class schema_type : std::uint8_t {
    any,
    object,
    array,
    string,
    integer,
    number,
    boolean,
    int_or_string,
    quantity,
};

struct schema_node;

struct schema_property {
    /// Owned by the pool of names.
    std::string_view name;
    const schema_node* schema = nullptr;
    bool required = false;
    /// Required, but the server fills in an empty object: it is missed only where that is not enough.
    bool required_unless_empty_fits = false;
    bool has_default = false;
};

struct schema_node {
    schema_type type = schema_type::any;
    bool nullable = false;
    /// Fields that are not listed are kept.
    bool open = false;
    /// A whole object with apiVersion and kind.
    bool embedded = false;
    /// Of the server's own types, which take null for absent, and "" for a default.
    bool built_in = false;
    bool int32 = false;
    /// By name.
    std::vector<schema_property> properties;
    /// What the values of a map are like.
    const schema_node* values = nullptr;
    /// What the items of a list are like.
    const schema_node* items = nullptr;
    /// Of a list: which fields tell its items apart, and what the server takes where an item has none of it
    /// (null: nothing). Of items with the same an apply takes one.
    std::vector<std::pair<std::string_view, json::value>> keys;
    /// Of a list: no item is there twice.
    bool is_set = false;
    std::vector<json::value> choices;
};

/// Whether a field that is not among the properties is kept all the same.
bool has_room_for(const schema_node& schema, std::string_view name);
/// Null where the schema has no such field.
const schema_property* find_property(const schema_node& schema, std::string_view name);

/// Takes out what the schema does not have, and notes where it was.
void drop_unknown_fields(
    json::object& object, const schema_node& schema, const std::string& path,
    std::vector<std::string>& dropped
);

/// Everything that is wrong with `value` at `path`.
void check_value(
    const json::value& value, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
);
void check_object(
    const json::object& object, const schema_node& schema, const std::string& path,
    std::vector<problem>& problems
);
/// What holds for an object of any kind: apiVersion, kind, and a name that the server takes.
void check_identity(const json::object& object, std::vector<problem>& problems);

} // namespace holdfast::sync
