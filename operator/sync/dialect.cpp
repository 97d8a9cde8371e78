#include "sync/dialect.hpp"

#include <algorithm>

namespace holdfast::sync {

bool dialect::is_former_manager(std::string_view manager) const noexcept {
    return std::ranges::any_of(former_managers, [&](std::string_view pattern) {
        return pattern.ends_with('*') ? manager.starts_with(pattern.substr(0, pattern.size() - 1))
                                      : manager == pattern;
    });
}

std::string dialect::selector_of(std::string_view installation) const {
    return std::string{installation_label} + "=" + std::string{installation};
}

bool dialect::is_marked(const json::object& live, std::string_view installation) const {
    return kube::label(live, installation_label) == installation;
}

bool dialect::is_for(const json::object& application, std::string_view installation) const {
    return kube::label(application, installation_label).value_or(default_installation) == installation;
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

} // namespace holdfast::sync
