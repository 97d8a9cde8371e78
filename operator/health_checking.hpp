#pragma once

#include "base/worker_pool.hpp"
#include "cluster/health_checks.hpp"
#include "lua/health_scripts.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace holdfast {

/// Runs the health checks of Applications, all on one thread that does nothing else: a script that takes its second
/// keeps no build waiting. On the loop's thread.
class health_checking {
public:
    /// Of a Secret a script sees what it is, and not what is in it.
    asio::awaitable<cluster::checked_health>
    run(std::string script, std::shared_ptr<const json::object> live);

private:
    lua::health_scripts scripts_;
    worker_pool pool_{1};
};

} // namespace holdfast
