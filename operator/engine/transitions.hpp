#pragma once

#include "crds/application.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::engine {

/// Something about an application is otherwise than before, and people are told: by an event of the object.
struct transition {
    bool is_warning = false;
    /// One word, by which events are filtered: "OperationFailed".
    std::string reason;
    /// What was being done: "Sync".
    std::string action;
    std::string note;

    bool operator==(const transition&) const = default;
};

/// An operation that ran and does so no more.
struct ended_operation {
    crds::operation_phase phase = crds::operation_phase::failed;
    std::chrono::milliseconds took{};
    std::string revision;
    std::string message;
};

struct transitions {
    std::vector<transition> told;
    std::optional<ended_operation> ended;
};

/// What became of an application between two statuses: operations that ended or are tried again, problems,
/// health. A status that was never written (generation 0) tells nothing of health.
[[nodiscard]] transitions
transitions_of(const crds::application_status& before, const crds::application_status& now);

} // namespace holdfast::engine
