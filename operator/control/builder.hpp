#pragma once

#include "base/async.hpp"
#include "crds/application_status.hpp"
#include "crds/source.hpp"
#include "git/store.hpp"
#include "kube/discovery.hpp"
#include "render/manifest.hpp"
#include "render/manifest_cache.hpp"
#include "sync/desired.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace holdfast::control {

/// One source of an application, at a commit.
struct build_input {
    crds::application_source source;
    git::snapshot snapshot;
};

/// What identifies a source's manifests: one application's part of asking about many at once.
struct source_identity {
    /// render::build_key in hexadecimal.
    std::string key;
    crds::source_type type = crds::source_type::none;
    friend bool operator==(const source_identity&, const source_identity&) = default;
};

/// An object that is wanted, with where it comes from.
struct wanted_manifest {
    sync::desired_object object;
    render::origin from;
};

/// What an application wants to be in the cluster. Immutable, shared.
struct desired_set {
    /// In the order of their ids.
    std::vector<wanted_manifest> objects;
    /// Kinds that the server did not have when this was made: a definition among the objects defines them.
    std::set<kube::group_version_kind> new_kinds;
    std::vector<std::string> warnings;

    /// Null when there is no such object.
    [[nodiscard]] const wanted_manifest* find(const sync::object_id& id) const noexcept;
};

/// Where an application's objects go and whose they are.
struct build_target {
    sync::ownership who;
    std::string namespace_;
    /// The one namespace that objects may be in, and nothing outside of namespaces; empty: no such limit.
    std::string confined_to;
};

/// Makes manifests of sources, on the pool, each build once for all who want the same.
class builder {
public:
    /// `pool` outlives it. The cache holds finished builds in memory, up to that many bytes.
    builder(asio::thread_pool& pool, std::size_t cache_bytes);

    /// What identifies each source's manifests: one reading of trees for all of them. Errors are per source:
    /// not_found for a path that is not there, user for sources that this version cannot build, conflict when
    /// the store lost an object.
    asio::awaitable<std::vector<result<source_identity>>> identify(std::vector<build_input> sources);

    /// Builds, places and prepares the objects of all `sources` (with the keys that identify() gave). Errors
    /// list everything that is wrong, with file, document and line.
    asio::awaitable<result<std::shared_ptr<const desired_set>>> build(
        std::vector<build_input> sources, std::vector<source_identity> identities, build_target target,
        std::shared_ptr<const kube::api_catalog> catalog
    );

private:
    asio::thread_pool& pool_;
    render::manifest_cache cache_;
};

} // namespace holdfast::control
