#include "argocd/serving.hpp"

#include "kube/object.hpp"
#include "kube/resource.hpp"
#include "match/words.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace holdfast::argocd {

namespace {

constexpr std::string_view settings_name = "argocd-cm";
constexpr std::string_view controller = "argocd-application-controller";

std::string text_of(const json::object& settings, std::string_view key) {
    const auto* data = kube::find_object(settings, {"data"});
    const auto* value = data != nullptr ? data->if_contains(key) : nullptr;
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string{*text} : std::string{};
}

bool is_controller(const json::object& workload) {
    return kube::name_of(workload) == controller ||
           kube::label(workload, "app.kubernetes.io/component") == "application-controller" ||
           kube::label(workload, "app.kubernetes.io/name") == controller;
}

std::int64_t count_at(const json::object& workload, std::string_view part, std::int64_t absent) {
    const auto* value = kube::find_path(workload, {part, "replicas"});
    const auto* count = value != nullptr ? value->if_int64() : nullptr;
    return count != nullptr ? *count : absent;
}

// Pods that are to be, and pods that are still there.
bool is_at_work(const json::object& workload) {
    return count_at(workload, "spec", 1) > 0 || count_at(workload, "status", 0) > 0;
}

result<sync::marking> marking_of(const json::object& settings, const installation& found) {
    const auto method = text_of(settings, "application.resourceTrackingMethod");
    if (method == "label") {
        return sync::marking::by_label;
    }
    if (method == "annotation") {
        return sync::marking::by_annotation;
    }
    if (method == "annotation+label") {
        return sync::marking::by_annotation_and_label;
    }
    const auto where =
        "argocd-cm in the namespace " + found.namespace_ + ": application.resourceTrackingMethod ";
    if (!method.empty()) {
        return user_error(
            where + "must be label, annotation or annotation+label, is " + match::shown(method)
        );
    }
    const auto version = version_of(found);
    if (version.empty()) {
        return user_error(
            where + "is not set, and no image of " + std::string{controller} +
            " tells the version, whose way it would be: set it to label (the way of Argo CD 2) or to annotation "
            "(that of 3)"
        );
    }
    return version.starts_with("2.") ? sync::marking::by_label : sync::marking::by_annotation;
}

} // namespace

result<serving> serving_of(const installation& found) {
    const auto settings = found.config_maps.find(settings_name);
    if (settings == found.config_maps.end()) {
        return error{
            error_kind::not_found,
            "there is no ConfigMap argocd-cm in the namespace " + found.namespace_ +
                ": it says how the objects of Argo CD's Applications are marked, so it has to stay as long as "
                "there are any"
        };
    }
    auto how = marking_of(settings->second, found);
    if (!how) {
        return how.error();
    }
    serving made;
    made.marks.application_namespace = found.namespace_;
    made.marks.how = *how;
    made.marks.installation = text_of(settings->second, "installationID");
    if (auto label = text_of(settings->second, "application.instanceLabelKey"); !label.empty()) {
        made.marks.instance_label = std::move(label);
    }
    made.has_controller = std::ranges::any_of(found.workloads, [](const json::object& one) {
        return is_controller(one) && is_at_work(one);
    });
    return made;
}

asio::awaitable<result<serving>> read_serving(kube::client& api, std::string namespace_) {
    installation found;
    found.namespace_ = namespace_;
    auto settings = co_await api.get(kube::resources::config_maps(), namespace_, settings_name);
    if (settings) {
        found.config_maps.emplace(settings_name, std::move(*settings));
    } else if (!settings.error().is_not_found()) {
        co_return settings.error().within("reading the ConfigMap " + namespace_ + "/argocd-cm");
    }
    const kube::selection here{.namespace_ = namespace_};
    const std::array<std::pair<std::string, std::string>, 2> kinds{
        std::pair{std::string{"statefulsets"}, std::string{"StatefulSet"}},
        std::pair{std::string{"deployments"}, std::string{"Deployment"}}
    };
    for (const auto& [plural, kind] : kinds) {
        const kube::resource of_apps{.group = "apps", .version = "v1", .plural = plural, .kind = kind};
        auto listed = co_await api.list(of_apps, here);
        if (!listed) {
            co_return listed.error().within("listing the " + plural + " of the namespace " + namespace_);
        }
        for (auto& one : listed->items) {
            found.workloads.push_back(std::move(one));
        }
    }
    co_return serving_of(found);
}

} // namespace holdfast::argocd
