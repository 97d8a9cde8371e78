#include "observe/cluster_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace holdfast::observe {

std::string text_of(const std::vector<cluster_view>& clusters) {
    prometheus::Registry registry;
    auto& reachable = prometheus::BuildGauge()
                          .Name("holdfast_cluster_reachable")
                          .Help("1 where a cluster that applications are deployed to answers, else 0.")
                          .Register(registry);
    auto& watched = prometheus::BuildGauge()
                        .Name("holdfast_cluster_watched_objects")
                        .Help("Live objects of a cluster that are kept an eye on.")
                        .Register(registry);
    auto& failed = prometheus::BuildCounter()
                       .Name("holdfast_cluster_failed_requests_total")
                       .Help("Requests to a cluster that got no answer, or that failed there (5xx, 401).")
                       .Register(registry);
    for (const auto& one : clusters) {
        const prometheus::Labels labels{{"cluster", one.name}, {"server", one.server}};
        reachable.Add(labels).Set(one.is_reachable ? 1 : 0);
        watched.Add(labels).Set(static_cast<double>(one.watched_objects));
        failed.Add(labels).Increment(static_cast<double>(one.failed_requests));
    }
    return prometheus::TextSerializer{}.Serialize(registry.Collect());
}

} // namespace holdfast::observe
