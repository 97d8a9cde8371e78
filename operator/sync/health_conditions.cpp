// What conditions say of any kind: those of kstatus, and the everyday ones beside them.

#include "sync/health_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast::sync {

namespace {

/// What is about to work says that it does not, too: so long it counts as on its way.
constexpr auto patience = std::chrono::minutes{5};

std::string why(const condition& c) {
    return std::string{c.message.empty() ? c.reason : c.message};
}

/// When somebody wrote to `spec` last; nothing where the object does not tell.
std::optional<wall_clock::time_point> spec_written_at(const json::object& live) {
    std::optional<wall_clock::time_point> last;
    const auto* entries = kube::find_array(live, {"metadata", "managedFields"});
    if (entries == nullptr) return last;
    for (const auto& item : *entries) {
        const auto* entry = item.if_object();
        if (entry == nullptr || kube::find_object(*entry, {"fieldsV1", "f:spec"}) == nullptr) continue;
        if (const auto at = parse_time(kube::find_text(*entry, {"time"}))) {
            last = std::max(last.value_or(*at), *at);
        }
    }
    return last;
}

/// Since when a condition says something of the object as it is. Its time stays while it says the same, so a
/// specification that was changed since counts from the change: it may be just what was missing.
std::optional<wall_clock::time_point> said_since(const json::object& live, const condition& c) {
    const auto created = parse_time(kube::find_text(live, {"metadata", "creationTimestamp"}));
    const auto changed = parse_time(c.since);
    const auto written = spec_written_at(live);
    if (written && created && *written > *created) return std::max(changed.value_or(*written), *written);
    return changed ? changed : created;
}

/// As the Deployment says it for ever once it has rolled out; kinds that were made after its pattern do so.
bool is_rolled_out(const condition& c) {
    return c.type == "Progressing" && c.reason == "NewReplicaSetAvailable";
}

/// Of the server's own API, whose kinds mostly have no health: a ConfigMap is just there.
bool is_built_in(std::string_view group) {
    constexpr std::array<std::string_view, 20> groups{
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    };
    return std::ranges::find(groups, group) != groups.end();
}

} // namespace

health degraded_in_time(const json::object& live, const condition& c, std::string message) {
    const auto since = said_since(live, c);
    if (!since) return degraded(std::move(message));
    auto verdict = progressing(std::move(message));
    verdict.degraded_from = *since + patience;
    return verdict;
}

std::optional<health> health_by_conditions(const json::object& live) {
    const auto generation = kube::generation_of(live);
    const auto observed = number_at(live, {"status", "observedGeneration"}, -1);
    if (observed >= 0 && observed < generation) {
        return progressing(
            fmt::format("Waiting for generation {} to be observed, seen was {}", generation, observed)
        );
    }
    const auto current = [&](std::string_view type) -> std::optional<condition> {
        auto c = find_condition(live, type);
        // What was said of an older generation counts as not yet said, which is Unknown.
        if (c && c->observed_generation >= 0 && c->observed_generation < generation) {
            c->status = "Unknown";
        }
        return c;
    };
    for (const auto* type : {"Stalled", "Failed", "Degraded"}) {
        if (const auto c = current(type); c && c->is_true()) return degraded(why(*c));
    }
    for (const auto* type : {"Reconciling", "Progressing"}) {
        if (const auto c = current(type); c && c->is_true() && !is_rolled_out(*c))
            return progressing(why(*c));
    }
    for (const auto* type : {"Ready", "Available"}) {
        const auto c = current(type);
        if (!c) continue;
        if (c->is_true()) return healthy(why(*c));
        return c->is_false() ? degraded_in_time(live, *c, why(*c)) : progressing(why(*c));
    }
    return is_built_in(kube::gvk_of(live).group) ? std::nullopt : std::optional{healthy()};
}

} // namespace holdfast::sync
