#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/application_sources.hpp"
#include "engine/findings.hpp"
#include "engine/preview.hpp"

#include <span>
#include <vector>

namespace holdfast::control {

/// What a sync would do, of an application that waits for one, to objects that bear no label of ours:
/// somebody else made them, or they are not there. The only one that writes the records' `preview`. On the
/// loop's thread.
class preview {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        application_index& applications;
        cluster::destinations& clusters;
        application_sources& sources;
    };
    explicit preview(parts with) : with_{with} {}

    /// Looks at what is to be looked at now (engine::look_due), and says when the next look is. For an
    /// application that no operation is at work for, and that was compared. No request where nothing is due.
    asio::awaitable<engine::findings> look(record_ptr r);
    /// The same for the Namespaces and definitions that a dry run has to know of, without trying what a sync
    /// would change.
    asio::awaitable<void> look_for_dry_run(record_ptr r);

private:
    /// False: it was not finished, since something newer is to be done for the application.
    asio::awaitable<bool> look_at(record_ptr r, std::vector<sync::object_id> ids);
    asio::awaitable<void> read(record_ptr r, sync::object_id id, json::object& live);
    asio::awaitable<void> try_apply(record_ptr r, sync::object_id id, json::object live);
    [[nodiscard]] std::vector<engine::look_candidate> candidates_of(const application_record& r) const;
    /// Lets go of what was found about objects that are not candidates any more.
    void forget_others(application_record& r) const;

    parts with_;
};

} // namespace holdfast::control
