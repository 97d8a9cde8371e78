#pragma once

#include "cluster/write_observer.hpp"
#include "kube/observer.hpp"
#include "runtime/queue_observer.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::observe {

/// What the operator counts, for Prometheus; docs/metrics.md lists it all. From any thread. Labels are few
/// and bounded: nothing is labelled with the name of an application, save holdfast_application_info.
class metrics : public kube::observer, public cluster::write_observer, public runtime::queue_observer {
public:
    metrics();
    ~metrics() override;
    metrics(const metrics&) = delete;
    metrics& operator=(const metrics&) = delete;

    /// One look at an application ended. `outcome`: "ok" or "problem".
    void reconciled(std::string_view controller, std::string_view outcome, std::chrono::nanoseconds took);
    /// A sync operation ended: Succeeded, Failed or Error.
    void sync_finished(std::string_view phase, std::chrono::nanoseconds took);
    /// Objects written to the cluster: "apply", "prune" or "dry_run", and "ok" or an error kind.
    void object_written(std::string_view verb, std::string_view outcome) override;
    /// A Git operation ended: "list" or "fetch"; "ok" or an error kind.
    void git_operation(std::string_view operation, std::string_view outcome, std::chrono::nanoseconds took);
    /// An application's manifests were made: "ok" or an error kind. What was in a cache counts.
    void rendered(std::string_view outcome, std::chrono::nanoseconds took);
    /// A cache of finished builds, "memory" or "disk", was asked for one.
    void cache_asked(std::string_view cache, bool hit);
    /// Drift was seen on one object.
    void drift_seen();

    /// A delivery of a push webhook was answered; `provider` is "unknown" when nobody could tell.
    void webhook_delivery(std::string_view provider, std::string_view outcome);
    /// An AdmissionReview was answered: "allowed", "denied" or "failed".
    void admission_review(
        std::string_view kind, std::string_view operation, std::string_view outcome,
        std::chrono::nanoseconds took
    );

    /// What is known of one application now; replaces what was said before of the same one.
    void application(
        std::string_view ns, std::string_view name, std::string_view project, std::string_view sync,
        std::string_view health
    );
    void application_gone(std::string_view ns, std::string_view name);
    /// How many keys wait for their turn in a queue, and that one got it after so long.
    void queue_depth(std::string_view queue, std::size_t waiting) override;
    void queue_waited(std::string_view queue, std::chrono::nanoseconds waited) override;
    void watched_objects(std::size_t count);
    /// What was ready on the loop waited so long for its turn: for others' work, and for a processor
    /// (loop_watch).
    void loop_silent(std::chrono::nanoseconds busy, std::chrono::nanoseconds without_processor);
    /// Whether this replica is the one that works.
    void leader(bool leads);
    /// How many of the rights that the operator needs for itself it does not have.
    void missing_rights(std::size_t count);
    /// Of the running program.
    void build(std::string_view version);

    void answered(std::string_view verb, unsigned status, std::chrono::nanoseconds took) override;
    void watch_opened() override;
    void watch_ended(std::string_view why) override;

    /// All of it in Prometheus' text format, with what the kernel says of the process now.
    [[nodiscard]] std::string text();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace holdfast::observe
