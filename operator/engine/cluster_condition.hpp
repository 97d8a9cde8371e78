#pragma once

#include "crds/application.hpp"

#include <optional>
#include <string>
#include <string_view>

// What an application's conditions say of the cluster that it is deployed to, where that is not the operator's own.
// They are also where it is written down which cluster that was: it outlives the process.

namespace holdfast::engine {

/// The condition of an application in another cluster. Its message begins with the cluster.
inline constexpr std::string_view cluster_type = "ClusterReachable";
/// The condition of an application whose objects are still in a cluster that it is not deployed to any more.
inline constexpr std::string_view left_behind_type = "ObjectsLeftBehind";
/// Whoever has dealt with them gives the Application this annotation, with any value.
inline constexpr std::string_view forget_left_behind = "holdfast.dev/forget-left-behind";

/// The cluster that an application was deployed to when it was looked at last, as its status has it: empty, the
/// operator's own; nothing where it was never looked at.
[[nodiscard]] std::optional<std::string> cluster_of(const crds::application_status& status);

/// Writes down that it is deployed to `cluster` now (empty: the operator's own).
void note_cluster(
    crds::application_status& status, const std::string& cluster, std::int64_t generation,
    wall_clock::time_point now
);
/// That its cluster is not to be had, where it was reached before: `why` is a sentence.
void note_cluster_away(
    crds::application_status& status, const std::string& reason, const std::string& why,
    std::int64_t generation, wall_clock::time_point now
);

/// What is to be said once the application is deployed to `now` and no more to `before`, where the status tells of objects;
/// nothing where there is nothing to say. What was left in `now` earlier is its own again.
void note_move(
    crds::application& a, const std::string& before, const std::string& now, wall_clock::time_point time
);

} // namespace holdfast::engine
