// How repositories are reached: their credentials, and the listing of their refs.

#include "base/base64.hpp"
#include "base/log.hpp"
#include "crds/secret_names.hpp"
#include "sources/repositories_state.hpp"

#include <algorithm>

namespace holdfast::sources {

using namespace std::chrono_literals;

namespace {

constexpr auto longest_wait_for_refs = 60s;
constexpr auto longest_wait_for_news = 10s;
// Of listings that are asked for out of turn.
constexpr auto least_between_listings = 1s;

} // namespace

void repositories::state::watch_secrets_of(const crds::repository& r) {
    const auto& namespace_ = r.metadata.namespace_;
    const bool has_secrets = r.spec.secret_ref || r.spec.webhook ||
                             (r.spec.proxy && r.spec.proxy->secret_ref) || r.spec.password_store ||
                             r.spec.verify;
    if (!has_secrets || secrets.contains(namespace_)) {
        return;
    }
    secrets.emplace(
        namespace_, std::make_unique<secret_watch>(
                        executor, api, namespace_, config.own_namespace,
                        [this, namespace_](const std::string& name) { secret_changed(namespace_, name); }
                    )
    );
}

void repositories::state::secret_changed(const std::string& namespace_, const std::string& name) {
    const auto secret = namespace_ + "/" + name;
    webhook_secrets.erase(secret);
    ++secret_changes;
    const auto users = by_secret.of(secret);
    for (const auto& user : users) {
        const auto d = declared(user);
        if (!d) {
            continue;
        }
        auto without_webhook = d->object.spec;
        without_webhook.webhook.reset();
        if (!crds::secrets_named_by(without_webhook).contains(name)) {
            // It verifies deliveries: nothing is reached otherwise than before.
            const auto before = d->clash;
            const auto warned = d->warnings;
            judge(*d);
            if (d->warnings != warned) {
                status_due(key_of(user));
            }
            if (d->clash == before) {
                continue;
            }
        }
        begin_anew(user);
    }
}

git::secret_data repositories::state::decoded_data(const json::object& secret) {
    git::secret_data data;
    if (const auto* encoded = kube::find_object(secret, {"data"})) {
        for (const auto& [key, value] : *encoded) {
            if (const auto* text = value.if_string()) {
                if (auto bytes = base64_decode(*text)) {
                    data.emplace(key, std::move(*bytes));
                }
            }
        }
    }
    return data;
}

asio::awaitable<result<git::secret_data>>
repositories::state::secret_data(std::string namespace_, std::string name, std::string_view field) {
    const auto secret = co_await api.get(kube::resources::secrets(), namespace_, name);
    if (!secret) {
        if (secret.error().is_not_found()) {
            co_return user_error(
                std::string{field} + ": there is no Secret \"" + name + "\" in namespace \"" + namespace_ +
                "\""
            );
        }
        co_return secret.error();
    }
    co_return decoded_data(*secret);
}

asio::awaitable<result<std::shared_ptr<const git::credentials>>>
repositories::state::credentials_of(std::shared_ptr<declared_repository> d, std::string viewer) {
    git::credentials made;
    if (!d) {
        made.reachable = reachable_for(viewer, d);
        co_return std::make_shared<const git::credentials>(std::move(made));
    }
    const auto& spec = d->object.spec;
    if (spec.secret_ref) {
        auto data = co_await secret_data(d->object.metadata.namespace_, spec.secret_ref->name);
        if (!data) {
            co_return data.error();
        }
        auto read = git::read_credentials(*data);
        if (!read) {
            co_return read.error().within("Secret \"" + spec.secret_ref->name + "\"");
        }
        made = std::move(*read);
    }
    if (!spec.ca_bundle.empty()) {
        made.ca = spec.ca_bundle;
    }
    if (spec.proxy) {
        made.proxy = spec.proxy->url;
        if (spec.proxy->secret_ref) {
            auto data = co_await secret_data(d->object.metadata.namespace_, spec.proxy->secret_ref->name);
            if (!data) {
                co_return data.error();
            }
            made.proxy = with_user(spec.proxy->url, (*data)["username"], (*data)["password"]);
        }
    }
    made.reachable = reachable_for(viewer, d);
    made.deadline = spec.timeout.value;
    made.insecure_skip_tls_verify = made.insecure_skip_tls_verify || spec.insecure_skip_tls_verify;
    made.insecure_ignore_host_key = made.insecure_ignore_host_key || spec.insecure_ignore_host_key;
    co_return std::make_shared<const git::credentials>(std::move(made));
}

std::string
repositories::state::with_user(std::string url, const std::string& user, const std::string& password) {
    const auto scheme = url.find("://");
    if (user.empty() || scheme == std::string::npos) {
        return url;
    }
    return url.insert(scheme + 3, kube::percent_encode(user) + ":" + kube::percent_encode(password) + "@");
}

asio::awaitable<void> repositories::state::poll(
    std::shared_ptr<state> self, std::shared_ptr<tracked_repository> t, std::shared_ptr<declared_repository> d
) {
    while (!t->retired) {
        t->refresh_wanted = false;
        if (!t->suspended || t->refs == nullptr) {
            co_await self->list(t, d);
        }
        if (t->retired) {
            break;
        }
        const auto wait = t->failed ? std::min(t->retries.next(self->random), std::max(t->interval, 1'000ms))
                                    : self->jittered(t->interval);
        if (!t->refresh_wanted) {
            co_await t->wake.wait_until(steady_clock::now() + wait);
        }
    }
}

// Applications and repositories that were created together are not polled together for ever.
std::chrono::milliseconds repositories::state::jittered(std::chrono::milliseconds interval) {
    const auto tenth = interval.count() / 10;
    return interval +
           std::chrono::milliseconds{std::uniform_int_distribution<std::int64_t>{-tenth, tenth}(random)};
}

asio::awaitable<void>
repositories::state::list(std::shared_ptr<tracked_repository> t, std::shared_ptr<declared_repository> d) {
    const auto begin = steady_clock::now();
    std::optional<error> failure;
    std::shared_ptr<const git::ref_list> refs;
    if (!t->store) {
        auto credentials = co_await credentials_of(d, t->viewer);
        const bool is_seen_from_outside = t->owner.empty() && t->viewer.empty();
        const auto owner = is_seen_from_outside ? std::string{undeclared} : t->owner;
        if (credentials && d && d->object.spec.verify) {
            if (auto keys = co_await trusted_keys_of(d); keys.has_value()) {
                t->keys = std::move(*keys);
            } else {
                failure = keys.error();
            }
        }
        if (failure) {
            // said below
        } else if (!credentials) {
            failure = credentials.error();
        } else if (auto opened = stores.open(t->url, owner, *credentials); opened.has_value()) {
            t->store = *opened;
        } else {
            failure = opened.error();
        }
    }
    if (t->store) {
        auto listed = co_await t->store->list_refs();
        if (listed) {
            refs = *listed;
        } else {
            failure = listed.error();
        }
    }
    if (t->retired) {
        co_return; // whoever took its place lists too
    }
    t->attempted = begin;
    counters.git_operation("list", failure ? to_string(failure->kind()) : "ok", steady_clock::now() - begin);
    if (failure) {
        if (!t->refs && t->store && failure->is_transient()) {
            // What is deployed is held by what was known last, however long the remote is away.
            t->refs = co_await t->store->last_listing();
        }
        if (!t->failed) {
            t->failing_since = begin;
        }
        const bool is_troubled = trouble_of(*failure, steady_clock::now() - t->failing_since).has_value();
        const bool news =
            !t->failed || t->failed->message() != failure->message() || is_troubled != t->is_troubled;
        t->failed = *failure;
        t->is_troubled = is_troubled;
        if (news) {
            log::warn(
                "a repository cannot be listed",
                {{"repository", t->url.normalised()}, {"error", failure->message()}}
            );
            status_due(t->owner);
            moved(t->url, t->users);
        }
        t->listed.notify_all();
        co_return;
    }
    const bool recovered = t->failed.has_value();
    const bool news = !t->refs || t->refs->refs() != refs->refs();
    t->failed.reset();
    t->is_troubled = false;
    t->retries.reset();
    t->refs = refs;
    t->refs_as_of = begin;
    t->listed.notify_all();
    if (news || recovered) {
        log::debug("a repository moved", {{"repository", t->url.normalised()}});
        status_due(t->owner);
        moved(t->url, t->users);
    }
}

asio::awaitable<result<std::shared_ptr<tracked_repository>>>
repositories::state::listed(std::string url, std::string namespace_, refs_wanted how_new) {
    const auto begin = steady_clock::now();
    for (;;) {
        auto t = track(namespace_, url);
        if (!t) {
            co_return t.error();
        }
        // The map may lose it during a wait.
        const auto held = *t; // NOLINT(performance-unnecessary-copy-initialization)
        const bool is_answered = held->suspended || held->attempted >= how_new.since;
        if (held->refs && (is_answered || how_new.since == refs_wanted{}.since)) {
            const bool is_new_enough = held->suspended || held->refs_as_of >= how_new.since;
            if (how_new.or_fail && !is_new_enough && held->failed) {
                co_return *held->failed;
            }
            co_return held;
        }
        if (!held->refs && held->failed) {
            co_return *held->failed;
        }
        // Who has refs to go by does not wait for long: it is told when a listing brings others.
        const auto deadline = begin + (held->refs ? longest_wait_for_news : longest_wait_for_refs);
        const auto now = steady_clock::now();
        if (now >= deadline) {
            if (held->refs && !how_new.or_fail) {
                co_return held;
            }
            co_return transient_error(
                "repository " + url + ": its refs have not been listed within " + (held->refs ? "10s" : "1m")
            );
        }
        auto until = deadline;
        if (held->refs) {
            // Whoever asks at about the same time shares a listing, and many who ask one after the other
            // are no flood.
            const auto next = held->attempted + least_between_listings;
            if (now >= next) {
                held->list_now();
            } else {
                until = std::min(deadline, next);
            }
        }
        co_await held->listed.wait_until(until);
    }
}

} // namespace holdfast::sources
