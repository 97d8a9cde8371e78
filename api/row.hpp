#pragma once

#include "crds/application.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

/// What people see and do by the page: docs/page.md.
namespace holdfast::api {

/// How soon a person should look at an application. In the order of the list.
enum class urgency {
    /// It failed, or waits for a person.
    broken,
    /// Something of it is missing, or nobody knows how it is.
    uncertain,
    /// It is not what its sources say.
    differs,
    /// Something is under way.
    busy,
    fine
};

/// Which Application.
struct application_name {
    std::string namespace_;
    std::string name;

    friend auto operator<=>(const application_name&, const application_name&) = default;
};

/// An Application in the list.
struct row {
    application_name id;
    std::string project;
    crds::sync_code sync = crds::sync_code::unknown;
    crds::health_code health = crds::health_code::unknown;
    /// As people say it, of the last comparison.
    std::string revision;
    /// Of the first source: where it is, and the path or the chart.
    std::string repository;
    std::string path;
    /// The name of the cluster, or its address.
    std::string cluster;
    /// The namespace of the destination.
    std::string into;
    /// Of the operation that runs or ran last: "Succeeded"; empty where there was none.
    std::string phase;
    /// When that ended.
    std::optional<crds::timestamp> finished;
    bool automated = false;
    bool suspended = false;
    /// Why it is not ready, in a word and in a sentence; empty where it is.
    std::string reason;
    std::string message;
    urgency how_urgent = urgency::fine;

    bool operator==(const row&) const = default;
};

[[nodiscard]] row row_of(const crds::application& one);
[[nodiscard]] urgency urgency_of(const crds::application& one);

/// As the list and its changes say it in JSON.
[[nodiscard]] crds::json::object write(const row& one);

} // namespace holdfast::api
