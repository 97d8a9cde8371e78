#include "observe/metrics.hpp"

#include "observe/process_facts.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace holdfast::observe {

namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

template <class Builder>
auto& family(prometheus::Registry& registry, Builder builder, const char* name, const char* help) {
    return builder.Name(name).Help(help).Register(registry);
}

auto& counter(prometheus::Registry& registry, const char* name, const char* help) {
    return family(registry, prometheus::BuildCounter(), name, help);
}

auto& gauge(prometheus::Registry& registry, const char* name, const char* help) {
    return family(registry, prometheus::BuildGauge(), name, help);
}

auto& histogram(prometheus::Registry& registry, const char* name, const char* help) {
    return family(registry, prometheus::BuildHistogram(), name, help);
}

const Histogram::BucketBoundaries seconds{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300};

double in_seconds(std::chrono::nanoseconds took) {
    return std::chrono::duration<double>(took).count();
}

// A label's value: queues are called "application status" in the log.
std::string label_of(std::string_view queue) {
    std::string text{queue};
    std::replace(text.begin(), text.end(), ' ', '_');
    return text;
}

struct application_state {
    Gauge* info = nullptr;
    Gauge* counted_in = nullptr;
};

} // namespace

struct metrics::state {
    prometheus::Registry registry;

    prometheus::Family<Histogram>& reconcile =
        histogram(registry, "holdfast_reconcile_duration_seconds", "How long looking at one object took.");
    prometheus::Family<Histogram>& sync = histogram(
        registry, "holdfast_sync_duration_seconds", "How long sync operations took from start to end."
    );
    prometheus::Family<Counter>& written =
        counter(registry, "holdfast_object_writes_total", "Objects applied, pruned or tried in the cluster.");
    prometheus::Family<Histogram>& git =
        histogram(registry, "holdfast_git_operation_duration_seconds", "How long Git operations took.");
    prometheus::Family<Histogram>& render = histogram(
        registry, "holdfast_render_duration_seconds", "How long making an application's manifests took."
    );
    prometheus::Family<Counter>& caches =
        counter(registry, "holdfast_cache_requests_total", "Questions to the caches of finished builds.");
    prometheus::Family<Counter>& drift =
        counter(registry, "holdfast_drift_total", "Objects found changed by somebody else.");
    prometheus::Family<Counter>& deliveries =
        counter(registry, "holdfast_webhook_deliveries_total", "Deliveries of push webhooks.");
    prometheus::Family<Histogram>& admission = histogram(
        registry, "holdfast_admission_duration_seconds", "How long answering AdmissionReviews took."
    );
    prometheus::Family<Gauge>& info = gauge(
        registry, "holdfast_application_info",
        "1 for each application, labelled with its sync and health status."
    );
    prometheus::Family<Gauge>& applications_by_status =
        gauge(registry, "holdfast_applications", "Applications by their sync and health status.");
    prometheus::Family<Gauge>& depth =
        gauge(registry, "holdfast_queue_depth", "Keys that wait for their turn.");
    prometheus::Family<Histogram>& waited =
        histogram(registry, "holdfast_queue_wait_seconds", "How long keys waited for their turn.");
    prometheus::Family<Gauge>& watched =
        gauge(registry, "holdfast_watched_objects", "Live objects that are kept an eye on.");
    prometheus::Family<Counter>& requests = counter(
        registry, "holdfast_api_requests_total", "Requests to the API server, each try; code none: no answer."
    );
    prometheus::Family<Histogram>& request_times = histogram(
        registry, "holdfast_api_request_duration_seconds",
        "How long API servers took to answer; with watches, until they were open."
    );
    prometheus::Family<Gauge>& watches = gauge(registry, "holdfast_watches", "Watches that are open.");
    prometheus::Family<Counter>& watch_restarts = counter(
        registry, "holdfast_watch_restarts_total", "Watches that ended and were taken up again, by why."
    );
    Histogram& loop_turns =
        histogram(
            registry, "holdfast_loop_turn_seconds", "How long ready work on the loop waited for its turn."
        )
            .Add({}, seconds);
    Gauge& longest_silence = gauge(
                                 registry, "holdfast_loop_longest_silence_seconds",
                                 "The longest wait for a turn on the loop since the start."
    )
                                 .Add({});
    Counter& without_processor = counter(
                                     registry, "holdfast_loop_without_processor_seconds_total",
                                     "How long the loop had work and waited for a processor."
    )
                                     .Add({});
    prometheus::Family<Gauge>& leads =
        gauge(registry, "holdfast_leader", "1 where this replica is the one that works.");
    prometheus::Family<Gauge>& missing_rights = gauge(
        registry, "holdfast_missing_rights",
        "Rights that the operator needs for itself and does not have; the log names them."
    );
    prometheus::Family<Gauge>& build =
        gauge(registry, "holdfast_build_info", "1, labelled with the version of the program.");
    prometheus::Family<Gauge>& resident =
        gauge(registry, "process_resident_memory_bytes", "Resident memory size in bytes.");
    prometheus::Family<Counter>& cpu =
        counter(registry, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");
    prometheus::Family<Gauge>& open_files =
        gauge(registry, "process_open_fds", "Number of open file descriptors.");
    prometheus::Family<Gauge>& max_files =
        gauge(registry, "process_max_fds", "Maximum number of open file descriptors.");
    prometheus::Family<Gauge>& started = gauge(
        registry, "process_start_time_seconds", "Start time of the process since unix epoch in seconds."
    );

    std::mutex guard;
    std::map<std::string, application_state, std::less<>> applications;

    Gauge& count_of(std::string_view sync_status, std::string_view health_status) {
        return applications_by_status.Add(
            {{"sync_status", std::string{sync_status}}, {"health_status", std::string{health_status}}}
        );
    }

    // What is asked about before it has happened is 0, and not absent: rates and alerts need a beginning.
    void begin() {
        for (const auto* status : {"Synced", "OutOfSync", "Unknown"}) {
            for (const auto* health :
                 {"Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"}) {
                count_of(status, health);
            }
        }
        for (const auto* outcome : {"ok", "problem"}) {
            for (const auto* controller : {"application", "applicationset"}) {
                reconcile.Add({{"controller", controller}, {"outcome", outcome}}, seconds);
            }
        }
        for (const auto* phase : {"Succeeded", "Failed", "Error"}) {
            sync.Add({{"phase", phase}}, seconds);
        }
        for (const auto* verb : {"apply", "prune", "dry_run"}) {
            written.Add({{"verb", verb}, {"outcome", "ok"}});
        }
        for (const auto* operation : {"list", "fetch"}) {
            git.Add({{"operation", operation}, {"outcome", "ok"}}, seconds);
        }
        render.Add({{"outcome", "ok"}}, seconds);
        for (const auto* cache : {"memory", "disk"}) {
            for (const auto* outcome : {"hit", "miss"}) {
                caches.Add({{"cache", cache}, {"outcome", outcome}});
            }
        }
        drift.Add({});
        deliveries.Add({{"provider", "unknown"}, {"outcome", "accepted"}});
        for (const auto* kind : {"Application", "Project", "Repository"}) {
            for (const auto* operation : {"CREATE", "UPDATE"}) {
                for (const auto* outcome : {"allowed", "denied"}) {
                    admission.Add({{"kind", kind}, {"operation", operation}, {"outcome", outcome}}, seconds);
                }
            }
        }
        watched.Add({});
        watches.Add({});
        for (const auto* reason : {"ended", "expired", "failed"}) {
            watch_restarts.Add({{"reason", reason}});
        }
        leads.Add({});
    }

    void read_process() {
        const auto facts = process_facts::read();
        if (!facts) {
            return;
        }
        resident.Add({}).Set(static_cast<double>(facts->resident_bytes));
        auto& spent = cpu.Add({});
        spent.Increment(std::max(0.0, facts->cpu_seconds - spent.Value()));
        open_files.Add({}).Set(static_cast<double>(facts->open_files));
        max_files.Add({}).Set(static_cast<double>(facts->max_files));
        started.Add({}).Set(facts->started);
    }
};

metrics::metrics() : state_{std::make_unique<state>()} {
    state_->begin();
}
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

void metrics::rendered(std::string_view outcome, std::chrono::nanoseconds took) {
    state_->render.Add({{"outcome", std::string{outcome}}}, seconds).Observe(in_seconds(took));
}

void metrics::cache_asked(std::string_view cache, bool hit) {
    state_->caches.Add({{"cache", std::string{cache}}, {"outcome", hit ? "hit" : "miss"}}).Increment();
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
    const auto known_or = [](std::string_view status) { return status.empty() ? "Unknown" : status; };
    const auto key = std::string{ns} + "/" + std::string{name};
    auto& info = state_->info.Add(
        {{"namespace", std::string{ns}},
         {"name", std::string{name}},
         {"project", std::string{project}},
         {"sync_status", std::string{known_or(sync)}},
         {"health_status", std::string{known_or(health)}}}
    );
    info.Set(1);
    auto& count = state_->count_of(known_or(sync), known_or(health));
    const std::lock_guard lock{state_->guard};
    auto& known = state_->applications[key];
    if (known.info != nullptr && known.info != &info) {
        state_->info.Remove(known.info);
    }
    if (known.counted_in != nullptr) {
        known.counted_in->Decrement();
    }
    count.Increment();
    known = {&info, &count};
}

void metrics::application_gone(std::string_view ns, std::string_view name) {
    const std::lock_guard lock{state_->guard};
    const auto found = state_->applications.find(std::string{ns} + "/" + std::string{name});
    if (found != state_->applications.end()) {
        state_->info.Remove(found->second.info);
        found->second.counted_in->Decrement();
        state_->applications.erase(found);
    }
}

void metrics::queue_depth(std::string_view queue, std::size_t waiting) {
    state_->depth.Add({{"queue", label_of(queue)}}).Set(static_cast<double>(waiting));
}

void metrics::queue_waited(std::string_view queue, std::chrono::nanoseconds waited) {
    state_->waited.Add({{"queue", label_of(queue)}}, seconds).Observe(in_seconds(waited));
}

void metrics::watched_objects(std::size_t count) {
    state_->watched.Add({}).Set(static_cast<double>(count));
}

void metrics::loop_silent(std::chrono::nanoseconds busy, std::chrono::nanoseconds without_processor) {
    const auto waited = in_seconds(busy);
    state_->without_processor.Increment(in_seconds(without_processor));
    state_->loop_turns.Observe(waited);
    if (waited > state_->longest_silence.Value()) {
        state_->longest_silence.Set(waited);
    }
}

void metrics::leader(bool leads) {
    state_->leads.Add({}).Set(leads ? 1 : 0);
}

void metrics::missing_rights(std::size_t count) {
    state_->missing_rights.Add({}).Set(static_cast<double>(count));
}

void metrics::build(std::string_view version) {
    state_->build.Add({{"version", std::string{version}}}).Set(1);
}

void metrics::answered(std::string_view verb, unsigned status, std::chrono::nanoseconds took) {
    const std::string name{verb};
    state_->requests.Add({{"verb", name}, {"code", status == 0 ? "none" : std::to_string(status)}}
    ).Increment();
    state_->request_times.Add({{"verb", name}}, seconds).Observe(in_seconds(took));
}

void metrics::watch_opened() {
    state_->watches.Add({}).Increment();
}

void metrics::watch_ended(std::string_view why) {
    state_->watches.Add({}).Decrement();
    if (why == "stopped") {
        return;
    }
    state_->watch_restarts.Add({{"reason", std::string{why}}}).Increment();
}

std::string metrics::text() {
    state_->read_process();
    return prometheus::TextSerializer{}.Serialize(state_->registry.Collect());
}

} // namespace holdfast::observe
