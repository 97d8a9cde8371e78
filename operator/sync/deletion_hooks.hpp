#pragma once

// PreDelete and PostDelete hooks: objects that run once when their application is deleted, before its objects go, or
// after. Their manifests are kept apart from the sources, since a deletion needs no repository.

#include "base/error.hpp"
#include "sync/desired.hpp"
#include "sync/hooks.hpp"
#include "sync/planner.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

/// A hook of one of the two phases.
struct deletion_hook {
    phase during = phase::pre_delete;
    object_id id;
    kube::group_version_kind kind;
    /// As it is applied, but for what marks its run.
    json::object manifest;
};

/// The hooks among the objects of a desired state, in the order of their ids. One of both phases is there twice.
[[nodiscard]] std::vector<deletion_hook> deletion_hooks_of(std::span<const desired_object> objects);

/// Hooks as a text that `read_deletion_hooks` reads; equal hooks give equal texts.
[[nodiscard]] std::string to_text(std::span<const deletion_hook> hooks);
/// A user error where the text is not what `to_text` makes.
[[nodiscard]] result<std::vector<deletion_hook>> read_deletion_hooks(std::string_view text);

/// Names the run of a phase's hooks in the deletion of the application with this uid.
[[nodiscard]] std::string deletion_run(std::string_view application_uid, phase during);

struct deletion_hook_input {
    application_ref application;
    std::string uid; ///< of the application
    phase during = phase::pre_delete;
    std::span<const deletion_hook> hooks;
    /// What is in the cluster under the names of these.
    std::map<object_id, live_record> live;
    /// A hook that failed long enough ago is run again.
    bool is_retry_due = false;
};

/// What to do next for the hooks of a phase; where all members are empty, they have succeeded.
struct deletion_hook_plan {
    /// To be applied, with the mark of the run.
    std::vector<const deletion_hook*> to_make;
    /// To be deleted: what an earlier application left, and what failed and is to run again.
    std::vector<prune_action> to_clear;
    /// What is waited for, as a sentence.
    std::string waiting;
    /// What failed, as a sentence.
    std::string failure;
    /// A hook has failed, and runs again when the retry is due.
    bool is_to_retry = false;
};

/// All hooks of the phase run side by side. Failures are told when none runs any more.
[[nodiscard]] deletion_hook_plan next_deletion_hooks(const deletion_hook_input& input);

} // namespace holdfast::sync
