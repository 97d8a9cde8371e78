#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

/// What becomes of an application's objects at its end, as its finalizers say.
enum class ending {
    others,     ///< no finalizer of ours: it is not for us to end it
    orphan,     ///< they stay
    foreground, ///< they go, and their dependents first
    background, ///< they go, and their dependents after them
};

/// Ours, and the names that applications written for Argo CD have.
[[nodiscard]] ending ending_of(const std::vector<std::string>& finalizers) noexcept;

/// Whether a finalizer is one by which an application takes its objects with it.
[[nodiscard]] bool is_resources_finalizer(std::string_view finalizer) noexcept;

} // namespace holdfast::engine
