#pragma once

// The hooks of an operation: the part of the planner that says what the next step of a phase is. Only for planner.cpp.

#include "sync/planner.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::sync {

/// Everything that it points to is in the input.
class hook_planning {
public:
    explicit hook_planning(const plan_input& input);

    [[nodiscard]] bool has(phase during) const;
    /// The waves of the hooks of a phase.
    [[nodiscard]] std::set<std::int32_t> waves(phase during) const;
    /// Hooks of that phase need this object before they can be made: their Namespace, or the definition of their kind.
    [[nodiscard]] bool need(phase during, const planned_object& wanted) const;
    /// What is to be done for the hooks of a wave before one waits for any: nothing where all have begun.
    [[nodiscard]] std::optional<step> begin(phase during, std::optional<std::int32_t> wave) const;
    /// Waits for those that run; fails where one has; nothing where all have succeeded.
    [[nodiscard]] std::optional<step> await(phase during, std::optional<std::int32_t> wave) const;
    /// A hook of that phase has begun.
    [[nodiscard]] bool has_begun(phase during) const;
    /// See plan::hooks.
    [[nodiscard]] std::vector<std::pair<hook_key, hook_attempt>> begun() const;

private:
    enum class stand : std::uint8_t { to_clear, leaving, to_make, running, succeeded, failed };
    struct task {
        hook_key key;
        const planned_object* wanted = nullptr;
        const live_record* live = nullptr;
        propagation dependents = propagation::foreground;
        stand is = stand::to_make;
        /// Set from `running` on.
        hook_attempt attempt;
    };
    void judge(task& t, const plan_input& input) const;
    [[nodiscard]] std::vector<const task*> of(phase during, std::optional<std::int32_t> wave) const;

    /// In the order of the operation.
    std::vector<task> tasks_;
};

} // namespace holdfast::sync
