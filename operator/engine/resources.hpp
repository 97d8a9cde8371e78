#pragma once

#include "crds/application.hpp"
#include "engine/preview.hpp"
#include "sync/health.hpp"
#include "sync/live_record.hpp"
#include "sync/planner.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

/// An object that the sources want, and what there is of it.
struct wanted_member {
    /// Outlives the view.
    const sync::planned_object* plan = nullptr;
    std::string_view version;
    /// Null: it is not in the cluster.
    const sync::live_record* live = nullptr;
    /// Which fields differ, where somebody looked (sync::summary_of); and without values (sync::fields_of).
    std::string_view differs = {};
    std::string_view changes = {};
    /// Why the application may not have it; empty: it may.
    std::string_view forbidden = {};
    /// Where `live` is null: as it was found when it was looked at; null: it was not.
    const outside_object* outside = nullptr;
};

/// An object of the application that its sources do not have (any more).
struct surplus_member {
    sync::object_id id;
    std::string_view version;
    const sync::live_record* live = nullptr;
    /// Another application wants it, so that it is left to it.
    bool has_heir = false;
};

struct resource_view {
    sync::application_ref application;
    sync::sync_options options;
    std::vector<wanted_member> wanted;
    std::vector<surplus_member> surplus;
    /// How many of them the status has at most.
    std::size_t most = crds::max_status_resources;
    /// It waits for somebody to sync it, so each object says what that would do.
    bool is_previewed = false;
};

/// What the status says of the objects.
struct resource_report {
    /// At most `resource_view::most`; those that need attention first, and one of each kind before the
    /// rest, since a restart learns from it which kinds to watch.
    std::vector<crds::resource_status> resources;
    /// Of all.
    std::int64_t count = 0;
    bool in_sync = true;
    /// What is not as the sources have it, as a sentence: the first few objects, and how many more there are.
    std::string out_of_sync;
    crds::health_code health = crds::health_code::unknown;
    std::string health_message;
};

/// Compared one by one before (`planned_object::in_sync`).
[[nodiscard]] resource_report resources_of(const resource_view& view);

/// What one object, or its absence (`live` null), says of the health of the whole.
[[nodiscard]] sync::member_health
member_of(const sync::object_id& id, bool exists, bool ignored, const sync::live_record* live);

[[nodiscard]] crds::health_code to_code(sync::health_status status) noexcept;

} // namespace holdfast::engine
