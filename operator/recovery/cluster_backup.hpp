#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kube/client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace holdfast::recovery {

struct backup_settings {
    std::string own_namespace;
    /// Only Applications and Repositories here; empty: of all namespaces.
    std::string watch_namespace;
};

/// Reads what backup_of() makes its objects of, and gives these. Changes nothing in the cluster. Errors:
/// those of the API server, with what was read.
asio::awaitable<result<std::vector<boost::json::object>>>
read_backup(kube::client& api, backup_settings settings);

} // namespace holdfast::recovery
