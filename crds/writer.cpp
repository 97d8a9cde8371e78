#include "crds/described.hpp"

namespace holdfast::crds {

namespace {

json::value write_map(const type_description& type, const void* object) {
    struct context {
        const type_description* element;
        json::object made;
    } state{type.element, {}};
    type.each(object, &state, [](void* opaque, const std::string& key, const void* value) {
        auto* into = static_cast<context*>(opaque);
        into->made.emplace(key, write_value(*into->element, value));
    });
    return std::move(state.made);
}

bool is_empty(const json::value& value) noexcept {
    return value.is_null() || (value.is_object() && value.get_object().empty()) ||
           (value.is_array() && value.get_array().empty()) ||
           (value.is_string() && value.get_string().empty());
}

} // namespace

json::value write_value(const type_description& type, const void* object) {
    switch (type.shape) {
    case shape::text: return json::string{*static_cast<const std::string*>(object)};
    case shape::boolean: return *static_cast<const bool*>(object);
    case shape::integer: return *static_cast<const std::int64_t*>(object);
    case shape::duration: return json::string{static_cast<const duration*>(object)->text};
    case shape::time: return json::string{format_time(*static_cast<const timestamp*>(object))};
    case shape::int_or_text: {
        const auto& value = *static_cast<const int_or_string*>(object);
        if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
        return json::string{std::get<std::string>(value)};
    }
    case shape::any_object: return *static_cast<const json::object*>(object);
    case shape::choice: {
        const auto ordinal = type.ordinal(object);
        for (const auto& one : type.choices) {
            if (one.value == ordinal && !one.text.empty()) return json::string{one.text};
        }
        return nullptr;
    }
    case shape::structure: return write_structure(type, object);
    case shape::list: {
        json::array made;
        const auto count = type.size(object);
        made.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            made.push_back(write_value(*type.element, type.at(object, i)));
        }
        return made;
    }
    case shape::map: return write_map(type, object);
    case shape::optional:
        return type.size(object) == 0 ? json::value{} : write_value(*type.element, type.at(object, 0));
    }
    return nullptr;
}

json::object write_structure(const type_description& type, const void* object) {
    json::object made;
    for (const auto& field : type.fields) {
        const void* member = field.const_member(object);
        if (field.type->shape == shape::optional) {
            // Its presence means something, also where it is empty.
            if (field.type->size(member) > 0) made.emplace(field.name, write_value(*field.type, member));
            continue;
        }
        auto value = write_value(*field.type, member);
        const bool says_nothing = is_empty(value) || (!value.is_object() && value == field.default_value);
        if (!value.is_null() && (field.facts.required || !says_nothing)) {
            made.emplace(field.name, std::move(value));
        }
    }
    return made;
}

} // namespace holdfast::crds
