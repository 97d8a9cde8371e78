#include "sources/repositories.hpp"

#include "crds/secret_names.hpp"
#include "git/address.hpp"
#include "policy/own_kinds.hpp"
#include "policy/specification_checks.hpp"
#include "sources/repositories_state.hpp"

namespace holdfast::sources {

repositories::state::state(
    asio::any_io_executor ex, kube::client& a, kube::client& r, git::store_manager& s,
    kube::event_recorder& e, observe::metrics& m, settings set, moved_handler h, charts_handler c
)
    : executor{ex},
      api{a},
      relay_api{r},
      stores{s},
      events{e},
      counters{m},
      config{std::move(set)},
      moved{std::move(h)},
      charts_moved{std::move(c)},
      declared_store{project, callbacks()},
      runs{
          ex,
          a,
          {.kind = policy::repository_kind(),
           .namespace_ = config.watch_namespace,
           .name = "repository status",
           .concurrency = 4,
           .at_the_end = runtime::hand_over_by::finishing},
          declared_store,
          [this](std::string key) { return write_status(std::move(key)); },
          &m
      } {}

std::shared_ptr<declared_repository> repositories::state::project(const json::object& object) {
    auto read = crds::examine_repository(object);
    auto made = std::make_shared<declared_repository>();
    made->object = std::move(read.value);
    // What is wrong with it does not make it be passed over: what it covers was to be read as it says, and is
    // not read otherwise.
    const auto scope = policy::scope_of(made->object.spec.url);
    if (scope) {
        made->scope = *scope;
        made->address = git::address_key(made->object.spec.url);
    }
    if (!read.problems.empty()) {
        made->problem = crds::join(read.problems);
    } else if (const auto wrong = crds::check(made->object); !wrong.empty()) {
        made->problem = crds::join(wrong);
    } else if (!scope) {
        made->problem = "spec.url: " + scope.error().message();
    }
    return made;
}

kube::object_store<std::shared_ptr<declared_repository>>::callbacks repositories::state::callbacks() {
    return {
        .added = [this](
                     const kube::object_name& name, const std::shared_ptr<declared_repository>& now
                 ) { declared_changed(name, nullptr, now.get()); },
        .changed =
            [this](
                const kube::object_name& name, const std::shared_ptr<declared_repository>& before,
                const std::shared_ptr<declared_repository>& now
            ) {
                take_relayed(name, before->object.status, now->object.status);
                const auto& was = before->object.metadata;
                const auto& is = now->object.metadata;
                if (before->object.spec == now->object.spec && was.uid == is.uid &&
                    was.deletion_timestamp.has_value() == is.deletion_timestamp.has_value()) {
                    now->clash = before->clash;
                    return; // a status, most likely our own
                }
                declared_changed(name, before.get(), now.get());
            },
        .removed = [this](
                       const kube::object_name& name, const std::shared_ptr<declared_repository>& before
                   ) { declared_changed(name, before.get(), nullptr); },
    };
}

std::string repositories::state::key_of(const kube::object_name& name) {
    return name.namespace_ + "/" + name.name;
}

kube::object_name repositories::state::name_of(const std::string& key) {
    const auto slash = key.find('/');
    return {key.substr(0, slash), key.substr(slash + 1)};
}

std::shared_ptr<declared_repository> repositories::state::declared(const kube::object_name& name) const {
    const auto* found = declared_store.find(name);
    return found == nullptr ? nullptr : *found;
}

void repositories::state::note(const kube::object_name& name, const declared_repository& d, bool there) {
    const auto enter = [&](auto& index, const std::string& key) {
        there ? index.add(key, name) : index.remove(key, name);
    };
    for (const auto& secret : crds::secrets_named_by(d.object.spec)) {
        enter(by_secret, name.namespace_ + "/" + secret);
    }
    if (d.object.spec.password_store) {
        enter(password_stores, name.namespace_);
    }
    for (const auto& key : places_declared_by(d.object.spec.url)) {
        enter(hosts, key);
    }
}

void repositories::state::declared_changed(
    const kube::object_name& name, const declared_repository* before, const declared_repository* now
) {
    if (before != nullptr) {
        note(name, *before, /*there=*/false);
    }
    if (now != nullptr) {
        note(name, *now, /*there=*/true);
        watch_secrets_of(now->object);
    } else {
        deliveries.erase(key_of(name));
    }
    const auto others =
        now != nullptr && now->scope ? index.put(now->object.metadata, *now->scope) : index.erase(name);
    for (const auto& group : others) {
        holder_changed(group, name);
    }
    begin_anew(name);
}

void repositories::state::begin_anew(const kube::object_name& name) {
    if (const auto d = declared(name)) {
        judge(*d);
        runs.queue().add(key_of(name));
    }
    retire_owned_by(key_of(name));
    if (const auto group = index.group_of(name); group && index.holder(*group) == name) {
        note_hook(*group);
        reassign(*group);
    }
}

// Another one of the group is right now: it serves, and the sentences of the others name it.
void repositories::state::holder_changed(
    const policy::repository_index::group& g, const kube::object_name& because_of
) {
    for (const auto& other : index.members(g)) {
        if (other != because_of) {
            status_due(key_of(other));
        }
    }
    const auto holder = index.holder(g);
    if (holder == because_of) {
        return; // it begins anew in a moment
    }
    if (const auto d = holder ? declared(*holder) : nullptr) {
        judge(*d);
    }
    note_hook(g);
    reassign(g);
}

void repositories::state::judge(declared_repository& d) const {
    d.clash.clear();
    d.warnings.clear();
    if (around != nullptr && d.problem.empty()) {
        const auto verdict = policy::judge(d.object, *around);
        d.clash = crds::join(verdict.problems);
        d.warnings = crds::join(verdict.warnings);
    }
}

std::shared_ptr<declared_repository>
repositories::state::serving(const std::string& namespace_, const policy::repository_scope& url) const {
    std::shared_ptr<declared_repository> best;
    index.covering(namespace_, config.own_namespace, url, [&](const kube::object_name& name) {
        const auto d = declared(name);
        // One that asks for signatures is not passed over because of what else is wrong with it: another one, or
        // none, would let in what it is to keep out.
        if (!d || (!d->clash.empty() && !d->object.spec.verify)) {
            return false;
        }
        best = d;
        return true;
    });
    return best;
}

std::string repositories::state::owner_of(const std::shared_ptr<declared_repository>& d) {
    return d ? d->object.metadata.namespace_ + "/" + d->object.metadata.name : std::string{};
}

error repositories::state::refusal_of(const std::shared_ptr<declared_repository>& d, const std::string& url) {
    return user_error(
        "the Repository " + owner_of(d) + ", which covers " + url +
        ", is wrong: " + (d->problem.empty() ? d->clash : d->problem)
    );
}

repositories::repositories(
    asio::any_io_executor executor, kube::client& api, kube::client& relay, git::store_manager& stores,
    kube::event_recorder& events, observe::metrics& counters, settings s, moved_handler moved,
    charts_handler charts_moved
)
    : state_{std::make_shared<state>(
          executor, api, relay, stores, events, counters, std::move(s), std::move(moved),
          std::move(charts_moved)
      )} {}

repositories::~repositories() = default;

void repositories::start() {
    state_->runs.start();
}

void repositories::lead() {
    // A delivery may have been on its way to whoever led before.
    for (const auto& [key, t] : state_->all) {
        t->list_now();
    }
    state_->declared_store.for_each([&](const kube::object_name& name,
                                        const std::shared_ptr<declared_repository>&) {
        state_->runs.queue().add(state::key_of(name));
    });
    state_->runs.lead();
}

asio::awaitable<void> repositories::hand_over(steady_clock::duration limit) {
    const auto s = state_;
    co_await s->runs.hand_over(limit);
}

void repositories::judge_in(const policy::surroundings& around) {
    state_->around = &around;
}

void repositories::for_each_password_store(
    const std::string& namespace_, const std::function<void(const crds::repository&)>& see
) const {
    const auto show = [&](const std::string& of) {
        for (const auto& name : state_->password_stores.of(of)) {
            if (const auto d = state_->declared(name)) {
                see(d->object);
            }
        }
    };
    show(namespace_);
    if (namespace_ != state_->config.own_namespace) {
        show(state_->config.own_namespace);
    }
}

const crds::repository* repositories::rival_of(const crds::repository& value) const {
    const auto scope = policy::scope_of(value.spec.url);
    const auto name = scope ? state_->index.rival_of(value.metadata, *scope) : std::nullopt;
    const auto found = name ? state_->declared(*name) : nullptr;
    return found ? &found->object : nullptr;
}

const crds::repository* repositories::serving(const std::string& namespace_, const std::string& url) const {
    const auto scope = policy::scope_of(url);
    const auto found = scope ? state_->serving(namespace_, *scope) : nullptr;
    return found ? &found->object : nullptr;
}

const crds::repository* repositories::named(const std::string& namespace_, const std::string& name) const {
    auto found = state_->declared({namespace_, name});
    if (!found) {
        found = state_->declared({state_->config.own_namespace, name});
    }
    return found ? &found->object : nullptr;
}

std::optional<std::set<std::string>>
repositories::secret_keys(const std::string& namespace_, const std::string& name) const {
    const auto watch = state_->secrets.find(namespace_);
    return watch == state_->secrets.end() ? std::nullopt : watch->second->keys(name);
}

bool repositories::ready() const {
    return state_->runs.knows_all();
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
    co_await state->runs.stop();
    if (state->signatures) {
        co_await state->signatures->stop();
    }
}

} // namespace holdfast::sources
