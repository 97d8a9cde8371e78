#pragma once

// The inside of `repositories`, shared by the files that implement its parts and by nobody else.

#include "base/backoff.hpp"
#include "base/keyed_sets.hpp"
#include "base/lru.hpp"
#include "crds/repository.hpp"
#include "kube/object_store.hpp"
#include "kube/pulse.hpp"
#include "policy/repository_index.hpp"
#include "runtime/controller.hpp"
#include "sources/repositories.hpp"
#include "sources/secret_watch.hpp"
#include "sources/signature_checker.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::sources {

/// In place of an owner: no Repository is for it, and who reads it is outside of the operator's namespace.
/// What was read for Applications there, which may name any address, is not given to others.
inline constexpr std::string_view undeclared = "*";

/// Whether a commit may be read, where signatures are asked for.
struct judged_commit {
    /// It is judged anew from then on.
    std::optional<wall_clock::time_point> until;
    std::optional<error> refusal;
    /// The fingerprints of the keys whose signatures let it in.
    std::vector<std::string> signers;
};

/// A repository that applications read from, by one URL (git::url::identity) and as one set of credentials
/// sees it: how one application spells its address decides nothing for those that spell it otherwise.
struct tracked_repository {
    git::url url;
    // The identity of its URL, and the Repository that it is seen through; without one, whether it is seen
    // from the operator's namespace.
    std::string key;
    std::string owner;   // "namespace/name" of the Repository; empty: none
    std::string viewer;  // whose declarations of hosts count, as reachable_for() has it
    std::string address; // git::address_key: what a webhook's delivery is told by
    std::shared_ptr<git::store> store;
    std::shared_ptr<const git::ref_list> refs;
    std::optional<error> failed; // why the last listing failed
    steady_clock::time_point failing_since;
    bool is_troubled = false;    // its users were told so
    std::set<std::string> users; // applications
    bool was_used = false;
    steady_clock::time_point asked; // who resolves something says only then that it reads from here
    kube::pulse listed;             // a listing ended
    // When the last listing began that ended, and the last that gave the refs.
    steady_clock::time_point attempted = steady_clock::time_point::min();
    steady_clock::time_point refs_as_of = steady_clock::time_point::min();
    bool suspended = false; // listed once, and then no more
    kube::pulse wake;       // list now
    bool refresh_wanted = false;
    bool retired = false;
    std::chrono::milliseconds interval{0};
    backoff retries{
        {.base = std::chrono::seconds{1}, .cap = std::chrono::seconds{60}, .factor = 2.0, .jitter = 0.3}
    };
    std::optional<crds::repository_fetch> last_fetch;
    std::set<std::string> revisions; // as applications name them: what the status shows
    // Which signatures its commits have to have, and by whom: known before the store is. With another Secret
    // another one of these takes its place.
    std::optional<crds::verify_mode> verify;
    std::shared_ptr<const trusted_keys> keys;
    lru_map<std::string, judged_commit> judged{1000};
    lru_map<git::object_id, std::string> refused{100}; // and why, for the status

    /// Has its refs listed now, or once more after the listing that runs.
    void list_now() {
        refresh_wanted = true;
        wake.notify_all();
    }
};

/// "host port" of what a URL is at, as hosts are declared by; nothing where it is none.
[[nodiscard]] std::vector<std::string> places_declared_by(const std::string& url);

/// A Repository object, read.
struct declared_repository {
    crds::repository object;
    std::optional<policy::repository_scope> scope; // what its URL covers; none where that is no address
    std::string address;                           // git::address_key of its URL
    std::string problem;                           // of the object by itself
    std::string clash;                             // of the object among others
    std::string warnings;                          // of what may well be right
};

struct repositories::state : std::enable_shared_from_this<repositories::state> {
    state(
        asio::any_io_executor ex, kube::client& a, kube::client& r, git::store_manager& s,
        kube::event_recorder& e, observe::metrics& m, settings set, moved_handler h, charts_handler c
    );

    asio::any_io_executor executor;
    kube::client& api;
    kube::client& relay_api;
    git::store_manager& stores;
    kube::event_recorder& events;
    observe::metrics& counters;
    settings config;
    moved_handler moved;
    charts_handler charts_moved;
    const policy::surroundings* around = nullptr;
    kube::object_store<std::shared_ptr<declared_repository>> declared_store;
    /// Its reconciles write statuses.
    runtime::controller runs;
    // What of `declared_store` is asked for by something else than its name.
    policy::repository_index index;
    keyed_sets<std::string, kube::object_name> by_secret;       // by "namespace/name" of a Secret
    keyed_sets<std::string, kube::object_name> password_stores; // by namespace
    keyed_sets<std::string, kube::object_name> hosts;           // by "host port" of its URL
    // Applications of the operator's namespace, by "host port" of what they name in their specification.
    keyed_sets<std::string, std::string> hosts_in_specs;
    keyed_sets<std::string, kube::object_name> hooks; // holders with a webhook, by address
    // What of `hooks` is a group's.
    std::map<policy::repository_index::group, std::pair<std::string, kube::object_name>> hook_of_group;

