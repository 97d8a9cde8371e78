#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "crds/repository.hpp"
#include "git/store.hpp"
#include "http/guard.hpp"
#include "kube/client.hpp"
#include "kube/events.hpp"
#include "observe/metrics.hpp"
#include "policy/surroundings.hpp"
#include "sources/repository_trouble.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <compare>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace holdfast::sandbox {
class runner;
}

namespace holdfast::sources {

/// A repository that an application reads from: its URL as the application has it, and the namespace whose
/// Repositories tell how it is reached.
struct repository_use {
    std::string namespace_;
    std::string url;
    /// It is a chart repository or a registry, which is not polled here.
    bool has_charts = false;
    /// The Application itself names it, not what is in a repository.
    bool named_in_spec = false;
    friend auto operator<=>(const repository_use&, const repository_use&) = default;
};

/// How new the listing of refs has to be that a revision is looked up in.
struct refs_wanted {
    /// It began no earlier than that; by default any will do. One is asked for, at most every second for all
    /// who ask about a repository.
    steady_clock::time_point since = steady_clock::time_point::min();
    /// Where there is none so new, because the remote does not answer, the lookup fails; else the last one
    /// serves.
    bool or_fail = false;
};

/// One revision of a repository, brought into the store.
struct checkout {
    git::resolved_revision revision;
    git::snapshot snapshot;
};

/// The repositories that applications read from: who knows their credentials (Repository objects and their
/// Secrets), polls them, and fetches what is new, once for everybody. Keeps the status of Repository objects.
/// On the loop's thread.
///
/// A Repository in the operator's own namespace serves applications everywhere, one elsewhere those of its
/// namespace. It covers URLs with its own scheme, and its own user where it names one. Of those that serve an
/// application, the one with the longest URL prefix wins; its own namespace goes before the operator's.
///
/// Private addresses are for hosts that are declared: by a Repository of the operator's namespace (for
/// everybody), by an Application there in its specification (for its namespace), or by the Repository of an
/// application's own namespace that covers the URL (loopback and link-local ones excepted).
class repositories {
public:
    struct settings {
        std::string own_namespace;
        /// Which addresses are reached whoever asks, and which are the cluster's; nullptr: all are reached.
        std::shared_ptr<const http::address_rules> addresses;
        /// Only Repositories here are seen; empty: everywhere.
        std::string watch_namespace;
        /// Polling of a repository that has no Repository object.
        std::chrono::milliseconds default_interval{std::chrono::minutes{3}};
        /// Which of several replicas this is.
        std::string replica;
    };

    /// The refs of a repository are not what they were, or it cannot be reached (any more), or can again, or
    /// its credentials changed; and which applications read from it by this URL. On the loop's thread; must
    /// not throw.
    using moved_handler =
        std::function<void(const git::url& repository, const std::set<std::string>& applications)>;

    /// A genuine delivery says that charts changed which these applications read. As above.
    using charts_handler = std::function<void(const std::set<std::string>& applications)>;

    /// `relay` is to write with while another replica leads: deliveries go to that one through the status of
    /// their Repository.
    repositories(
        asio::any_io_executor executor, kube::client& api, kube::client& relay, git::store_manager& stores,
        kube::event_recorder& events, observe::metrics& counters, settings s, moved_handler moved,
        charts_handler charts_moved
    );
    ~repositories();
    repositories(const repositories&) = delete;
    repositories& operator=(const repositories&) = delete;

    /// What signatures are checked with, where a Repository asks for them; before start(). Without it nothing is
    /// read through such a Repository. They outlive this.
    void verify_with(sandbox::runner& runner, worker_pool& pool);
    /// Starts watching Repositories and Secrets, and polling. Writes no status until lead().
    void start();
    /// From now on their statuses are ours to write.
    void lead();
    /// Writes what is to be said, no longer than `limit`; nothing afterwards.
    asio::awaitable<void> hand_over(steady_clock::duration limit);
    /// What Repositories are judged in; before start(). It outlives this.
    void judge_in(const policy::surroundings& around);
    /// True once the Repository objects are known: before that nobody can say which credentials are right.
    [[nodiscard]] bool ready() const;

    /// Says which repositories an application reads from, in place of what was said before; none: it reads no
    /// more. What nobody uses is not polled.
    void use(const std::string& application, const std::vector<repository_use>& read);

