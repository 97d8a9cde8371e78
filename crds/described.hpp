#pragma once

#include "crds/types.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// How the kinds are described to the code that reads, writes, checks and documents them. A struct is
/// described once, by a specialisation of `docs` in a `*_fields.cpp` file; describe_structure.hpp turns it
/// into a `type_description`, a plain value. Reading, writing, the CRD and the reference are ordinary code
/// that walks these values: a further kind costs tables, not templates.
namespace holdfast::crds {

/// How a list merges under server-side apply.
enum class list_merge {
    /// It has one owner, who replaces it as a whole.
    atomic,
    /// A set of scalars.
    set,
    /// Items are told apart by `field::key`.
    map,
};

/// What is to be said of one member of a struct. The bounds of strings and numbers are those of the member
/// itself, or of each item where it is a list or a map. Everything has bounds: the API server refuses a CRD
/// whose rules could become too expensive.
struct field {
    std::string_view member;
    /// Sentences for `kubectl explain` and the reference.
    std::string_view doc;
    /// The name in JSON where it is not the member's in camelCase.
    std::string_view json_name = {};
    bool required = false;
    std::int64_t min_length = 0;
    std::int64_t max_length = 1024;
    /// RE2, with what it stands for: "a host name such as example.com", for the sentence "must be …".
    std::string_view pattern = {};
    std::string_view expects = {};
    std::optional<std::int64_t> minimum = {};
    std::optional<std::int64_t> maximum = {};
    std::int64_t min_items = 0;
    std::int64_t max_items = 64;
    std::int64_t max_properties = 64;
    list_merge merge = list_merge::atomic;
    std::string_view key = {};
    /// Items are appended: where a status would have too many, the first ones go.
    bool newest_last = false;
    /// A duration may also be a bare number of seconds ("5"), and be zero.
    bool lenient_duration = false;
    /// The members below are documented elsewhere ("spec.source"): no sentences and no rules here, which
    /// keeps the CRD small.
    std::string_view documented_at = {};
};

/// A rule over the members of a struct (CEL, x-kubernetes-validations) that the API server checks.
struct rule {
    std::string_view expression;
    std::string_view message;
    /// The member to blame, ".source"; none: the struct.
    std::string_view field_path = {};
};

/// One value of an enumeration. An empty text stands for "absent".
template <class Enum>
struct choice {
    Enum value;
    std::string_view text;
    std::string_view doc = {};
};

/// Specialised for each struct with `text` (one or two sentences), `fields` (an array of `field`, one for
/// each member, in order) and, where needed, `rules`; for each enumeration with `text` and `choices`.
template <class T>
struct docs;

enum class shape {
    text,
    boolean,
    integer,
    duration,
    time,
    int_or_text,
    /// An object with whatever members.
    any_object,
    choice,
    structure,
    list,
    map,
    optional,
};

struct type_description;

struct field_description {
    field facts;
    std::string name;
    const type_description* type = nullptr;
    /// The member of an object of the struct.
    void* (*member)(void* object) = nullptr;
    const void* (*const_member)(const void* object) = nullptr;
    /// What a default-made struct has there, as JSON; null for none.
    json::value default_value;
};

struct choice_description {
    std::string_view text;
    std::string_view doc;
    std::int64_t value;
};

/// A type as a value. The functions are there for the shapes that need them and take addresses of objects of
/// that type.
struct type_description {
    crds::shape shape{};
    std::string_view name;
    std::string_view doc;

    /// structure
    std::vector<field_description> fields;
    /// It has further fields that are not our business, such as metadata's: unknown ones are passed over.
    bool open = false;
    std::span<const rule> rules;

    /// choice
    std::vector<choice_description> choices;
    std::int64_t (*ordinal)(const void* object) = nullptr;
    void (*set_ordinal)(void* object, std::int64_t value) = nullptr;

    /// list, map and optional (a list of at most one)
    const type_description* element = nullptr;
    std::size_t (*size)(const void* object) = nullptr;
    const void* (*at)(const void* object, std::size_t index) = nullptr;
    void* (*append)(void* object) = nullptr;
    void* (*insert)(void* object, std::string_view key) = nullptr;
    void (*each)(
        const void* object, void* context, void (*visit)(void*, const std::string& key, const void*)
    ) = nullptr;

    [[nodiscard]] const field_description* find(std::string_view field_name) const noexcept;
};

/// The description of a struct or an enumeration: specialised, by HOLDFAST_DESCRIBED_…, in the file that has
/// its `docs`.
template <class T>
const type_description& description_of();

/// repoURL for `repo_url` where the table says so; else managedFields for `managed_fields`; `namespace_` is
/// namespace.
std::string json_name_of(const field& facts);

/// The member of an object as JSON; null where it is to be left out.
json::value write_value(const type_description& type, const void* object);
json::object write_structure(const type_description& type, const void* object);

/// The JSON of a struct as its schema takes it, whatever is in it: texts are valid UTF-8 and no longer than
/// they may be, numbers and lists are within their bounds. What is cut says so (base/bounded_text.hpp). What
/// cannot be made to fit is left out, with the nearest thing around it that may be: an optional member, an
/// item of a list. What is documented elsewhere (`documented_at`) is somebody's input: it is whole, or left
/// out. The same again changes nothing.
json::object bounded(const type_description& type, json::object object);

/// Reads `source` into the object of that type at `target`, which has been default-made.
struct read_report {
    std::vector<problem> problems;
    std::vector<problem> unknown_fields;
};
void read_structure(
    const type_description& type, void* target, const json::value& source, const std::string& path,
    read_report& report
);
/// The whole of an object of the API: apiVersion, kind and the members of the struct.
void read_root(
    const type_description& type, std::string_view kind, void* target, const json::object& source,
    read_report& report
);

/// What a duration field takes.
inline constexpr std::string_view duration_pattern = R"(^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$)";
inline constexpr std::string_view lenient_duration_pattern = R"(^([0-9]+|([0-9]+(\.[0-9]+)?(ms|s|m|h))+)$)";
inline constexpr std::int64_t duration_length = 32;

} // namespace holdfast::crds
