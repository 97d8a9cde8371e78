#include "cluster/namespace_content.hpp"

#include "cluster/kind_survey.hpp"
#include "kube/json.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace holdfast::cluster {

using namespace std::chrono_literals;

namespace {

constexpr unsigned page_size = 500;

bool is_the_clusters(const kube::resource& kind) {
    using pair = std::pair<std::string_view, std::string_view>;
    constexpr std::array<pair, 3> all{
        {{"coordination.k8s.io", "Lease"}, {"", "Endpoints"}, {"discovery.k8s.io", "EndpointSlice"}}
    };
    for (const auto& [group, name] : all) {
        if (kind.group == group && kind.kind == name) {
            return true;
        }
    }
    return kind.group == "holdfast.dev";
}

} // namespace

std::vector<kube::resource> kinds_in_namespaces(const kube::api_catalog& catalog) {
    auto kinds = kinds_to_survey(catalog, {});
    std::erase_if(kinds, [](const kube::resource& kind) {
        return !kind.namespaced || is_the_clusters(kind);
    });
    return kinds;
}

boost::asio::awaitable<namespace_content> read_namespace(
    kube::client& api, std::vector<kube::resource> kinds, std::string namespace_, sync::dialect_ref names,
    std::size_t most
) {
    namespace_content made;
    std::size_t seen = 0;
    for (const auto& kind : kinds) {
        kube::selection what;
        what.metadata_only = true;
        what.namespace_ = namespace_;
        kube::page_request page{.resource_version = {}, .limit = page_size, .continue_token = {}};
        do {
            if (seen >= most) {
                made.is_cut = true;
                co_return made;
            }
            auto got = co_await api.list_some(kind, what, page, {.deadline = 30s});
            if (!got) {
                made.unlisted.push_back(kind.kind + ": " + got.error().message());
                break;
            }
            for (const auto& item : got->items()) {
                ++seen;
                const auto& object = item.get_object();
                if (kube::has_owner(object)) {
                    continue;
                }
                loose_object one{
                    .id =
                        {kind.group, kind.kind, namespace_,
                         std::string{kube::find_text(object, {"metadata", "name"})}},
                    .owner = {}
                };
                if (const auto marked = sync::owner_of(object, names)) {
                    one.owner = marked->application;
                }
                made.objects.push_back(std::move(one));
            }
            page.continue_token = std::move(got->continue_token);
        } while (!page.continue_token.empty());
    }
    co_return made;
}

} // namespace holdfast::cluster
