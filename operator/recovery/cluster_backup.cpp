#include "recovery/cluster_backup.hpp"

#include "policy/own_kinds.hpp"
#include "recovery/backup.hpp"
#include "sync/dialect.hpp"

#include <utility>

namespace holdfast::recovery {

namespace {

constexpr const char* options_name = "holdfast-options";

} // namespace

asio::awaitable<result<std::vector<boost::json::object>>>
read_backup(kube::client& api, backup_settings settings) {
    found_objects found;
    kube::selection where;
    where.namespace_ = settings.watch_namespace;
    auto applications = co_await api.list(policy::application_kind(), where);
    if (!applications) {
        co_return applications.error().within("listing applications.holdfast.dev");
    }
    found.applications = std::move(applications->items);
    auto repositories = co_await api.list(policy::repository_kind(), where);
    if (!repositories) {
        co_return repositories.error().within("listing repositories.holdfast.dev");
    }
    found.repositories = std::move(repositories->items);
    auto sets = co_await api.list(policy::application_set_kind(), where);
    if (sets) {
        found.sets = std::move(sets->items);
    } else if (!sets.error().is_not_found()) { // a cluster of an older version has no such kind
        co_return sets.error().within("listing applicationsets.holdfast.dev");
    }
    kube::selection own;
    own.namespace_ = settings.own_namespace;
    auto projects = co_await api.list(policy::project_kind(), own);
    if (projects) {
        found.projects = std::move(projects->items);
    } else if (!projects.error().is_not_found()) { // of an installation from before there were any
        co_return projects.error().within("listing projects.holdfast.dev");
    }
    for (const auto& [namespace_, name] : named_secrets(found.applications, found.repositories)) {
        auto secret = co_await api.get(kube::resources::secrets(), namespace_, name);
        if (secret) {
            found.secrets.push_back(std::move(*secret));
        } else if (!secret.error().is_not_found()) {
            co_return secret.error().within("reading the Secret " + namespace_ + "/" + name);
        }
    }
    auto options = co_await api.get(kube::resources::config_maps(), settings.own_namespace, options_name);
    if (options) {
        found.options = std::move(*options);
    } else if (!options.error().is_not_found()) {
        co_return options.error().within(
            "reading the ConfigMap " + settings.own_namespace + "/" + options_name
        );
    }
    const auto names = sync::holdfast_dev();
    co_return backup_of(found, names.tracking_annotation);
}

} // namespace holdfast::recovery
