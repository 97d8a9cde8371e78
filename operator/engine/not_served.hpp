#pragma once

#include "crds/operation.hpp"
#include "crds/types.hpp"
#include "sync/planner.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

/// The condition of an application that asks for what this version does not do. It is not ready, however well
/// the rest is: nobody is to believe that it was done.
inline constexpr std::string_view not_served_type = "NotServed";

/// The message of that condition; empty: everything is served. `of_spec`: what of the specification is not.
/// `wanted` is null where the objects are not known (yet): then what was said `before` stays.
[[nodiscard]] std::string not_served(
    std::span<const crds::problem> of_spec, const std::vector<sync::planned_object>* wanted,
    std::string_view before
);

/// The same of what an operation asks for by itself: it is not begun then.
[[nodiscard]] std::string not_served(const crds::sync_request& asked);

} // namespace holdfast::engine
