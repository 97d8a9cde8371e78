#pragma once

#include "crds/application.hpp"
#include "crds/project.hpp"

#include <cstdint>
#include <string_view>

namespace holdfast::crds {

/// Which API an Application is of. Both have the same fields in their specifications and operations; the
/// statuses differ (argoproj_status.hpp), and how strictly an object is read.
enum class application_api : std::uint8_t {
    /// Ours.
    holdfast_dev,
    /// Argo CD's, of any of its versions.
    argoproj_io,
};

/// "argoproj.io".
[[nodiscard]] std::string_view group_of(application_api api) noexcept;
/// "argoproj.io/v1alpha1".
[[nodiscard]] std::string_view api_version_of(application_api api) noexcept;

/// Reads an Application as the API server gives it. Of Argo CD's: what is not known of its specification is
/// among `unknown_fields` and stays in the object; what of its status cannot be read, or says nothing to us, is
/// passed over; a retry without a limit has none; `metadata.generation` is a number that changes with what is
/// asked for alone, since the server counts our own statuses, too; and the annotation by which Argo CD's own
/// controller is told to leave it alone is not for us, and left out.
[[nodiscard]] reading<application> examine_application(const json::object& object, application_api api);

/// Reads a Project, or Argo CD's AppProject, of which nothing but what it permits is read.
[[nodiscard]] reading<project> examine_project(const json::object& object, application_api api);

/// By it Argo CD's own controller is told to leave an Application alone: "true".
inline constexpr std::string_view argocd_skip_annotation = "argocd.argoproj.io/skip-reconcile";

} // namespace holdfast::crds
