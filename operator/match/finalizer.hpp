#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::match {

/// What becomes of an application's objects at its end, as its finalizers say.
enum class ending {
    others,     ///< no finalizer of ours: it is not for us to end it
    orphan,     ///< they stay
    foreground, ///< they go, and their dependents first
    background, ///< they go, and their dependents after them
};

/// Ours, and the names that applications written for Argo CD have. Of several the last one holds.
[[nodiscard]] ending ending_of(const std::vector<std::string>& finalizers) noexcept;

/// Whether a finalizer is one by which an application takes its objects with it, or leaves them.
[[nodiscard]] bool is_resources_finalizer(std::string_view finalizer) noexcept;

/// Why nobody will ever take this finalizer away from an Application, and which one was meant if that can be
/// told: a misspelled one, one of our domain that is none of ours, one that Argo CD serves on its own kind.
/// Empty where it is ours, or may be somebody's.
[[nodiscard]] std::string why_unserved(std::string_view finalizer);

} // namespace holdfast::match
