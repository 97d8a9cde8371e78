#include "control/repositories.hpp"

#include "control/repositories_state.hpp"
#include "control/specification_checks.hpp"
#include "git/address.hpp"

namespace holdfast::control {

const kube::resource repository_kind{
    .group = std::string{crds::group},
    .version = std::string{crds::version},
    .plural = "repositories",
    .kind = "Repository",
    .namespaced = true,
    .verbs = {},
    .subresources = {}
};

repositories::state::state(
    asio::any_io_executor ex, kube::client& a, kube::client& r, git::store_manager& s,
    kube::event_recorder& e, metrics& m, settings set, moved_handler h
)
    : executor{ex},
      api{a},
      relay_api{r},
      stores{s},
      events{e},
      counters{m},
      config{std::move(set)},
      moved{std::move(h)},
      tasks{ex},
      statuses{
          ex, "repository status", 4, [this](std::string key) { return write_status(std::move(key)); }, &m
      },
      declared_store{project, callbacks()},
      informer{a, informer_options(config.watch_namespace), declared_store} {
    statuses.hold();
}

kube::informer_options repositories::state::informer_options(const std::string& namespace_) {
    kube::informer_options o;
    o.kind = repository_kind;
    o.what.namespace_ = namespace_;
    return o;
}

result<std::string> repositories::state::prefix_of(const std::string& url) {
    constexpr std::string_view registry = "oci://";
    if (url.starts_with(registry)) {
        return git::normalise_prefix("https://" + url.substr(registry.size()));
    }
    const bool has_scheme = url.find("://") != std::string::npos;
    const bool is_bare = !has_scheme && url.find('@') == std::string::npos;
    return git::normalise_prefix(is_bare ? "https://" + url : url);
}

std::shared_ptr<declared_repository> repositories::state::project(const json::object& object) {
    auto read = crds::examine_repository(object);
    auto made = std::make_shared<declared_repository>();
    made->object = std::move(read.value);
    // What is wrong with it does not make it be passed over: what it covers was to be read as it says, and is
    // not read otherwise.
    const auto prefix = prefix_of(made->object.spec.url);
    if (prefix) {
        made->prefix = *prefix;
        made->address = git::address_key(made->object.spec.url);
    }
    if (!read.problems.empty()) {
        made->problem = crds::join(read.problems);
    } else if (const auto wrong = crds::check(made->object); !wrong.empty()) {
        made->problem = crds::join(wrong);
    } else if (!prefix) {
        made->problem = "spec.url: " + prefix.error().message();
    }
    return made;
}

kube::object_store<std::shared_ptr<declared_repository>>::callbacks repositories::state::callbacks() {
    return {
        .added =
            [this](const kube::object_name& name, const std::shared_ptr<declared_repository>&) {
                declared_changed(name);
            },
        .modified =
            [this](
                const kube::object_name& name, const std::shared_ptr<declared_repository>& before,
                const std::shared_ptr<declared_repository>& now
            ) {
                take_relayed(name, before->object.status, now->object.status);
                if (before->object.spec == now->object.spec) {
                    return; // a status, most likely our own
                }
                declared_changed(name);
            },
        .deleted =
            [this](const kube::object_name& name, const std::shared_ptr<declared_repository>&) {
                declared_changed(name);
            },
    };
}

std::string repositories::state::key_of(const kube::object_name& name) {
    return name.namespace_ + "/" + name.name;
}

kube::object_name repositories::state::name_of(const std::string& key) {
    const auto slash = key.find('/');
    return {key.substr(0, slash), key.substr(slash + 1)};
}

void repositories::state::declared_changed(const kube::object_name& name) {
    if (const auto* d = declared_store.find(name)) {
        watch_secrets_of((*d)->object);
        judge(**d);
        statuses.add(key_of(name));
    } else {
        deliveries.erase(key_of(name));
    }
    // Another one may have been in this one's way, or be in its way now.
    declared_store.for_each([&](const kube::object_name& other,
                                const std::shared_ptr<declared_repository>& d) {
        if (other.namespace_ == name.namespace_ && other.name != name.name && !d->clash.empty()) {
            judge(*d);
            statuses.add(key_of(other));
        }
    });
    // Which Repository serves which application may be another one now. What is tracked_repository under it
    // starts anew.
    retire_owned_by(key_of(name));
    reassign();
}

void repositories::state::judge(declared_repository& d) const {
    d.clash.clear();
    if (around != nullptr && d.problem.empty()) {
        d.clash = crds::join(control::judge(d.object, *around).problems);
    }
}

// The Repository that serves applications of a namespace for a URL.
std::shared_ptr<declared_repository>
repositories::state::serving(const std::string& namespace_, const std::string& normalised) const {
    std::shared_ptr<declared_repository> best;
    const auto better = [&](const declared_repository& d) {
        if (!best) {
            return true;
        }
        if (d.prefix.size() != best->prefix.size()) {
            return d.prefix.size() > best->prefix.size();
        }
        const bool own = d.object.metadata.namespace_ == namespace_;
        const bool best_own = best->object.metadata.namespace_ == namespace_;
        return own != best_own ? own : d.object.metadata.name < best->object.metadata.name;
    };
    declared_store.for_each([&](const kube::object_name& name,
                                const std::shared_ptr<declared_repository>& d) {
        if (name.namespace_ != namespace_ && name.namespace_ != config.own_namespace) {
            return;
        }
        if (d->clash.empty() && git::covers(d->prefix, normalised) && better(*d)) {
            best = d;
        }
    });
    return best;
}

std::string repositories::state::owner_of(const std::shared_ptr<declared_repository>& d) {
    return d ? d->object.metadata.namespace_ + "/" + d->object.metadata.name : std::string{};
}

error repositories::state::refusal_of(const std::shared_ptr<declared_repository>& d, const std::string& url) {
    return user_error(
        "the Repository " + owner_of(d) + ", which covers " + url + ", is wrong: " + d->problem
    );
}

repositories::repositories(
    asio::any_io_executor executor, kube::client& api, kube::client& relay, git::store_manager& stores,
    kube::event_recorder& events, metrics& counters, settings s, moved_handler moved
)
    : state_{std::make_shared<state>(
          executor, api, relay, stores, events, counters, std::move(s), std::move(moved)
      )} {}

repositories::~repositories() = default;

void repositories::start() {
    state_->tasks.spawn("watch repositories", [](std::shared_ptr<state> s) -> asio::awaitable<void> {
        co_await s->informer.run();
    }(state_));
}

void repositories::lead() {
    state_->standby = false;
    // A delivery may have been on its way to whoever led before.
    for (const auto& [key, t] : state_->all) {
        t->list_now();
    }
    state_->declared_store.for_each([&](const kube::object_name& name,
                                        const std::shared_ptr<declared_repository>&) {
        state_->statuses.add(state::key_of(name));
    });
    state_->statuses.release();
}

asio::awaitable<void> repositories::hand_over(steady_clock::duration limit) {
    const auto s = state_;
    if (!s->standby) {
        co_await s->statuses.flush(limit);
        s->statuses.hold();
    }
}

void repositories::judge_in(const surroundings& around) {
    state_->around = &around;
}

void repositories::for_each(const std::function<void(const crds::repository&)>& see) const {
    state_->declared_store.for_each([&](const kube::object_name&,
                                        const std::shared_ptr<declared_repository>& d) { see(d->object); });
}

const crds::repository* repositories::serving(const std::string& namespace_, const std::string& url) const {
    const auto parsed = state::prefix_of(url);
    const auto found = parsed ? state_->serving(namespace_, *parsed) : nullptr;
    return found ? &found->object : nullptr;
}

std::optional<std::set<std::string>>
repositories::secret_keys(const std::string& namespace_, const std::string& name) const {
    const auto watch = state_->secrets.find(namespace_);
    return watch == state_->secrets.end() ? std::nullopt : watch->second->keys(name);
}

bool repositories::ready() const {
    return state_->informer.status().synced;
}

asio::awaitable<result<std::vector<repositories::webhook_holder>>>
repositories::webhook_holders(std::vector<std::string> urls) {
    const auto s = state_;
    co_return co_await s->webhook_holders(std::move(urls));
}

void repositories::delivered(
    const std::string& repository, const std::vector<std::string>& urls,
    crds::repository_webhook_delivery delivery
) {
    state_->delivered(repository, urls, std::move(delivery));
}

void repositories::delivery_refused(
    const std::string& repository, crds::repository_webhook_delivery delivery, const std::string& why
) {
    state_->delivery_refused(repository, std::move(delivery), why);
}

asio::awaitable<void> repositories::stop() {
    auto state = state_;
    for (const auto& [key, t] : state->all) {
        state::retire(*t);
    }
    for (const auto& [namespace_, watch] : state->secrets) {
        co_await watch->stop();
    }
    state->tasks.cancel();
    co_await state->tasks.join();
    co_await state->statuses.stop();
}

} // namespace holdfast::control
