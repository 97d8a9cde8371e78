#pragma once

#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "cluster/live_objects.hpp"
#include "cluster/namespace_watch.hpp"
#include "cluster/schemas.hpp"
#include "cluster/write_observer.hpp"
#include "kube/client.hpp"
#include "sync/compare.hpp"
#include "sync/identity.hpp"
#include "sync/planner.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::cluster {

/// Whose answers are not there yet, of the objects that are being applied.
using objects_in_flight = std::map<sync::object_id, sync::application_ref>;

struct apply_request {
    kube::resource kind;
    json::object manifest;
    /// Empty: that of the dialect.
    std::string field_manager;
    /// Whose object it becomes: until the answer is there, `objects_in_flight` says so. Nothing where it
    /// becomes nobody's.
    std::optional<sync::application_ref> owner;
    /// What of the live object is left as it is.
    std::vector<sync::ignore_rule> ignored;
    /// The whole object is replaced by the manifest before that is applied.
    bool replace = false;
    /// What former managers own of it becomes the field manager's (sync/takeover.hpp). Only for the
    /// dialect's.
    bool take_over = true;
    bool dry_run = false;
    /// Fields that the server does not know are left out, where it refuses the object for them. It would drop
    /// them from a whole object by itself, and cannot say who owns them in an apply.
    bool drops_unknown = false;
    /// Told which, if there.
    std::shared_ptr<std::vector<std::string>> dropped = {};
};

struct remove_request {
    kube::resource kind;
    sync::object_id id;
    /// Of the object that is meant: another one of that name stays.
    std::string uid;
    /// Whose it has to be still.
    sync::application_ref owner;
    sync::propagation dependents = sync::propagation::foreground;
    bool dry_run = false;
};

/// The right to make requests to a cluster as somebody: one at a time, of as many as are allowed side by
/// side. What it writes is made known to what is known of the cluster, and counted. Its place goes to the
/// next one when it goes, so whoever has one waits for nothing else and asks for no second one. On the loop's
/// thread.
class access {
public:
    /// All outlive it.
    struct parts {
        kube::client& api;
        const sync::dialect& names;
        schemas& schema;
        live_objects& live;
        namespace_watch& namespaces;
        objects_in_flight& in_flight;
        write_observer& counters;
    };

    access(parts p, async_semaphore::place place, kube::call_options as);

    template <class T>
    using answer = asio::awaitable<kube::reply<T>>;

    answer<json::object> get(kube::resource kind, std::string namespace_, std::string name) const;
    answer<kube::object_list> list(kube::resource kind, kube::selection what) const;
    /// Server-side apply; takes fields from other managers, and for good from those who deployed the object
    /// before. The object as the server has it then.
    answer<json::object> apply(apply_request what) const;
    /// Deletes just the object that is meant, where it still is the owner's: pruned (with its uid, where it
    /// was there), or prune_failed and why.
    asio::awaitable<sync::attempt> remove(remove_request what) const;

    /// Takes a finalizer off just the object that is meant; that it has none, or is gone, is a success.
    answer<void>
    release(kube::resource kind, sync::object_id id, std::string uid, std::string finalizer) const;

private:
    answer<json::object> send(apply_request& what) const;
    static kube::field_validation validation_of(const apply_request& what) noexcept;
    /// True where that took something out of the manifest.
    asio::awaitable<bool> drop_unknown(apply_request& what) const;
    answer<json::object> try_over_others(apply_request& what) const;
    answer<json::object> send_over_others(apply_request& what) const;
    answer<json::object> apply_just(apply_request& what) const;
    [[nodiscard]] bool has_added(const apply_request& what, const json::object& live) const;
    answer<json::object>
    move_fields(const apply_request& what, const json::object& live, json::array fields) const;
    answer<bool> settle(const apply_request& what) const;
    answer<json::object> adopt(const apply_request& what, json::object live) const;
    template <class T>
    void count(std::string_view verb, const kube::reply<T>& answer) const;

    parts with_;
    async_semaphore::place place_;
    kube::call_options as_;
};

} // namespace holdfast::cluster
