#pragma once

#include "base/async.hpp"
#include "kube/object.hpp"
#include "sync/health.hpp"
#include "sync/identity.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace holdfast::cluster {

/// What a health check said of an object.
struct checked_health {
    sync::health verdict;
    /// Where it could not be run now: when it is worth another try, though the object does not change.
    std::optional<steady_clock::duration> again_in = std::nullopt;
};

/// The health checks that Applications bring for kinds, in place of what Holdfast knows of these. Both are called on
/// the loop's thread, and do not throw.
struct health_checks {
    /// The script of an application, which is deployed to that cluster (destination::settings::id), for a kind; null
    /// where it has none. Valid until the next turn of the loop.
    std::function<const std::string*(
        const std::string& cluster, const sync::application_ref& owner, const kube::group_kind& kind
    )>
        of =
            [](const std::string&, const sync::application_ref&, const kube::group_kind&) { return nullptr; };
    /// Runs a script on an object, away from the loop.
    std::function<
        asio::awaitable<checked_health>(std::string script, std::shared_ptr<const json::object> live)>
        run;
};

} // namespace holdfast::cluster
