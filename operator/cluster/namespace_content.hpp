#pragma once

#include "kube/client.hpp"
#include "kube/discovery.hpp"
#include "kube/resource.hpp"
#include "sync/dialect.hpp"
#include "sync/identity.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// What there is in a namespace beside what applications made: asked for where a Project wants its orphans told.

namespace holdfast::cluster {

/// An object that no other object owns.
struct loose_object {
    sync::object_id id;
    /// The Application that it is marked as belonging to, which may be gone.
    std::optional<sync::application_ref> owner;

    bool operator==(const loose_object&) const = default;
};

struct namespace_content {
    /// Those without ownerReferences, in the order of their kinds.
    std::vector<loose_object> objects;
    /// There are more than were read.
    bool is_cut = false;
    /// Kinds that could not be listed: what is said of the others holds all the same.
    std::vector<std::string> unlisted;
};

/// The kinds that are looked through: those in namespaces that can be listed and deleted, each in the version that
/// the server prefers; without Events, Leases and the endpoints of Services, which the cluster makes and drops itself,
/// and without Holdfast's own.
[[nodiscard]] std::vector<kube::resource> kinds_in_namespaces(const kube::api_catalog& catalog);

/// Lists the kinds in a namespace, one after the other, in pages of metadata; at most `most` objects. `api` outlives it.
[[nodiscard]] boost::asio::awaitable<namespace_content> read_namespace(
    kube::client& api, std::vector<kube::resource> kinds, std::string namespace_, sync::dialect_ref names,
    std::size_t most = 20'000
);

} // namespace holdfast::cluster
