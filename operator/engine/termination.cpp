#include "engine/termination.hpp"

#include <chrono>

namespace holdfast::engine {

bool is_terminating(const std::optional<crds::operation_state>& operation) noexcept {
    return operation && operation->phase == crds::operation_phase::terminating;
}

bool is_same_operation(const crds::operation_state& one, const crds::operation_state& other) noexcept {
    const auto second = [](const crds::operation_state& of) {
        return std::chrono::floor<std::chrono::seconds>(of.started_at);
    };
    return second(one) == second(other);
}

bool asks_to_terminate(
    const std::optional<crds::operation_state>& ours, const std::optional<crds::operation_state>& told
) noexcept {
    return ours && ours->phase == crds::operation_phase::running && is_terminating(told) &&
           is_same_operation(*ours, *told);
}

} // namespace holdfast::engine
