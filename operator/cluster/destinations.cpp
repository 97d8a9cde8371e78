#include "cluster/destinations.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::cluster {

namespace {

kube::informer_options secrets_of(const std::string& namespace_) {
    kube::informer_options o;
    o.kind = kube::resources::secrets();
    o.what.namespace_ = namespace_;
    o.what.label_selector = std::string{secret_type_label} + "=" + std::string{secret_type_cluster};
    return o;
}

scope scope_of(const cluster_secret& declared) {
    return {.namespaces = declared.namespaces, .cluster_resources = declared.cluster_resources};
}

} // namespace

destinations::destinations(
    asio::any_io_executor executor, kube::client& home, destination& in_cluster, settings s, handlers told,
    write_observer& counters
)
    : executor_{executor},
      home_{in_cluster},
      settings_{std::move(s)},
      told_{std::move(told)},
      counters_{counters},
      register_{settings_.own_namespace},
      secrets_{
          [](const json::object& secret) { return declared_by(secret); },
          {.added =
               [this](const auto&, const auto&) {
                   if (register_.is_known()) secrets_changed(); // else synced() tells of all
               },
           .changed = [this](const auto&, const auto&, const auto&) { secrets_changed(); },
           .removed = [this](const auto&, const auto&) { secrets_changed(); },
           .synced = [this] { secrets_changed(); },
           .trouble_changed =
               [this] {
                   std::set<std::string> waiting;
                   for (const auto& [key, one] : uses_) {
                       if (!register_.is_known() && !one.is.problem.empty()) waiting.insert(key);
                   }
                   if (!waiting.empty()) told_.clusters_changed(waiting);
               }}
      },
      informer_{home, secrets_of(settings_.own_namespace), secrets_},
      no_connection_{transient_error("this cluster is not connected to")},
      no_api_{no_connection_},
      nowhere_{std::make_shared<destination>(
          executor, no_api_, settings_.of_each.of_destination,
          destination::handlers{
              .object_changed = [](const sync::application_ref&) {},
              .namespace_changed = [](const std::string&) {},
              .kind_ready = [] {},
              .kinds_changed = [] {}
          },
          counters
      )},
      tasks_{executor} {}

destinations::~destinations() = default;

void destinations::start() {
    tasks_.spawn("watch the Secrets of clusters", [](kube::informer* i) -> asio::awaitable<void> {
        co_await i->run();
    }(&informer_));
}

asio::awaitable<void> destinations::wait_known(std::chrono::milliseconds limit) {
    const auto known = co_await informer_.wait_synced(limit);
    if (!known) {
        log::warn("the Secrets of clusters are not known yet", {{"error", known.error().message()}});
    }
}

asio::awaitable<void> destinations::stop() {
    is_stopping_ = true;
    auto all = std::exchange(remotes_, {});
    for (const auto& [id, one] : all) {
        one->close(error{error_kind::cancelled, "the operator ends"});
    }
    // Those that were let go of are being stopped already: their tasks end by themselves.
    for (const auto& [id, one] : all) {
        const auto held = one;
        co_await held->stop();
    }
    while (retiring_ > 0) {
        co_await retired_.wait();
    }
    tasks_.cancel();
    co_await tasks_.join();
    co_await nowhere_->stop();
}

void destinations::use(const std::string& application, const std::string& server, const std::string& name) {
    const auto known = uses_.find(application);
    if (known != uses_.end() && known->second.server == server && known->second.name == name) {
        return;
    }
    std::string before;
    if (known != uses_.end()) {
        before = known->second.is.id;
        note_user(before, application, /*there=*/false);
        uses_.erase(known);
    }
    if (!server.empty() || !name.empty()) {
        use_entry made{server, name, register_.find(server, name)};
        const auto id = made.is.id;
        note_user(id, application, /*there=*/true);
        uses_.emplace(application, std::move(made));
        if (register_.is_known()) {
            connect(id);
        }
    }
    let_go_of_unused(before);
}

// The users of the operator's own cluster are nobody's concern.
void destinations::note_user(const std::string& id, const std::string& application, bool there) {
    if (id.empty()) {
        return;
    }
    if (there) {
        users_.add(id, application);
    } else {
        users_.remove(id, application);
    }
}

void destinations::let_go_of_unused(const std::string& id) {
    if (!id.empty() && users_.of(id).empty()) {
        retire(id, transient_error("no application is deployed to this cluster"));
    }
}

void destinations::connect(const std::string& id) {
    const auto* declared = id.empty() || is_stopping_ ? nullptr : register_.declaration(id);
    if (declared == nullptr || remotes_.contains(id)) {
        return;
    }
    auto s = settings_.of_each;
    s.of_destination.id = id;
    s.of_destination.within = scope_of(*declared);
    log::info("a cluster is connected to", {{"cluster", declared->connection.origin}, {"server", id}});
    const auto made = std::make_shared<remote_cluster>(
        executor_, *declared, std::move(s),
        destination::handlers{
            .object_changed = [this,
                               id](const sync::application_ref& owner) { told_.object_changed(id, owner); },
            .namespace_changed = [this, id](const std::string& ns) { told_.namespace_changed(id, ns); },
            .kind_ready = [this] { told_.kind_ready(); },
            .kinds_changed = [this, id] { told_.kinds_changed(id); }
        },
        counters_, [this, id] { contact_changed(id); }
    );
    remotes_.emplace(id, made);
    made->start();
    if (looked_) {
        made->survey(looked_);
    }
}

