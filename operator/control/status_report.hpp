#pragma once

#include "cluster/destinations.hpp"
#include "control/application_record.hpp"
#include "control/application_settings.hpp"
#include "control/handover.hpp"
#include "engine/findings.hpp"
#include "observe/metrics.hpp"

#include <string>
#include <vector>

namespace holdfast::control {

/// The digest of an application's live objects' owned fields: with the build key it says, after a restart,
/// that nothing changed. It is over the values of secrets, too, so it takes a key to make one, as to try a
/// guess. Empty where there is no key.
[[nodiscard]] std::string
applied_state_of(const std::vector<cluster::live_objects::found>& owned, const std::string& key);

/// What an application's status says after a reconcile, but for its operation. On the loop's thread.
class status_report {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        cluster::destinations& clusters;
        const handover& others;
        observe::metrics& counters;
    };
    explicit status_report(parts with) : with_{with} {}

    void fill(application_record& r, const engine::findings& found);

private:
    /// In which cluster it is, and whether that is to be had.
    void fill_cluster(application_record& r, wall_clock::time_point now) const;
    /// The list of resources, whether they are as wanted, and their health. What is out of sync, as a
    /// sentence.
    std::string fill_resources(application_record& r);
    /// What others wrote about whose objects are; empty: nothing.
    [[nodiscard]] std::string ownership_of(
        const application_record& r, const std::vector<cluster::live_objects::found>& unproven
    ) const;
    /// As before, with what is healthy now: nothing was built, since nothing changed.
    void fill_trusted(application_record& r) const;

    parts with_;
};

} // namespace holdfast::control
