#pragma once

#include "crds/application_status.hpp"
#include "sync/desired.hpp"

#include <span>

namespace holdfast::engine {

/// What the manifests say of the images that an application runs and the URLs under which it answers: sorted,
/// each once, and as many as the status holds.
[[nodiscard]] crds::application_summary summary_of(std::span<const sync::desired_object> objects);

} // namespace holdfast::engine
