#include "cluster/access.hpp"

#include "base/log.hpp"
#include "sync/refusal.hpp"
#include "sync/takeover.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::cluster {

namespace {

// Somebody else writes to the object all the time: the next reconcile goes on.
constexpr int most_conflicts = 5;

kube::propagation to_kube(sync::propagation p) {
    switch (p) {
    case sync::propagation::foreground: return kube::propagation::foreground;
    case sync::propagation::background: return kube::propagation::background;
    case sync::propagation::orphan: return kube::propagation::orphan;
    }
    return kube::propagation::foreground;
}

// Says whose the object becomes, until the answer is there.
class in_flight {
public:
    in_flight(objects_in_flight& all, const sync::object_id& id, const sync::application_ref& owner)
        : all_{all}, entry_{all.emplace(id, owner)} {}
    ~in_flight() {
        if (entry_.second) {
            all_.erase(entry_.first);
        }
    }
    in_flight(const in_flight&) = delete;
    in_flight& operator=(const in_flight&) = delete;

private:
    objects_in_flight& all_;
    std::pair<objects_in_flight::iterator, bool> entry_;
};

bool is_namespace(const kube::resource& kind) {
    return kind.group.empty() && kind.kind == "Namespace";
}

} // namespace

access::access(parts p, async_semaphore::place place, kube::call_options as)
    : with_{p}, place_{std::move(place)}, as_{std::move(as)} {}

access::answer<json::object>
access::get(kube::resource kind, std::string namespace_, std::string name) const {
    co_return co_await with_.api.get(kind, namespace_, name, as_);
}

access::answer<kube::object_list> access::list(kube::resource kind, kube::selection what) const {
    co_return co_await with_.api.list(kind, what, as_);
}

access::answer<json::object> access::apply(apply_request what) const {
    std::optional<in_flight> until_answered;
    if (what.owner) {
        until_answered.emplace(with_.in_flight, kube::key_of(what.manifest), *what.owner);
    }
    if (what.field_manager.empty()) {
        what.field_manager = with_.names.field_manager;
    }
    auto answer = co_await send(what);
    count(what.dry_run ? "dry_run" : "apply", answer);
    if (answer && !what.dry_run) {
        with_.live.note(what.kind.gvk(), *answer);
        if (is_namespace(what.kind)) {
            with_.namespaces.note(*answer);
        }
    }
    co_return answer;
}

kube::field_validation access::validation_of(const apply_request& what) noexcept {
    return what.drops_unknown ? kube::field_validation::ignore : kube::field_validation::strict;
}

access::answer<json::object> access::send(apply_request& what) const {
    const auto id = kube::key_of(what.manifest);
    if (std::ranges::any_of(what.ignored, [&](const auto& rule) { return sync::matches(rule, id); })) {
        const auto live = co_await with_.api.get(what.kind, id.namespace_, id.name, as_);
        if (live) {
            what.manifest = sync::apply_ignored(std::move(what.manifest), *live, what.ignored, with_.names);
        } else if (!live.error().is_not_found()) {
            co_return live.error();
        }
    }
    if (what.replace) {
        const auto live = co_await with_.api.get(what.kind, id.namespace_, id.name, as_);
        if (live) {
            const kube::write_options how{.dry_run = what.dry_run, .validation = validation_of(what)};
            auto& metadata = what.manifest["metadata"].as_object();
            metadata["resourceVersion"] = kube::resource_version_of(*live);
            const auto replaced =
                co_await with_.api.update(what.kind, what.manifest, what.field_manager, how, as_);
            metadata.erase("resourceVersion");
            if (!replaced) {
                co_return replaced.error();
            }
        }
    }
    // After a replacement too: what an apply owns is what drift is told by.
    if (!what.take_over || what.field_manager != with_.names.field_manager) {
        co_return co_await apply_just(what);
    }
    if (what.dry_run) {
        co_return co_await try_over_others(what);
    }
    co_return co_await send_over_others(what);
}

// What has to be written first cannot be tried: the refusal says so.
access::answer<json::object> access::try_over_others(apply_request& what) const {
    auto answer = co_await apply_just(what);
    if (answer || !answer.error().is_invalid()) {
        co_return answer;
    }
    const auto id = kube::key_of(what.manifest);
    const auto live = co_await with_.api.get(what.kind, id.namespace_, id.name, as_);
    if (!live) {
        co_return answer;
    }
    const auto spared = sync::spared_managers(what.ignored, id);
    const auto added = sync::added_items(*live, what.manifest, spared, with_.names);
    if (added.empty()) {
        co_return answer;
    }
    co_return answer.error().within(
        added.front().path + ", which " + added.front().manager +
        " added, is taken away by a sync first, so that a dry run cannot say more"
    );
}

