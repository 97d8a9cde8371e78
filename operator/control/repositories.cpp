#include "control/repositories.hpp"

#include "base/backoff.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "control/merge_patch.hpp"
#include "control/work_queue.hpp"
#include "crds/repository.hpp"
#include "kube/informer.hpp"
#include "kube/object_store.hpp"
#include "kube/pulse.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace holdfast::control {

namespace {

using namespace std::chrono_literals;

const kube::resource repository_kind{
    .group = std::string{crds::group},
    .version = std::string{crds::version},
    .plural = "repositories",
    .kind = "Repository",
    .namespaced = true,
    .verbs = {},
    .subresources = {}
};

// Refs listed at a poll serve until the next one.
constexpr auto any_age = std::chrono::milliseconds::max();

// What a poll of a repository that cannot be reached waits at most, whatever its interval is.
constexpr backoff::settings after_failure{.base = 1s, .cap = 60s, .factor = 2.0, .jitter = 0.3};

} // namespace

struct repositories::state : std::enable_shared_from_this<repositories::state> {
    // A repository that applications read from, as one set of credentials sees it. Of two Repository objects
    // for one URL each serves its own applications; the store on disk is one.
    struct tracked {
        git::url url;
        std::string key;   // key_of(url, owner)
        std::string owner; // "namespace/name" of the Repository; empty: none
        std::shared_ptr<git::store> store;
        error trouble; // why there is no store
        std::shared_ptr<const git::ref_list> refs;
        std::optional<error> failed; // why the last listing failed
        std::set<std::string> users; // applications
        kube::pulse listed;          // a listing ended
        kube::pulse wake;            // list now
        bool refresh_wanted = false;
        bool retired = false;
        std::chrono::milliseconds interval{0};
        backoff retries{after_failure};
        std::set<std::string> revisions; // as applications name them: what the status shows
    };

    struct declared {
        crds::repository object;
        std::string prefix; // normal form of its URL
        std::string problem;
    };

    state(
        asio::any_io_executor ex, kube::client& a, git::store_manager& s, kube::event_recorder& e, metrics& m,
        settings set, moved_handler h
    )
        : executor{ex},
          api{a},
          stores{s},
          events{e},
          counters{m},
          config{std::move(set)},
          moved{std::move(h)},
          tasks{ex},
          statuses{
              ex, "repository status", 4, [this](std::string key) { return write_status(std::move(key)); }
          },
          declared_store{project, callbacks()},
          informer{a, informer_options(), declared_store} {}

    asio::any_io_executor executor;
    kube::client& api;
    git::store_manager& stores;
    kube::event_recorder& events;
    metrics& counters;
    settings config;
    moved_handler moved;
    task_group tasks;
    work_queue statuses;

    kube::object_store<std::shared_ptr<declared>> declared_store;
    kube::informer informer;
    std::map<std::string, std::shared_ptr<tracked>> all; // by key
    std::map<std::string, std::set<std::string>> uses;   // application → keys
    std::map<std::string, std::vector<std::pair<std::string, std::string>>>
        wanted;                                                          // application → (namespace, url)
    std::map<std::string, std::unique_ptr<struct secret_watch>> secrets; // by namespace
    std::mt19937 random{std::random_device{}()};

    // ---- Repository objects
    // -------------------------------------------------------------------------------------

    static kube::informer_options informer_options() {
        kube::informer_options o;
        o.kind = repository_kind;
        return o;
    }

    static std::shared_ptr<declared> project(const json::object& object) {
        auto read = crds::examine_repository(object);
        auto made = std::make_shared<declared>();
        made->object = std::move(read.value);
        if (!read.problems.empty()) {
            made->problem = crds::join(read.problems);
        } else if (const auto wrong = crds::check(made->object); !wrong.empty()) {
            made->problem = crds::join(wrong);
        } else if (auto prefix = git::normalise_prefix(made->object.spec.url); prefix.has_value()) {
            made->prefix = *prefix;
        } else {
            made->problem = "spec.url: " + prefix.error().message();
        }
        return made;
    }

