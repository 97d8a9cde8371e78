#include "engine/cluster_condition.hpp"

#include "base/counted_list.hpp"

#include <utility>

namespace holdfast::engine {

namespace {

constexpr std::size_t most_named = 5;
constexpr std::string_view separator = ": ";

std::string shown(const std::string& cluster) {
    return cluster.empty() ? "the operator's own cluster" : "the cluster " + cluster;
}

} // namespace

std::optional<std::string> cluster_of(const crds::application_status& status) {
    if (const auto* known = crds::find_condition(status.conditions, cluster_type)) {
        return known->message.substr(0, known->message.find(separator));
    }
    // Versions before this one knew only the operator's own.
    return status.observed_generation > 0 && status.resources_count > 0 ? std::optional{std::string{}}
                                                                        : std::nullopt;
}

void note_cluster(
    crds::application_status& status, const std::string& cluster, std::int64_t generation,
    wall_clock::time_point now
) {
    if (cluster.empty()) {
        crds::remove_condition(status.conditions, cluster_type);
        return;
    }
    crds::set_condition(
        status.conditions, {.type = std::string{cluster_type},
                            .status = "True",
                            .observed_generation = generation,
                            .last_transition_time = now,
                            .reason = "Reachable",
                            .message = cluster}
    );
}

void note_cluster_away(
    crds::application_status& status, const std::string& reason, const std::string& why,
    std::int64_t generation, wall_clock::time_point now
) {
    const auto* known = crds::find_condition(status.conditions, cluster_type);
    if (known == nullptr) {
        return; // another condition says it
    }
    auto message = known->message.substr(0, known->message.find(separator)) + std::string{separator} + why;
    crds::set_condition(
        status.conditions, {.type = std::string{cluster_type},
                            .status = "False",
                            .observed_generation = generation,
                            .last_transition_time = now,
                            .reason = reason,
                            .message = std::move(message)}
    );
}

void note_move(
    crds::application& a, const std::string& before, const std::string& now, wall_clock::time_point time
) {
    auto& status = a.status;
    if (const auto* left = crds::find_condition(status.conditions, left_behind_type);
        left != nullptr && left->message.starts_with(shown(now) + " ")) {
        crds::remove_condition(status.conditions, left_behind_type);
    }
    if (before == now || status.resources_count == 0) {
        return;
    }
    counted_list objects{most_named, ", "};
    for (const auto& one : status.resources) {
        objects.add(one.kind + " " + (one.namespace_.empty() ? "" : one.namespace_ + "/") + one.name);
    }
    crds::set_condition(
        status.conditions,
        {.type = std::string{left_behind_type},
         .status = "True",
         .observed_generation = a.metadata.generation,
         .last_transition_time = time,
         .reason = "ClusterChanged",
         .message =
             shown(before) + " still has " + std::to_string(status.resources_count) +
             " objects of this application, which is not deployed there any more: " + objects.text() +
             ". Nothing deletes them. To have them pruned, name that cluster again, delete the Application and "
             "make it anew; or delete them there. Then annotate it " +
             std::string{forget_left_behind} + "=true, and this condition goes"}
    );
}

} // namespace holdfast::engine