// An object is adopted by its first apply; one that is ours already is settled before the apply, where others
// hold something of it.
access::answer<json::object> access::send_over_others(apply_request& what) const {
    const auto id = kube::key_of(what.manifest);
    const auto* known = with_.live.find(what.kind.gvk(), id.namespace_, id.name);
    const bool is_ours = known != nullptr && known->owned();
    // Of Argo CD's Applications: it may have been applied from the client so far.
    const bool is_taken_up = known != nullptr && !known->owned() && !with_.names.is_selected_by_server();
    bool is_settled = (is_ours && known->contested) || is_taken_up;
    if (is_settled) {
        if (const auto settled = co_await settle(what); !settled) {
            co_return settled.error();
        }
    }
    auto answer = co_await apply_just(what);
    // What others added may be what it is refused for, such as a port of the same name. Or they did so since
    // the record was made; what an object has when it is adopted stays.
    const bool is_in_the_way = answer ? is_ours && has_added(what, *answer) : answer.error().is_invalid();
    if (is_in_the_way && !is_settled) {
        const auto settled = co_await settle(what);
        if (settled && *settled) {
            answer = co_await apply_just(what);
        }
    }
    if (answer && (!is_ours || what.replace)) {
        co_return co_await adopt(what, std::move(*answer));
    }
    co_return answer;
}

access::answer<json::object> access::apply_just(apply_request& what) const {
    kube::apply_options how;
    how.field_manager = what.field_manager;
    how.force = true;
    how.dry_run = what.dry_run;
    how.validation = validation_of(what);
    auto answer = co_await with_.api.apply(what.kind, what.manifest, how, as_);
    if (!answer && what.drops_unknown && sync::is_unknown_field_refusal(answer.error().message()) &&
        co_await drop_unknown(what)) {
        answer = co_await with_.api.apply(what.kind, what.manifest, how, as_);
    }
    co_return answer;
}

asio::awaitable<bool> access::drop_unknown(apply_request& what) const {
    // What is known of the schema may be older than what refused it.
    for (const bool anew : {false, true}) {
        if (anew) {
            with_.schema.invalidate();
        }
        std::vector<kube::group_version_kind> kinds{what.kind.gvk()};
        const auto loaded = co_await with_.schema.load(std::move(kinds));
        if (!loaded) {
            co_return false; // the refusal stands
        }
        auto dropped = with_.schema.all().drop_unknown(what.manifest);
        if (!dropped.empty()) {
            if (what.dropped) {
                *what.dropped = std::move(dropped);
            }
            co_return true;
        }
    }
    co_return false;
}

bool access::has_added(const apply_request& what, const json::object& live) const {
    const auto spared = sync::spared_managers(what.ignored, kube::key_of(what.manifest));
    return !sync::added_items(live, what.manifest, spared, with_.names).empty();
}

// Writes who owns what of an object, as it was when it was read: a conflict where it changed since.
access::answer<json::object>
access::move_fields(const apply_request& what, const json::object& live, json::array fields) const {
    const auto id = kube::key_of(what.manifest);
    const auto patch = sync::managed_fields_patch(live, std::move(fields));
    auto moved = co_await with_.api.patch_json(
        what.kind, id.namespace_, id.name, patch, what.field_manager, {}, {}, as_
    );
    if (!moved) {
        co_return moved.error().within("taking over fields of other field managers");
    }
    co_return moved;
}

// Whether ownership was moved.
access::answer<bool> access::settle(const apply_request& what) const {
    const auto id = kube::key_of(what.manifest);
    const auto spared = sync::spared_managers(what.ignored, id);
    kube::reply<bool> settled = false;
    for (int attempt = 0; attempt < most_conflicts; ++attempt) {
        const auto live = co_await with_.api.get(what.kind, id.namespace_, id.name, as_);
        if (!live) {
            if (live.error().is_not_found()) {
                co_return false;
            }
            co_return live.error();
        }
        auto fields = sync::upgraded_fields(*live, with_.names);
        if (!fields) {
            fields = sync::settled_fields(*live, what.manifest, spared, with_.names);
        }
        if (!fields) {
            co_return false;
        }
        const auto moved = co_await move_fields(what, *live, std::move(*fields));
        if (moved) {
            co_return true;
        }
        settled = moved.error();
        if (!moved.error().is_conflict()) {
            break;
        }
    }
    co_return settled;
}

