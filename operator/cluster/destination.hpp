#pragma once

#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "base/task_group.hpp"
#include "cluster/access.hpp"
#include "cluster/kind_surveyor.hpp"
#include "cluster/live_objects.hpp"
#include "cluster/namespace_content.hpp"
#include "cluster/namespace_watch.hpp"
#include "cluster/schemas.hpp"
#include "cluster/write_observer.hpp"
#include "kube/client.hpp"
#include "kube/discovery.hpp"
#include "sync/goes_along.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::cluster {

/// How it stands with the objects of a kind.
struct kind_state {
    /// Nothing where the cluster has no such kind, or does not say.
    std::optional<kube::resource> kind;
    /// All are known.
    bool listed = false;
    /// What is in the way of knowing the kind, or its objects (any more).
    std::optional<kube::failure> trouble;

    /// They will be known, without anybody's doing.
    [[nodiscard]] bool is_coming() const { return kind && !listed && (!trouble || trouble->is_transient()); }
    /// They cannot be known until somebody does something. What was listed and may not be watched any more is
    /// not known any more.
    [[nodiscard]] bool is_barred() const {
        return kind && trouble &&
               (listed ? trouble->kind() == error_kind::forbidden : !trouble->is_transient());
    }
};

/// One cluster that applications are deployed to: which kinds it has, what is known of its objects, and the
/// way to change them. On the loop's thread.
class destination {
public:
    struct settings {
        /// Which cluster it is: of another one than the operator's own its server's URL; else empty.
        std::string id;
        /// How our objects are marked.
        sync::dialect_ref names;
        /// The value of the label by which they are found.
        std::string installation;
        /// See live_objects::settings.
        std::function<bool(const sync::object_id& id)> is_foundation = [](const sync::object_id&) {
            return false;
        };
        /// Only here is anything watched, where there are no rights elsewhere.
        scope within;
        /// See live_objects::settings.
        health_checks checks = {};
        /// Objects that are read or written at a time: who waits for a connection does so within a request's
        /// deadline, so the line for these is to be short. More than there are connections, so that none of
        /// these is without work.
        std::size_t requests = 64;
    };

    /// Who is told; all are called on the loop's thread, and do not throw.
    struct handlers {
        live_objects::change_handler object_changed;
        namespace_watch::change_handler namespace_changed;
        /// A kind's objects are all known now, or what is in the way of that changed.
        std::function<void()> kind_ready;
        /// Kinds came, changed or went.
        std::function<void()> kinds_changed;
    };

    /// `api` and `counters` outlive it. Nothing is asked before start().
    destination(
        asio::any_io_executor executor, kube::client& api, settings s, handlers told, write_observer& counters
    );
    destination(const destination&) = delete;
    destination& operator=(const destination&) = delete;

    /// Waits for the cluster to answer, however long that takes, and follows its kinds from then on.
    asio::awaitable<void> start();
    /// The same in one try: an error says why it does not answer. To be tried until it succeeds, and not again.
    asio::awaitable<kube::reply<void>> try_start();
    /// Ends all watches, and returns when they have ended.
    asio::awaitable<void> stop();

    /// Two have the same one where they are the same cluster: see settings::id.
    [[nodiscard]] const std::string& id() const noexcept { return settings_.id; }
    /// What of it is looked at and changed.
    [[nodiscard]] const scope& within() const noexcept { return settings_.within; }

    // ---- which kinds it has

    /// "1.37.2"; empty before start() has returned.
    [[nodiscard]] const std::string& kube_version() const noexcept { return kube_version_; }
    /// As of now: the same object while it is the same.
    std::shared_ptr<const kube::api_catalog> catalog();
    /// Which kinds there are, as builds see it: the same object while it is the same.
    std::shared_ptr<const std::vector<std::string>> api_versions();
    /// Asks the cluster where it is not known: see kube::discovery::resolve.
    asio::awaitable<kube::reply<kube::resource>> resolve(kube::group_version_kind kind);
    /// The schemas by which what is to be applied is checked.
    [[nodiscard]] schemas& schema() noexcept { return schemas_; }
    /// Fetches the schemas of kinds that are needed next. A failure is met, and told, when they are used.
    void read_ahead(std::vector<kube::group_version_kind> kinds);

    // ---- what is known of its objects

    [[nodiscard]] const live_objects& live() const noexcept { return live_; }
    [[nodiscard]] live_objects& live() noexcept { return live_; }
    [[nodiscard]] const namespace_watch& namespaces() const noexcept { return namespaces_; }
    /// Has a kind's objects watched from now on, and says how far that is.
    asio::awaitable<kind_state> watch(kube::group_version_kind kind);
    /// The same of a kind that the catalog has, without asking the cluster; nothing where it has not.
    void watch_known(const kube::group_version_kind& kind);
    /// The same of the Namespaces, whoever's they are.
    kind_state watch_namespaces();
    /// Looks for objects that no status tells of: see kind_surveyor::run.
    asio::awaitable<void> survey(std::function<void(bool found_more)> looked);
    /// See kind_surveyor::knows_all.
    [[nodiscard]] completeness knows_all(bool is_written_down) const {
        return surveyor_.knows_all(is_written_down);
    }
    /// Which application is applying an object right now; null: none.
    [[nodiscard]] const sync::application_ref* applier_of(const sync::object_id& id) const;
    /// What goes along with a deletion and is not the application's: see cluster::inspect.
    asio::awaitable<sync::goes_along> inspect(sync::object_id id, sync::application_ref application);

    /// What there is in a namespace: see read_namespace. Nothing is kept.
    asio::awaitable<namespace_content> list_namespace(std::string namespace_);

    // ---- requests

    /// Waits for its turn to make requests.
    asio::awaitable<access> enter(kube::call_options as);

private:
    asio::awaitable<void> follow_kinds();
    [[nodiscard]] kind_state state_of(kube::resource kind) const;

    kube::client& api_;
    settings settings_;
    handlers told_;
    write_observer& counters_;
    async_semaphore requests_;
    kube::discovery discovery_;
    schemas schemas_;
    live_objects live_;
    namespace_watch namespaces_;
    kind_surveyor surveyor_;
    objects_in_flight in_flight_;
    std::string kube_version_;
    std::shared_ptr<const kube::api_catalog> catalog_; // as of catalog_generation_
    std::uint64_t catalog_generation_ = 0;
    std::shared_ptr<const std::vector<std::string>> api_versions_; // of the catalog; made when asked for
    task_group tasks_;
};

} // namespace holdfast::cluster
