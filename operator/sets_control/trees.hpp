#pragma once

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "git/snapshot.hpp"
#include "sets/generate.hpp"
#include "sources/repositories.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace holdfast::sets_control {

/// One tree at one moment: what generators know of it, and what it is.
struct seen_tree {
    /// The commit; empty where it could not be had, for which `known.error` has the reason.
    std::string commit;
    git::snapshot at;
    sets::known_tree known;
    /// Of the paths; two trees with equal ones have the same files, whatever is in them.
    std::string listing;
    /// It may be had later without anybody's doing.
    bool may_come = false;
};

using seen_trees = std::map<sets::tree_id, seen_tree>;

/// Reads trees for generators, with the credentials and by the rules that an Application of the set's
/// namespace has. On the loop's thread; files are read on the pool.
class trees {
public:
    /// Files in one tree, and bytes of one file.
    struct limits {
        std::size_t files = 200'000;
        std::size_t file_bytes = std::size_t{4} << 20U;
    };

    /// Both outlive it.
    trees(sources::repositories& sources, worker_pool& pool, limits most)
        : sources_{sources}, pool_{pool}, most_{most} {}

    /// The commit that it means now; by the last listing of refs.
    asio::awaitable<result<git::resolved_revision>> resolve(std::string namespace_, sets::tree_id id);
    /// Its paths.
    asio::awaitable<seen_tree> list(std::string namespace_, sets::tree_id id);
    /// The contents of some of its files, into `known`.
    asio::awaitable<void>
    read(std::string namespace_, sets::tree_id id, seen_tree& tree, std::set<std::string> files);

private:
    sources::repositories& sources_;
    worker_pool& pool_;
    limits most_;
};

/// Identifies everything that is known of trees: their paths and what was read of them.
[[nodiscard]] std::string identity_of(const seen_trees& all);

} // namespace holdfast::sets_control
