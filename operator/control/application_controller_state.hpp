#pragma once

// The inside of application_controller, shared by the files that implement its parts and by nobody else.

#include "base/async_semaphore.hpp"
#include "base/task_group.hpp"
#include "control/application_controller.hpp"
#include "control/application_kind.hpp"
#include "control/application_record.hpp"
#include "control/build_care.hpp"
#include "control/claim_index.hpp"
#include "control/keyed_sets.hpp"
#include "control/kind_survey.hpp"
#include "control/pending_looks.hpp"
#include "control/status_writer.hpp"
#include "control/wanted_index.hpp"
#include "control/work_queue.hpp"
#include "engine/findings.hpp"
#include "kube/informer.hpp"
#include "sync/made_namespace.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast::control {

using record_ptr = std::shared_ptr<application_record>;

using engine::findings;
using engine::recheck;

/// Whether all that there is of an application's kinds is known.
struct watching {
    bool complete = true;
    /// What is in the way.
    findings found;
};

/// The right to build something now; to be given to end_build() afterwards.
struct build_turn {
    async_semaphore::place place;
    bool is_noted = false;
};

struct application_controller::state : kube::informer_handler, surroundings {
    state(asio::any_io_executor ex, parts p, settings s);

    asio::any_io_executor executor;
    parts with;
    settings config;
    task_group tasks;
    /// Another replica works on them, or nobody yet: records are as that one left them.
    bool standby = true;
    work_queue queue;
    status_writer statuses;
    /// Objects that are read or written at a time, in all applications: who waits for a connection does so
    /// within a request's deadline, so the line for these is to be short.
    async_semaphore requests;
    /// Builds that are made with care.
    build_care care;
    async_semaphore one_build;
    std::size_t waiting_builds = 0; // for one_build
    kube::informer informer;

    std::unordered_map<std::string, record_ptr> records;
    /// Of their `wanted`.
    wanted_index wants;
    pending_looks looks;
    /// Read by whom they wait: the applications to look at when the kinds that are not ready are.
    std::set<std::string> wait_for_kinds;
    keyed_sets<std::string, std::string> dependents;      // application → those that depend on it
    claim_index claims;                                   // of all applications
    std::map<std::string, std::set<std::string>> made_in; // namespace → applications that have it made
    std::map<sync::object_id, sync::application_ref> being_applied; // whose answers are not there yet
    /// What came of survey().
    struct {
        bool done = false;
        std::set<kube::group_version_kind> found;
        std::vector<std::string> unlisted; // "KIND: WHY"
    } surveyed;
    std::shared_ptr<const kube::api_catalog> catalog;             // as of catalog_generation
    std::shared_ptr<const std::vector<std::string>> api_versions; // of the catalog; made when asked for
    std::string kube_version;
    std::uint64_t catalog_generation = 0;
    // An application of the list that is read is older than it was known to be: the server's store was set
    // back.
    bool is_older_list = false;

    // ---- application_controller.cpp: what all of them need
    [[nodiscard]] record_ptr find(const std::string& key) const;
    /// Whether something newer makes going on with this look pointless.
    [[nodiscard]] bool is_stale(const application_record& r, std::int64_t generation) const;
    std::shared_ptr<const kube::api_catalog> current_catalog();
    /// Which kinds there are, as builds see it: the same object while it is the same.
    std::shared_ptr<const std::vector<std::string>> current_api_versions();
    static kube::call_options call_as(const application_record& r, const settings& s);

    // ---- application_watching.cpp
    [[nodiscard]] std::optional<kube::object_version> version_of(const kube::object_name& name
    ) const override;
    void for_each_known(const std::function<void(const kube::object_name&)>& see) const override;
    void added(const json::object& object) override;
    void changed(const json::object& object) override;
    void removed(const kube::object_name& name, std::string_view resource_version) override;
    void synced() override;
    void store_went_back() override { is_older_list = true; }
    void forget(const std::string& key);
    /// Has the kinds watched that an application had objects of: who takes over knows them already.
    void watch_kinds_of(const crds::application& a);
    /// Has those looked at that depend on an application.
    void queue_dependents(const std::string& key);
    /// Enters in `dependents` what an application depends on, or takes it out.
    void note_dependencies(const crds::application& a, bool there);
    /// Enters what an application claims as it is now, and has those looked at to which that matters.
    void note_claims(const application_record& r);

    // ---- application_look.cpp
    asio::awaitable<void> look(std::string key);
    asio::awaitable<findings> look_at(record_ptr r);
    /// Finds what is wanted: what `r` has of it holds afterwards, or the findings say why not.
    asio::awaitable<findings> find_wanted_state(record_ptr r);
    asio::awaitable<findings> take_refresh(record_ptr r);
    /// What nobody tells of is looked at again after a while: chart repositories, files behind URLs, and,
    /// after a failure, Secrets in the application's own namespace.
    [[nodiscard]] std::optional<recheck> recheck_of_sources(const application_record& r, bool failed) const;