// What it tells while it ends is of no use to anybody, and harms nobody: applications look for themselves.
void destinations::retire(const std::string& id, error why) {
    auto node = remotes_.extract(id);
    if (node.empty()) {
        return;
    }
    log::info("the connection to a cluster is closed", {{"server", id}, {"why", why.message()}});
    node.mapped()->close(std::move(why));
    ++retiring_;
    tasks_.spawn(
        "close the connection to a cluster",
        [](destinations* self, std::shared_ptr<remote_cluster> one) -> asio::awaitable<void> {
            struct end {
                destinations* self;
                ~end() {
                    --self->retiring_;
                    self->retired_.notify_all();
                }
            } const at_the_end{self};
            co_await one->stop();
        }(this, std::move(node.mapped()))
    );
}

void destinations::secrets_changed() {
    std::vector<declared_cluster> all;
    secrets_.for_each([&](const kube::object_name&, const declared_cluster& one) { all.push_back(one); });
    const bool was_known = register_.is_known();
    const auto before = register_.facts();
    register_.set(std::move(all));
    std::map<std::string, std::string> wrong;
    for (const auto& one : register_.all()) {
        if (one.read) {
            continue;
        }
        const auto why = one.read.error().message();
        if (const auto said = wrong_.find(one.names.secret); said == wrong_.end() || said->second != why) {
            log::warn("a Secret declares no cluster", {{"why", why}});
        }
        wrong.emplace(one.names.secret, why);
    }
    wrong_ = std::move(wrong);
    std::set<std::string> others; // applications
    for (auto& [key, one] : uses_) {
        auto now = register_.find(one.server, one.name);
        if (now == one.is && was_known) {
            continue;
        }
        note_user(one.is.id, key, /*there=*/false);
        note_user(now.id, key, /*there=*/true);
        one.is = std::move(now);
        others.insert(key);
    }
    std::vector<std::string> gone;
    for (const auto& [id, one] : remotes_) {
        const auto* declared = register_.declaration(id);
        if (declared == nullptr || users_.of(id).empty() || one->to().within() != scope_of(*declared)) {
            gone.push_back(id);
        } else {
            one->connect_with(*declared);
        }
    }
    for (const auto& id : gone) {
        const auto& users = users_.of(id);
        others.insert(users.begin(), users.end());
        retire(id, transient_error("the Secret of this cluster is another one, or gone"));
    }
    for (const auto& [key, one] : uses_) {
        connect(one.is.id);
    }
    if (!others.empty()) {
        told_.clusters_changed(others);
    }
    if (facts_changed_ && (!was_known || before != register_.facts())) {
        facts_changed_();
    }
}

void destinations::contact_changed(const std::string& id) {
    const auto found = remotes_.find(id);
    if (found == remotes_.end()) {
        return; // it is being let go of
    }
    const auto users = users_.of(id);
    if (!users.empty()) {
        told_.clusters_changed(users);
    }
}

std::shared_ptr<destination> destinations::of(std::string_view server, std::string_view name) const {
    const auto found = register_.find(server, name);
    if (!found.problem.empty()) {
        return nowhere_;
    }
    if (found.id.empty()) {
        return {std::shared_ptr<void>{}, &home_};
    }
    const auto remote = remotes_.find(found.id);
    if (remote == remotes_.end()) {
        return nowhere_;
    }
    return {remote->second, &remote->second->to()};
}

std::string destinations::id_of(std::string_view server, std::string_view name) const {
    auto found = register_.find(server, name);
    // What is not known is still not the operator's own, nor another one that is not known.
    return found.problem.empty() ? found.id : "?" + std::string{server} + "?" + std::string{name};
}

std::optional<error> destinations::why_unknown() const {
    if (register_.is_known()) {
        return std::nullopt;
    }
    const auto trouble = informer_.status().last_failure;
    if (trouble && !trouble->is_transient()) {
        return user_error(
            "which clusters there are is not known: the Secrets of the namespace " + settings_.own_namespace +
            " cannot be read: " + trouble->message()
        );
    }
    return transient_error("the Secrets of clusters are being listed");
}

standing destinations::stands(std::string_view server, std::string_view name) const {
    using stand = standing::stand;
    const auto found = register_.find(server, name);
    if (found.problem.empty() && found.id.empty()) {
        return {};
    }
    if (const auto why = why_unknown()) {
        return {why->is_transient() ? stand::connecting : stand::unreachable, why->message()};
    }
    if (!found.problem.empty()) {
        return {stand::unknown, found.problem};
    }
    const auto remote = remotes_.find(found.id);
    if (remote == remotes_.end()) {
        return {stand::connecting, "the cluster " + found.id + " is being connected to"};
    }
    const auto& contact = remote->second->stands();
    switch (contact.now) {
    case contact::stand::reachable: return {};
    case contact::stand::connecting:
        return {stand::connecting, "the cluster " + found.id + " is being connected to"};
    case contact::stand::failed: break;
    }
    return {
        stand::unreachable, "the cluster " + found.id + " cannot be reached: " + contact.why +
                                ". Nothing is changed there, and it is tried again"
    };
}

std::vector<destinations::state> destinations::states() const {
    std::vector<state> all;
    for (const auto& [id, one] : remotes_) {
        const auto* declared = register_.declaration(id);
        all.push_back(
            {.name = declared == nullptr ? std::string{} : declared->name,
             .server = id,
             .stands = one->stands(),
             .watched_objects = one->to().live().size(),
             .failed_requests = one->failed_requests()}
        );
    }
    return all;
}

std::size_t destinations::watched_objects() const {
    auto count = home_.live().size();
    for (const auto& [id, one] : remotes_) {
        count += one->to().live().size();
    }
    return count;
}

asio::awaitable<void> destinations::survey(std::function<void(bool found_more)> looked) {
    looked_ = looked;
    for (const auto& [id, one] : remotes_) {
        one->survey(looked_);
    }
    co_await home_.survey(std::move(looked));
}

} // namespace holdfast::cluster
