#pragma once

#include "base/async.hpp"
#include "base/task_group.hpp"
#include "base/worker_pool.hpp"
#include "cluster/control_plane.hpp"
#include "http/client.hpp"
#include "kube/client.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace holdfast::kube {

using namespace std::chrono_literals;

/// One control plane for all tests of this program: the first who needs it starts it.
test::control_plane& shared_cluster();

/// A client of it, on a loop of its own.
struct clustered {
    asio::io_context context;
    worker_pool pool{2};
    test::control_plane& cluster = shared_cluster();
    std::unique_ptr<http::client> connection = connected();
    client api{*connection};

    std::unique_ptr<http::client> connected();

    template <class T>
    T run(asio::awaitable<T> task, std::chrono::seconds limit = 60s) {
        return test::run(context, std::move(task), limit);
    }
    void run(asio::awaitable<void> task, std::chrono::seconds limit = 60s) {
        test::run(context, std::move(task), limit);
    }

    /// What blocks (killing, starting), while the loop goes on.
    asio::awaitable<void> away(std::function<void()> work) { co_await on_pool(pool, std::move(work)); }

    /// A namespace of this test's own.
    std::string make_namespace(const std::string& name);
};

/// Looks until it holds; false when it does not within the time.
asio::awaitable<bool> eventually(std::function<bool()> condition, std::chrono::milliseconds within = 30s);

json::object config_map(std::string_view ns, std::string_view name, std::string_view value = "1");

} // namespace holdfast::kube
