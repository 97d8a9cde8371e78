#pragma once

#include "base/timestamp.hpp"
#include "crds/application.hpp"
#include "engine/findings.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

/// What an application's conditions depend on. All of it outlives the view.
struct condition_view {
    /// Sync, health and operation as they are now; the conditions as they were.
    const crds::application_status& status;
    const findings& found;
    /// Of the build and the operation.
    std::span<const std::string> warnings;
    /// Of objects that others marked as this application's, or this application's as others'; stops nothing.
    std::string_view ownership = {};
    /// What is out of sync, as a sentence (resource_report::out_of_sync).
    std::string_view out_of_sync = {};
    std::int64_t generation = 0;
    bool deleting = false;
};

/// Of what somebody else wrote about whose an object is.
inline constexpr std::string_view ownership_type = "OwnershipWarning";

/// Of objects that no application owns, where a Project wants them told; Argo CD's name.
inline constexpr std::string_view orphans_type = "OrphanedResourceWarning";

/// The conditions: problems in Argo CD's names, Reconciling and Stalled as kstatus reads them (there while
/// they are true), and Ready. Those that stay as they are keep their time.
[[nodiscard]] std::vector<crds::condition>
conditions_of(const condition_view& view, wall_clock::time_point now);

} // namespace holdfast::engine
