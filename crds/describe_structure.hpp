#pragma once

#include "crds/described.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

/// Makes type descriptions of described structs. Included by the `*_fields.cpp` files only.
namespace holdfast::crds::detail {

template <class T>
constexpr bool is_vector = false;
template <class T>
constexpr bool is_vector<std::vector<T>> = true;
template <class T>
constexpr bool is_map = false;
template <class T>
constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

template <class T>
constexpr shape scalar_shape() {
    if constexpr (std::is_same_v<T, std::string>) {
        return shape::text;
    } else if constexpr (std::is_same_v<T, bool>) {
        return shape::boolean;
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        return shape::integer;
    } else if constexpr (std::is_same_v<T, duration>) {
        return shape::duration;
    } else if constexpr (std::is_same_v<T, timestamp>) {
        return shape::time;
    } else if constexpr (std::is_same_v<T, int_or_string>) {
        return shape::int_or_text;
    } else {
        static_assert(std::is_same_v<T, json::object>, "a member of a type that cannot be described");
        return shape::any_object;
    }
}

/// The functions of a type_description for a list, a map, an optional.
template <class List>
struct list_access {
    static std::size_t size(const void* object) { return static_cast<const List*>(object)->size(); }
    static const void* at(const void* object, std::size_t index) {
        return &(*static_cast<const List*>(object))[index];
    }
    static void* append(void* object) { return &static_cast<List*>(object)->emplace_back(); }
};

template <class Optional>
struct optional_access {
    static std::size_t size(const void* object) {
        return static_cast<const Optional*>(object)->has_value() ? 1 : 0;
    }
    static const void* at(const void* object, std::size_t) { return &**static_cast<const Optional*>(object); }
    static void* append(void* object) { return &static_cast<Optional*>(object)->emplace(); }
};

template <class Map>
struct map_access {
    static std::size_t size(const void* object) { return static_cast<const Map*>(object)->size(); }
    static void* insert(void* object, std::string_view key) {
        return &(*static_cast<Map*>(object))[std::string{key}];
    }
    static void
    each(const void* object, void* context, void (*visit)(void*, const std::string&, const void*)) {
        for (const auto& [key, value] : *static_cast<const Map*>(object)) {
            visit(context, key, &value);
        }
    }
};

template <class T>
const type_description& describe();

template <class T>
type_description describe_plain() {
    type_description made;
    if constexpr (is_vector<T> || is_optional<T>) {
        using access = std::conditional_t<is_vector<T>, list_access<T>, optional_access<T>>;
        made.shape = is_vector<T> ? shape::list : shape::optional;
        made.element = &describe<typename T::value_type>();
        made.size = access::size;
        made.at = access::at;
        made.append = access::append;
    } else if constexpr (is_map<T>) {
        made.shape = shape::map;
        made.element = &describe<typename T::mapped_type>();
        made.size = map_access<T>::size;
        made.insert = map_access<T>::insert;
        made.each = map_access<T>::each;
    } else {
        made.shape = scalar_shape<T>();
    }
    return made;
}

template <class T>
const type_description& describe() {
    if constexpr (std::is_enum_v<T> || std::is_aggregate_v<T>) {
        return description_of<T>();
    } else {
        static const type_description description = describe_plain<T>();
        return description;
    }
}

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T, class Member>
using member_type = std::remove_cvref_t<decltype(std::declval<T&>().*Member::pointer)>;

/// True where the table has one entry for each described member, in the same order.
template <class T, template <class...> class List, class... Members>
constexpr bool names_match(List<Members...>) {
    constexpr std::string_view names[] = {Members::name...};
    return std::ranges::equal(names, docs<T>::fields, {}, {}, &field::member);
}

/// The size of a struct of the described members: another than the real one where a member was not described
/// (unless it hides in padding).
template <class T, template <class...> class List, class... Members>
constexpr std::size_t expected_size(List<Members...>) {
    std::size_t size = 0;
    const auto put = [&size](std::size_t bytes, std::size_t alignment) {
        size = (size + alignment - 1) / alignment * alignment + bytes;
    };
    (put(sizeof(member_type<T, Members>), alignof(member_type<T, Members>)), ...);
    put(0, alignof(T));
    return size;
}

template <class T, class Member>
struct member_access {
    static void* get(void* object) { return &(static_cast<T*>(object)->*Member::pointer); }
    static const void* get_const(const void* object) {
        return &(static_cast<const T*>(object)->*Member::pointer);
    }
};

template <class T, class Member>
field_description describe_field(const field& facts, const T& defaults) {
    using value_type = member_type<T, Member>;
    field_description described;
    described.facts = facts;
    described.name = json_name_of(facts);
    described.type = &describe<value_type>();
    described.member = member_access<T, Member>::get;
    described.const_member = member_access<T, Member>::get_const;
    described.default_value = write_value(*described.type, described.const_member(&defaults));
    return described;
}

template <class T>
type_description make_structure() {
    using members = members_of<T>;
    static_assert(names_match<T>(members{}), "docs<T>::fields has one entry for each member, in order");
    static_assert(expected_size<T>(members{}) == sizeof(T), "BOOST_DESCRIBE_STRUCT names every member");
    type_description made;
    made.shape = shape::structure;
    made.name = docs<T>::name;
    made.doc = docs<T>::text;
    if constexpr (requires { docs<T>::rules; }) {
        made.rules = docs<T>::rules;
    }
    made.open = requires { docs<T>::open; };
    const T defaults{};
    const auto* facts = std::begin(docs<T>::fields);
    boost::mp11::mp_for_each<members>([&](auto member) {
        made.fields.push_back(describe_field<T, decltype(member)>(*facts++, defaults));
    });
    return made;
}

template <class Enum>
type_description make_choice() {
    type_description made;
    made.shape = shape::choice;
    made.name = docs<Enum>::name;
    made.doc = docs<Enum>::text;
    made.ordinal = [](const void* object) {
        return static_cast<std::int64_t>(*static_cast<const Enum*>(object));
    };
    made.set_ordinal = [](void* object, std::int64_t value) {
        *static_cast<Enum*>(object) = static_cast<Enum>(value);
    };
    for (const auto& one : docs<Enum>::choices) {
        made.choices.push_back(
            {.text = one.text, .doc = one.doc, .value = static_cast<std::int64_t>(one.value)}
        );
    }
    return made;
}

template <class Enum>
std::string_view text_of(Enum value) noexcept {
    for (const auto& one : docs<Enum>::choices) {
        if (one.value == value) return one.text;
    }
    return {};
}

} // namespace holdfast::crds::detail

/// Stands after BOOST_DESCRIBE_STRUCT and the `docs` of a struct, and after the structs that it has as
/// members.
#define HOLDFAST_DESCRIBED_STRUCT(T)                                                                         \
    template <>                                                                                              \
    const type_description& description_of<T>() {                                                            \
        static const type_description description = detail::make_structure<T>();                             \
        return description;                                                                                  \
    }

/// Stands after the `docs` of an enumeration; also defines its to_string.
#define HOLDFAST_DESCRIBED_ENUM(T)                                                                           \
    template <>                                                                                              \
    const type_description& description_of<T>() {                                                            \
        static const type_description description = detail::make_choice<T>();                                \
        return description;                                                                                  \
    }                                                                                                        \
    std::string_view to_string(T value) noexcept {                                                           \
        return detail::text_of(value);                                                                       \
    }
