#pragma once

#include <span>
#include <string_view>

namespace holdfast::argocd {

/// What becomes of a setting or a feature of Argo CD.
enum class treatment {
    honoured,
    /// It is there, in another way, or has to be said in another place; `note` says how.
    differently,
    /// Nothing of what is deployed depends on it.
    not_needed,
    /// It is not done, and what is deployed depends on it: whoever uses it has to decide before he moves.
    missing,
};

/// As docs/migration.md and the output of `holdfast takeover check` have it.
[[nodiscard]] std::string_view to_string(treatment what) noexcept;

/// One row of the table of docs/migration.md.
struct setting {
    /// The name of one of Argo CD's ConfigMaps, "argocd-secret", "repository Secret", "cluster Secret", or
    /// "feature".
    std::string_view object;
    /// A '*' stands for any part of a key that is not empty.
    std::string_view key;
    treatment how = treatment::missing;
    /// What there is in its place, or what becomes of it; begins in lower case.
    std::string_view note;
};

/// All rows, in the order of the page. Live for ever.
[[nodiscard]] std::span<const setting> settings() noexcept;

/// The row for a key of an object; null where nobody knows the key. One that names the key exactly goes
/// before a pattern.
[[nodiscard]] const setting* find_setting(std::string_view object, std::string_view key) noexcept;

/// The key that a mistyped one most likely meant; empty where none is near, and for a key that is known.
[[nodiscard]] std::string_view meant_setting(std::string_view object, std::string_view key);

} // namespace holdfast::argocd
