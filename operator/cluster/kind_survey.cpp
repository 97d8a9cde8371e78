#include "cluster/kind_survey.hpp"

#include "sync/identity.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::cluster {

namespace {

constexpr unsigned page_size = 500;

bool is_event(const kube::resource& kind) {
    return kind.kind == "Event" && (kind.group.empty() || kind.group == "events.k8s.io");
}

/// Whether the kind holds an object of ours. Labels alone say nothing: EndpointSlices have those of their
/// Service.
boost::asio::awaitable<kube::reply<bool>> holds_ours_in(
    kube::client& api, const kube::resource& kind, const survey_settings& settings, std::string namespace_
) {
    kube::selection what;
    what.label_selector = settings.names.get().selector_of(settings.installation);
    what.metadata_only = true;
    what.namespace_ = std::move(namespace_);
    const kube::call_options calls{.deadline = settings.deadline};
    kube::page_request page{.resource_version = {}, .limit = page_size, .continue_token = {}};
    for (;;) {
        auto got = co_await api.list_some(kind, what, page, calls);
        if (!got) {
            co_return got.error();
        }
        for (const auto& item : got->items()) {
            if (sync::owner_of(item.get_object(), settings.names)) {
                co_return true;
            }
        }
        page.continue_token = std::move(got->continue_token);
        if (page.continue_token.empty()) {
            co_return false;
        }
    }
}

boost::asio::awaitable<kube::reply<bool>>
holds_ours(kube::client& api, const kube::resource& kind, const survey_settings& settings) {
    if (!kind.namespaced || settings.within.is_all()) {
        co_return co_await holds_ours_in(api, kind, settings, {});
    }
    for (const auto& namespace_ : settings.within.namespaces) {
        auto found = co_await holds_ours_in(api, kind, settings, namespace_);
        if (!found || *found) {
            co_return found;
        }
    }
    co_return false;
}

} // namespace

std::vector<kube::resource>
kinds_to_survey(const kube::api_catalog& catalog, const std::set<kube::group_kind>& known) {
    std::vector<kube::resource> kinds;
    std::set<kube::group_kind> taken = known;
    for (const auto& resource : catalog.all()) { // in the server's order of preference
        if (resource.supports("list") && resource.supports("watch") && resource.supports("delete") &&
            !is_event(resource) && taken.emplace(kube::group_kind{resource.group, resource.kind}).second) {
            kinds.push_back(resource);
        }
    }
    return kinds;
}

boost::asio::awaitable<kind_survey>
survey_kinds(kube::client& api, std::vector<kube::resource> kinds, survey_settings settings) {
    kind_survey result;
    for (const auto& kind : kinds) {
        const kube::group_kind name{kind.group, kind.kind};
        if (!kind.namespaced && !settings.within.has_cluster_resources()) {
            continue; // nothing is made there
        }
        const auto holds = co_await holds_ours(api, kind, settings);
        if (holds) {
            result.seen.insert(name);
            if (*holds) {
                result.found.push_back(kind);
            }
        } else if (holds.error().status() == 403 || holds.error().status() == 404 ||
                   holds.error().status() == 405) {
            result.seen.insert(name);
        } else {
            result.unlisted.push_back(name.to_string() + ": " + holds.error().message());
        }
    }
    co_return result;
}

} // namespace holdfast::cluster