    kube::object_store<std::shared_ptr<declared>>::callbacks callbacks() {
        return {
            .added =
                [this](const kube::object_name& name, const std::shared_ptr<declared>&) {
                    declared_changed(name);
                },
            .modified =
                [this](
                    const kube::object_name& name, const std::shared_ptr<declared>& before,
                    const std::shared_ptr<declared>& now
                ) {
                    if (before->object.spec == now->object.spec) {
                        return; // a status, most likely our own
                    }
                    declared_changed(name);
                },
            .deleted =
                [this](const kube::object_name& name, const std::shared_ptr<declared>&) {
                    declared_changed(name);
                },
        };
    }

    static std::string key_of(const kube::object_name& name) { return name.namespace_ + "/" + name.name; }

    void declared_changed(const kube::object_name& name) {
        if (const auto* d = declared_store.find(name)) {
            watch_secrets_of((*d)->object);
            statuses.add(key_of(name));
        }
        // Which Repository serves which application may be another one now. What is tracked under it starts
        // anew.
        retire_owned_by(key_of(name));
        reassign();
    }

    void retire_owned_by(const std::string& owner) {
        for (auto it = all.begin(); it != all.end();) {
            if (it->second->owner == owner) {
                retire(*it->second);
                it = all.erase(it);
            } else {
                ++it;
            }
        }
    }

    static void retire(tracked& t) {
        t.retired = true;
        t.wake.notify_all();
        t.listed.notify_all();
    }