    std::map<std::string, std::shared_ptr<tracked_repository>> all; // by key
    keyed_sets<std::string, std::string> tracked_by_owner;          // keys of `all`
    keyed_sets<std::string, std::string> tracked_by_address;        // the same
    std::vector<std::string> unused;                                // keys that lost their last user
    // Keys that somebody asked for and nobody used yet, by when.
    std::deque<std::pair<steady_clock::time_point, std::string>> only_asked;
    std::map<std::string, std::set<std::string>> uses;         // application → keys
    std::map<std::string, std::vector<repository_use>> wanted; // application → what it reads
    // Namespaces and applications that read from a URL, by its scope's address.
    keyed_sets<std::string, std::pair<std::string, std::string>> readers;
    // The same for charts, by git::address_key.
    keyed_sets<std::string, std::pair<std::string, std::string>> chart_readers;
    std::map<std::string, std::unique_ptr<secret_watch>> secrets; // by namespace
    std::unique_ptr<signature_checker> signatures;
    std::mt19937 random{std::random_device{}()};
    // What the last delivery was, by Repository; the status has it after a moment.
    struct last_delivery {
        crds::repository_webhook_delivery delivery;
        steady_clock::time_point refused_at{};
    };
    std::map<std::string, last_delivery> deliveries;
    // Values of webhook secrets by "namespace/name" of the Secret.
    struct kept_secrets {
        std::shared_ptr<const std::vector<std::string>> values;
        steady_clock::time_point until;
    };
    std::map<std::string, kept_secrets> webhook_secrets;
    std::uint64_t secret_changes = 0; // a value that was read before the last one is not to be kept

    // ---- repositories.cpp: Repository objects
    static std::shared_ptr<declared_repository> project(const json::object& object);
    kube::object_store<std::shared_ptr<declared_repository>>::callbacks callbacks();
    static std::string key_of(const kube::object_name& name);
    /// The other way round.
    static kube::object_name name_of(const std::string& key);
    /// One came (`before` is null), is another than before, or went (`now` is null).
    void declared_changed(
        const kube::object_name& name, const declared_repository* before, const declared_repository* now
    );
    /// Enters one in the indexes, or takes it out.
    void note(const kube::object_name& name, const declared_repository& d, bool there);
    /// What it holds is not known any more, as with another Secret: who reads through it begins anew.
    void begin_anew(const kube::object_name& name);
    void holder_changed(const policy::repository_index::group& g, const kube::object_name& because_of);
    void note_hook(const policy::repository_index::group& g);
    [[nodiscard]] std::shared_ptr<declared_repository> declared(const kube::object_name& name) const;
    /// Judges a Repository among the others anew.
    void judge(declared_repository& d) const;
    /// The Repository that serves applications of a namespace for a URL.
    std::shared_ptr<declared_repository>
    serving(const std::string& namespace_, const policy::repository_scope& url) const;
    static std::string owner_of(const std::shared_ptr<declared_repository>& d);
    /// What there is to say to who wants what a wrong Repository covers.
    static error refusal_of(const std::shared_ptr<declared_repository>& d, const std::string& url);

    // ---- repository_uses.cpp
    std::string key_of(
        const git::url& url, const std::shared_ptr<declared_repository>& d, const std::string& namespace_
    ) const;
    /// The repository for an application's URL, tracked from now on when it was not.
    result<std::shared_ptr<tracked_repository>> track(const std::string& namespace_, const std::string& text);
    /// The same where it is tracked; else null.
    [[nodiscard]] std::shared_ptr<tracked_repository>
    find(const std::string& namespace_, const std::string& url) const;
    void use(const std::string& application, const std::vector<repository_use>& read);
    void assign(const std::string& application);
    /// Has those read through the right Repository that read what a group covers.
    void reassign(const policy::repository_index::group& g);
    void drop_unused();
    void drop(const std::string& key);
    void retire_owned_by(const std::string& owner);
    static void retire(tracked_repository& t);

