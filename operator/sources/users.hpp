#pragma once

#include <string>
#include <string_view>

// What else than Applications reads from repositories, for repositories::use(): their names do not look like
// "namespace/name".

namespace holdfast::sources {

inline constexpr std::string_view set_prefix = "applicationset ";

/// An ApplicationSet, by its "namespace/name".
[[nodiscard]] inline std::string user_of_set(std::string_view key) {
    return std::string{set_prefix} + std::string{key};
}

/// The set's "namespace/name"; empty where it is no set.
[[nodiscard]] inline std::string_view set_of_user(std::string_view user) noexcept {
    return user.starts_with(set_prefix) ? user.substr(set_prefix.size()) : std::string_view{};
}

} // namespace holdfast::sources