    // The Repository that serves applications of a namespace for a URL.
    std::shared_ptr<declared> serving(const std::string& namespace_, const git::url& url) const {
        std::shared_ptr<declared> best;
        const auto better = [&](const declared& d) {
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
        declared_store.for_each([&](const kube::object_name& name, const std::shared_ptr<declared>& d) {
            if (name.namespace_ != namespace_ && name.namespace_ != config.own_namespace) {
                return;
            }
            if (d->problem.empty() && git::covers(d->prefix, url.normalised()) && better(*d)) {
                best = d;
            }
        });
        return best;
    }

    static std::string owner_of(const std::shared_ptr<declared>& d) {
        return d ? d->object.metadata.namespace_ + "/" + d->object.metadata.name : std::string{};
    }

    // ---- who uses what
    // -----------------------------------------------------------------------------------------

    // The tracked repository for an application's URL, made when there is none.
    result<std::shared_ptr<tracked>> track(const std::string& namespace_, const std::string& text) {
        auto url = git::url::parse(text);
        if (!url) {
            return url.error();
        }
        const auto d = serving(namespace_, *url);
        auto key = url->normalised() + " " + owner_of(d);
        if (const auto found = all.find(key); found != all.end()) {
            return found->second;
        }
        auto made = std::make_shared<tracked>();
        made->url = *url;
        made->key = key;
        made->owner = owner_of(d);
        made->interval = d ? d->object.spec.interval.value : config.default_interval;
        made->trouble = transient_error("the repository has not been reached yet");
        all.emplace(std::move(key), made);
        tasks.spawn("poll " + made->url.normalised(), poll(shared_from_this(), made, d));
        return made;
    }

    void
    use(const std::string& application, const std::string& namespace_, const std::vector<std::string>& urls) {
        auto& now = wanted[application];
        now.clear();
        for (const auto& url : urls) {
            now.emplace_back(namespace_, url);
        }
        assign(application);
        if (urls.empty()) {
            wanted.erase(application);
            uses.erase(application);
        }
        drop_unused();
    }

    void assign(const std::string& application) {
        std::set<std::string> keys;
        for (const auto& [namespace_, url] : wanted[application]) {
            if (auto t = track(namespace_, url); t.has_value()) {
                keys.insert((*t)->key);
                if ((*t)->users.insert(application).second) {
                    status_due((*t)->owner);
                }
            }
        }
        auto& before = uses[application];
        for (const auto& key : before) {
            if (const auto found = all.find(key); found != all.end() && !keys.contains(key)) {
                found->second->users.erase(application);
                status_due(found->second->owner);
            }
        }
        before = std::move(keys);
    }

    void reassign() {
        std::vector<std::string> applications;
        for (const auto& [application, urls] : wanted) {
            applications.push_back(application);
        }
        for (const auto& application : applications) {
            assign(application);
        }
        drop_unused();
    }

    void drop_unused() {
        for (auto it = all.begin(); it != all.end();) {
            if (it->second->users.empty()) {
                status_due(it->second->owner);
                retire(*it->second);
                it = all.erase(it);
            } else {
                ++it;
            }
        }
    }

    // ---- credentials
    // -------------------------------------------------------------------------------------------

    void watch_secrets_of(const crds::repository& r);

    asio::awaitable<result<git::secret_data>> secret_data(std::string namespace_, std::string name) {
        const auto secret = co_await api.get(kube::resources::secrets(), namespace_, name);
        if (!secret) {
            if (secret.error().is_not_found()) {
                co_return user_error(
                    "spec.secretRef: there is no Secret \"" + name + "\" in namespace \"" + namespace_ + "\""
                );
            }
            co_return secret.error();
        }
        git::secret_data data;
        if (const auto* encoded = kube::find_object(*secret, {"data"})) {
            for (const auto& [key, value] : *encoded) {
                if (const auto* text = value.if_string()) {
                    if (auto bytes = base64_decode(*text)) {
                        data.emplace(key, std::move(*bytes));
                    }
                }
            }
        }
        co_return data;
    }

    asio::awaitable<result<std::shared_ptr<const git::credentials>>>
    credentials_of(std::shared_ptr<declared> d) {
        if (!d) {
            co_return std::shared_ptr<const git::credentials>{};
        }
        const auto& spec = d->object.spec;
        git::credentials made;
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
        made.insecure_skip_tls_verify = made.insecure_skip_tls_verify || spec.insecure_skip_tls_verify;
        made.insecure_ignore_host_key = made.insecure_ignore_host_key || spec.insecure_ignore_host_key;
        co_return std::make_shared<const git::credentials>(std::move(made));
    }

    static std::string with_user(std::string url, const std::string& user, const std::string& password) {
        const auto scheme = url.find("://");
        if (user.empty() || scheme == std::string::npos) {
            return url;
        }
        return url.insert(
            scheme + 3, kube::percent_encode(user) + ":" + kube::percent_encode(password) + "@"
        );
    }

    // ---- polling
    // -----------------------------------------------------------------------------------------------

    static asio::awaitable<void>
    poll(std::shared_ptr<state> self, std::shared_ptr<tracked> t, std::shared_ptr<declared> d) {
        while (!t->retired) {
            t->refresh_wanted = false;
            if (!d || !d->object.spec.suspend || t->refs == nullptr) {
                co_await self->list(t, d);
            }
            if (t->retired) {
                break;
            }
            const auto wait = t->failed
                                  ? std::min(t->retries.next(self->random), std::max(t->interval, 1'000ms))
                                  : self->jittered(t->interval);
            if (!t->refresh_wanted) {
                co_await t->wake.wait_until(steady_clock::now() + wait);
            }
        }
    }

    // Applications and repositories that were created together are not polled together for ever.
    std::chrono::milliseconds jittered(std::chrono::milliseconds interval) {
        const auto tenth = interval.count() / 10;
        return interval +
               std::chrono::milliseconds{std::uniform_int_distribution<std::int64_t>{-tenth, tenth}(random)};
    }

    asio::awaitable<void> list(std::shared_ptr<tracked> t, std::shared_ptr<declared> d) {
        const auto begin = steady_clock::now();
        std::optional<error> failure;
        std::shared_ptr<const git::ref_list> refs;
        if (!t->store) {
            auto credentials = co_await credentials_of(d);
            if (!credentials) {
                failure = credentials.error();
            } else if (auto opened = stores.open(t->url, *credentials); opened.has_value()) {
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
        counters.git_operation(
            "list", failure ? to_string(failure->kind()) : "ok", steady_clock::now() - begin
        );
        if (failure) {
            const bool news = !t->failed || t->failed->message() != failure->message();
            t->failed = *failure;
            t->trouble = *failure;
            if (news) {
                log::warn(
                    "a repository cannot be listed",
                    {{"repository", t->url.normalised()}, {"error", failure->message()}}
                );
                status_due(t->owner);
                t->listed.notify_all();
                moved(t->url.normalised());
            }
            co_return;
        }
        const bool recovered = t->failed.has_value();
        const bool news = !t->refs || !same(*t->refs, *refs);
        t->failed.reset();
        t->retries.reset();
        t->refs = refs;
        t->listed.notify_all();
        if (news || recovered) {
            log::debug("a repository moved", {{"repository", t->url.normalised()}});
            status_due(t->owner);
            moved(t->url.normalised());
        }
    }

    static bool same(const git::ref_list& a, const git::ref_list& b) {
        return std::equal(
            a.refs().begin(), a.refs().end(), b.refs().begin(), b.refs().end(),
            [](const git::ref& x, const git::ref& y) {
                return x.name == y.name && x.target == y.target && x.peeled == y.peeled;
            }
        );
    }

    // The store and its refs, waiting for the first listing.
    asio::awaitable<result<std::shared_ptr<tracked>>> listed(std::string url, std::string namespace_) {
        const auto deadline = steady_clock::now() + 60s;
        for (;;) {
            auto t = track(namespace_, url);
            if (!t) {
                co_return t.error();
            }
            if ((*t)->refs) {
                co_return *t;
            }
            if ((*t)->failed) {
                co_return *(*t)->failed;
            }
            if (!co_await (*t)->listed.wait_until(deadline)) {
                co_return transient_error("repository " + url + ": its refs have not been listed within 1m");
            }
        }
    }

    // ---- status
    // ------------------------------------------------------------------------------------------------

    void status_due(const std::string& owner) {
        if (!owner.empty()) {
            statuses.add_after(owner, 200ms);
        }
    }

    asio::awaitable<void> write_status(std::string key) {
        const auto slash = key.find('/');
        const kube::object_name name{key.substr(0, slash), key.substr(slash + 1)};
        const auto* found = declared_store.find(name);
        if (found == nullptr) {
            co_return;
        }
        const auto d = *found;
        auto wanted_status = d->object.status;
        fill_status(*d, key, wanted_status);
        const auto patch = merge_patch(crds::write(d->object.status), crds::write(wanted_status));
        if (patch.empty()) {
            co_return;
        }
        const auto done = co_await api.patch_merge(
            repository_kind, name.namespace_, name.name, json::object{{"status", patch}}, "holdfast", "status"
        );
        if (!done) {
            if (done.error().is_transient()) {
                statuses.add_after(key, 5s);
            } else if (!done.error().is_not_found()) {
                log::warn(
                    "a repository's status cannot be written",
                    {{"repository", key}, {"error", done.error().message()}}
                );
            }
            co_return;
        }
        tell(*d, wanted_status);
        d->object.status = std::move(wanted_status);
    }

    void fill_status(const declared& d, const std::string& key, crds::repository_status& status) const {
        status.observed_generation = d.object.metadata.generation;
        status.heads.clear();
        std::set<std::string> users;
        std::optional<error> failed;
        bool reached = false;
        for (const auto& [k, t] : all) {
            if (t->owner != key) {
                continue;
            }
            users.insert(t->users.begin(), t->users.end());
            if (t->failed) {
                failed = t->failed;
            }
            reached = reached || t->refs != nullptr;
            for (const auto& revision : t->revisions) {
                if (status.heads.size() < crds::max_status_heads && t->refs) {
                    auto parsed = git::revision::parse(revision);
                    if (!parsed) {
                        continue;
                    }
                    if (const auto head = git::resolve(*parsed, *t->refs)) {
                        const bool exact = t->url.normalised() == d.prefix;
                        status.heads.push_back(
                            {exact ? std::string{} : t->url.text(), revision.empty() ? "HEAD" : revision,
                             head->commit.hex()}
                        );
                    }
                }
            }
        }
        status.applications = static_cast<std::int64_t>(users.size());
        crds::condition ready{
            .type = "Ready",
            .status = "True",
            .observed_generation = d.object.metadata.generation,
            .last_transition_time = wall_clock::now(),
            .reason = "Reached",
            .message = {}
        };
        if (!d.problem.empty()) {
            ready.status = "False";
            ready.reason = "InvalidSpec";
            ready.message = d.problem;
        } else if (failed) {
            ready.status = "False";
            ready.reason = failed->kind() == error_kind::forbidden   ? "Unauthorised"
                           : failed->kind() == error_kind::not_found ? "NotFound"
                           : failed->is_transient()                  ? "Unreachable"
                                                                     : "Failed";
            ready.message = failed->message();
        } else if (!reached) {
            ready.status = users.empty() ? "True" : "Unknown";
            ready.reason = users.empty() ? "NotInUse" : "Pending";
            ready.message =
                users.empty() ? "No application reads from it, so it is not polled." : "It is being reached.";
        } else {
            ready.message = "Polled every " + d.object.spec.interval.text + ".";
        }
        crds::set_condition(status.conditions, std::move(ready));
    }

    void tell(const declared& d, const crds::repository_status& now) {
        const auto* before = crds::find_condition(d.object.status.conditions, "Ready");
        const auto* after = crds::find_condition(now.conditions, "Ready");
        if (after == nullptr ||
            (before != nullptr && before->status == after->status && before->reason == after->reason)) {
            return;
        }
        if (after->status == "False" ||
            (after->status == "True" && before != nullptr && before->status == "False")) {
            events.record(
                {.api_version = std::string{crds::api_version},
                 .kind = "Repository",
                 .namespace_ = d.object.metadata.namespace_,
                 .name = d.object.metadata.name,
                 .uid = d.object.metadata.uid,
                 .resource_version = {}},
                {.severity =
                     after->status == "False" ? kube::event_severity::warning : kube::event_severity::normal,
                 .reason = after->reason,
                 .action = "Poll",
                 .note = after->message}
            );
        }
    }
};

// Tells when a Secret that a Repository refers to changes. Keeps nothing of Secrets but their resource
// version, and fetches none but those that are referred to.
struct secret_watch : kube::informer_handler {
    secret_watch(
        asio::any_io_executor ex, kube::client& api, const std::string& namespace_,
        std::function<void(const std::string&)> t
    )
        : tell{std::move(t)}, tasks{ex}, watch{api, options(namespace_), *this} {
        tasks.spawn("watch secrets of " + namespace_, run(&watch));
    }

    static asio::awaitable<void> run(kube::informer* i) { co_await i->run(); }

    static kube::informer_options options(const std::string& namespace_) {
        kube::informer_options o;
        o.kind = kube::resources::secrets();
        o.what.namespace_ = namespace_;
        o.what.metadata_only = true;
        return o;
    }

    void begin_replace() override { next.emplace(); }
    void end_replace() override {
        if (!next) {
            return;
        }
        const auto before = std::exchange(versions, std::move(*next));
        next.reset();
        if (!known) {
            known = true;
            return;
        }
        for (const auto& [name, version] : before) {
            if (!versions.contains(name)) {
                tell(name);
            }
        }
        for (const auto& [name, version] : versions) {
            const auto old = before.find(name);
            if (old == before.end() || old->second != version) {
                tell(name);
            }
        }
    }
    void changed(const json::object& object) override {
        std::string name{kube::name_of(object)};
        std::string version{kube::resource_version_of(object)};
        if (next) {
            next->insert_or_assign(std::move(name), std::move(version));
            return;
        }
        auto& slot = versions[name];
        if (slot != version) {
            slot = std::move(version);
            tell(name);
        }
    }
    void deleted(const json::object& object) override {
        const std::string name{kube::name_of(object)};
        if (next) {
            next->erase(name);
            return;
        }
        versions.erase(name);
        tell(name);
    }

    std::function<void(const std::string&)> tell;
    task_group tasks;
    kube::informer watch;
    std::map<std::string, std::string> versions;
    std::optional<std::map<std::string, std::string>> next;
    bool known = false;
};

void repositories::state::watch_secrets_of(const crds::repository& r) {
    const auto& namespace_ = r.metadata.namespace_;
    if ((!r.spec.secret_ref && !(r.spec.proxy && r.spec.proxy->secret_ref)) || secrets.contains(namespace_)) {
        return;
    }
    secrets.emplace(
        namespace_, std::make_unique<secret_watch>(
                        executor, api, namespace_,
                        [this, namespace_](const std::string& name) {
                            std::vector<kube::object_name> affected;
                            declared_store.for_each([&](const kube::object_name& key,
                                                        const std::shared_ptr<declared>& d) {
                                const auto& spec = d->object.spec;
                                const bool uses_it = (spec.secret_ref && spec.secret_ref->name == name) ||
                                                     (spec.proxy && spec.proxy->secret_ref &&
                                                      spec.proxy->secret_ref->name == name);
                                if (key.namespace_ == namespace_ && uses_it) {
                                    affected.push_back(key);
                                }
                            });
                            for (const auto& key : affected) {
                                declared_changed(key);
                            }
                        }
                    )
    );
}

repositories::repositories(
    asio::any_io_executor executor, kube::client& api, git::store_manager& stores,
    kube::event_recorder& events, metrics& counters, settings s, moved_handler moved
)
    : state_{std::make_shared<state>(executor, api, stores, events, counters, std::move(s), std::move(moved))
      } {}

repositories::~repositories() = default;

void repositories::start() {
    state_->tasks.spawn("watch repositories", secret_watch::run(&state_->informer));
}

bool repositories::ready() const {
    return state_->informer.status().synced;
}

void repositories::use(
    const std::string& application, const std::string& namespace_, const std::vector<std::string>& urls
) {
    state_->use(application, namespace_, urls);
}

asio::awaitable<result<git::resolved_revision>>
repositories::resolve(std::string url, std::string namespace_, std::string revision, std::string tag_prefix) {
    auto parsed = git::revision::parse(revision);
    if (!parsed) {
        co_return parsed.error();
    }
    auto t = co_await state_->listed(url, namespace_);
    if (!t) {
        co_return t.error();
    }
    if ((*t)->revisions.insert(revision).second) {
        state_->status_due((*t)->owner);
    }
    co_return co_await (*t)->store->resolve(std::move(*parsed), tag_prefix, any_age);
}

asio::awaitable<result<git::snapshot>>
repositories::fetch(std::string url, std::string namespace_, git::resolved_revision revision) {
    auto t = co_await state_->listed(url, namespace_);
    if (!t) {
        co_return t.error();
    }
    auto held = *t;
    if (auto there = co_await held->store->open(revision.commit); there.has_value()) {
        co_return *there;
    }
    const auto begin = steady_clock::now();
    auto fetched = co_await held->store->fetch(std::move(revision));
    state_->counters.git_operation(
        "fetch", fetched ? "ok" : to_string(fetched.error().kind()), steady_clock::now() - begin
    );
    co_return fetched;
}

asio::awaitable<result<checkout>>
repositories::open(std::string url, std::string namespace_, std::string revision, std::string tag_prefix) {
    auto resolved = co_await resolve(url, namespace_, std::move(revision), std::move(tag_prefix));
    if (!resolved) {
        co_return resolved.error();
    }
    auto fetched = co_await fetch(std::move(url), std::move(namespace_), *resolved);
    if (!fetched) {
        co_return fetched.error();
    }
    co_return checkout{*resolved, *fetched};
}

asio::awaitable<void> repositories::verify(std::string url, std::string namespace_) {
    auto t = co_await state_->listed(std::move(url), std::move(namespace_));
    if (t) {
        auto held = *t;
        co_await held->store->verify();
    }
}

void repositories::refresh(std::string_view url) {
    const auto parsed = git::url::parse(url);
    if (!parsed) {
        return;
    }
    for (const auto& [key, t] : state_->all) {
        if (t->url.normalised() == parsed->normalised()) {
            t->refresh_wanted = true;
            t->wake.notify_all();
        }
    }
}

asio::awaitable<void> repositories::stop() {
    auto state = state_;
    for (const auto& [key, t] : state->all) {
        state::retire(*t);
    }
    for (const auto& [namespace_, watch] : state->secrets) {
        watch->tasks.cancel();
        co_await watch->tasks.join();
    }
    state->tasks.cancel();
    co_await state->tasks.join();
    co_await state->statuses.stop();
}

} // namespace holdfast::control
