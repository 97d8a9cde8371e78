#include "sync/order.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>

namespace holdfast::sync {

namespace {

// The order of Argo CD (gitops-engine/pkg/sync/sync_tasks.go), which took it from Helm; but that what scales
// comes after all that it may scale.
constexpr std::array<std::string_view, 35> kinds{
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
};

/// Moves each of `providers` (key → index) to the earliest place among those who need it.
void pull_forward(
    std::span<placed> objects, const std::map<std::pair<std::string, std::string>, std::size_t>& providers,
    std::pair<std::string, std::string> (*need)(const placed&)
) {
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const auto found = providers.find(need(objects[i]));
        if (found == providers.end() || found->second == i) continue;
        auto& provider = objects[found->second];
        if (std::tie(objects[i].when, objects[i].wave) < std::tie(provider.when, provider.wave)) {
            provider.when = objects[i].when;
            provider.wave = objects[i].wave;
        }
    }
}

} // namespace

std::size_t kind_rank(std::string_view kind) noexcept {
    return static_cast<std::size_t>(std::ranges::find(kinds, kind) - kinds.begin());
}

std::optional<std::pair<std::string, std::string>> defined_kind(const json::object& manifest) {
    const auto gvk = kube::gvk_of(manifest);
    if (gvk.kind != "CustomResourceDefinition" || gvk.group != "apiextensions.k8s.io") return std::nullopt;
    const auto group = kube::find_text(manifest, {"spec", "group"});
    const auto kind = kube::find_text(manifest, {"spec", "names", "kind"});
    if (group.empty() || kind.empty()) return std::nullopt;
    return std::pair{std::string{group}, std::string{kind}};
}

void bring_forward(std::span<placed> objects) {
    std::map<std::pair<std::string, std::string>, std::size_t> definitions;
    std::map<std::pair<std::string, std::string>, std::size_t> namespaces;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const auto& object = objects[i];
        if (object.defines) definitions.emplace(*object.defines, i);
        if (object.id.group.empty() && object.id.kind == "Namespace") {
            namespaces.emplace(std::pair{object.id.name, std::string{}}, i);
        }
    }
    pull_forward(objects, definitions, [](const placed& p) { return std::pair{p.id.group, p.id.kind}; });
    pull_forward(objects, namespaces, [](const placed& p) {
        return std::pair{p.id.namespace_, std::string{}};
    });
}

std::vector<std::size_t> apply_order(std::span<const placed> objects) {
    std::vector<placed> moved{objects.begin(), objects.end()};
    bring_forward(moved);
    std::vector<std::size_t> order(moved.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto key = [&](std::size_t i) {
        const auto& p = moved[i];
        return std::tuple{
            p.when,
            p.wave,
            kind_rank(p.id.kind),
            std::cref(p.id.name),
            std::cref(p.id.namespace_),
            std::cref(p.id.group),
            std::cref(p.id.kind)
        };
    };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const auto& [pa, wa, ka, na, sa, ga, ia] = key(a);
        const auto& [pb, wb, kb, nb, sb, gb, ib] = key(b);
        return std::tie(pa, wa, ka, na.get(), sa.get(), ga.get(), ia.get()) <
               std::tie(pb, wb, kb, nb.get(), sb.get(), gb.get(), ib.get());
    });
    return order;
}

} // namespace holdfast::sync
