#include "sync/dialect.hpp"

#include "sync/identity.hpp"

#include <algorithm>

namespace holdfast::sync {

bool dialect::is_former_manager(std::string_view manager) const noexcept {
    return std::ranges::any_of(former_managers, [&](std::string_view pattern) {
        return pattern.ends_with('*') ? manager.starts_with(pattern.substr(0, pattern.size() - 1))
                                      : manager == pattern;
    });
}

std::string dialect::selector_of(std::string_view installation) const {
    switch (marks) {
    case marking::by_installation: return std::string{installation_label} + "=" + std::string{installation};
    case marking::by_label: return std::string{installation_label};
    case marking::by_annotation:
    case marking::by_annotation_and_label: break; // the label is for people: others write it, too
    }
    return {};
}

bool dialect::leaves_unmarked(std::string_view group, std::string_view kind) const noexcept {
    return marks != marking::by_installation && kind == "CustomResourceDefinition" &&
           group == "apiextensions.k8s.io";
}

bool dialect::is_marked(const json::object& live, std::string_view installation) const {
    return marks == marking::by_installation ? kube::label(live, installation_label) == installation
                                             : owner_of(live, *this).has_value();
}

bool dialect::is_for(const json::object& application, std::string_view installation) const {
    const auto label =
        marks == marking::by_installation ? installation_label : holdfast_dev().installation_label;
    return kube::label(application, label).value_or(default_installation) == installation;
}

std::string dialect::annotate_command(
    std::string_view namespace_, std::string_view name, std::string_view annotation
) const {
    return "kubectl annotate " + std::string{application_resource} + " -n " + std::string{namespace_} + " " +
           std::string{name} + " " + std::string{annotation};
}

const dialect& holdfast_dev() noexcept {
    static constexpr dialect names{
        .tracking_annotation = "holdfast.dev/tracking-id",
        .installation_label = "holdfast.dev/installation",
        .release_annotation = "holdfast.dev/release-to",
        .sync_options_annotation = "holdfast.dev/sync-options",
        .field_manager = "holdfast",
        .application_resource = "applications.holdfast.dev",
        .namespace_manager_prefix = "holdfast-namespace:"
    };
    return names;
}

dialect argoproj_io(const argocd_marks& marks) noexcept {
    return {
        .tracking_annotation =
            marks.how == marking::by_label ? std::string_view{} : "argocd.argoproj.io/tracking-id",
        .installation_label =
            marks.how == marking::by_annotation ? std::string_view{} : std::string_view{marks.instance_label},
        .release_annotation = holdfast_dev().release_annotation,
        .sync_options_annotation = "argocd.argoproj.io/sync-options",
        .field_manager = "argocd-controller",
        .application_resource = "applications.argoproj.io",
        .namespace_manager_prefix = "argocd-namespace:",
        .marks = marks.how,
        .application_namespace = marks.application_namespace,
        .argocd_installation = marks.installation,
        .keeps_applied_build = false
    };
}

} // namespace holdfast::sync
