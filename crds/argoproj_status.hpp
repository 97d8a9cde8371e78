#pragma once

#include "crds/application.hpp"

#include <boost/json/object.hpp>

#include <string_view>

/// An Application's status in the words and the order of Argo CD, for those who read it there.
namespace holdfast::crds {

/// What such a status is made of. All of it outlives the view.
struct argoproj_status_view {
    /// Its status is what is to be said.
    const application& value;
    /// The status that the object has; a condition that says the same as there keeps its time.
    const json::object& before;
    /// status.controllerNamespace.
    std::string_view controller_namespace;
    timestamp now;
    /// Somebody has asked for a comparison, which was made: that is told even where nothing else is new.
    bool is_refreshed = false;
};

/// The fields that Argo CD's controller writes, all of them, with the empty structures that it writes, too;
/// lists sorted as there. `reconciledAt` stays as it was where nothing else differs.
[[nodiscard]] json::object argoproj_status(const argoproj_status_view& view);

/// The merge patch of the object's status that makes `before` say what `wanted` (of argoproj_status) says. Fields
/// that other versions have stay; where something of `operationState` differs it is written as a whole, and what
/// it does not have is taken away, whoever wrote it meanwhile. Empty where nothing differs.
[[nodiscard]] json::object argoproj_status_patch(const json::object& before, const json::object& wanted);

} // namespace holdfast::crds
