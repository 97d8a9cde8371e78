#include "argocd/installation.hpp"

#include "cluster/cluster_secret.hpp"
#include "kube/resource.hpp"

#include <array>
#include <utility>
#include <vector>

namespace holdfast::argocd {

namespace {

constexpr std::array config_maps{"argocd-cm",           "argocd-cmd-params-cm",      "argocd-rbac-cm",
                                 "argocd-tls-certs-cm", "argocd-ssh-known-hosts-cm", "argocd-gpg-keys-cm"};

kube::resource kind_of_argo(std::string plural, std::string kind) {
    return {
        .group = "argoproj.io", .version = "v1alpha1", .plural = std::move(plural), .kind = std::move(kind)
    };
}

kube::resource workload(std::string plural, std::string kind) {
    return {.group = "apps", .version = "v1", .plural = std::move(plural), .kind = std::move(kind)};
}

// Nothing where the cluster does not have the kind.
asio::awaitable<result<std::vector<json::object>>>
list_if_served(kube::client& api, kube::resource kind, kube::selection where) {
    auto listed = co_await api.list(kind, where);
    if (listed) {
        co_return std::move(listed->items);
    }
    if (listed.error().is_not_found()) {
        co_return std::vector<json::object>{};
    }
    co_return listed.error().within("listing " + kind.plural + (kind.group.empty() ? "" : "." + kind.group));
}

} // namespace

asio::awaitable<result<installation>> read_installation(kube::client& api, std::string namespace_) {
    installation found;
    found.namespace_ = namespace_;
    auto version = co_await api.version();
    if (!version) {
        co_return version.error().within("reading the version of Kubernetes");
    }
    found.server = std::move(*version);
    for (const auto* name : config_maps) {
        auto map = co_await api.get(kube::resources::config_maps(), namespace_, name);
        if (map) {
            found.config_maps.emplace(name, std::move(*map));
        } else if (!map.error().is_not_found()) {
            co_return map.error().within("reading the ConfigMap " + namespace_ + "/" + name);
        }
    }
    if (!found.config_maps.contains("argocd-cm")) {
        co_return error{
            error_kind::not_found, "there is no ConfigMap argocd-cm in the namespace " + namespace_ +
                                       ": --argocd-namespace must be the one that Argo CD runs in"
        };
    }
    auto secret = co_await api.get(kube::resources::secrets(), namespace_, "argocd-secret");
    if (secret) {
        found.secret = std::move(*secret);
    } else if (!secret.error().is_not_found()) {
        co_return secret.error().within("reading the Secret " + namespace_ + "/argocd-secret");
    }
    struct wanted {
        kube::resource kind;
        kube::selection where;
        std::vector<json::object>* into;
    };
    const kube::selection here{.namespace_ = namespace_};
    const kube::selection labelled{
        .namespace_ = namespace_, .label_selector = std::string{cluster::secret_type_label}
    };
    const kube::selection everywhere;
    std::vector<json::object> deployments;
    const std::array all{
        wanted{.kind = kube::resources::secrets(), .where = labelled, .into = &found.labelled_secrets},
        wanted{.kind = workload("statefulsets", "StatefulSet"), .where = here, .into = &found.workloads},
        wanted{.kind = workload("deployments", "Deployment"), .where = here, .into = &deployments},
        wanted{
            .kind = kind_of_argo("applications", "Application"),
            .where = everywhere,
            .into = &found.applications
        },
        wanted{
            .kind = kind_of_argo("applicationsets", "ApplicationSet"),
            .where = everywhere,
            .into = &found.sets
        },
        wanted{.kind = kind_of_argo("appprojects", "AppProject"), .where = here, .into = &found.projects},
    };
    for (const auto& one : all) {
        auto listed = co_await list_if_served(api, one.kind, one.where);
        if (!listed) {
            co_return listed.error();
        }
        *one.into = std::move(*listed);
    }
    found.workloads.insert(
        found.workloads.end(), std::make_move_iterator(deployments.begin()),
        std::make_move_iterator(deployments.end())
    );
    co_return found;
}

} // namespace holdfast::argocd
