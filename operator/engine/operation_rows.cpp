#include "engine/operation_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace holdfast::engine {

namespace {

// What a row's message begins with where its object was deleted in order to be made anew. Read back after a
// kill, so that neither is deleted again: what an older version wrote has to stay readable.
constexpr std::string_view deleted_begin = "deleted (uid ";
constexpr std::string_view to_be_made = "), to be made anew";
constexpr std::string_view not_made = "), not made anew: ";

// Where it is not known which object was deleted: no live one has it.
constexpr std::string_view unknown_uid = "unknown";

struct deleted_text {
    std::string uid;
    std::string message; // what follows
};

std::optional<deleted_text> read_deleted(std::string_view text) {
    if (!text.starts_with(deleted_begin)) {
        return std::nullopt;
    }
    text.remove_prefix(deleted_begin.size());
    for (const auto end : {not_made, to_be_made}) {
        if (const auto at = text.find(end); at != std::string_view::npos) {
            return deleted_text{std::string{text.substr(0, at)}, std::string{text.substr(at + end.size())}};
        }
    }
    return std::nullopt;
}

crds::result_code code_of(sync::standing standing) {
    switch (standing) {
    case sync::standing::synced: return crds::result_code::synced;
    case sync::standing::sync_failed: return crds::result_code::sync_failed;
    case sync::standing::pruned: return crds::result_code::pruned;
    case sync::standing::prune_skipped: return crds::result_code::prune_skipped;
    case sync::standing::pending: break;
    }
    return crds::result_code::none;
}

crds::operation_phase phase_of(sync::outcome what) {
    switch (what) {
    case sync::outcome::applied:
    case sync::outcome::pruned: return crds::operation_phase::succeeded;
    case sync::outcome::failed:
    case sync::outcome::prune_failed: return crds::operation_phase::failed;
    case sync::outcome::removed: break;
    }
    return crds::operation_phase::running;
}

std::optional<sync::attempt>
attempt_at_wanted(const crds::resource_result& row, const sha256_digest& hash, bool is_live) {
    sync::attempt tried{.hash = hash};
    auto deleted = read_deleted(row.message);
    switch (*row.hook_phase) {
    case crds::operation_phase::succeeded:
        tried.what = sync::outcome::applied;
        // Gone since: it is applied again.
        return is_live ? std::optional{std::move(tried)} : std::nullopt;
    case crds::operation_phase::failed:
        tried.what = sync::outcome::failed;
        tried.message = deleted ? std::move(deleted->message) : row.message;
        tried.uid = deleted ? std::move(deleted->uid) : std::string{};
        return tried;
    case crds::operation_phase::running:
        tried.what = sync::outcome::removed;
        tried.uid = deleted ? std::move(deleted->uid) : std::string{unknown_uid};
        return tried;
    case crds::operation_phase::terminating:
    case crds::operation_phase::error: break;
    }
    return std::nullopt;
}

std::optional<sync::attempt>
attempt_at_unwanted(const crds::resource_result& row, const sync::live_record* live) {
    if (row.hook_phase == crds::operation_phase::failed) {
        return sync::attempt{.what = sync::outcome::prune_failed, .message = row.message};
    }
    if (row.hook_phase != crds::operation_phase::succeeded) {
        return std::nullopt;
    }
    sync::attempt tried{.what = sync::outcome::pruned};
    if (live != nullptr) {
        // The server had taken the deletion: what is not on its way out now was made by somebody since.
        tried.uid = live->deleting ? live->uid : std::string{unknown_uid};
    }
    return tried;
}

constexpr std::array<std::pair<sync::phase, crds::hook_type>, 4> phases{{
    {sync::phase::pre_sync, crds::hook_type::pre_sync},
    {sync::phase::sync, crds::hook_type::sync},
    {sync::phase::post_sync, crds::hook_type::post_sync},
    {sync::phase::sync_fail, crds::hook_type::sync_fail},
}};

crds::hook_type type_of(sync::phase during) {
    const auto* found = std::ranges::find(phases, during, &std::pair<sync::phase, crds::hook_type>::first);
    return found == phases.end() ? crds::hook_type::none : found->second;
}

crds::operation_phase phase_of(sync::hook_state state) {
    switch (state) {
    case sync::hook_state::succeeded: return crds::operation_phase::succeeded;
    case sync::hook_state::failed: return crds::operation_phase::failed;
    case sync::hook_state::running: break;
    }
    return crds::operation_phase::running;
}

crds::resource_result row_about(const sync::object_id& id, const version_lookup& version) {
    crds::resource_result row;
    row.group = id.group;
    row.version = version(id);
    row.kind = id.kind;
    row.namespace_ = id.namespace_;
    row.name = id.name;
    return row;
}

crds::resource_result
row_of(const sync::hook_key& key, const sync::hook_attempt& attempt, const version_lookup& version) {
    auto row = row_about(key.id, version);
    row.status = attempt.is_refused ? crds::result_code::sync_failed : crds::result_code::synced;
    row.message = attempt.message;
    row.hook_type = type_of(key.during);
    row.sync_phase = row.hook_type;
    row.hook_phase = phase_of(attempt.state);
    return row;
}

} // namespace

std::string attempt_name(const crds::operation_state& operation) {
    const auto begun =
        std::chrono::duration_cast<std::chrono::seconds>(operation.started_at.time_since_epoch());
    // With the desired state: two operations may begin within a second.
    constexpr std::size_t enough = 8;
    const auto state =
        operation.sync_result ? operation.sync_result->build_key.substr(0, enough) : std::string{};
    return fmt::format("{}-{}-{}", begun.count(), operation.retry_count, state);
}

