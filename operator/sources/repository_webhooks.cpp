// Deliveries of webhooks: which Repository they are for, what proves them, and what they bring about.

#include "base/log.hpp"
#include "crds/bounded_status.hpp"
#include "git/address.hpp"
#include "policy/own_kinds.hpp"
#include "policy/specification_checks.hpp"
#include "sources/fair_order.hpp"
#include "sources/repositories_state.hpp"

#include <algorithm>

namespace holdfast::sources {

using namespace std::chrono_literals;

namespace {

// The watch of Secrets tells of changes. This bounds what comes of a watch that does not run yet, or is cut.
constexpr auto keep_secrets = 60s;
constexpr std::size_t most_kept = 1000;
// For a GitHub organisation's ping, which names no repository.
constexpr std::size_t most_holders = 500;
// A status tells of the last refused delivery, though not of each while somebody hammers.
constexpr auto between_refusals = 30s;
// A genuine delivery is followed by new heads, most likely: one write for both.
constexpr auto settle_time = 1s;

} // namespace

asio::awaitable<result<std::shared_ptr<const std::vector<std::string>>>>
repositories::state::webhook_secrets_of(std::string namespace_, std::string name) {
    const auto key = namespace_ + "/" + name;
    if (const auto kept = webhook_secrets.find(key);
        kept != webhook_secrets.end() && kept->second.until > steady_clock::now()) {
        co_return kept->second.values;
    }
    const auto changes = secret_changes;
    const auto secret = co_await api.get(kube::resources::secrets(), namespace_, name);
    auto values = std::make_shared<std::vector<std::string>>();
    if (secret) {
        for (auto& [which, value] : decoded_data(*secret)) {
            if (policy::is_webhook_secret_key(which)) {
                values->push_back(std::move(value));
            }
        }
    } else if (!secret.error().is_not_found()) {
        co_return secret.error();
    }
    if (changes == secret_changes) {
        if (webhook_secrets.size() >= most_kept) {
            webhook_secrets.clear();
        }
        webhook_secrets[key] = {values, steady_clock::now() + keep_secrets};
    }
    co_return std::shared_ptr<const std::vector<std::string>>{values};
}

void repositories::state::note_hook(const policy::repository_index::group& g) {
    if (const auto known = hook_of_group.find(g); known != hook_of_group.end()) {
        const auto& [address, name] = known->second;
        hooks.remove(address, name);
        hook_of_group.erase(known);
    }
    const auto holder = index.holder(g);
    const auto d = holder ? declared(*holder) : nullptr;
    if (d && d->problem.empty() && d->object.spec.webhook) {
        hooks.add(d->address, *holder);
        hook_of_group.emplace(g, std::pair{d->address, *holder});
    }
}

// Those for the longest prefix first, and the operator's own before all others: whatever else is declared,
// they are asked. Of others so many that no tenant's many keep out another's.
std::vector<kube::object_name> repositories::state::hooks_for(const std::vector<std::string>& urls) const {
    std::vector<kube::object_name> found;
    std::set<kube::object_name> seen;
    const auto take = [&](const std::set<kube::object_name>& names) {
        for (const auto& name : names) {
            if (seen.insert(name).second) {
                found.push_back(name);
            }
        }
    };
    if (urls.empty()) {
        for (const auto& [address, names] : hooks) {
            take(names);
        }
    }
    for (const auto& url : urls) {
        const auto key = git::address_key(url);
        for (std::string_view prefix = key; !prefix.empty();) {
            take(hooks.of(prefix));
            const auto slash = prefix.rfind('/');
            prefix = prefix.substr(0, slash == std::string_view::npos ? 0 : slash);
        }
    }
    return fair_order(std::move(found), config.own_namespace, most_holders);
}

asio::awaitable<result<std::vector<repositories::webhook_holder>>>
repositories::state::webhook_holders(std::vector<std::string> urls) {
    std::vector<std::pair<kube::object_name, std::string>> found;
    for (const auto& name : hooks_for(urls)) {
        if (const auto d = declared(name); d && d->object.spec.webhook) {
            found.emplace_back(name, d->object.spec.webhook->secret_ref.name);
        }
    }
    std::vector<webhook_holder> holders;
    for (const auto& [name, secret] : found) {
        const auto values = co_await webhook_secrets_of(name.namespace_, secret);
        if (!values) {
            co_return values.error();
        }
        holders.push_back({key_of(name), **values});
    }
    co_return holders;
}

asio::awaitable<void> repositories::state::relay(
    std::shared_ptr<state> self, std::string repository, crds::repository_webhook_delivery delivery
) {
    delivery.receipt = self->config.replica + " " + format_micro_time(wall_clock::now());
    crds::repository_status told_of;
    told_of.last_webhook = std::move(delivery);
    const auto name = name_of(repository);
    const auto told = co_await self->relay_api.patch_merge(
        policy::repository_kind(), name.namespace_, name.name,
        json::object{{"status", crds::bounded_status(told_of, 0)}}, "holdfast", "status"
    );
    if (!told) {
        log::warn(
            "a delivery cannot be handed on to the leader: it finds out when it polls",
            {{"repository", repository}, {"error", told.error().message()}}
        );
    }
}

void repositories::state::take_relayed(
    const kube::object_name& name, const crds::repository_status& before, const crds::repository_status& now
) {
    const auto& news = now.last_webhook;
    if (!runs.leads() || !news || news->receipt.empty() || news == before.last_webhook) {
        return;
    }
    const auto key = key_of(name);
    if (const auto known = deliveries.find(key);
        known != deliveries.end() && known->second.delivery.receipt == news->receipt) {
        return; // we wrote that
    }
    log::info("a push was announced to another replica", {{"repository", key}, {"receipt", news->receipt}});
    if (news->verified) {
        delivered(key, news->urls, *news);
    } else {
        delivery_refused(key, *news, "another replica received it, and its log says why");
    }
}

void repositories::state::delivered(
    const std::string& repository, const std::vector<std::string>& urls,
    crds::repository_webhook_delivery delivery
) {
    const bool for_all = repository.starts_with(config.own_namespace + "/");
    std::set<std::string> of_charts;
    for (const auto& url : urls) {
        const auto address = git::address_key(url);
        for (const auto& key : tracked_by_address.of(address)) {
            if (const auto& t = all.at(key); for_all || t->owner == repository) {
                t->list_now();
            }
        }
        // What is named is a chart, which is below the address that applications name.
        for (std::string_view prefix = address; !prefix.empty();) {
            for (const auto& [namespace_, application] : chart_readers.of(prefix)) {
                if (for_all || repository.starts_with(namespace_ + "/")) {
                    of_charts.insert(application);
                }
            }
            const auto slash = prefix.rfind('/');
            prefix = prefix.substr(0, slash == std::string_view::npos ? 0 : slash);
        }
    }
    if (!of_charts.empty()) {
        charts_moved(of_charts);
    }
    if (!runs.leads()) {
        if (delivery.urls.empty()) {
            delivery.urls = urls;
            delivery.urls.resize(std::min(urls.size(), crds::max_delivery_urls));
        }
        runs.tasks().spawn("relay a delivery", relay(shared_from_this(), repository, std::move(delivery)));
        return;
    }
    deliveries[repository].delivery = std::move(delivery);
    status_due(repository, settle_time);
}

void repositories::state::delivery_refused(
    const std::string& repository, crds::repository_webhook_delivery delivery, const std::string& why
) {
    const auto* declared = declared_store.find(name_of(repository));
    if (declared == nullptr) {
        return;
    }
    const auto now = steady_clock::now();
    auto& last = deliveries[repository];
    if (last.refused_at != steady_clock::time_point{} && now - last.refused_at < between_refusals) {
        return;
    }
    last.refused_at = now;
    if (!runs.leads()) {
        runs.tasks().spawn("relay a refusal", relay(shared_from_this(), repository, std::move(delivery)));
        return;
    }
    events.record(
        reference_to(**declared), {.severity = kube::event_severity::warning,
                                   .reason = "WebhookRefused",
                                   .action = "Receive",
                                   .note = "a delivery of " + delivery.provider + " is refused: " + why}
    );
    last.delivery = std::move(delivery);
    status_due(repository, settle_time);
}

} // namespace holdfast::sources
