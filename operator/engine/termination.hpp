#pragma once

#include "crds/application_status.hpp"

#include <optional>
#include <string_view>

// Ending an operation on request: somebody sets status.operationState.phase to Terminating.

namespace holdfast::engine {

/// The message of an operation that was ended on request.
inline constexpr std::string_view terminated_message = "Operation terminated";

/// It runs, and is to end.
[[nodiscard]] bool is_terminating(const std::optional<crds::operation_state>& operation) noexcept;

/// Whether two states are of one operation: stored times have whole seconds.
[[nodiscard]] bool
is_same_operation(const crds::operation_state& one, const crds::operation_state& other) noexcept;

/// Whether a status as somebody else wrote it (`told`) asks for the end of the operation that runs here. Not
/// where it is about an operation before that.
[[nodiscard]] bool asks_to_terminate(
    const std::optional<crds::operation_state>& ours, const std::optional<crds::operation_state>& told
) noexcept;

} // namespace holdfast::engine
