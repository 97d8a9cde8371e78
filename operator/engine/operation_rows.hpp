#pragma once

#include "base/error.hpp"
#include "crds/application_status.hpp"
#include "sync/planner.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// An operation is kept in the rows of status.operationState.syncResult.resources, one for each object that it
// has come to. A row says in `status` and `message` how the object stands, and in `hookPhase` what this
// operation did to it: nothing where it is absent; Succeeded where it was applied or deleted; Failed where
// that was refused; Running where it was deleted and is yet to be made anew (Force). So whoever goes on with
// the operation, after a kill or on another replica, does nothing twice.

namespace holdfast::engine {

/// What an operation has done, by object: what the planner asks for (sync::plan_input::done).
using attempts = std::map<sync::object_id, sync::attempt>;

/// The API version of a wanted object; empty where it is not wanted.
using version_lookup = std::function<std::string(const sync::object_id&)>;

/// More hooks than these are not run in one operation: each needs its row.
inline constexpr std::size_t max_hooks = 1000;

/// A user error for an operation with more hooks than `max_hooks`.
[[nodiscard]] result<void> check_hook_count(std::size_t hooks);

/// Names an attempt at an operation: its hooks' objects bear it. Another attempt runs them again.
[[nodiscard]] std::string attempt_name(const crds::operation_state& operation);

/// The rows of an operation, running or ended: of hooks all, then of objects at most as many as the status
/// may hold, failures first. What nothing was done to yet has none.
[[nodiscard]] std::vector<crds::resource_result> rows_of(
    std::span<const sync::object_report> reports, const attempts& done, const sync::hook_attempts& hooks,
    const version_lookup& version
);

/// Leaves out rows of objects beyond the status' bound, the last first; never one of a hook. Hooks come
/// first, then failures, then the others, each in the order they were in.
[[nodiscard]] std::vector<crds::resource_result> bounded_rows(const std::vector<crds::resource_result>& rows);

/// What a running operation has done, as its rows tell. Nothing for rows of another desired state than
/// `build_key` (an attempt counts only for the manifest that was tried), and for a dry run, which may be
/// repeated. `live` is what is in the cluster now: it tells an object that was deleted from one that somebody
/// made since, and what was applied and has gone is not said to be there. Rows that make no sense count for
/// nothing.
[[nodiscard]] attempts attempts_of(
    const crds::operation_state& operation, std::string_view build_key,
    std::span<const sync::planned_object> wanted, const std::map<sync::object_id, sync::live_record>& live
);

/// What became of the hooks that a running operation has begun, as its rows tell; as for attempts_of, nothing for
/// another desired state.
[[nodiscard]] sync::hook_attempts
hooks_of(const crds::operation_state& operation, std::string_view build_key);

/// The same of one that has ended, whatever it was for.
[[nodiscard]] sync::hook_attempts ended_hooks_of(const crds::operation_state& operation);

/// What the operation says of this hook's end is what `stored` says, too: it will be known after a kill.
[[nodiscard]] bool are_hooks_stored(const sync::hook_attempts& hooks, const crds::operation_state* stored);

/// For the next attempt at the same operation: takes out the rows of what failed, so that it is tried again, and those of
/// hooks, which run again.
void forget_failures(crds::operation_state& operation);

} // namespace holdfast::engine
