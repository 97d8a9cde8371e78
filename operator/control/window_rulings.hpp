#pragma once

#include "base/async.hpp"
#include "crds/application.hpp"
#include "engine/decide.hpp"
#include "policy/grants.hpp"

namespace holdfast::control {

/// What the sync windows of an application's Project say at `now` to an operation of that kind: `manual` where
/// somebody asks for it; `started` where it runs already, since then. Allowed where there are none. What is
/// forbidden is asked about again after a day at the latest: clocks are put right, and a change may be out of sight.
[[nodiscard]] engine::window_ruling ruling_on(
    const policy::grants& granted, const crds::application& value, wall_clock::time_point now, bool manual,
    std::optional<wall_clock::time_point> started = {}
);

/// The same of the operation that its status describes; of a dry run, and where none runs: allowed.
[[nodiscard]] engine::window_ruling
ruling_on_running(const policy::grants& granted, const crds::application& value, wall_clock::time_point now);

} // namespace holdfast::control
