#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "kube/client.hpp"

namespace holdfast::control {

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
