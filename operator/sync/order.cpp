#include "sync/order.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>

namespace holdfast::sync {

namespace {

struct ranked_kind {
    std::string_view kind;
    std::size_t stage;
};

// The order of Argo CD (gitops-engine/pkg/sync/sync_tasks.go), which took it from Helm.
constexpr std::array kinds{
    ranked_kind{"Namespace", 0},
    ranked_kind{"NetworkPolicy", 1},
    ranked_kind{"ResourceQuota", 1},
    ranked_kind{"LimitRange", 1},
    ranked_kind{"PodSecurityPolicy", 1},
    ranked_kind{"PodDisruptionBudget", 1},
    ranked_kind{"ServiceAccount", 1},
    ranked_kind{"Secret", 2},
    ranked_kind{"SecretList", 2},
    ranked_kind{"ConfigMap", 2},
    ranked_kind{"StorageClass", 2},
    ranked_kind{"PersistentVolume", 2},
    ranked_kind{"PersistentVolumeClaim", 2},
    ranked_kind{"CustomResourceDefinition", 2},
    ranked_kind{"ClusterRole", 2},
    ranked_kind{"ClusterRoleList", 2},
    ranked_kind{"ClusterRoleBinding", 3},
    ranked_kind{"ClusterRoleBindingList", 3},
    ranked_kind{"Role", 3},
    ranked_kind{"RoleList", 3},
    ranked_kind{"RoleBinding", 4},
    ranked_kind{"RoleBindingList", 4},
    ranked_kind{"Service", 4},
    ranked_kind{"DaemonSet", 5},
    ranked_kind{"Pod", 5},
    ranked_kind{"ReplicationController", 5},
    ranked_kind{"ReplicaSet", 5},
    ranked_kind{"Deployment", 5},
    ranked_kind{"HorizontalPodAutoscaler", 5},
    ranked_kind{"StatefulSet", 5},
    ranked_kind{"Job", 5},
    ranked_kind{"CronJob", 5},
    ranked_kind{"IngressClass", 5},
    ranked_kind{"Ingress", 6},
    ranked_kind{"APIService", 6},
};
static_assert(kinds.back().stage + 1 == stage_count);

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
    const auto* found =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.kind == kind; });
    return static_cast<std::size_t>(found - kinds.begin());
}

std::size_t kind_stage(std::string_view kind) noexcept {
    const std::size_t rank = kind_rank(kind);
    return rank < kinds.size() ? kinds[rank].stage : stage_count - 1;
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
