#include "control/window_rulings.hpp"

#include "engine/request.hpp"
#include "policy/sync_windows.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::control {

namespace {

constexpr std::chrono::hours longest_wait{24};

} // namespace

engine::window_ruling ruling_on(
    const policy::grants& granted, const crds::application& value, wall_clock::time_point now, bool manual,
    std::optional<wall_clock::time_point> started
) {
    if (!granted.project || granted.project->windows().empty()) {
        return {};
    }
    const auto& to = value.spec.destination;
    auto said = granted.project->windows().ask(
        {.application = value.metadata.name,
         .cluster_name = to.name,
         .server = to.server,
         .namespace_ = to.namespace_},
        now, {.manual = manual, .started = started}
    );
    if (said.allowed) {
        return {};
    }
    const auto at_the_latest = now + longest_wait;
    return {
        .is_allowed = false,
        .why = std::move(said.why),
        .until = std::min(said.until.value_or(at_the_latest), at_the_latest)
    };
}

engine::window_ruling
ruling_on_running(const policy::grants& granted, const crds::application& value, wall_clock::time_point now) {
    if (!engine::is_operating(value.status)) {
        return {};
    }
    const auto& running = *value.status.operation_state;
    if (engine::request_of(running.operation).dry_run) {
        return {};
    }
    return ruling_on(granted, value, now, !engine::is_automated(running.operation), running.started_at);
}

} // namespace holdfast::control
