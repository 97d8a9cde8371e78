#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "kube/client.hpp"
#include "sources/desired_set.hpp"
#include "sync/openapi.hpp"

#include <span>
#include <string>

namespace holdfast::control {

/// What is wrong with the objects that are to be applied, by the schemas that the server has and by those
/// that definitions among the objects bring, which come first; as a sentence, empty where nothing is. Objects
/// with Validate=false are left out. `options` are those of the application and its operation.
[[nodiscard]] std::string schema_problems(
    std::span<const sync::planned_object> wanted, const sources::desired_set& objects,
    const sync::sync_options& options, const sync::schema_set& served, const sync::schema_set& brought
);

/// What is to be applied is checked as a whole before anything is: against the server's schemas, and, of
/// definitions of our own kinds, that what is stored survives the change. On the loop's thread.
class manifest_checks {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        cluster::destinations& clusters;
        /// Which of the stored objects of our own kinds there are to look after.
        kube::selection ours;
    };
    explicit manifest_checks(parts with) : with_{std::move(with)} {}

    /// A user error that names everything that is wrong; its objects have to be at hand.
    asio::awaitable<result<void>> check(record_ptr r) const;

private:
    asio::awaitable<result<void>> check_schemas(record_ptr r) const;
    asio::awaitable<result<void>> check_definitions(record_ptr r) const;

    parts with_;
};

} // namespace holdfast::control
