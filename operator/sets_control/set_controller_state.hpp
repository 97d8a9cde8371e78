#pragma once

// The inside of set_controller, shared by the files that implement it and by nobody else.

#include "base/async_semaphore.hpp"
#include "base/backoff.hpp"
#include "kube/object_store.hpp"
#include "runtime/controller.hpp"
#include "sets_control/application_owners.hpp"
#include "sets_control/generating.hpp"
#include "sets_control/plan.hpp"
#include "sets_control/set_controller.hpp"
#include "sets_control/set_status.hpp"
#include "sets_control/trees.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::sets_control {

/// An ApplicationSet as the watch has it.
struct declared_set {
    std::shared_ptr<const crds::application_set> object;
    /// What is wrong with the object by itself: it is not worked on.
    std::string problem;
    /// Of another installation.
    bool is_foreign = false;
};

/// Something that was sent about an Application: until the watch has told of it.
struct sent_write {
    on_its_way what = on_its_way::write;
    /// Of the answer; empty while there is none.
    std::string version;
    steady_clock::time_point at;
};

/// What is remembered of a set between two looks.
struct set_work {
    std::string key;
    declared_set now;
    /// The status that the server has.
    crds::application_set_status reported;
    /// Null: nothing was generated yet.
    std::shared_ptr<const made_set> made;
    /// By the text of a generator: the names that it gave when it last did.
    std::map<std::string, std::set<std::string>> made_by;
    std::map<std::string, sent_write, std::less<>> sent;
    /// Names that are wanted and somebody else has.
    std::set<std::string> blocked;
    std::string announced;
    backoff retries{
        {.base = std::chrono::seconds{2}, .cap = std::chrono::minutes{5}, .factor = 2, .jitter = 0.3}
    };
};
using set_work_ptr = std::shared_ptr<set_work>;

struct set_controller::state : std::enable_shared_from_this<set_controller::state> {
    state(asio::any_io_executor ex, parts p, settings s);

    parts with;
    settings config;
    kube::object_store<declared_set> declared;
    runtime::controller runs;
    std::map<std::string, set_work_ptr> sets; // by key
    application_owners owners;
    trees repositories;
    generating generates;
    async_semaphore writes; // of all sets together
    std::minstd_rand random;

    // ---- set_watching.cpp: which sets there are, and what has them looked at
    [[nodiscard]] declared_set project(const json::object& object) const;
    kube::object_store<declared_set>::callbacks callbacks();
    void changed(const kube::object_name& name, const declared_set& now);
    void removed(const kube::object_name& name);
    [[nodiscard]] set_work_ptr find(const std::string& key) const;
    /// The repositories that it reads: those that it names, and those of these trees.
    [[nodiscard]] std::vector<sources::repository_use>
    uses_of(const set_work& r, const std::set<sets::tree_id>& trees) const;
    void read_from(const set_work& r, const std::set<sets::tree_id>& trees);
    void told(const json::object& application);
    void gone(const kube::object_name& name);
    void look_again_at(const std::set<std::string>& keys, steady_clock::duration after);
    /// Sets for which this name is not free.
    void unblock(const std::string& namespace_, const std::string& name);

    // ---- set_reconcile.cpp: one look at a set
    asio::awaitable<void> reconcile(std::string key);
    asio::awaitable<bool> look(set_work_ptr r, set_findings& found);
    /// Does what a refresh annotation asks for, and removes the annotation.
    asio::awaitable<void> take_refresh(set_work_ptr r);
    [[nodiscard]] plan_facts facts_of(const set_work& r) const;
    void note_made(set_work& r) const;
    void announce(set_work& r, const write_plan& plan);
    asio::awaitable<void> write_status(set_work_ptr r, set_findings found);

    // ---- set_writing.cpp: creating, changing and deleting Applications
    asio::awaitable<void> write_all(set_work_ptr r, set_rules rules, write_plan plan, set_findings& found);
};

/// What of a set decides what it writes.
[[nodiscard]] set_rules rules_of(const crds::application_set& set);
[[nodiscard]] kube::object_reference reference_to(const crds::application_set& set);

} // namespace holdfast::sets_control