    // ---- application_surroundings.cpp
    [[nodiscard]] const std::string& own_namespace() const override { return config.own_namespace; }
    [[nodiscard]] const crds::application*
    rival_of(const crds::application& value, const crds::application_source& source) const override;
    [[nodiscard]] const crds::application*
    application(const std::string& namespace_, const std::string& name) const override;
    [[nodiscard]] const crds::repository* rival_of(const crds::repository& value) const override;
    [[nodiscard]] const crds::repository*
    repository_for(const std::string& namespace_, const std::string& url) const override;
    [[nodiscard]] std::optional<std::set<std::string>>
    secret_keys(const std::string& namespace_, const std::string& name) const override;
    [[nodiscard]] std::optional<bool> has_revision(
        const std::string& namespace_, const std::string& url, const std::string& revision,
        const std::string& tag_prefix
    ) const override;
    [[nodiscard]] std::optional<bool> is_branch(
        const std::string& namespace_, const std::string& url, const std::string& revision
    ) const override;
    [[nodiscard]] asio::awaitable<std::vector<crds::problem>> look_into_sources(crds::application value
    ) const override;

    // ---- application_inputs.cpp: what the sources are
    asio::awaitable<result<inputs>> find_inputs(record_ptr r);
    asio::awaitable<result<void>> find_revisions(record_ptr r, inputs& made);
    asio::awaitable<result<bool>> needs_hold(record_ptr r, const inputs& before);
    /// Whether other commits than those of `before` give its identities, as far as a comparison tells.
    asio::awaitable<result<bool>> reads_hold(record_ptr r, const inputs& before, const inputs& now);
    asio::awaitable<result<void>> identify(record_ptr r, inputs& made);
    asio::awaitable<result<void>> identify_entries(record_ptr r, inputs& made);
    asio::awaitable<result<void>> source_failed(record_ptr r, crds::application_source source, error why);
    asio::awaitable<result<std::vector<build_input>>>
    collect(record_ptr r, const inputs& from, std::shared_ptr<const builders::build_facts> facts);
    [[nodiscard]] std::string build_key_of(const application_record& r, const inputs& of) const;
    [[nodiscard]] std::vector<crds::application_source> all_sources_of(const application_record& r) const;
    /// Those that are built: without those that only give files to others.
    [[nodiscard]] std::vector<crds::application_source> sources_of(const application_record& r) const;
    /// Every repository that it reads from: sources, bases elsewhere, password stores.
    [[nodiscard]] std::vector<repository_use> uses_of(const application_record& r) const;
    std::shared_ptr<const builders::build_facts>
    facts_of(const application_record& r, const stores_in_use& stores);

    // ---- application_builds.cpp: building with care
    /// For whoever begins to lead: what the one before left.
    void begin_with_care();
    /// Leaves word of what is known, soon.
    void note_builds();
    /// Waits for its turn, where builds are made with care. A user error for an application that is set
    /// aside.
    asio::awaitable<result<build_turn>> begin_build(record_ptr r, inputs from, build_care::step which);
    asio::awaitable<void> end_build(build_turn turn);
    void looked_at_with_care(const std::string& key);

    // ---- application_wanted.cpp: what they give
    asio::awaitable<result<void>> build_wanted(record_ptr r, inputs from);
    asio::awaitable<result<void>> make_full(record_ptr r);

    // ---- application_moves.cpp
    asio::awaitable<void> follow_moved(git::url moved, std::vector<std::string> applications);

    // ---- application_compare.cpp
    /// Not complete while kinds are still being listed.
    asio::awaitable<watching> watch_kinds(record_ptr r);
    asio::awaitable<void> compare(record_ptr r, bool thoroughly);
    asio::awaitable<void> compare_one(record_ptr r, const wanted_manifest& m, wanted_object& w);

    // ---- application_decide.cpp
    /// Live objects of an application that its sources do not have (any more); no hooks. Valid until the next
    /// turn of the loop.
    [[nodiscard]] std::vector<live_objects::found> surplus_of(const application_record& r) const;
    /// Begins an operation where there is a reason to, and ends one that has run out of time.
    findings decide(record_ptr r);
    /// The first application that it depends on and that is not Synced and Healthy; empty: none.
    [[nodiscard]] std::string not_ready_of(const application_record& r) const;
    void begin_operation(application_record& r, crds::operation what);
    void finish_operation(application_record& r, crds::operation_phase phase, std::string message);
    /// An attempt failed: another one follows, or the operation has. Says when the next reconcile is.
    findings fail_attempt(application_record& r, std::string message);

    // ---- application_operation.cpp
    asio::awaitable<findings> operate(record_ptr r);
    /// Goes on with an operation that another process began: what it has done is in the status.
    asio::awaitable<void> take_up_operation(record_ptr r);
    /// Puts into the status what the operation has done so far.
    static void note_rows(application_record& r);
    /// Ends an operation whose end was asked for.
    void end_terminated(application_record& r);
    [[nodiscard]] sync::plan_input plan_input_of(const application_record& r) const;
    asio::awaitable<result<void>> check_schemas(record_ptr r);

