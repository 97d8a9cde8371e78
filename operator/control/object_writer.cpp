#include "control/object_writer.hpp"

#include "base/counted_list.hpp"
#include "base/side_by_side.hpp"
#include "control/application_access.hpp"
#include "engine/operation_rows.hpp"
#include "engine/termination.hpp"
#include "sync/holding.hpp"
#include "sync/refusal.hpp"

#include <algorithm>
#include <optional>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_dropped = 5;

// Of objects that are being deleted what keeps them. Most are gone before.
constexpr auto before_asking = 3s;
constexpr auto between_asking = 10s;
constexpr std::size_t most_asked = 3;
// What a definition says is in the server's discovery before it is in all that serves its kind.
constexpr auto first_wait = 100ms;
constexpr auto longest_wait = 3200ms;

bool is_not_served_yet(const kube::failure& why) {
    return why.is_not_found() || sync::is_unknown_field_refusal(why.message());
}

// Whether this operation has applied the definition of an object's kind.
bool is_brought_here(
    const application_record& r, const operation_progress& progress, const sync::object_id& id
) {
    return std::ranges::any_of(*r.compared.wanted, [&](const sync::planned_object& w) {
        if (!w.defines || w.defines->first != id.group || w.defines->second != id.kind) {
            return false;
        }
        const auto done = progress.done.find(w.id);
        return done != progress.done.end() && done->second.what == sync::outcome::applied;
    });
}

void note_dropped(application_record& r, const sync::object_id& id, const std::vector<std::string>& fields) {
    counted_list all{most_dropped, ", "};
    for (const auto& one : fields) {
        all.add(one);
    }
    auto warning =
        sync::describe(id) +
        ": the server does not know these fields, so they are left out (Validate=false): " + all.text();
    if (std::ranges::find(r.compared.warnings, warning) == r.compared.warnings.end()) {
        r.compared.warnings.push_back(std::move(warning));
    }
}

} // namespace

asio::awaitable<void> object_writer::apply(record_ptr r, progress_ptr progress, sync::apply_step step) {
    for (std::size_t begin = 0; begin < step.objects.size(); begin += requests_side_by_side) {
        std::vector<asio::awaitable<void>> some;
        for (std::size_t i = begin; i < std::min(begin + requests_side_by_side, step.objects.size()); ++i) {
            some.push_back(apply_one(r, progress, step.objects[i]));
        }
        co_await all_of(std::move(some));
    }
}

