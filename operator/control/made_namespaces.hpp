#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/reconcile_triggers.hpp"
#include "observe/metrics.hpp"
#include "sync/made_namespace.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace holdfast::control {

/// The Namespace that an application has made; nothing where it has none made.
[[nodiscard]] std::optional<sync::desired_object> made_namespace_of(const crds::application_spec& spec);

/// The Namespaces that CreateNamespace=true stands for: made where one is missing, kept as
/// managedNamespaceMetadata says, and otherwise left to whoever it belongs to. On the loop's thread.
class made_namespaces {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        const application_index& applications;
        cluster::destinations& clusters;
        observe::metrics& counters;
        reconcile_triggers& triggers;
    };
    explicit made_namespaces(parts with) : with_{with} {}

    /// Whether it is as the application has it made. Reads it where it changed since it was read last.
    asio::awaitable<bool> is_as_wanted(record_ptr r, sync::desired_object made);
    asio::awaitable<kube::reply<void>>
    apply(record_ptr r, const cluster::access& access, sync::object_id id, bool dry_run);
    /// Has those reconciled that have it made.
    void changed(const std::string& cluster, const std::string& name);

private:
    [[nodiscard]] sync::namespace_standing
    stand_of(const application_record& r, const sync::desired_object& made, const json::object& live) const;

    parts with_;
    using place = std::pair<std::string, std::string>; // cluster (its id), namespace
    std::map<place, std::set<std::string>> made_in_;   // the applications that have it made
};

} // namespace holdfast::control
