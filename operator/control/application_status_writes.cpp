// When a status is written, and which events go with it.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"
#include "control/merge_patch.hpp"
#include "crds/bounded_status.hpp"
#include "engine/transitions.hpp"

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// A status is written this long after it changed: what follows at once (Running, Synced, Healthy) is one
// write.
constexpr auto settle_time = 150ms;
// And no later than this.
constexpr auto longest_delay = 15s;
// So many events wait at most until there is nothing more urgent to send.
constexpr std::size_t max_untold = 500;

std::size_t size_without_status(const crds::application& object) {
    auto size = crds::stored_size(crds::write(object.spec));
    if (object.operation) {
        size += crds::stored_size(crds::write(*object.operation));
    }
    for (const auto& [key, value] : object.metadata.annotations) {
        size += key.size() + value.size();
    }
    return size;
}

} // namespace

void application_controller::state::status_due(application_record& r) {
    if (!(r.object.status == r.written) || (r.object.operation && r.operation_taken)) {
        if (!statuses.contains(r.key())) {
            r.status_due_since = steady_clock::now();
        }
        statuses.add_after(r.key(), settle_time);
    }
}

asio::awaitable<void> application_controller::state::write_status(std::string key) {
    const auto r = find(key);
    if (!r) {
        co_return;
    }
    // While many applications are being synced, objects go before words about them; though not for ever.
    if (!handing_over && queue.waiting_now() > 0 &&
        steady_clock::now() - r->status_due_since < longest_delay) {
        statuses.add_after(key, 300ms);
        co_return;
    }
    const bool reread = r->status_in_doubt;
    if (reread) {
        if (const auto seen = co_await reread_status(r); !seen) {
            if (!seen.error().is_not_found() && find(key) == r) {
                statuses.add_after(key, 2s);
            }
            co_return;
        }
    }
    const auto wanted = r->object.status;
    const auto rest = size_without_status(r->object);
    const auto patch = merge_patch(
        r->found_status ? *r->found_status : crds::bounded_status(r->written, rest),
        crds::bounded_status(wanted, rest)
    );
    if (!patch.empty()) {
        json::object body;
        body["status"] = patch;
        const auto done = co_await with.api.patch_merge(
            application_kind, r->object.metadata.namespace_, r->object.metadata.name, body,
            sync::field_manager, "status"
        );
        if (!done) {
            if (done.error().is_not_found()) {
                co_return;
            }
            log::warn(
                "a status cannot be written", {{"application", key}, {"error", done.error().message()}}
            );
            if (reread && !done.error().is_transient()) {
                tell(*r, kube::event_severity::warning, "StatusRefused", "Report", done.error().message());
            }
            r->status_in_doubt = true;
            if (find(key) == r) {
                statuses.add_after(key, done.error().is_transient() || !reread ? 2s : 30s);
            }
            co_return;
        }
        const bool settled = r->written.sync.status == wanted.sync.status &&
                             r->written.health.status == wanted.health.status &&
                             r->written.observed_generation == wanted.observed_generation;
        if (!settled) {
            queue_dependents(key);
        }
    }
    r->found_status.reset();
    r->written = wanted;
    if (r->object.operation && r->operation_taken) {
        co_await take_operation(r);
    }
    if (find(key) == r && !(r->object.status == r->written)) {
        r->status_due_since = steady_clock::now();
        statuses.add_after(key, settle_time);
    }
}

void application_controller::state::note_status(application_record& r, const json::object& object) {
    const auto* status = object.if_contains("status");
    r.found_status = status != nullptr && status->is_object() ? status->get_object() : json::object{};
    if (*r.found_status == crds::write(r.written)) {
        r.found_status.reset();
    }
}

asio::awaitable<kube::reply<void>> application_controller::state::reread_status(record_ptr r) {
    const auto live =
        co_await with.api.get(application_kind, r->object.metadata.namespace_, r->object.metadata.name);
    if (!live) {
        co_return live.error();
    }
    note_status(*r, *live);
    r->status_in_doubt = false;
    co_return kube::reply<void>{};
}

// Takes the operation out of the object, now that the status says that it is being worked on. Not if somebody
// has put another one there.
asio::awaitable<void> application_controller::state::take_operation(record_ptr r) {
    json::object test;
    test["op"] = "test";
    test["path"] = "/metadata/resourceVersion";
    const auto live =
        co_await with.api.get(application_kind, r->object.metadata.namespace_, r->object.metadata.name);
    if (!live) {
        co_return;
    }
    const auto now = crds::examine_application(*live).value;
    if (!now.operation || now.operation != r->object.operation) {
        co_return; // the watch tells of it
    }
    test["value"] = kube::resource_version_of(*live);
    json::object remove;
    remove["op"] = "remove";
    remove["path"] = "/operation";
    json::array patch;
    patch.push_back(std::move(test));
    patch.push_back(std::move(remove));
    const auto done = co_await with.api.patch_json(
        application_kind, r->object.metadata.namespace_, r->object.metadata.name, patch, sync::field_manager
    );
    if (!done && !done.error().is_not_found()) {
        statuses.add_after(r->key(), 500ms);
    }
}

void application_controller::state::tell(
    const application_record& r, kube::event_severity severity, std::string reason, std::string action,
    std::string note
) {
    const auto& metadata = r.object.metadata;
    untold.push_back(
        {{.api_version = std::string{crds::api_version},
          .kind = "Application",
          .namespace_ = metadata.namespace_,
          .name = metadata.name,
          .uid = metadata.uid,
          .resource_version = {}},
         {.severity = severity,
          .reason = std::move(reason),
          .action = std::move(action),
          .note = std::move(note)}}
    );
    if (untold.size() >= max_untold) {
        send_events();
    }
}

void application_controller::state::send_events() {
    for (auto& [about, what] : std::exchange(untold, {})) {
        with.events.record(about, what);
    }
}

void application_controller::state::tell_transitions(
    const application_record& r, const crds::application_status& before
) {
    auto made = engine::transitions_of(before, r.object.status);
    if (const auto& ended = made.ended) {
        const bool succeeded = ended->phase == crds::operation_phase::succeeded;
        with.counters.sync_finished(crds::to_string(ended->phase), ended->took);
        log::write(
            succeeded ? log::level::info : log::level::warn, succeeded ? "synced" : "a sync failed",
            {{"application", r.key()}, {"revision", ended->revision}, {"message", ended->message}}
        );
    }
    for (auto& one : made.told) {
        tell(
            r, one.is_warning ? kube::event_severity::warning : kube::event_severity::normal,
            std::move(one.reason), std::move(one.action), std::move(one.note)
        );
    }
}

} // namespace holdfast::control
