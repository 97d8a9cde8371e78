#pragma once

#include "crds/application_api.hpp"
#include "kube/resource.hpp"

namespace holdfast::policy {

/// Our own kinds, as the API server has them.
[[nodiscard]] const kube::resource& application_kind();
[[nodiscard]] const kube::resource& project_kind();
[[nodiscard]] const kube::resource& repository_kind();
[[nodiscard]] const kube::resource& application_set_kind();

/// Applications of one or the other API.
[[nodiscard]] const kube::resource& application_kind(crds::application_api api);
/// Argo CD's Projects.
[[nodiscard]] const kube::resource& app_project_kind();

} // namespace holdfast::policy