asio::awaitable<void>
object_writer::apply_one(record_ptr r, progress_ptr progress, sync::apply_action action) {
    const auto to = destination_of(with_.clusters, r->object);
    std::optional<cluster::access> access;
    access.emplace(co_await to->enter(call_as(*r, with_.config)));
    const auto* wanted = r->compared.find(action.id);
    if (r->compared.cluster != to->id()) {
        co_return; // the Application names another cluster by now: what was planned is of no use there
    }
    if (r->operation.progress != progress || engine::is_terminating(r->object.status.operation_state)) {
        co_return;
    }
    if (wanted == nullptr) {
        co_return; // no plan asks for what is not wanted
    }
    if (!r->compared.full && !action.as_hook) {
        // A defect; said as a failure, since the planner would otherwise ask for the same step again.
        progress->done[action.id] = {
            .what = sync::outcome::failed, .hash = wanted->hash, .message = "its manifest is not at hand"
        };
        co_return;
    }
    const auto kind = wanted->gvk();
    const auto hash = wanted->hash;
    const auto own_options = wanted->orders.options;
    const bool is_brought = is_brought_here(*r, *progress, action.id);
    const auto asked = request_of(r->object.status.operation_state->operation);
    const bool dry_run = asked.dry_run;
    const auto for_all = sync_options_of(r->object.spec, asked);
    const auto options = sync::merged(for_all, own_options);
    const bool takes_over = sync::takes_over(for_all, own_options);
    auto held = r->compared.full;
    json::object manifest;
    if (const auto* m = held ? held->find(action.id) : nullptr) {
        manifest = m->manifest;
    }
    if (action.as_hook) {
        const auto attempt = engine::attempt_name(*r->object.status.operation_state);
        sync::mark_hook(manifest, sync::hook_run(attempt, *action.as_hook));
    }
    const auto fail = [&](const error& e) {
        auto message = r->blanked(sync::without_its_name(action.id, e.message()));
        if (const auto advice = sync::explain_refusal(action.id, message, with_.config.names)) {
            message += ". " + *advice;
        }
        if (action.as_hook) {
            progress->hooks[{*action.as_hook, action.id}] = {
                .state = sync::hook_state::failed, .is_refused = true, .message = std::move(message)
            };
            return;
        }
        // The uid of what was deleted for this stays, so that it is not deleted again.
        auto& attempt = progress->done[action.id];
        attempt = {.what = sync::outcome::failed, .hash = hash, .uid = attempt.uid, .message = message};
    };
    // It is not even tried.
    const auto give_up = [&](const error& e) {
        with_.counters.object_written("apply", to_string(e.kind()));
        fail(e);
    };
    if (const auto why = r->granted.why_not(action.id); !why.empty()) {
        give_up(user_error(why)); // since it was planned
        co_return;
    }
    if (wanted->synthetic) {
        const auto made = co_await with_.namespaces.apply(r, *access, action.id, dry_run);
        if (!made) {
            fail(made.error());
        } else {
            progress->done[action.id] = {.what = sync::outcome::applied, .hash = hash};
            if (auto* w = r->compared.find(action.id); w != nullptr && !dry_run) {
                w->in_sync = true;
            }
        }
        co_return;
    }
    const auto watched = co_await to->watch(kind);
    if (!watched.kind) {
        give_up(*watched.trouble);
        co_return;
    }
    if (!watched.listed) {
        give_up((watched.trouble ? error{*watched.trouble} : transient_error("its kind has not been listed"))
                    .within("watching " + kind.to_string()));
        co_return;
    }
    if (const auto claim = claim_of_another(*r, kind, action.id); !claim.empty()) {
        give_up(user_error(claim));
        co_return;
    }
    cluster::apply_request request;
    request.kind = *watched.kind;
    request.manifest = std::move(manifest);
    request.owner = r->ref();
    request.ignored = sources::rules_for(ignore_rules(r->object.spec), r->compared.ignored.get(), action.id);
    request.replace = action.mode == sync::apply_mode::replace;
    request.take_over = takes_over;
    request.dry_run = dry_run;
    // Of a kind that came just now the server may know too little yet.
    const bool drops_unknown = options.validate == false;
    request.drops_unknown = drops_unknown && !is_brought;
    const auto dropped = std::make_shared<std::vector<std::string>>();
    request.dropped = dropped;
    auto again = is_brought ? std::optional{request} : std::nullopt;
    auto answer = co_await access->apply(std::move(request));
    for (auto wait = first_wait; is_brought && !answer && is_not_served_yet(answer.error()); wait *= 2) {
        if (wait > longest_wait) {
            break;
        }
        access.reset(); // others have requests to make meanwhile
        co_await sleep_for(wait);
        access.emplace(co_await to->enter(call_as(*r, with_.config)));
        if (r->operation.progress != progress || engine::is_terminating(r->object.status.operation_state)) {
            co_return;
        }
        again->drops_unknown = drops_unknown && wait == longest_wait;
        answer = co_await access->apply(*again);
    }
    if (!answer) {
        fail(answer.error());
        co_return;
    }
    if (!dropped->empty()) {
        note_dropped(*r, action.id, *dropped);
    }
    if (action.as_hook) {
        progress->hooks[{*action.as_hook, action.id}] = {}; // it runs; what comes of it, its health says
        co_return;
    }
    progress->done[action.id] = {
        .what = sync::outcome::applied, .hash = hash, .generation = kube::generation_of(*answer)
    };
    if (dry_run) {
        co_return;
    }
    r->compared.known[action.id] = {hash, sync::observe(*answer, with_.config.names).owned_hash};
    if (auto* w = r->compared.find(action.id)) {
        w->in_sync = true;
    }
}

asio::awaitable<std::map<sync::object_id, sync::attempt>>
object_writer::remove(record_ptr r, std::vector<sync::prune_action> actions, bool dry_run) {
    std::map<sync::object_id, kube::group_version_kind> kinds;
    for (const auto& o : destination_of(with_.clusters, r->object)->live().owned_by(r->ref())) {
        kinds.emplace(o.id, o.kind);
    }
    std::map<sync::object_id, sync::attempt> attempts;
    for (std::size_t begin = 0; begin < actions.size(); begin += requests_side_by_side) {
        if (!r->deleting() && engine::is_terminating(r->object.status.operation_state)) {
            break;
        }
        std::vector<asio::awaitable<void>> some;
        for (std::size_t i = begin; i < std::min(begin + requests_side_by_side, actions.size()); ++i) {
            auto& into = attempts[actions[i].id];
            const auto kind = kinds.find(actions[i].id);
            if (kind == kinds.end()) {
                into.what = sync::outcome::pruned; // it is gone
                continue;
            }
            some.push_back(
                [](object_writer* self, record_ptr record, sync::prune_action action,
                   kube::group_version_kind of, bool only_try, sync::attempt& out) -> asio::awaitable<void> {
                    out = co_await self->remove_one(record, std::move(action), std::move(of), only_try);
                }(this, r, actions[i], kind->second, dry_run, into)
            );
        }
        if (!some.empty()) {
            co_await all_of(std::move(some));
        }
    }
    co_return attempts;
}

