#include "sets/selector.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace holdfast::sets {

namespace {

template <class Find>
bool matches_all(const crds::label_selector& selector, const Find& find) {
    const auto equals = [&](const auto& wanted) {
        const std::optional<std::string_view> value = find(wanted.first);
        return value && *value == wanted.second;
    };
    const auto meets = [&](const crds::selector_requirement& required) {
        const std::optional<std::string_view> value = find(required.key);
        const bool is_in = value && std::ranges::find(required.values, *value) != required.values.end();
        switch (required.operator_) {
        case crds::selector_operator::in: return is_in;
        case crds::selector_operator::not_in: return !is_in;
        case crds::selector_operator::exists: return value.has_value();
        case crds::selector_operator::does_not_exist: return !value.has_value();
        }
        return false;
    };
    return std::ranges::all_of(selector.match_labels, equals) &&
           std::ranges::all_of(selector.match_expressions, meets);
}

} // namespace

bool matches(const crds::label_selector& selector, const parameters& texts) {
    return matches_all(selector, [&](const std::string& name) -> std::optional<std::string_view> {
        const auto* value = texts.if_contains(name);
        if (value == nullptr || !value->is_string()) return std::nullopt;
        return std::string_view{value->get_string()};
    });
}

bool matches(const crds::label_selector& selector, const crds::string_map& labels) {
    return matches_all(selector, [&](const std::string& name) -> std::optional<std::string_view> {
        const auto at = labels.find(name);
        return at == labels.end() ? std::nullopt : std::optional<std::string_view>{at->second};
    });
}

} // namespace holdfast::sets
