#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kube/client.hpp"
#include "kube/config.hpp"
#include "kube/connect.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace holdfast {

/// For commands that ask a cluster once: connects to the one that a kubeconfig names (empty: the one this runs
/// in, else as kubectl finds it), runs what `work` makes of a client there, and gives what came of it; a transient
/// error where that took longer than `limit`. `what` is as with_deadline() has it. Blocks.
template <class T, class F>
result<T> on_cluster(const std::string& kubeconfig, steady_clock::duration limit, std::string what, F work) {
    kube::config_choice choice;
    choice.path = kubeconfig;
    auto config = kube::find_config(choice, kube::config_environment::current());
    if (!config) {
        return config.error();
    }
    asio::io_context context{1};
    auto connection = kube::connect(context.get_executor(), std::move(*config));
    if (!connection) {
        return connection.error();
    }
    kube::client api{**connection};
    std::optional<result<T>> came;
    asio::co_spawn(
        context, with_deadline(limit, what, work(api)),
        [&](const std::exception_ptr& thrown, result<T> outcome) {
            came = thrown ? internal_error(what + " ended unexpectedly") : std::move(outcome);
            context.stop();
        }
    );
    context.run();
    return std::move(*came);
}

} // namespace holdfast
