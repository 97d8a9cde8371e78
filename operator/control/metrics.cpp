#include "control/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace holdfast::control {

namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

template <class Builder>
auto& family(prometheus::Registry& registry, Builder builder, const char* name, const char* help) {
    return builder.Name(name).Help(help).Register(registry);
}

const Histogram::BucketBoundaries seconds{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300};

double in_seconds(std::chrono::nanoseconds took) {
    return std::chrono::duration<double>(took).count();
}

} // namespace

struct metrics::state {
    prometheus::Registry registry;

    prometheus::Family<Histogram>& reconcile = family(
        registry, prometheus::BuildHistogram(), "holdfast_reconcile_duration_seconds",
        "How long looking at one object took, by controller and outcome."
    );
    prometheus::Family<Histogram>& sync = family(
        registry, prometheus::BuildHistogram(), "holdfast_sync_duration_seconds",
        "How long sync operations took from start to end, by phase."
    );
    prometheus::Family<Counter>& written = family(
        registry, prometheus::BuildCounter(), "holdfast_object_writes_total",
        "Objects applied, pruned or tried in the cluster, by verb and outcome."
    );
    prometheus::Family<Histogram>& git = family(
        registry, prometheus::BuildHistogram(), "holdfast_git_operation_duration_seconds",
        "How long Git operations and renderings took, by operation and outcome."
    );
    prometheus::Family<Counter>& drift = family(
        registry, prometheus::BuildCounter(), "holdfast_drift_total",
        "Objects found changed by somebody else."
    );
    prometheus::Family<Counter>& deliveries = family(
        registry, prometheus::BuildCounter(), "holdfast_webhook_deliveries_total",
        "Deliveries of push webhooks, by provider and outcome."
    );
    prometheus::Family<Histogram>& admission = family(
        registry, prometheus::BuildHistogram(), "holdfast_admission_duration_seconds",
        "How long answering AdmissionReviews took, by kind, operation and outcome."
    );
    prometheus::Family<Gauge>& info = family(
        registry, prometheus::BuildGauge(), "holdfast_application_info",
        "1 for each application, labelled with its sync and health status."
    );
    prometheus::Family<Gauge>& depth =
        family(registry, prometheus::BuildGauge(), "holdfast_queue_depth", "Keys that wait, by queue.");
    prometheus::Family<Gauge>& watched = family(
        registry, prometheus::BuildGauge(), "holdfast_watched_objects",
        "Live objects that are kept an eye on."
    );

    std::mutex guard;
    std::map<std::string, Gauge*, std::less<>> applications;
};

metrics::metrics() : state_{std::make_unique<state>()} {}
metrics::~metrics() = default;

void metrics::reconciled(
    std::string_view controller, std::string_view outcome, std::chrono::nanoseconds took
) {
    state_->reconcile
        .Add({{"controller", std::string{controller}}, {"outcome", std::string{outcome}}}, seconds)
        .Observe(in_seconds(took));
}

void metrics::sync_finished(std::string_view phase, std::chrono::nanoseconds took) {
    state_->sync.Add({{"phase", std::string{phase}}}, seconds).Observe(in_seconds(took));
}

void metrics::object_written(std::string_view verb, std::string_view outcome) {
    state_->written.Add({{"verb", std::string{verb}}, {"outcome", std::string{outcome}}}).Increment();
}

void metrics::git_operation(
    std::string_view operation, std::string_view outcome, std::chrono::nanoseconds took
) {
    state_->git.Add({{"operation", std::string{operation}}, {"outcome", std::string{outcome}}}, seconds)
        .Observe(in_seconds(took));
}

void metrics::webhook_delivery(std::string_view provider, std::string_view outcome) {
    state_->deliveries
        .Add(
            {{"provider", std::string{provider.empty() ? "unknown" : provider}},
             {"outcome", std::string{outcome}}}
        )
        .Increment();
}

void metrics::admission_review(
    std::string_view kind, std::string_view operation, std::string_view outcome, std::chrono::nanoseconds took
) {
    state_->admission
        .Add(
            {{"kind", std::string{kind}},
             {"operation", std::string{operation}},
             {"outcome", std::string{outcome}}},
            seconds
        )
        .Observe(in_seconds(took));
}

void metrics::drift_seen() {
    state_->drift.Add({}).Increment();
}

void metrics::application(
    std::string_view ns, std::string_view name, std::string_view project, std::string_view sync,
    std::string_view health
) {
    const auto key = std::string{ns} + "/" + std::string{name};
    auto& gauge = state_->info.Add(
        {{"namespace", std::string{ns}},
         {"name", std::string{name}},
         {"project", std::string{project}},
         {"sync_status", std::string{sync}},
         {"health_status", std::string{health}}}
    );
    gauge.Set(1);
    const std::lock_guard lock{state_->guard};
    auto& known = state_->applications[key];
    if (known != nullptr && known != &gauge) {
        state_->info.Remove(known);
    }
    known = &gauge;
}

void metrics::application_gone(std::string_view ns, std::string_view name) {
    const std::lock_guard lock{state_->guard};
    const auto found = state_->applications.find(std::string{ns} + "/" + std::string{name});
    if (found != state_->applications.end()) {
        state_->info.Remove(found->second);
        state_->applications.erase(found);
    }
}

void metrics::queue_depth(std::string_view queue, std::size_t waiting) {
    state_->depth.Add({{"queue", std::string{queue}}}).Set(static_cast<double>(waiting));
}

void metrics::watched_objects(std::size_t count) {
    state_->watched.Add({}).Set(static_cast<double>(count));
}

std::string metrics::text() const {
    return prometheus::TextSerializer{}.Serialize(state_->registry.Collect());
}

} // namespace holdfast::control