    // ---- application_handover.cpp: objects that move from one application to another
    /// Whether what the one owns may become the other's, when the one does not want it any more.
    [[nodiscard]] bool may_take_from(const application_record& taker, const application_record& owner) const;
    /// Which of the objects that an application does not want (any more) another one wants, and may take.
    [[nodiscard]] std::map<sync::object_id, sync::application_ref>
    heirs_of(const application_record& r, const std::vector<live_objects::found>& left) const;
    /// Why nothing is to be deleted yet: another application may want it, that has not been looked at. Empty:
    /// it may be.
    [[nodiscard]] std::string too_early_to_delete(const application_record& r) const;
    enum class owner_stand {
        keeps,
        undecided, ///< it has not been looked at since a repository moved
        gives_up,
    };
    /// How the owner of an object stands to another application's taking it.
    [[nodiscard]] owner_stand stand_of_owner(
        const application_record& r, const sync::application_ref& owner, const sync::object_id& id
    ) const;
    /// What other applications want and give up, for the plan.
    void consider_others(const application_record& r, sync::plan_input& input) const;
    /// The repositories that it reads from, normalised.
    [[nodiscard]] std::vector<std::string> repositories_of(const application_record& r) const;
    /// It is not known what it wants until it has been looked at.
    void expect_look(const application_record& r);
    void wake_heirs(const application_record& r);

    // ---- application_inspection.cpp
    /// What goes with the deletion of a CustomResourceDefinition or a Namespace, and does not belong to the
    /// application. Asks the server, for a minute at most.
    asio::awaitable<sync::goes_along> inspect(record_ptr r, sync::object_id id);
    /// The same of several, into the operation's progress.
    asio::awaitable<void> inspect_all(record_ptr r, std::vector<sync::object_id> ids);

    // ---- application_definitions.cpp
    /// That what is stored of our own kinds survives the definitions that are to be applied.
    asio::awaitable<result<void>> check_definitions(record_ptr r);

    // ---- application_namespaces.cpp: the namespace that CreateNamespace=true stands for
    [[nodiscard]] sync::namespace_standing
    stand_of(const application_record& r, const sync::desired_object& made, const json::object& live) const;
    /// Reads it where it changed since it was looked at.
    asio::awaitable<bool> is_namespace_as_wanted(record_ptr r, sync::desired_object made);
    asio::awaitable<kube::reply<void>> apply_namespace(record_ptr r, sync::object_id id, bool dry_run);
    /// Has those looked at that have it made.
    void namespace_changed(const std::string& name);

    // ---- application_ownership.cpp
    /// What of the kinds of what is to be applied is not listed yet, as a sentence: before that nobody knows
    /// whose the objects are. Empty: all are; else it is reconciled again when they are.
    asio::awaitable<std::string> await_owners(record_ptr r, std::vector<sync::apply_action> objects);
    /// Why an object is not to be applied just now, since it is another application's; empty: it may be.
    [[nodiscard]] std::string claim_of_another(
        const application_record& r, const kube::group_version_kind& kind, const sync::object_id& id
    ) const;

    // ---- application_writes.cpp
    asio::awaitable<void> apply(record_ptr r, sync::apply_step step);
    asio::awaitable<void> apply_one(record_ptr r, sync::apply_action action);
    asio::awaitable<void> prune(record_ptr r, sync::prune_step step);
    /// Takes out of a step what would take more along now than when that was decided: it is decided anew.
    asio::awaitable<void> drop_uncovered(record_ptr r, sync::prune_step& step);
    /// Deletes objects of the application, several at a time: what came of each.
    asio::awaitable<std::map<sync::object_id, sync::attempt>>
    remove_all(record_ptr r, std::vector<sync::prune_action> actions, bool dry_run);
    asio::awaitable<sync::attempt>
    remove_one(record_ptr r, sync::prune_action action, kube::group_version_kind kind, bool dry_run);

    // ---- application_survey.cpp
    /// Looks for objects of ours in kinds that no status names, until all could be listed.
    asio::awaitable<void> survey();
    /// Whether all that an application has is known.
    watching know_all_of(const application_record& r);

    // ---- application_deletion.cpp
    asio::awaitable<findings> finish_application(record_ptr r);
    /// Not complete while kinds are still being listed that it had objects of.
    asio::awaitable<watching> watch_kinds_that_were(record_ptr r);
    asio::awaitable<findings> remove_finalizers(record_ptr r);

    // ---- application_status.cpp: what the status says
    void fill_status(application_record& r, const findings& found);
    /// The list of resources, whether they are as wanted, and their health.
    void fill_resources(application_record& r);
    /// As before, with what is healthy now: nothing was built, since nothing changed.
    void fill_trusted(application_record& r) const;
};

/// The Namespace that an application has made; nothing where it has none made.
[[nodiscard]] std::optional<sync::desired_object> made_namespace_of(const crds::application_spec& spec);

/// The digest of an application's live objects' owned fields: with the build key it says, after a restart,
/// that nothing changed.
[[nodiscard]] std::string applied_state_of(const std::vector<live_objects::found>& owned);

} // namespace holdfast::control