    /// The commit that a revision means now, going by the last listing of refs (the first one is waited for),
    /// or by one as new as that; a full commit id needs none. No fetch, but where the Repository asks for
    /// signatures (spec.verify): there the commit is brought and verified. Errors as git::store has them; user
    /// for a commit that is refused, which names the flaw of its signature. fetch() and open() refuse it too.
    asio::awaitable<result<git::resolved_revision>> resolve(
        std::string url, std::string namespace_, std::string revision, std::string tag_prefix,
        refs_wanted how_new = {}
    );
    /// The same, brought into the store.
    asio::awaitable<result<checkout>>
    open(std::string url, std::string namespace_, std::string revision, std::string tag_prefix);
    /// Whether a commit that resolve() gave may be read for applications of a Project, by the signatures that it asks
    /// for; null: by none. Who signed is what spec.verify of the Repository found. Errors as resolve() has them; user
    /// for a commit that is refused, which names the Project.
    asio::awaitable<result<void>> accept_for(
        std::shared_ptr<const policy::project_rules> project, std::string url, std::string namespace_,
        git::resolved_revision at
    );
    /// Brings a commit that was resolved before.
    asio::awaitable<result<git::snapshot>>
    fetch(std::string url, std::string namespace_, git::resolved_revision revision);
    /// The commit that a revision means by the last listing of refs, where it is in the store and not refused.
    /// Asks no repository.
    asio::awaitable<std::optional<git::snapshot>>
    at_hand(std::string url, std::string namespace_, std::string revision, std::string tag_prefix);
    /// The credentials that the Repository covering a URL has, of a chart repository, a registry (oci://, or
    /// without a scheme) or a file as well; none, but for what may be connected to, where none covers it.
    /// Errors: user for a Repository that is wrong or asks for signatures, which nothing but Git has, and for
    /// Secrets that are missing.
    asio::awaitable<result<std::shared_ptr<const git::credentials>>>
    credentials_for(std::string url, std::string namespace_);
    /// To be called when a reader reported a conflict: something in the store is broken.
    asio::awaitable<void> verify(std::string url, std::string namespace_);

    /// A Repository that takes deliveries of webhooks, and what proves that one is genuine.
    struct webhook_holder {
        /// "namespace/name".
        std::string repository;
        /// The values of the Secret's keys; none while there is no such Secret.
        std::vector<std::string> secrets;
    };
    /// The Repositories with a webhook secret that cover one of these addresses (git::address_key); all of
    /// them when there are none. Secrets are read once and kept until they change. A transient error where
    /// one cannot be read.
    asio::awaitable<result<std::vector<webhook_holder>>> webhook_holders(std::vector<std::string> urls);
    /// A genuine delivery for a Repository: the refs of what these addresses name are listed now, and who
    /// reads charts from there is told. A Repository of the operator's own namespace speaks for everybody's
    /// copies, another one for its own.
    void delivered(
        const std::string& repository, const std::vector<std::string>& urls,
        crds::repository_webhook_delivery delivery
    );
    /// A delivery for a Repository that was not believed, and why.
    void delivery_refused(
        const std::string& repository, crds::repository_webhook_delivery delivery, const std::string& why
    );

    /// Lists the refs now instead of at the next poll. Several asks during a listing make one more.
    void refresh(const repository_use& what);

    // What is known, for surroundings. Valid until the next turn of the loop.
    /// The Repositories with a password store that applications of a namespace may come by: its own, and the
    /// operator's.
    void for_each_password_store(
        const std::string& namespace_, const std::function<void(const crds::repository&)>& see
    ) const;
    /// As policy::surroundings::rival_of.
    [[nodiscard]] const crds::repository* rival_of(const crds::repository& value) const;
    [[nodiscard]] const crds::repository*
    serving(const std::string& namespace_, const std::string& url) const;
    /// The Repository object that applications of a namespace know by a name: of their own namespace, else of
    /// the operator's. Null where there is none.
    [[nodiscard]] const crds::repository* named(const std::string& namespace_, const std::string& name) const;
    [[nodiscard]] std::optional<std::set<std::string>>
    secret_keys(const std::string& namespace_, const std::string& name) const;
    /// Why nothing new comes from a repository that was listed before; nothing where all is well, where it
    /// was never listed (whoever reads from it has that error), and of charts.
    [[nodiscard]] std::optional<repository_trouble> trouble_with(const repository_use& what) const;
    /// The refs of the last listing; null when there was none.
    [[nodiscard]] std::shared_ptr<const git::ref_list>
    refs(const std::string& namespace_, const std::string& url) const;

    /// Cancels what runs and returns when it has ended.
    asio::awaitable<void> stop();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace holdfast::sources
