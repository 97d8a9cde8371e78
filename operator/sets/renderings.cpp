#include "sets/renderings.hpp"

#include "base/hash.hpp"
#include "sets/fast_template.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace holdfast::sets {

bool has_template(std::string_view text) noexcept {
    return text.find("{{") != std::string_view::npos;
}

bool has_template(const json::value& value) noexcept {
    if (const auto* text = value.if_string()) return has_template(std::string_view{*text});
    if (const auto* list = value.if_array()) {
        return std::ranges::any_of(*list, [](const json::value& item) { return has_template(item); });
    }
    if (const auto* object = value.if_object()) {
        return std::ranges::any_of(*object, [](const auto& member) {
            return has_template(std::string_view{member.key()}) || has_template(member.value());
        });
    }
    return false;
}

template_key
renderings::key_of(const std::shared_ptr<const json::value>& value, const json::object& parameters) {
    auto& text = texts_[value];
    if (text.empty()) {
        hasher hashed;
        for (const auto& option : set_.spec.go_template_options)
            hashed.add(option);
        hashed.add(json::serialize(*value));
        text = to_hex(hashed.finish());
    }
    hasher hashed;
    hashed.add(text).add(json::serialize(parameters));
    return to_hex(hashed.finish());
}

maybe<json::value> renderings::render(
    const std::shared_ptr<const json::value>& value, const std::shared_ptr<const json::object>& with
) {
    if (!go()) {
        auto filled = fill(*value, *with);
        if (!filled) return filled.error();
        return std::optional{std::move(*filled)};
    }
    if (!has_template(*value)) return std::optional{*value};
    auto key = key_of(value, *with);
    const auto known = known_.templates.find(key);
    if (known == known_.templates.end()) {
        missing_.templates.emplace(
            std::move(key),
            template_request{.options = set_.spec.go_template_options, .value = value, .parameters = with}
        );
        return std::optional<json::value>{};
    }
    if (!known->second.error.empty()) return user_error(known->second.error);
    return std::optional{known->second.value};
}

} // namespace holdfast::sets
