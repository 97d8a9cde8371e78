#include "engine/operation_rows.hpp"

#include "../sync/planner_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace holdfast::engine {

namespace {

using crds::operation_phase;
using crds::resource_result;
using crds::result_code;
using sync::id;
using sync::object_id;
using sync::outcome;
using sync::standing;

const auto wanted_id = id("ConfigMap", "wanted");
const auto unwanted_id = id("ConfigMap", "unwanted");
const auto hash = sha256("the manifest");

std::string version_of(const object_id& object) {
    return object == unwanted_id ? "" : "v1";
}

resource_result row_of(const sync::object_report& report, const attempts& done) {
    const auto rows = rows_of(std::vector{report}, done, {}, version_of);
    BOOST_TEST_REQUIRE(rows.size() == 1U);
    return rows.front();
}

crds::operation_state running(std::vector<resource_result> rows) {
    crds::operation_state state;
    state.sync_result.emplace();
    state.sync_result->build_key = "key";
    state.sync_result->resources = std::move(rows);
    return state;
}

std::vector<sync::planned_object> one_wanted() {
    sync::planned_object wanted;
    wanted.id = wanted_id;
    wanted.hash = hash;
    return {wanted};
}

// What is in the cluster of an object when the operation is taken up.
enum class live { none, same, going, another };

std::map<object_id, sync::live_record> cluster(const object_id& object, live state) {
    if (state == live::none) {
        return {};
    }
    sync::live_record record;
    record.uid = state == live::another ? "uid-2" : "uid-1";
    record.deleting = state == live::going;
    return {{object, record}};
}

struct round_trip {
    const char* name;
    object_id object;
    standing state;
    const char* message; // of the report
    std::optional<sync::attempt> before;
    live there;
    // The row.
    result_code code;
    std::optional<operation_phase> phase;
    const char* said;
    // What is read of it.
    std::optional<sync::attempt> after;

