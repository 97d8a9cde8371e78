#pragma once

#include "base/async.hpp"
#include "kube/object.hpp"
#include "kube/pulse.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <set>
#include <unordered_map>

namespace holdfast::cluster {

/// Objects of one kind whose health check is to be run, each once, in no order. A few are kept as they
/// were told; of the others only the name, so that thousands that change at once cost no memory: these are read when it
/// is their turn. On the loop's thread.
class check_queue {
public:
    struct item {
        kube::object_name name;
        /// Null: to be read.
        std::shared_ptr<const json::object> live;
    };
    static constexpr std::size_t most_kept = 64;

    /// It is to be checked as it is now; null: as it is when its turn comes.
    void put(const kube::object_name& name, const json::object* live);
    /// It is to be checked again at that moment, if not before.
    void put_later(const kube::object_name& name, steady_clock::time_point when);
    /// It is not to be checked any more.
    void forget(const kube::object_name& name);

    /// Waits for the next one, and takes it out. Throws operation_aborted when cancelled.
    asio::awaitable<item> next();

private:
    void put_what_is_due(steady_clock::time_point now);

    std::unordered_map<kube::object_name, std::shared_ptr<const json::object>> waiting_;
    std::size_t kept_ = 0;
    /// Of each object at most one.
    std::set<std::pair<steady_clock::time_point, kube::object_name>> later_;
    std::unordered_map<kube::object_name, steady_clock::time_point> when_;
    kube::pulse changed_;
};

} // namespace holdfast::cluster
