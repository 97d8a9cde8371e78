#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/application_sources.hpp"
#include "control/object_writer.hpp"
#include "control/reconcile_triggers.hpp"
#include "engine/findings.hpp"
#include "kube/client.hpp"

#include <optional>
#include <string>

namespace holdfast::control {

/// PreDelete and PostDelete hooks. While an application lives, their manifests are kept in a Secret beside it, which it
/// owns; so its deletion runs them without a repository. On the loop's thread.
class deletion_hooks {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        kube::client& home;
        cluster::destinations& clusters;
        application_sources& sources;
        object_writer& objects;
        reconcile_triggers& triggers;
    };
    explicit deletion_hooks(parts with) : with_{with} {}

    /// Keeps the hooks of what was built last, and the finalizers for them. Stalled where there are too many of them;
    /// other problems are tried again.
    asio::awaitable<engine::findings> keep(record_ptr r);

    /// Runs the hooks of a phase as far as they can go now. Nothing: they have succeeded.
    asio::awaitable<std::optional<engine::findings>> run(record_ptr r, sync::phase during);
    /// Deletes the objects of hooks, or lets go of them, as their policies say. Nothing: that is done.
    asio::awaitable<std::optional<engine::findings>> clean_up(record_ptr r);

private:
    asio::awaitable<result<void>> store(record_ptr r, std::string text);
    asio::awaitable<result<void>> remove_store(record_ptr r);
    asio::awaitable<result<void>> set_finalizers(record_ptr r, std::vector<std::string> finalizers);
    /// What was kept into the record, and the kinds of all hooks watched. Nothing: both are done.
    asio::awaitable<std::optional<engine::findings>> get_ready(record_ptr r);
    /// The hooks' objects that are there, by their names.
    [[nodiscard]] std::map<sync::object_id, sync::live_record> live_hooks(const application_record& r) const;

    parts with_;
};

} // namespace holdfast::control
