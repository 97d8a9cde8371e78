#pragma once

#include "kube/client.hpp"
#include "kube/failure.hpp"
#include "kube/pulse.hpp"
#include "kube/resource.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::kube {

/// What a server serves, at one moment. A value.
class api_catalog {
public:
    /// Adds what a group's version has; the order of the calls is the server's order of preference.
    void add(std::vector<resource> resources);
    /// Says that a group's version did not answer (freshness Stale, an aggregated API server that is down).
    void add_stale(std::string_view group, std::string_view version);
    /// Reads an APIGroupDiscoveryList (apidiscovery.k8s.io, v2 and v2beta1).
    reply<void> add_groups(const json::object& discovery_list);
    /// Reads an APIResourceList of the old per-version discovery.
    reply<void> add_resource_list(const json::object& resource_list);

    [[nodiscard]] const resource* find(const group_version_kind& gvk) const noexcept;
    /// In the version that the server prefers among those that have the kind.
    [[nodiscard]] const resource* find(const group_kind& kind) const noexcept;
    [[nodiscard]] std::vector<std::string> versions_of(const group_kind& kind) const;
    /// "v1", "v1/Pod", "apps/v1", "apps/v1/Deployment" …: as charts ask for them, sorted, each once.
    [[nodiscard]] std::vector<std::string> api_versions() const;
    [[nodiscard]] const std::vector<resource>& all() const noexcept { return resources_; }
    /// "metrics.k8s.io/v1beta1", …
    [[nodiscard]] const std::vector<std::string>& stale() const noexcept { return stale_; }
    [[nodiscard]] bool is_stale(std::string_view group) const noexcept;
    /// Takes over from `old` what this one lacks because its group is stale.
    void keep_stale_from(const api_catalog& old);

    friend bool operator==(const api_catalog&, const api_catalog&) = default;

private:
    std::vector<resource> resources_;
    std::vector<std::string> stale_;
};

struct discovery_settings {
    /// An unknown kind makes it ask the server again, but not more often than this.
    std::chrono::milliseconds unknown_kind_interval{5'000};
    call_options calls{};
};

/// Which kinds the server has. Read by aggregated discovery (two requests), or the old way from servers that
/// have none. On the thread of the loop.
class discovery {
public:
    /// `api` must outlive it.
    explicit discovery(client& api, discovery_settings settings = {});

    /// Asks the server. Callers at the same time share one refresh, which begins after they called: what they
    /// have seen happen is in it. What a group that does not answer had before is kept, and the group is in
    /// catalog().stale().
    boost::asio::awaitable<reply<void>> refresh();

    /// The kind, asking the server again when it is not known (or the catalogue is invalid) and that was not
    /// done just now. Fails with not_found (the message says which versions there are), transient when its
    /// group is stale.
    boost::asio::awaitable<reply<resource>> resolve(group_version_kind gvk);
    /// The same in the preferred version.
    boost::asio::awaitable<reply<resource>> resolve(group_kind kind);

    /// As of the last refresh; valid until the next one.
    [[nodiscard]] const api_catalog& catalog() const noexcept { return catalog_; }
    [[nodiscard]] bool ready() const noexcept { return ready_; }
    /// Grows each time the catalogue has changed.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    /// Returns when generation() is no longer `seen`.
    boost::asio::awaitable<void> wait_changed(std::uint64_t seen);

    /// The next resolve() asks the server, whatever it knows: a CRD has come, changed or gone.
    void invalidate() noexcept { invalid_ = true; }

    /// Watches CustomResourceDefinitions and APIServices and refreshes when one comes, goes or begins to be
    /// served. Runs until cancelled.
    boost::asio::awaitable<void> follow();

private:
    boost::asio::awaitable<reply<api_catalog>> fetch();
    boost::asio::awaitable<reply<api_catalog>> fetch_old_way();
    boost::asio::awaitable<reply<resource>> look_up(group_version_kind gvk);
    [[nodiscard]] const resource* find(const group_version_kind& gvk) const noexcept;
    [[nodiscard]] bool worth_asking(bool known) const noexcept;
    [[nodiscard]] failure not_served(const group_version_kind& gvk) const;

    client& api_;
    discovery_settings settings_;
    api_catalog catalog_;
    std::uint64_t generation_ = 0;
    /// Refreshes by number: begun, and the last one that came to its end.
    std::uint64_t begun_ = 0;
    std::uint64_t ended_ = 0;
    bool refreshing_ = false;
    bool ready_ = false;
    bool invalid_ = true;
    std::chrono::steady_clock::time_point last_refresh_{};
    std::optional<failure> last_failure_;
    pulse done_;
    pulse changed_;
};

} // namespace holdfast::kube
