#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::control {

/// What the operator counts, for Prometheus. From any thread. Labels are few and bounded: nothing is labelled
/// with the name of an application, save holdfast_application_info.
class metrics {
public:
    metrics();
    ~metrics();
    metrics(const metrics&) = delete;
    metrics& operator=(const metrics&) = delete;

    /// One look at an application or a repository ended. `outcome`: "ok" or an error kind.
    void reconciled(std::string_view controller, std::string_view outcome, std::chrono::nanoseconds took);
    /// A sync operation ended: Succeeded, Failed or Error.
    void sync_finished(std::string_view phase, std::chrono::nanoseconds took);
    /// Objects written to the cluster: "apply", "prune" or "dry_run", and "ok" or an error kind.
    void object_written(std::string_view verb, std::string_view outcome);
    /// A Git operation ended: "list", "fetch" or "render".
    void git_operation(std::string_view operation, std::string_view outcome, std::chrono::nanoseconds took);
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
    void queue_depth(std::string_view queue, std::size_t waiting);
    void watched_objects(std::size_t count);

    /// All of it in Prometheus' text format.
    [[nodiscard]] std::string text() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace holdfast::control
