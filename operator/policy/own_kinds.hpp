#pragma once

#include "kube/resource.hpp"

namespace holdfast::policy {

/// Our own kinds, as the API server has them.
[[nodiscard]] const kube::resource& application_kind();
[[nodiscard]] const kube::resource& project_kind();
[[nodiscard]] const kube::resource& repository_kind();
[[nodiscard]] const kube::resource& application_set_kind();

} // namespace holdfast::policy