asio::awaitable<sync::attempt> object_writer::remove_one(
    record_ptr r, sync::prune_action action, kube::group_version_kind kind, bool dry_run
) {
    const auto to = destination_of(with_.clusters, r->object);
    const auto access = co_await to->enter(call_as(*r, with_.config));
    if (auto why = r->granted.why_not(action.id); !why.empty()) { // since it was planned
        co_return sync::attempt{.what = sync::outcome::prune_failed, .message = std::move(why)};
    }
    const auto resource = co_await to->resolve(kind);
    if (!resource) {
        co_return sync::attempt{.what = sync::outcome::prune_failed, .message = resource.error().message()};
    }
    cluster::remove_request request;
    request.kind = *resource;
    request.id = action.id;
    request.uid = action.uid;
    request.owner = r->ref();
    request.dependents = action.dependents;
    request.dry_run = dry_run;
    auto attempt = co_await access.remove(std::move(request));
    attempt.message = r->blanked(std::move(attempt.message));
    if (attempt.what == sync::outcome::pruned && !dry_run) {
        r->compared.known.erase(action.id);
    }
    co_return attempt;
}

asio::awaitable<std::string> object_writer::make_hook(
    record_ptr r, kube::group_version_kind kind, sync::object_id id, json::object manifest
) {
    if (auto why = r->granted.why_not(id); !why.empty()) {
        co_return why;
    }
    const auto to = destination_of(with_.clusters, r->object);
    const auto access = co_await to->enter(call_as(*r, with_.config));
    const auto resource = co_await to->resolve(kind);
    if (!resource) {
        co_return resource.error().message();
    }
    cluster::apply_request request;
    request.kind = *resource;
    request.manifest = std::move(manifest);
    request.owner = r->ref();
    const auto made = co_await access.apply(std::move(request));
    co_return made ? std::string{} : r->blanked(sync::without_its_name(id, made.error().message()));
}

asio::awaitable<std::string> object_writer::let_go_of_hook(
    record_ptr r, kube::group_version_kind kind, sync::prune_action action, bool also_delete
) {
    const auto to = destination_of(with_.clusters, r->object);
    const auto access = co_await to->enter(call_as(*r, with_.config));
    const auto resource = co_await to->resolve(kind);
    if (!resource) {
        co_return resource.error().message();
    }
    // The finalizer first: what is killed in between leaves nothing that cannot go.
    const auto freed =
        co_await access.release(*resource, action.id, action.uid, std::string{sync::hook_finalizer});
    if (!freed) {
        co_return r->blanked(sync::without_its_name(action.id, freed.error().message()));
    }
    if (!also_delete) {
        co_return std::string{};
    }
    cluster::remove_request request{
        .kind = *resource,
        .id = action.id,
        .uid = action.uid,
        .owner = r->ref(),
        .dependents = action.dependents
    };
    const auto removed = co_await access.remove(std::move(request));
    co_return removed.what == sync::outcome::pruned ? std::string{} : r->blanked(removed.message);
}

asio::awaitable<std::string>
object_writer::with_holders(record_ptr r, std::string sentence, std::vector<sync::object_id> leaving) {
    const bool is_one = leaving.size() == 1;
    leaving.resize(std::min(leaving.size(), most_asked));
    auto& known = r->leaving;
    const auto now = steady_clock::now();
    if (known.objects != leaving) {
        known = {.objects = leaving, .since = now};
    }
    if (now - known.since < before_asking) {
        co_return sentence;
    }
    if (!known.asked || now - *known.asked >= between_asking) {
        auto held = co_await holders_of(r, leaving);
        known = {.objects = std::move(leaving), .since = known.since, .asked = now, .held = std::move(held)};
    }
    if (!known.held.empty()) {
        sentence += (is_one ? ": " : "; ") + known.held;
    }
    co_return sentence;
}

asio::awaitable<std::string> object_writer::holders_of(record_ptr r, std::vector<sync::object_id> leaving) {
    const auto to = destination_of(with_.clusters, r->object);
    std::map<sync::object_id, kube::group_version_kind> kinds;
    for (const auto& o : to->live().owned_by(r->ref())) {
        kinds.emplace(o.id, o.kind);
    }
    std::string held;
    for (const auto& id : leaving) {
        const auto kind = kinds.find(id);
        if (kind == kinds.end()) {
            continue; // it is gone
        }
        const auto access = co_await to->enter(call_as(*r, with_.config));
        const auto resource = co_await to->resolve(kind->second);
        if (!resource) {
            continue;
        }
        const auto live = co_await access.get(*resource, id.namespace_, id.name);
        if (!live) {
            continue; // it is gone, or nobody may say
        }
        if (auto why = sync::what_holds(id, *live, wall_clock::now()); !why.empty()) {
            held +=
                (held.empty() ? "" : "; ") + (leaving.size() == 1 ? "" : sync::describe(id) + " is ") + why;
        }
    }
    co_return held;
}

} // namespace holdfast::control
