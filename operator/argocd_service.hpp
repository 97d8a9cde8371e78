#pragma once

#include "argocd/serving.hpp"
#include "base/task_group.hpp"
#include "base/worker_pool.hpp"
#include "cluster/destination.hpp"
#include "cluster/destinations.hpp"
#include "control/application_controller.hpp"
#include "control/projects.hpp"
#include "kube/events.hpp"
#include "observe/metrics.hpp"
#include "sources/file_journal.hpp"
#include "sources/repositories.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// Works on the Applications of argoproj.io in the namespace of an installation of Argo CD, in place of Argo CD's
/// application controller: by its settings, with its AppProjects, the clusters of its Secrets and its marks. Where
/// that controller runs, it works on those alone that are annotated to be left alone by it. On the loop's thread.
class argocd_service {
public:
    /// All outlive it.
    struct parts {
        /// Writes while this replica leads.
        kube::client& home;
        sources::repositories& sources;
        sources::supplier& supplies;
        sources::secret_stores& secrets;
        sources::builder& build;
        kube::event_recorder& events;
        observe::metrics& counters;
        worker_pool& pool;
    };
    struct settings {
        /// Where Argo CD is, with all its Applications.
        std::string namespace_;
        /// The operator's own.
        std::string own_namespace;
        std::string installation;
        std::size_t concurrency = 1;
        std::string cache_directory;
        /// This process, as in sources::file_journal.
        std::string process;
        std::vector<std::string_view> former_managers;
        /// Of each other cluster.
        std::size_t connections_elsewhere = 1;
        std::function<bool()> may_write;
        /// All is to begin anew: Argo CD is set otherwise, or its controller came or went; or the API server's store
        /// went back (`is_void`: what this replica knows is of a time that is no more).
        std::function<void(bool is_void)> begin_anew;
    };

    argocd_service(asio::any_io_executor executor, parts p, settings s);
    argocd_service(const argocd_service&) = delete;
    argocd_service& operator=(const argocd_service&) = delete;
    ~argocd_service() = default;

    /// Reads how Argo CD is set, however long that takes, and begins to watch.
    void start();
    /// From now on Applications are worked on.
    void lead(bool after_another);
    asio::awaitable<void> hand_over(steady_clock::duration limit);
    /// Cancels what runs, and returns when it has ended.
    asio::awaitable<void> stop();

    /// Takes its own out of those that sources::repositories tells of.
    void repository_moved(const git::url& repository, std::set<std::string>& users);
    void charts_moved(std::set<std::string>& users);
    [[nodiscard]] std::size_t watched_objects() const;

private:
    /// Its Applications' keys begin so where others are told of them.
    static constexpr std::string_view user_prefix = "argoproj.io:";

    asio::awaitable<argocd::serving> find_out();
    asio::awaitable<void> run();
    asio::awaitable<void> follow();
    asio::awaitable<void> begin_to_lead();
    void wire();
    [[nodiscard]] cluster::remote_cluster::settings settings_of_each() const;
    [[nodiscard]] bool is_left_to_argo_cd(const json::object& application);
    [[nodiscard]] bool is_kept(const sync::object_id& id) const;
    static std::set<std::string> take_own(std::set<std::string>& users);

    asio::any_io_executor executor_;
    parts with_;
    settings config_;
    argocd::serving serving_;
    sync::dialect names_;
    /// Those that were said to be left to Argo CD.
    std::set<std::string> left_;
    bool leads_ = false;
    bool after_another_ = false;
    bool is_started_ = false;
    std::optional<cluster::destination> in_cluster_;
    std::optional<cluster::destinations> clusters_;
    std::optional<control::projects> projects_;
    std::optional<sources::file_journal> journal_;
    std::optional<control::application_controller> applications_;
    task_group tasks_;
};

} // namespace holdfast
