#pragma once

#include "kube/object.hpp"

namespace holdfast::control {

/// The Applications of the API server.
extern const kube::resource application_kind;

} // namespace holdfast::control