// Where the process ends between the apply and this, the next apply settles the rest.
access::answer<json::object> access::adopt(const apply_request& what, json::object live) const {
    const auto id = kube::key_of(what.manifest);
    const auto spared = sync::spared_managers(what.ignored, id);
    kube::reply<json::object> adopted = std::move(live);
    for (int attempt = 0; attempt < most_conflicts; ++attempt) {
        auto fields = sync::adopted_fields(*adopted, spared, with_.names);
        if (!fields) {
            co_return adopted;
        }
        auto moved = co_await move_fields(what, *adopted, std::move(*fields));
        if (moved) {
            log::info(
                "took over the fields of an object from its former manager", {{"object", id.to_string()}}
            );
            co_return moved;
        }
        if (!moved.error().is_conflict() || attempt + 1 == most_conflicts) {
            co_return moved;
        }
        adopted = co_await with_.api.get(what.kind, id.namespace_, id.name, as_);
        if (!adopted) {
            co_return adopted;
        }
    }
    co_return adopted;
}

asio::awaitable<sync::attempt> access::remove(remove_request what) const {
    sync::attempt failed{.what = sync::outcome::prune_failed};
    for (int attempt = 0; attempt < most_conflicts; ++attempt) {
        // Whom it belongs to is checked on the live object, and the deletion is of just what was checked.
        const auto live = co_await with_.api.get(what.kind, what.id.namespace_, what.id.name, as_);
        if (!live) {
            if (live.error().is_not_found()) {
                co_return sync::attempt{.what = sync::outcome::pruned};
            }
            failed.message = sync::without_its_name(what.id, live.error().message());
            co_return failed;
        }
        const auto owner = sync::owner_of(*live, with_.names);
        const auto* known = with_.live.find(what.kind.gvk(), what.id.namespace_, what.id.name);
        // Whoever may write it may have marked it as another's, so that it would not go.
        const bool is_remarked =
            known != nullptr && known->is_remarked && known->owner == what.owner && known->uid == what.uid;
        const bool is_owners = is_remarked || (owner && owner->application == what.owner);
        if (!is_owners || kube::uid_of(*live) != what.uid) {
            failed.message = "is not ours any more, so it is not deleted";
            co_return failed;
        }
        kube::delete_options how;
        how.uid = what.uid;
        how.resource_version = std::string{kube::resource_version_of(*live)};
        how.policy = to_kube(what.dependents);
        how.dry_run = what.dry_run;
        const auto removed = co_await with_.api.remove(what.kind, what.id.namespace_, what.id.name, how, as_);
        count(what.dry_run ? "dry_run" : "prune", removed);
        if (removed) {
            if (!what.dry_run && *removed != kube::deletion::started) {
                with_.live.note_gone(what.kind.gvk(), what.id, what.uid);
            }
            co_return sync::attempt{.what = sync::outcome::pruned, .uid = what.uid};
        }
        failed.message = sync::without_its_name(what.id, removed.error().message());
        if (!removed.error().is_conflict()) {
            co_return failed;
        }
    }
    co_return failed;
}

access::answer<void>
access::release(kube::resource kind, sync::object_id id, std::string uid, std::string finalizer) const {
    for (int attempt = 1;; ++attempt) {
        const auto live = co_await with_.api.get(kind, id.namespace_, id.name, as_);
        if (!live) {
            if (live.error().is_not_found()) {
                co_return kube::reply<void>{};
            }
            co_return live.error();
        }
        if (kube::uid_of(*live) != uid || !kube::has_finalizer(*live, finalizer)) {
            co_return kube::reply<void>{};
        }
        json::array left;
        for (const auto one : kube::finalizers_of(*live)) {
            if (one != finalizer) {
                left.emplace_back(one);
            }
        }
        json::object metadata;
        metadata["resourceVersion"] = kube::resource_version_of(*live);
        metadata["uid"] = uid;
        metadata["finalizers"] = std::move(left);
        json::object patch;
        patch["metadata"] = std::move(metadata);
        const auto patched = co_await with_.api.patch_merge(
            kind, id.namespace_, id.name, patch, with_.names.field_manager, {}, {}, as_
        );
        if (patched || patched.error().is_not_found()) {
            co_return kube::reply<void>{};
        }
        if (!patched.error().is_conflict() || attempt == most_conflicts) {
            co_return patched.error();
        }
    }
}

template <class T>
void access::count(std::string_view verb, const kube::reply<T>& answer) const {
    with_.counters.object_written(verb, answer ? "ok" : to_string(answer.error().kind()));
}

} // namespace holdfast::cluster
