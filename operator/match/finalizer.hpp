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

/// On an Application whose desired state has hooks of its deletion: the hooks of that phase have yet to run. The last one
/// keeps it until their objects are as their delete policies say.
inline constexpr std::string_view pre_delete_finalizer = "holdfast.dev/pre-delete-finalizer";
inline constexpr std::string_view post_delete_finalizer = "holdfast.dev/post-delete-finalizer";
inline constexpr std::string_view hook_cleanup_finalizer = "holdfast.dev/hook-cleanup-finalizer";

/// Whether a finalizer is one of these three.
[[nodiscard]] bool is_hook_finalizer(std::string_view finalizer) noexcept;

/// What is next in the end of an application. Each stage ends with the removal of its finalizer, so whoever goes on after
/// a kill begins where it was.
enum class deletion_stage {
    others,      ///< no finalizer of ours is left
    pre_delete,  ///< its PreDelete hooks run
    objects,     ///< its objects go, or are left: `ending_of`
    post_delete, ///< its PostDelete hooks run
    clean_up,    ///< the objects of these hooks go, or stay
};
[[nodiscard]] deletion_stage stage_of(const std::vector<std::string>& finalizers) noexcept;

/// An Application's finalizers as they are to be with hooks of these phases; the others stay in their places.
[[nodiscard]] std::vector<std::string>
with_hook_finalizers(const std::vector<std::string>& finalizers, bool has_pre_delete, bool has_post_delete);

/// Why nobody will ever take this finalizer away from an Application, and which one was meant if that can be
/// told: a misspelled one, one of our domain that is none of ours, one that Argo CD serves on its own kind.
/// Empty where it is ours, or may be somebody's.
[[nodiscard]] std::string why_unserved(std::string_view finalizer);

} // namespace holdfast::match
