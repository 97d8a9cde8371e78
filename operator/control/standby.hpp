#pragma once

#include "base/async.hpp"
#include "control/application_index.hpp"
#include "control/application_sources.hpp"
#include "runtime/work_queue.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace holdfast::control {

/// Has ready what applications are made of (commits, bases, charts, files), while another replica leads: when
/// that one dies and a Git host is away, what is deployed is held all the same. Nothing is built. On the
/// loop's thread.
class standby {
public:
    /// All outlive it.
    struct parts {
        application_index& applications;
        application_sources& sources;
        /// Whether the Repositories and Applications are all known.
        std::function<bool()> knows_all;
    };
    standby(asio::any_io_executor executor, parts with);

    /// The leader brought this application elsewhere than before, or it is new, or another one.
    void prepare(const std::string& key) { queue_.add(key); }
    void forget(const std::string& key);
    /// This replica leads, or ends.
    asio::awaitable<void> end();

private:
    asio::awaitable<void> prepare_now(std::string key);

    parts with_;
    std::map<std::string, std::uint32_t> failures_; // in a row, by application
    runtime::work_queue queue_;
};

} // namespace holdfast::control