    friend std::ostream& operator<<(std::ostream& out, const round_trip& c) { return out << c.name; }
};

sync::attempt made(outcome what, std::string uid = {}, std::string message = {}) {
    const bool of_wanted = what != outcome::pruned && what != outcome::prune_failed;
    return {
        .what = what,
        .hash = of_wanted ? hash : sha256_digest{},
        .uid = std::move(uid),
        .message = std::move(message)
    };
}

const std::vector<round_trip> round_trips{
    {"applied", wanted_id, standing::synced, "applied", made(outcome::applied), live::same,
     result_code::synced, operation_phase::succeeded, "applied", made(outcome::applied)},
    {"applied, and gone since", wanted_id, standing::synced, "applied", made(outcome::applied), live::none,
     result_code::synced, operation_phase::succeeded, "applied", std::nullopt},
    {"applied, then taken by another application", wanted_id, standing::sync_failed, "it belongs to b",
     made(outcome::applied), live::same, result_code::sync_failed, operation_phase::succeeded,
     "it belongs to b", made(outcome::applied)},
    {"unchanged", wanted_id, standing::synced, "unchanged", std::nullopt, live::same, result_code::synced,
     std::nullopt, "unchanged", std::nullopt},
    {"refused", wanted_id, standing::sync_failed, "no", made(outcome::failed, "", "no"), live::none,
     result_code::sync_failed, operation_phase::failed, "no", made(outcome::failed, "", "no")},
    {"not tried, since another failed", wanted_id, standing::sync_failed, "not tried: x", std::nullopt,
     live::none, result_code::sync_failed, std::nullopt, "not tried: x", std::nullopt},
    {"removed, on its way out", wanted_id, standing::pending, "", made(outcome::removed, "uid-1"),
     live::going, result_code::none, operation_phase::running, "deleted (uid uid-1), to be made anew",
     made(outcome::removed, "uid-1")},
    {"removed, and made anew before that was noted", wanted_id, standing::pending, "",
     made(outcome::removed, "uid-1"), live::another, result_code::none, operation_phase::running,
     "deleted (uid uid-1), to be made anew", made(outcome::removed, "uid-1")},
    {"removed, and not made anew", wanted_id, standing::sync_failed, "field is immutable",
     made(outcome::failed, "uid-1", "field is immutable"), live::none, result_code::sync_failed,
     operation_phase::failed, "deleted (uid uid-1), not made anew: field is immutable",
     made(outcome::failed, "uid-1", "field is immutable")},
    {"pruned, and gone", unwanted_id, standing::pruned, "pruned", made(outcome::pruned, "uid-1"), live::none,
     result_code::pruned, operation_phase::succeeded, "pruned", made(outcome::pruned)},
    {"pruned, on its way out", unwanted_id, standing::pruned, "being deleted", made(outcome::pruned, "uid-1"),
     live::going, result_code::pruned, operation_phase::succeeded, "being deleted",
     made(outcome::pruned, "uid-1")},
    {"pruned, and made by somebody since", unwanted_id, standing::pruned, "being deleted",
     made(outcome::pruned, "uid-1"), live::another, result_code::pruned, operation_phase::succeeded,
     "being deleted", made(outcome::pruned, "unknown")},
    {"pruned, seen to be made by somebody since", unwanted_id, standing::prune_skipped, "created anew",
     made(outcome::pruned, "uid-1"), live::another, result_code::prune_skipped, operation_phase::succeeded,
     "created anew", made(outcome::pruned, "unknown")},
    {"going without us", unwanted_id, standing::pruned, "being deleted", std::nullopt, live::going,
     result_code::pruned, std::nullopt, "being deleted", std::nullopt},
    {"kept", unwanted_id, standing::prune_skipped, "ignored (no prune)", std::nullopt, live::same,
     result_code::prune_skipped, std::nullopt, "ignored (no prune)", std::nullopt},
    {"its deletion was refused", unwanted_id, standing::sync_failed, "forbidden",
     made(outcome::prune_failed, "", "forbidden"), live::same, result_code::sync_failed,
     operation_phase::failed, "forbidden", made(outcome::prune_failed, "", "forbidden")},
};

resource_result plain(std::string name, result_code code, crds::hook_type hook = crds::hook_type::none) {
    resource_result row;
    row.kind = "ConfigMap";
    row.name = std::move(name);
    row.status = code;
    row.hook_type = hook;
    return row;
}

// The operator is killed whenever it waits, and what it knows is what the status says.
void take_up(sync::world& w, const sync::plan& seen) {
    auto state = running(rows_of(seen.objects, w.input.done, {}, version_of));
    w.input.done = attempts_of(state, "key", w.input.desired, w.input.live);
    w.input.ruling.reset();
    w.input.along.clear();
}

// To the end, killed at every wait: every line that was done.
std::vector<std::string> run_killed(sync::world& w) {
    for (int i = 0; i < 100; ++i) {
        const auto seen = w.run();
        const auto* wait = std::get_if<sync::wait_step>(&seen.next);
        if (wait == nullptr) {
            BOOST_TEST(
                std::holds_alternative<sync::done_step>(seen.next), "another end: " << seen.next.index()
            );
            return w.log;
        }
        take_up(w, seen);
        const auto again = w.look(); // and it waits for the same
        const auto* same = std::get_if<sync::wait_step>(&again.next);
        BOOST_TEST_REQUIRE(same != nullptr, "after " << wait->sentence << ": step " << again.next.index());
        BOOST_TEST(same->sentence == wait->sentence);
        w.settle(*same);
        take_up(w, w.look());
    }
    throw std::runtime_error{"the operation does not end"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(operation_rows)

BOOST_DATA_TEST_CASE(what_was_done_is_read_back_from_its_row, boost::unit_test::data::make(round_trips), c) {
    attempts done;
    if (c.before) {
        done.emplace(c.object, *c.before);
    }
    const auto row = row_of({c.object, c.state, c.message}, done);
    BOOST_TEST(row.kind == "ConfigMap");
    BOOST_TEST(row.namespace_ == "ns");
    BOOST_TEST(row.name == c.object.name);
    BOOST_TEST(row.version == version_of(c.object));
    BOOST_TEST((row.sync_phase == crds::hook_type::sync));
    BOOST_TEST((row.hook_type == crds::hook_type::none));
    BOOST_TEST((row.status == c.code));
    BOOST_TEST((row.hook_phase == c.phase));
    BOOST_TEST(row.message == c.said);

    const auto read = attempts_of(running({row}), "key", one_wanted(), cluster(c.object, c.there));
    BOOST_TEST_REQUIRE(read.contains(c.object) == c.after.has_value());
    if (c.after) {
        const auto& tried = read.at(c.object);
        BOOST_TEST((tried.what == c.after->what));
        BOOST_TEST((tried.hash == c.after->hash));
        BOOST_TEST(tried.uid == c.after->uid);
        BOOST_TEST(tried.message == c.after->message);
        BOOST_TEST(tried.generation == 0);
    }
}

BOOST_AUTO_TEST_CASE(what_nothing_was_done_to_has_no_row) {
    BOOST_TEST(
        rows_of(std::vector<sync::object_report>{{wanted_id, standing::pending, "soon"}}, {}, {}, version_of)
            .empty()
    );
}

BOOST_AUTO_TEST_CASE(rows_count_only_for_the_same_running_operation) {
    const auto row = row_of({wanted_id, standing::synced, "applied"}, {{wanted_id, made(outcome::applied)}});
    const auto live = cluster(wanted_id, live::same);
    const auto count = [&](const crds::operation_state& state, std::string_view key) {
        return attempts_of(state, key, one_wanted(), live).size();
    };
    auto state = running({row});
    BOOST_TEST(count(state, "key") == 1U);
    BOOST_TEST(count(state, "another key") == 0U);
    for (const auto phase :
         {operation_phase::terminating, operation_phase::failed, operation_phase::error,
          operation_phase::succeeded}) {
        state.phase = phase;
        BOOST_TEST(count(state, "key") == 0U);
    }
    state.phase = operation_phase::running;
    state.operation.sync.emplace();
    BOOST_TEST(count(state, "key") == 1U);
    state.operation.sync->dry_run = true;
    BOOST_TEST(count(state, "key") == 0U);
    state.sync_result.reset();
    state.operation.sync.reset();
    BOOST_TEST(count(state, "key") == 0U);
}

// Others may write a status, and older versions have: no row is believed that says nothing.
BOOST_AUTO_TEST_CASE(rows_that_make_no_sense_count_for_nothing) {
    auto row = row_of({wanted_id, standing::synced, "applied"}, {{wanted_id, made(outcome::applied)}});
    const auto live = cluster(wanted_id, live::same);
    for (const auto phase : {operation_phase::terminating, operation_phase::error}) {
        row.hook_phase = phase;
        BOOST_TEST(attempts_of(running({row}), "key", one_wanted(), live).empty());
    }
    row.hook_phase.reset();
    BOOST_TEST(attempts_of(running({row}), "key", one_wanted(), live).empty());
    // Deleted, and nobody knows which: what is there now is not deleted again.
    row.hook_phase = operation_phase::running;
    for (const auto* text : {"", "deleted (uid ", "deleted (uid x", "to be made anew"}) {
        row.message = text;
        const auto read = attempts_of(running({row}), "key", one_wanted(), live);
        BOOST_TEST_REQUIRE(read.contains(wanted_id));
        BOOST_TEST((read.at(wanted_id).what == outcome::removed));
        BOOST_TEST(read.at(wanted_id).uid == "unknown");
    }
    // A hook is nothing that was applied.
    row.hook_phase = operation_phase::succeeded;
    row.hook_type = crds::hook_type::pre_sync;
    BOOST_TEST(attempts_of(running({row}), "key", one_wanted(), live).empty());
    row.hook_type = crds::hook_type::none;
    row.kind.clear();
    BOOST_TEST(attempts_of(running({row}), "key", one_wanted(), live).size() == 1U); // one that is gone
    BOOST_TEST(!attempts_of(running({row}), "key", one_wanted(), live).contains(wanted_id));
}

BOOST_AUTO_TEST_CASE(rows_of_objects_are_cut_failures_last_and_those_of_hooks_never) {
    std::vector<resource_result> rows;
    for (std::size_t i = 0; i < crds::max_status_resources + 50; ++i) {
        rows.push_back(plain("fine-" + std::to_string(i), result_code::synced));
    }
    rows.push_back(plain("bad-a", result_code::sync_failed));
    rows.push_back(plain("bad-b", result_code::sync_failed));
    auto bounded = bounded_rows(rows);
    BOOST_TEST_REQUIRE(bounded.size() == crds::max_status_resources);
    BOOST_TEST(bounded[0].name == "bad-a");
    BOOST_TEST(bounded[1].name == "bad-b");
    BOOST_TEST(bounded[2].name == "fine-0");

    for (std::size_t i = 0; i < max_hooks; ++i) {
        rows.push_back(plain("hook-" + std::to_string(i), result_code::synced, crds::hook_type::pre_sync));
    }
    bounded = bounded_rows(rows);
    BOOST_TEST_REQUIRE(bounded.size() == max_hooks);
    BOOST_TEST(bounded.front().name == "hook-0");
    BOOST_TEST(bounded.back().name == "hook-" + std::to_string(max_hooks - 1));
}

// What was cut counts as not done: it is done again, which changes nothing, and nothing else is.
BOOST_AUTO_TEST_CASE(what_was_cut_counts_as_not_done) {
    std::vector<sync::object_report> reports;
    std::vector<sync::planned_object> wanted;
    attempts done;
    std::map<object_id, sync::live_record> live;
    for (std::size_t i = 0; i < crds::max_status_resources + 10; ++i) {
        auto one = one_wanted().front();
        one.id.name = "object-" + std::to_string(i);
        reports.push_back({one.id, standing::synced, "applied"});
        done.emplace(one.id, made(outcome::applied));
        live.merge(cluster(one.id, live::same));
        wanted.push_back(one);
    }
    const auto read = attempts_of(running(rows_of(reports, done, {}, version_of)), "key", wanted, live);
    BOOST_TEST(read.size() == crds::max_status_resources);
    BOOST_TEST(read.contains(wanted.front().id));
    BOOST_TEST(!read.contains(wanted.back().id));
}

BOOST_AUTO_TEST_CASE(the_next_attempt_tries_again_what_failed) {
    auto state = running(
        {plain("fine", result_code::synced), plain("bad", result_code::sync_failed),
         plain("gone", result_code::pruned)}
    );
    forget_failures(state);
    BOOST_TEST_REQUIRE(state.sync_result->resources.size() == 2U);
    BOOST_TEST(state.sync_result->resources[0].name == "fine");
    BOOST_TEST(state.sync_result->resources[1].name == "gone");
    state.sync_result.reset();
    forget_failures(state);
    BOOST_TEST(!state.sync_result.has_value());
}

BOOST_AUTO_TEST_CASE(more_hooks_than_the_status_can_hold_are_refused) {
    BOOST_TEST(check_hook_count(0).has_value());
    BOOST_TEST(check_hook_count(max_hooks).has_value());
    const auto refused = check_hook_count(max_hooks + 1);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().kind() == error_kind::user));
    BOOST_TEST(refused.error().message().find("have 1001 hooks") != std::string::npos);
    BOOST_TEST(refused.error().message().find("at most 1000") != std::string::npos);
}

// ---- with the planner: an operation that is killed at every wait does what one does that is not

BOOST_AUTO_TEST_CASE(killed_at_every_wait_no_wave_is_applied_twice) {
    sync::world w;
    w.health_after_apply = [](const object_id&) { return sync::health_status::progressing; };
    w.want(id("Deployment", "first"), -1);
    w.want(id("Deployment", "second"));
    w.want(id("Deployment", "third"), 1);
    const std::vector<std::string> expected{"apply first", "wait",        "apply second",
                                            "wait",        "apply third", "wait"};
    BOOST_TEST(run_killed(w) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(killed_at_every_wait_nothing_is_pruned_twice) {
    sync::world w;
    w.deletions_take_time = true;
    w.want(id("ConfigMap", "stays"));
    w.have(id("ConfigMap", "a"), 0);
    w.have(id("ConfigMap", "b"), 1);
    const std::vector<std::string> expected{"apply stays", "prune b", "wait", "prune a"};
    BOOST_TEST(run_killed(w) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(killed_at_every_wait_nothing_is_deleted_again_to_be_made_anew) {
    sync::world w;
    w.deletions_take_time = true;
    w.health_after_apply = [](const object_id&) { return sync::health_status::progressing; };
    w.input.settings.options.force = true;
    w.input.settings.options.replace = true;
    w.want(id("Service", "anew"));
    w.want(id("Service", "after"), 1);
    w.have(id("Service", "anew")).status = sync::health_status::healthy;
    const std::vector<std::string> expected{"remove anew",          "wait", "apply anew(replace)", "wait",
                                            "apply after(replace)", "wait"};
    BOOST_TEST(run_killed(w) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
