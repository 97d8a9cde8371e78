#pragma once

#include "base/async.hpp"
#include "cluster/health_checks.hpp"
#include "cluster/scope.hpp"
#include "kube/client.hpp"
#include "kube/discovery.hpp"
#include "kube/resource.hpp"
#include "sync/live_record.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::cluster {

/// What is known of the cluster's objects that bear our installation's marks: a record of about 200 bytes
/// each, kept in step by one watch a kind. Kinds are watched from when somebody asks for them, in the version
/// that manifests name. On the loop's thread.
///
/// Whoever may write an object can write whose it is, and take the label away. So of an object that is known
/// to be an application's (`live_record::in_inventory`) the owner changes only by our own writes: what others
/// write there makes it `is_remarked`.
class live_objects {
public:
    /// Something about an object of this application changed that may matter to it: existence, deletion,
    /// owned fields, health, owner. Called on the loop's thread; must not throw.
    using change_handler = std::function<void(const sync::application_ref& owner)>;
    /// A kind's objects are all known now, for the first time.
    using ready_handler = std::function<void()>;

    struct settings {
        /// How our objects are marked.
        sync::dialect_ref names;
        /// The value of the label by which they are found.
        std::string installation;
        /// Whether the operator stands on an object, which is then never deleted, whatever anybody says.
        /// Called on the loop's thread; must not throw.
        std::function<bool(const sync::object_id& id)> is_foundation = [](const sync::object_id&) {
            return false;
        };
        /// Only here is anything watched, where there are no rights elsewhere.
        scope within;
        /// For which application an object is being applied right now; null: none. Called on the loop's
        /// thread; must not throw.
        std::function<const sync::application_ref*(const sync::object_id& id)> applier_of =
            [](const sync::object_id&) { return nullptr; };
        /// Which cluster it is, for `checks`.
        std::string cluster;
        /// Until an application's check has been run on an object as it is now, the object is Progressing; while only
        /// others than we change it, it is what was said of it before.
        health_checks checks = {};
    };

    live_objects(
        asio::any_io_executor executor, kube::client& api, settings s, change_handler changed,
        ready_handler ready
    );
    ~live_objects();
    live_objects(const live_objects&) = delete;
    live_objects& operator=(const live_objects&) = delete;

    /// From now on this kind is watched; nothing when it is already.
    void watch(const kube::resource& kind);
    /// A kind that the server does not have any more: its objects are gone with it.
    void unwatch(const kube::group_version_kind& kind);

    /// True once all objects of the kind are known.
    [[nodiscard]] bool ready(const kube::group_version_kind& kind) const;
    /// Why a kind is not ready; nothing while it is on its way, and when it is.
    [[nodiscard]] std::optional<kube::failure> trouble(const kube::group_version_kind& kind) const;

    /// Nothing when there is none with our label. Valid until the next turn of the loop.
    [[nodiscard]] const sync::live_record*
    find(const kube::group_version_kind& kind, const std::string& namespace_, const std::string& name) const;

    /// An object with the kind in whose version it is watched.
    struct found {
        kube::group_version_kind kind;
        sync::object_id id;
        const sync::live_record* record = nullptr;
    };
    /// All that belongs to an application, but for what nothing marks (`claim`). Valid until the next turn of the loop. An object that is watched
    /// in two versions appears once.
    [[nodiscard]] std::vector<found> owned_by(const sync::application_ref& owner) const;

    /// The server's answer to a write of ours, which may be newer than what the watch told so far. Tells
    /// nobody but an owner that lost the object by it.
    void note(const kube::group_version_kind& kind, const json::object& live);
    /// The server said that it deleted this object, and that nothing holds it: the watch may tell so later.
    /// Calls no handler.
    void note_gone(const kube::group_version_kind& kind, const sync::object_id& id, std::string_view uid);

    /// The object is known to be its owner's from now on: until it is another one (by its uid), or we write
    /// another owner. Tells nobody.
    void remember(const kube::group_version_kind& kind, const sync::object_id& id);
    /// The object is this application's, whatever it says of its owner: somebody else wrote that.
    void reclaim(
        const kube::group_version_kind& kind, const sync::object_id& id, const sync::application_ref& owner
    );

    /// An application brings other health checks than before: its objects are to be judged by these.
    void recheck(const sync::application_ref& owner);

    /// An object that nothing marks (dialect::leaves_unmarked) is this application's, where it is nobody's yet: that
    /// is told of its changes, and never deletes it.
    void claim(
        const kube::group_version_kind& kind, const sync::object_id& id, const sync::application_ref& owner
    );

    /// How many records are kept.
    [[nodiscard]] std::size_t size() const noexcept;
    /// The kinds that are watched.
    [[nodiscard]] std::vector<kube::group_version_kind> kinds() const;

    /// Ends the watches and returns when they have ended.
    asio::awaitable<void> stop();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace holdfast::cluster
