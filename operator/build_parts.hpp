#pragma once

#include "base/worker_pool.hpp"
#include "charts/chart_store.hpp"
#include "kube/client.hpp"
#include "memory_plan.hpp"
#include "observe/metrics.hpp"
#include "options.hpp"
#include "sandbox/sandbox.hpp"
#include "sources/builder.hpp"
#include "sources/repositories.hpp"
#include "sources/secret_stores.hpp"
#include "sources/supplier.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>
#include <string>

namespace holdfast {

/// What makes manifests: the sandbox, the programs in it, what they read from elsewhere, the caches.
struct build_parts {
    /// What they work with; all outlive them.
    struct surroundings {
        boost::asio::any_io_executor executor;
        worker_pool& pool;
        kube::client& api;
        sources::repositories& repositories;
        observe::metrics& counters;
        /// control::builder::settings::places_per_tenant.
        std::size_t places_per_tenant = 1;
        memory_plan memory;
    };

    std::unique_ptr<sandbox::runner> sandbox;
    std::unique_ptr<charts::chart_store> charts;
    std::optional<sources::supplier> supplies;
    std::optional<sources::secret_stores> secrets;
    std::optional<sources::builder> build;

    /// Once. User errors name the option that is wrong.
    result<void> open(const surroundings& with, const operator_options& options);
    /// Evicts what is old; to be called now and then.
    boost::asio::awaitable<void> housekeeping();
};

} // namespace holdfast
