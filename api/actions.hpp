#pragma once

#include "api/access.hpp"
#include "crds/application.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::api {

enum class action { sync, refresh, terminate };

[[nodiscard]] std::string_view to_string(action what) noexcept;

/// The right that kubectl needs for the same.
[[nodiscard]] right right_for(action what, const application_name& of);

/// What is written to an Application: a merge patch, as kubectl's users write it.
struct change {
    crds::json::object patch;
    /// Of the status, else of the object.
    bool of_status = false;
    /// What the object is then; the same as before for a change of the status.
    crds::application then;
};

/// Why an action is not possible now: an operation runs that would be in its way, or none that it could end; as a
/// sentence. Empty: it is possible.
[[nodiscard]] std::string in_the_way(action what, const crds::application& of);

/// The change for an action that a request's body says more about, "" or an object:
/// sync {revision, prune, dryRun}, refresh {hard}, terminate {}. User errors name the field.
[[nodiscard]] result<change>
change_for(action what, const crds::application& of, std::string_view body, const std::string& user);

/// What people are told of it, for a log and an event.
struct told_action {
    /// "SyncRequested".
    std::string reason;
    /// "alice@example.com asks for a sync of the revision v1.2"; at most as long as an event's note may be.
    std::string note;
};
[[nodiscard]] told_action tell(action what, const change& made, const std::string& user);

} // namespace holdfast::api
