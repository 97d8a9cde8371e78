#pragma once

#include "base/keyed_sets.hpp"
#include "base/task_group.hpp"
#include "cluster/cluster_register.hpp"
#include "cluster/destination.hpp"
#include "cluster/remote_cluster.hpp"
#include "kube/informer.hpp"
#include "kube/object_store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cluster {

/// How it stands with the cluster that an application names.
struct standing {
    enum class stand {
        ready,
        /// It will be known in a moment what to say.
        connecting,
        /// It does not answer, or refuses us: this passes, or somebody mends it there.
        unreachable,
        /// No cluster is meant by that, or more than one, or its Secret is wrong.
        unknown,
    };
    stand now = stand::ready;
    /// Where it is not ready: a sentence.
    std::string why;
};

/// The clusters that applications are deployed to, by the URL or the name that an Application gives them: the
/// one that the operator itself works in (or was given a kubeconfig for), and those that Secrets in its own
/// namespace declare. Another cluster is connected to from when an application first names it, and let go of
/// when none does any more. On the loop's thread.
class destinations {
public:
    struct settings {
        /// Where the Secrets are.
        std::string own_namespace;
        /// Of each cluster but the operator's own; `id` and `within` are filled in.
        remote_cluster::settings of_each;
    };

    /// Who is told, with the id of the cluster that it is about.
    struct handlers {
        std::function<void(const std::string& cluster, const sync::application_ref& owner)> object_changed;
        std::function<void(const std::string& cluster, const std::string& name)> namespace_changed;
        std::function<void()> kind_ready;
        std::function<void(const std::string& cluster)> kinds_changed;
        /// What these applications name is another cluster than before, or it stands otherwise with it.
        std::function<void(const std::set<std::string>& applications)> clusters_changed;
    };

    /// All outlive it. `home`: where the Secrets are; `in_cluster`: the operator's own cluster. Nothing is asked
    /// before start().
    destinations(
        asio::any_io_executor executor, kube::client& home, destination& in_cluster, settings s,
        handlers told, write_observer& counters
    );
    ~destinations();
    destinations(const destinations&) = delete;
    destinations& operator=(const destinations&) = delete;

    void start();
    /// Returns when the Secrets are known, and in any case after that time: where they cannot be read, only
    /// applications of other clusters are concerned.
    asio::awaitable<void> wait_known(std::chrono::milliseconds limit);
    asio::awaitable<void> stop();

    /// The application deploys there from now on; both empty: nowhere any more.
    void use(const std::string& application, const std::string& server, const std::string& name);

    /// The cluster of that API server, or of that name. What is not known, or not connected to, has no kinds and no
    /// objects, and every request to it fails. Whoever works on it holds it: it is stopped when it is let go
    /// of, and then fails every request.
    [[nodiscard]] std::shared_ptr<destination> of(std::string_view server, std::string_view name) const;
    /// Two are equal where it is the same cluster: empty of the operator's own.
    [[nodiscard]] std::string id_of(std::string_view server, std::string_view name) const;
    [[nodiscard]] standing stands(std::string_view server, std::string_view name) const;
    /// Which clusters are declared. Empty until the Secrets are known.
    [[nodiscard]] const cluster_register& known() const noexcept { return register_; }

    /// Why nobody knows which clusters are declared: transient while their Secrets are listed for the first time, user
    /// where they cannot be read. Nothing when they are known.
    [[nodiscard]] std::optional<error> why_unknown() const;

    /// Called whenever what `known()` says has changed. Replaces who was told before.
    void on_facts_changed(std::function<void()> changed) { facts_changed_ = std::move(changed); }

    /// Of each cluster that is in use, for metrics.
    struct state {
        std::string name;
        std::string server;
        contact stands;
        std::size_t watched_objects = 0;
        std::uint64_t failed_requests = 0;
    };
    [[nodiscard]] std::vector<state> states() const;
    [[nodiscard]] std::size_t watched_objects() const;

    /// destination::survey of all of them, and of those that are connected to later. Ends when the operator's own
    /// is through: nobody waits for another cluster.
    asio::awaitable<void> survey(std::function<void(bool found_more)> looked);

private:
    struct use_entry {
        std::string server;
        std::string name;
        /// What they were found to mean.
        cluster_register::found is;
    };

    void secrets_changed();
    void connect(const std::string& id);
    void retire(const std::string& id, error why);
    void contact_changed(const std::string& id);
    void note_user(const std::string& id, const std::string& application, bool there);
    void let_go_of_unused(const std::string& id);

    asio::any_io_executor executor_;
    destination& home_;
    settings settings_;
    handlers told_;
    write_observer& counters_;
    cluster_register register_;
    kube::object_store<declared_cluster> secrets_;
    kube::informer informer_;
    std::map<std::string, std::shared_ptr<remote_cluster>> remotes_; // by id
    std::map<std::string, use_entry> uses_;                          // by application
    keyed_sets<std::string, std::string> users_;                     // of each id
    std::function<void()> facts_changed_;
    std::function<void(bool)> looked_; // from survey() on
    exchangeable_connection no_connection_;
    kube::client no_api_;
    std::shared_ptr<destination> nowhere_;
    std::map<std::string, std::string> wrong_; // what was logged of Secrets, by name
    bool is_stopping_ = false;
    std::size_t retiring_ = 0;
    kube::pulse retired_;
    task_group tasks_;
};

} // namespace holdfast::cluster
