#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/build_turns.hpp"
#include "control/handover.hpp"
#include "control/pending_looks.hpp"
#include "control/reconcile_triggers.hpp"
#include "control/wanted_index.hpp"
#include "engine/findings.hpp"
#include "observe/metrics.hpp"
#include "sources/builder.hpp"
#include "sources/repositories.hpp"
#include "sources/secret_stores.hpp"
#include "sources/supplier.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::control {

/// From an application's sources to what it wants in the cluster: which revisions they stand at, what names
/// their builds, and the objects that these give. The only one that writes the records' `sources`, and of
/// `compared` what is wanted. On the loop's thread.
class application_sources {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        application_index& applications;
        cluster::destinations& clusters;
        sources::repositories& sources;
        sources::supplier& supplies;
        sources::secret_stores& secrets;
        sources::builder& build;
        build_turns& turns;
        observe::metrics& counters;
        wanted_index& wants;
        pending_looks& looks;
        handover& others;
        reconcile_triggers& triggers;
    };
    explicit application_sources(parts with) : with_{with} {}

    /// Finds what is wanted: what `r` has of it holds afterwards, or the findings say why not.
    asio::awaitable<engine::findings> find_wanted_state(record_ptr r);
    /// Builds again what was built before, for what needs the objects themselves.
    asio::awaitable<result<void>> make_full(record_ptr r);
    /// For a replica that stands by: brings the commits, and what the builds read from elsewhere where the
    /// leader has brought the application there already. Errors: those of fetching and planning.
    asio::awaitable<result<void>> prepare(record_ptr r);
    /// The same for a repository that moved. Gives the applications that read more there than their sources.
    asio::awaitable<std::vector<std::string>>
    fetch_moved(git::url moved, std::vector<std::string> applications);
    /// Has the sources asked anew; `hard`: and everything built again, whatever is known.
    void refresh(application_record& r, bool hard);
    /// Charts changed that these applications read: which versions there are is asked anew.
    void charts_moved(const std::set<std::string>& applications);
    /// What sends no word of a change is asked again after a while: chart repositories, files behind URLs
    /// and, after a failure, Secrets in the application's own namespace.
    [[nodiscard]] static std::optional<engine::recheck>
    recheck_of_sources(const application_record& r, bool failed);
    /// A repository moved, which these applications read from: has those reconciled that have something to
    /// do, and sees that the others stand at the new commit.
    asio::awaitable<void> follow_moved(git::url moved, std::vector<std::string> applications);

private:
    using plans = std::vector<std::shared_ptr<const builders::planned_source>>;
    /// What the sources are, and how they are built: empty where that was not to be found out.
    struct found_inputs {
        inputs now;
        plans how;
    };

    // ---- application_inputs.cpp: what the sources are
    /// With `as_last_known` a remote that does not answer is taken to say what it said last.
    asio::awaitable<result<found_inputs>> find_inputs(record_ptr r, bool as_last_known = false);
    asio::awaitable<result<void>>
    accept(record_ptr r, const crds::application_source& source, git::resolved_revision at);
    asio::awaitable<result<void>> find_revisions(record_ptr r, inputs& made);
    asio::awaitable<result<bool>> needs_hold(record_ptr r, const inputs& before, const inputs& now_read);
    /// Whether other commits than those of `before` give its identities, as far as a comparison tells.
    asio::awaitable<result<bool>> reads_hold(record_ptr r, const inputs& before, const inputs& now);
    asio::awaitable<result<plans>> identify(record_ptr r, inputs& made);
    asio::awaitable<result<void>> identify_entries(record_ptr r, inputs& made);
    /// Has the copies of the repositories that it reads verified, where that may be what is wrong.
    asio::awaitable<void> verify_after(record_ptr r, error why);
    asio::awaitable<result<std::vector<sources::build_input>>>
    collect(record_ptr r, const inputs& from, std::shared_ptr<const builders::build_facts> facts);
    [[nodiscard]] std::string build_key_of(const application_record& r, const inputs& of) const;
    std::shared_ptr<const builders::build_facts>
    facts_of(const application_record& r, const sources::stores_in_use& stores);

    // ---- application_wanted.cpp: what they give
    /// Something wanted is of a kind that the cluster has now, and had not when that was found out.
    [[nodiscard]] bool has_kind_come(const application_record& r) const;
    asio::awaitable<result<void>> build_wanted(record_ptr r, inputs from, plans how);
    /// The same by what remotes that are away said last; nothing where that is not known.
    asio::awaitable<void> find_last_known(record_ptr r);
    [[nodiscard]] bool is_as_applied(application_record& r, const inputs& from);
    asio::awaitable<result<sources::builder::built>> build(record_ptr r, inputs from, plans how);
    void take_over(application_record& r, std::vector<sync::planned_object> wanted, inputs from);

    parts with_;
};

} // namespace holdfast::control
