#include "match/sync_option.hpp"

#include "base/trim.hpp"
#include "match/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace holdfast::match {

namespace {

constexpr std::array<std::string_view, 3> removals{"true", "false", "confirm"};
constexpr std::array<std::string_view, 3> propagations{"foreground", "background", "orphan"};

error unknown(std::string_view text, std::string_view name, std::string_view value) {
    std::vector<std::string_view> names;
    for (const auto& one : sync_options) {
        if (!one.is_retired) names.push_back(one.name);
    }
    const auto meant = nearest(name, names);
    const auto hint = meant.empty()
                          ? std::string{}
                          : fmt::format("; did you mean {}?", shown(fmt::format("{}={}", meant, value)));
    return user_error(fmt::format("unknown option {}{}", shown(text), hint));
}

} // namespace

std::span<const std::string_view> values_of(option_values values) noexcept {
    switch (values) {
    case option_values::flag: return std::span{removals}.first(2);
    case option_values::removal: return removals;
    case option_values::propagation: return propagations;
    }
    return {};
}

std::string given_option::not_served() const {
    if (option == nullptr || option->not_served_value.empty() || value != option->not_served_value) return {};
    return fmt::format("{}={} is not served by this version: {}", option->name, value, option->instead);
}

std::string given_option::retired() const {
    if (option == nullptr || !option->is_retired) return {};
    return fmt::format("{} has no effect any more; take it out", option->name);
}

result<given_option> read_sync_option(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        return user_error(
            fmt::format("must be a name and a value such as CreateNamespace=true, is {}", shown(text))
        );
    }
    const auto name = trimmed(text.substr(0, equals));
    const auto value = trimmed(text.substr(equals + 1));
    const auto* option = std::ranges::find(sync_options, name, &sync_option::name);
    if (option == sync_options.end()) return unknown(trimmed(text), name, value);
    const auto values = values_of(option->values);
    const auto known = std::ranges::find(values, value);
    if (known != values.end()) return given_option{option, *known};
    const auto all_but_last = values.first(values.size() - 1);
    return user_error(fmt::format(
        "{} must be {} or {}, is {}", name, fmt::join(all_but_last, ", "), values.back(), shown(value)
    ));
}

} // namespace holdfast::match
