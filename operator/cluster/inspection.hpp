#pragma once

#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "kube/client.hpp"
#include "kube/discovery.hpp"
#include "sync/goes_along.hpp"
#include "sync/identity.hpp"

#include <memory>
#include <string>

// What a cluster deletes together with an object, and does not belong to the application: the API server is
// asked at the time, since nothing of it is watched.

namespace holdfast::cluster {

/// Who asks, and of whom.
struct inspection {
    /// Both outlive it. Each page of a list takes a place in `requests`.
    kube::client& api;
    async_semaphore& requests;
    /// The kinds that there are.
    std::shared_ptr<const kube::api_catalog> catalog;
    /// Its objects do not count.
    sync::application_ref application;
    /// How they are marked, and the value of the label that they have.
    sync::dialect_ref names;
    std::string installation;
};

/// What goes with the deletion of a CustomResourceDefinition or a Namespace. Asks the server as ourselves,
/// for a minute at most: whoever deploys as somebody else may see less, and the objects go all the same.
[[nodiscard]] asio::awaitable<sync::goes_along> inspect(inspection with, sync::object_id id);

} // namespace holdfast::cluster
