#pragma once

// Hooks: objects that run once in an operation, before (PreSync), with (Sync) or after (PostSync) what is applied,
// or when that failed (SyncFail). A hook's object bears the run that it was made for (`run_annotation`) and a
// finalizer of ours, so it cannot vanish before its result was read. That it is there is the proof that it was
// made, and the rows of the operation's status keep what came of it: so a hook never runs twice in one attempt at an
// operation, wherever the operator is killed.

#include "sync/annotations.hpp"
#include "sync/identity.hpp"
#include "sync/live_record.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace holdfast::sync {

/// On the object of a hook until its operation has ended. Argo CD's: either lets go of what the other one left.
inline constexpr std::string_view hook_finalizer = "argocd.argoproj.io/hook-finalizer";

/// On the object of a hook: the run that it was made for (`hook_run`).
inline constexpr std::string_view run_annotation = "holdfast.dev/hook-run";

/// A hook in one of its phases.
struct hook_key {
    phase during = phase::sync;
    object_id id;

    friend auto operator<=>(const hook_key&, const hook_key&) = default;
    friend bool operator==(const hook_key&, const hook_key&) = default;
};

/// How far a hook is that this operation has begun.
enum class hook_state : std::uint8_t { running, succeeded, failed };

struct hook_attempt {
    hook_state state = hook_state::running;
    /// It could not even be made.
    bool is_refused = false;
    std::string message;

    friend bool operator==(const hook_attempt&, const hook_attempt&) = default;
};
using hook_attempts = std::map<hook_key, hook_attempt>;

/// Names the run of the hooks of a phase: `operation` is an attempt at an operation ("1764547200-0").
[[nodiscard]] std::string hook_run(std::string_view operation, phase during);

/// Makes the manifest of a hook's object for a run: with the annotation that says so, and our finalizer.
void mark_hook(json::object& manifest, std::string_view run);

/// How a record names the run that its object was made for.
[[nodiscard]] std::uint32_t run_key(std::string_view run) noexcept;

/// What the health of a hook's object says of the hook.
[[nodiscard]] hook_attempt judge_hook(const live_record& live);

/// What to do with the object of a hook when its operation has ended.
enum class hook_rest : std::uint8_t {
    stays,  ///< as it is
    freed,  ///< it stays, without our finalizer
    deleted ///< it is deleted, and our finalizer taken off
};

/// `attempt` is what the ended operation says of the hook, null where it says nothing; `is_of_it`: the object was
/// made by that operation. What runs on although its operation is over is deleted.
[[nodiscard]] hook_rest rest_of(const live_record& live, const hook_attempt* attempt, bool is_of_it);

} // namespace holdfast::sync