result<void> check_hook_count(std::size_t hooks) {
    if (hooks > max_hooks) {
        return user_error(fmt::format(
            "the sources have {} hooks, and an operation runs at most {}: make several applications of it, "
            "or "
            "one hook of several",
            hooks, max_hooks
        ));
    }
    return result<void>{};
}

std::vector<crds::resource_result> rows_of(
    std::span<const sync::object_report> reports, const attempts& done, const sync::hook_attempts& hooks,
    const version_lookup& version
) {
    std::vector<crds::resource_result> rows;
    rows.reserve(hooks.size() + reports.size());
    for (const auto& [key, attempt] : hooks) {
        rows.push_back(row_of(key, attempt, version));
    }
    for (const auto& report : reports) {
        const auto found = done.find(report.id);
        const auto* tried = found == done.end() ? nullptr : &found->second;
        const bool was_removed = tried != nullptr && tried->what == sync::outcome::removed;
        if (report.state == sync::standing::pending && !was_removed) {
            continue;
        }
        auto row = row_about(report.id, version);
        row.status = code_of(report.state);
        row.message = report.message;
        row.sync_phase = crds::hook_type::sync;
        if (tried != nullptr) {
            row.hook_phase = phase_of(tried->what);
        }
        if (was_removed) {
            row.message = fmt::format("{}{}{}", deleted_begin, tried->uid, to_be_made);
        } else if (tried != nullptr && tried->what == sync::outcome::failed && !tried->uid.empty()) {
            row.message = fmt::format("{}{}{}{}", deleted_begin, tried->uid, not_made, report.message);
        }
        rows.push_back(std::move(row));
    }
    return bounded_rows(rows);
}

std::vector<crds::resource_result> bounded_rows(const std::vector<crds::resource_result>& rows) {
    enum class rank { hook, failure, other };
    const auto rank_of = [](const crds::resource_result& row) {
        if (row.hook_type != crds::hook_type::none) {
            return rank::hook;
        }
        return row.status == crds::result_code::sync_failed ? rank::failure : rank::other;
    };
    std::vector<crds::resource_result> bounded;
    for (const auto taken : {rank::hook, rank::failure, rank::other}) {
        for (const auto& row : rows) {
            const bool fits = taken == rank::hook || bounded.size() < crds::max_status_resources;
            if (fits && rank_of(row) == taken) {
                bounded.push_back(row);
            }
        }
    }
    return bounded;
}

attempts attempts_of(
    const crds::operation_state& operation, std::string_view build_key,
    std::span<const sync::planned_object> wanted, const std::map<sync::object_id, sync::live_record>& live
) {
    attempts done;
    const bool is_dry = operation.operation.sync && operation.operation.sync->dry_run;
    if (operation.phase != crds::operation_phase::running || is_dry || !operation.sync_result ||
        operation.sync_result->build_key != build_key) {
        return done;
    }
    std::map<sync::object_id, const sync::planned_object*> by_id;
    for (const auto& one : wanted) {
        by_id.emplace(one.id, &one);
    }
    for (const auto& row : operation.sync_result->resources) {
        if (!row.hook_phase || row.hook_type != crds::hook_type::none) {
            continue;
        }
        const sync::object_id id{row.group, row.kind, row.namespace_, row.name};
        const auto there = live.find(id);
        const auto* record = there == live.end() ? nullptr : &there->second;
        const auto found = by_id.find(id);
        auto tried = found == by_id.end() ? attempt_at_unwanted(row, record)
                                          : attempt_at_wanted(row, found->second->hash, record != nullptr);
        if (tried) {
            done.insert_or_assign(id, std::move(*tried));
        }
    }
    return done;
}

sync::hook_attempts hooks_of(const crds::operation_state& operation, std::string_view build_key) {
    const bool counts = operation.phase == crds::operation_phase::running && operation.sync_result &&
                        operation.sync_result->build_key == build_key;
    return counts ? ended_hooks_of(operation) : sync::hook_attempts{};
}

sync::hook_attempts ended_hooks_of(const crds::operation_state& operation) {
    sync::hook_attempts hooks;
    if (!operation.sync_result) {
        return hooks;
    }
    for (const auto& row : operation.sync_result->resources) {
        const auto* found =
            std::ranges::find(phases, row.sync_phase, &std::pair<sync::phase, crds::hook_type>::second);
        if (row.hook_type == crds::hook_type::none || !row.hook_phase || found == phases.end()) {
            continue;
        }
        sync::hook_attempt attempt;
        attempt.state = *row.hook_phase == crds::operation_phase::succeeded ? sync::hook_state::succeeded
                        : *row.hook_phase == crds::operation_phase::running ? sync::hook_state::running
                                                                            : sync::hook_state::failed;
        attempt.is_refused = row.status == crds::result_code::sync_failed;
        attempt.message = row.message;
        hooks.insert_or_assign(
            {found->first, {row.group, row.kind, row.namespace_, row.name}}, std::move(attempt)
        );
    }
    return hooks;
}

bool are_hooks_stored(const sync::hook_attempts& hooks, const crds::operation_state* stored) {
    const auto known = stored == nullptr ? sync::hook_attempts{} : ended_hooks_of(*stored);
    return std::ranges::all_of(hooks, [&](const auto& one) {
        const auto found = known.find(one.first);
        return one.second.state == sync::hook_state::running ||
               (found != known.end() && found->second.state == one.second.state);
    });
}

void forget_failures(crds::operation_state& operation) {
    if (operation.sync_result) {
        std::erase_if(operation.sync_result->resources, [](const crds::resource_result& row) {
            return row.hook_type != crds::hook_type::none || row.status == crds::result_code::sync_failed;
        });
    }
}

} // namespace holdfast::engine