    // ---- repository_reach.cpp: which hosts are declared
    /// Whose declarations count for what is read through a Repository (or none, in a namespace): a namespace;
    /// empty: those that count for everybody.
    [[nodiscard]] std::string
    viewer_of(const std::shared_ptr<declared_repository>& d, const std::string& namespace_) const;
    /// nullptr where all addresses are reached.
    [[nodiscard]] std::shared_ptr<const http::reachable>
    reachable_for(const std::string& viewer, const std::shared_ptr<declared_repository>& d);
    [[nodiscard]] http::reach
    reach_of(const std::string& viewer, std::string_view host, std::uint16_t port) const;
    /// Enters what an application names in its specification, or takes it out.
    void note_hosts(const std::string& application, const std::vector<repository_use>& read, bool there);

    // ---- repository_polling.cpp: credentials and listings
    void watch_secrets_of(const crds::repository& r);
    void secret_changed(const std::string& namespace_, const std::string& name);
    static git::secret_data decoded_data(const json::object& secret);
    /// `field` is what names the Secret, for messages.
    asio::awaitable<result<git::secret_data>>
    secret_data(std::string namespace_, std::string name, std::string_view field = "spec.secretRef");
    asio::awaitable<result<std::shared_ptr<const git::credentials>>>
    credentials_of(std::shared_ptr<declared_repository> d, std::string viewer);
    static std::string with_user(std::string url, const std::string& user, const std::string& password);
    static asio::awaitable<void> poll(
        std::shared_ptr<state> self, std::shared_ptr<tracked_repository> t,
        std::shared_ptr<declared_repository> d
    );
    // Applications and repositories that were created together are not polled together for ever.
    std::chrono::milliseconds jittered(std::chrono::milliseconds interval);
    asio::awaitable<void> list(std::shared_ptr<tracked_repository> t, std::shared_ptr<declared_repository> d);
    // The store and its refs, waiting for the first listing, or for one as new as that.
    asio::awaitable<result<std::shared_ptr<tracked_repository>>>
    listed(std::string url, std::string namespace_, refs_wanted how_new = {});

    // ---- repository_reading.cpp
    /// Brings a commit into the store.
    asio::awaitable<result<git::snapshot>>
    bring(std::shared_ptr<tracked_repository> t, git::resolved_revision revision);

    // ---- repository_signatures.cpp
    /// What signatures are checked with; null where the Repository asks for none.
    asio::awaitable<result<std::shared_ptr<const trusted_keys>>>
    trusted_keys_of(std::shared_ptr<declared_repository> d);
    /// Whether a commit that is in the store may be read: the fingerprints of the keys whose signatures let it in, none
    /// where it needs none. The error says why not, and whose rule that is.
    asio::awaitable<result<std::vector<std::string>>>
    accept(std::shared_ptr<tracked_repository> t, git::resolved_revision at);
    asio::awaitable<result<judged_commit>> judge_signatures(
        std::shared_ptr<tracked_repository> t, git::resolved_revision at, std::vector<candidate_tag> tags,
        std::shared_ptr<const trusted_keys> keys
    );
    static std::string rule_of(const tracked_repository& t);
    void note_refusal(tracked_repository& t, const git::object_id& commit, const error& refusal);

    // ---- repository_webhooks.cpp
    [[nodiscard]] std::vector<kube::object_name> hooks_for(const std::vector<std::string>& urls) const;
    asio::awaitable<result<std::shared_ptr<const std::vector<std::string>>>>
    webhook_secrets_of(std::string namespace_, std::string name);
    asio::awaitable<result<std::vector<webhook_holder>>> webhook_holders(std::vector<std::string> urls);
    void delivered(
        const std::string& repository, const std::vector<std::string>& urls,
        crds::repository_webhook_delivery delivery
    );
    /// Tells the replica that leads of a delivery that came here.
    static asio::awaitable<void>
    relay(std::shared_ptr<state> self, std::string repository, crds::repository_webhook_delivery delivery);
    /// The status of a Repository changed: another replica may have had a delivery.
    void take_relayed(
        const kube::object_name& name, const crds::repository_status& before,
        const crds::repository_status& now
    );
    void delivery_refused(
        const std::string& repository, crds::repository_webhook_delivery delivery, const std::string& why
    );

    // ---- repository_status.cpp
    void
    status_due(const std::string& owner, std::chrono::milliseconds after = std::chrono::milliseconds{200});
    asio::awaitable<void> write_status(std::string key);
    void
    fill_status(const declared_repository& d, const std::string& key, crds::repository_status& status) const;
    void tell(const declared_repository& d, const crds::repository_status& now);
    static kube::object_reference reference_to(const declared_repository& d);
};

} // namespace holdfast::sources
