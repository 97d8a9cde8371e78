#pragma once

#include "base/async.hpp"
#include "sets/generate.hpp"
#include "sets/render_templates.hpp"
#include "sets_control/plan.hpp"
#include "sets_control/trees.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::sets_control {

/// What a set stands for, and what that was made of.
struct made_set {
    /// Of the set that it was made of.
    std::string uid;
    std::int64_t generation = 0;

    /// As plan_facts has them, in the order of the generators; and which generator each is of.
    std::shared_ptr<const std::vector<wanted_application>> wanted;
    std::shared_ptr<const std::vector<std::size_t>> generators;
    std::vector<sets::generator_failure> failures;
    std::vector<std::string> warnings;
    std::set<sets::tree_id> trees;
    bool depends_on_clusters = false;
    /// Some tree could not be read, which may pass.
    bool may_come = false;

    /// What it was made of: the commits, by which nothing need be looked at; what was read of them, by which
    /// nothing need be generated; which files that was.
    std::map<sets::tree_id, std::string> commits;
    std::map<sets::tree_id, std::set<std::string>> files;
    std::string read;
    std::string clusters;
};

/// Fills in Go templates, as sets::render_templates does.
using renderer =
    std::function<asio::awaitable<result<sets::renderings_by_key>>(sets::template_requests wanted)>;

/// Has the Applications of sets generated: finds out what that needs, as often as it asks for more. On the
/// loop's thread; what takes time with the size of a set is done on the pool.
class generating {
public:
    struct parts {
        trees& repositories;
        worker_pool& pool;
        /// Which clusters there are, as Applications of a namespace may name them. Error: why nobody knows yet;
        /// clusters_changed() is called when it is known.
        std::function<result<std::vector<sets::cluster_facts>>(const std::string& namespace_)> clusters;
        /// Fills in Go templates, all of them in one run; empty where that is not installed.
        renderer render;
        /// Other than the usual one: Applications get it as their label.
        std::string installation;
    };
    /// All outlive it.
    explicit generating(parts with) : with_{std::move(with)} {}

    /// What a set stands for now. `last`, which may be null, is given back where nothing that it was made of
    /// has changed. `reads` is told which trees are read before they are: to be told when they move.
    asio::awaitable<std::shared_ptr<const made_set>> make(
        std::shared_ptr<const crds::application_set> set, std::shared_ptr<const made_set> last,
        std::function<void(const std::set<sets::tree_id>&)> reads
    );

private:
    asio::awaitable<bool> is_at_the_same_commits(std::string namespace_, const made_set& last);
    parts with_;
};

/// The URLs that the set itself names, in generators of any depth, not those that come of parameters.
[[nodiscard]] std::set<std::string> urls_named_by(const crds::application_set_spec& spec);

} // namespace holdfast::sets_control
