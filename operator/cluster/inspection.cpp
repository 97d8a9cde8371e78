#include "cluster/inspection.hpp"

#include "base/async.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::cluster {

using namespace std::chrono_literals;

namespace {

// For all lists of one object together.
constexpr steady_clock::duration longest_inspection = 60s;
constexpr std::chrono::milliseconds longest_list{10'000};
constexpr unsigned page_size = 500;
// More are not counted: a person who is told of ten thousand knows enough.
constexpr std::size_t most_counted = 10'000;
constexpr std::size_t most_named = 20;

struct group_kind_text {
    std::string_view group;
    std::string_view kind;
};

// Kinds that hold nothing of anybody's: traces and heartbeats, copies that controllers keep of what is in
// other objects, and devices for Pods, which are counted themselves.
constexpr std::array without_value{
    group_kind_text{"", "Event"},
    group_kind_text{"events.k8s.io", "Event"},
    group_kind_text{"coordination.k8s.io", "Lease"},
    group_kind_text{"", "Endpoints"},
    group_kind_text{"apps", "ControllerRevision"},
    group_kind_text{"storage.k8s.io", "CSIStorageCapacity"},
    group_kind_text{"resource.k8s.io", "ResourceClaim"},
    group_kind_text{"resource.k8s.io", "ResourceClaimTemplate"},
};

// What a cluster puts into every namespace.
constexpr std::array<std::string_view, 3> made_config_maps{
    "kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"
};
constexpr std::array<std::string_view, 3> made_accounts{"default", "builder", "deployer"};

bool has_value(const kube::resource& kind) {
    return std::ranges::none_of(without_value, [&](const group_kind_text& one) {
        return one.group == kind.group && one.kind == kind.kind;
    });
}

bool is_made_by_the_cluster(const kube::resource& kind, const json::object& object) {
    if (!kind.group.empty()) {
        return false;
    }
    const auto among = [name = kube::name_of(object)](const auto& names) {
        return std::ranges::find(names, name) != names.end();
    };
    if (kind.kind == "Secret") { // the tokens of older clusters
        return kube::annotation(object, "kubernetes.io/service-account.name") == "default";
    }
    return (kind.kind == "ConfigMap" && among(made_config_maps)) ||
           (kind.kind == "ServiceAccount" && among(made_accounts));
}

std::string short_name(const kube::resource& kind, const json::object& object) {
    const auto namespace_ = kube::namespace_of(object);
    return kind.kind + " " + (namespace_.empty() ? "" : std::string{namespace_} + "/") +
           std::string{kube::name_of(object)};
}

// A CustomResourceDefinition's kind in a version that is served: its objects are the same in all of them.
// Nothing where none is.
std::optional<kube::resource> served_kind(const json::object& definition) {
    kube::resource kind;
    kind.group = kube::find_text(definition, {"spec", "group"});
    kind.kind = kube::find_text(definition, {"spec", "names", "kind"});
    kind.plural = kube::find_text(definition, {"spec", "names", "plural"});
    kind.namespaced = kube::find_text(definition, {"spec", "scope"}) == "Namespaced";
    const auto* spec = kube::find_object(definition, {"spec"});
    const auto* versions = spec == nullptr ? nullptr : spec->if_contains("versions");
    if (versions == nullptr || !versions->is_array()) {
        return std::nullopt;
    }
    for (const auto& one : versions->get_array()) {
        const auto* version = one.if_object();
        const auto* served = version == nullptr ? nullptr : version->if_contains("served");
        const auto* name = version == nullptr ? nullptr : version->if_contains("name");
        if (served != nullptr && served->is_bool() && served->get_bool() && name != nullptr &&
            name->is_string()) {
            kind.version = name->get_string();
            return kind;
        }
    }
    return std::nullopt;
}

// Aggregated APIs that compute what they show.
bool is_stored(std::string_view group_version) {
    return group_version.substr(0, group_version.find('/')).find("metrics.k8s.io") == std::string_view::npos;
}

class inspector {
public:
    explicit inspector(const inspection& of)
        : api_{of.api},
          requests_{of.requests},
          application_{of.application},
          names_(of.names),
          installation_{of.installation} {}

    asio::awaitable<sync::goes_along> of_definition(std::string name) {
        const auto definition =
            co_await api_.get(kube::resources::custom_resource_definitions(), "", name, calls());
        if (!definition) {
            if (!definition.error().is_not_found()) {
                along_.failure = definition.error().message();
            }
            co_return along_;
        }
        along_.defines.emplace(
            kube::find_text(*definition, {"spec", "group"}),
            kube::find_text(*definition, {"spec", "names", "kind"})
        );
        const auto kind = served_kind(*definition);
        if (kind) {
            co_await count(*kind, {}, /*in_namespace=*/false);
        } else {
            along_.unlisted.push_back(along_.defines->second + ", which no version of is served");
        }
        co_return finish();
    }

    // `kinds` are those of the namespaced kinds that are stored and can be deleted.
    asio::awaitable<sync::goes_along> of_namespace(std::string name, std::vector<kube::resource> kinds) {
        for (const auto& kind : kinds) {
            if (!along_.failure.empty() || along_.more) {
                break;
            }
            co_await count(kind, name, /*in_namespace=*/true);
        }
        co_return finish();
    }

private:
    [[nodiscard]] kube::call_options calls() const {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - steady_clock::now());
        return {
            .deadline = std::clamp(left, 1ms, longest_list), .max_retries = 2, .as = {}, .on_warning = {}
        };
    }

    asio::awaitable<void> count(kube::resource kind, std::string namespace_, bool in_namespace) {
        const kube::selection what{
            .namespace_ = std::move(namespace_),
            .label_selector = {},
            .field_selector = {},
            .metadata_only = true
        };
        kube::page_request wanted{.resource_version = {}, .limit = page_size, .continue_token = {}};
        do {
            if (steady_clock::now() >= end_) {
                along_.failure = "it took longer than a minute to list what there is";
                co_return;
            }
            const auto place = co_await requests_.enter();
            const auto options = calls();
            auto page = co_await api_.list_some(kind, what, wanted, options);
            if (!page) {
                const auto& why = page.error();
                if (why.kind() == error_kind::forbidden) {
                    along_.unlisted.push_back(kind.kind);
                } else if (!why.is_not_found() && why.status() != 405) { // not there any more, or no list
                    along_.failure = why.message();
                }
                co_return;
            }
            for (const auto& item : page->items()) {
                look_at(kind, item.get_object(), in_namespace);
            }
            wanted.continue_token = page->continue_token;
            along_.more = along_.count >= most_counted && !wanted.continue_token.empty();
        } while (!wanted.continue_token.empty() && !along_.more);
    }

    void look_at(const kube::resource& kind, const json::object& object, bool in_namespace) {
        if (kube::deletion_timestamp(object) || is_ours(object)) {
            return;
        }
        if (in_namespace && (kube::has_owner(object) || is_made_by_the_cluster(kind, object))) {
            return;
        }
        ++along_.count;
        if (along_.named.size() < most_named) {
            along_.named.push_back(short_name(kind, object));
        }
    }

    [[nodiscard]] bool is_ours(const json::object& object) const {
        if (!names_.is_marked(object, installation_)) {
            return false;
        }
        const auto owner = sync::owner_of(object, names_);
        return owner && owner->application == application_;
    }

    sync::goes_along finish() {
        std::ranges::sort(along_.named);
        std::ranges::sort(along_.unlisted);
        return std::move(along_);
    }

    kube::client& api_;
    async_semaphore& requests_;
    sync::application_ref application_;
    const sync::dialect& names_;
    std::string installation_;
    steady_clock::time_point end_ = steady_clock::now() + longest_inspection;
    sync::goes_along along_;
};

// Each kind once, in the version that the server prefers.
std::vector<kube::resource> stored_kinds(const kube::api_catalog& catalog) {
    std::vector<kube::resource> kinds;
    for (const auto& kind : catalog.all()) {
        const auto* preferred = catalog.find(kube::group_kind{kind.group, kind.kind});
        if (kind.namespaced && preferred != nullptr && preferred->version == kind.version &&
            has_value(kind) && kind.supports("list") && kind.supports("delete")) {
            kinds.push_back(kind);
        }
    }
    return kinds;
}

} // namespace

asio::awaitable<sync::goes_along> inspect(inspection with, sync::object_id id) {
    inspector asked{with};
    if (id.kind == "CustomResourceDefinition") {
        co_return co_await asked.of_definition(id.name);
    }
    for (const auto& group : with.catalog->stale()) {
        if (is_stored(group)) {
            sync::goes_along along;
            along.failure = "the API " + group + " does not answer, so its objects there cannot be listed";
            co_return along;
        }
    }
    co_return co_await asked.of_namespace(id.name, stored_kinds(*with.catalog));
}

} // namespace holdfast::cluster
