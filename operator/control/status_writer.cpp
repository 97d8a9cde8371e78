#include "control/status_writer.hpp"

#include "base/log.hpp"
#include "base/merge_patch.hpp"
#include "crds/argoproj_status.hpp"
#include "crds/bounded_status.hpp"
#include "engine/transitions.hpp"
#include "policy/own_kinds.hpp"

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// A status is written this long after it changed: what follows at once (Running, Synced, Healthy) is one
// write.
constexpr auto settle_time = 150ms;
// And no later than this.
constexpr auto longest_delay = 15s;
constexpr std::size_t side_by_side = 8;
// So many events wait at most until there is nothing more urgent to send.
constexpr std::size_t max_untold = 500;

// Whose status is no subresource, and has other words.
bool is_argo_cds(const application_settings& config) {
    return config.api == crds::application_api::argoproj_io;
}

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

// The one place that all words of a status pass, and what is told of them: whoever it was that said them.
void blank_values(application_record& r) {
    if (r.compared.masks.empty()) {
        return;
    }
    const auto blank = [&](std::string& text) { text = r.blanked(std::move(text)); };
    auto& status = r.object.status;
    for (auto& condition : status.conditions) {
        blank(condition.message);
    }
    blank(status.health.message);
    for (auto& resource : status.resources) {
        if (resource.health) {
            blank(resource.health->message);
        }
    }
    if (auto& operation = status.operation_state) {
        blank(operation->message);
        if (operation->sync_result) {
            for (auto& row : operation->sync_result->resources) {
                blank(row.message);
            }
        }
    }
}

} // namespace

status_writer::status_writer(
    asio::any_io_executor executor, kube::client& api, kube::event_recorder& events,
    observe::metrics& counters, const application_settings& config, applications all
)
    : api_{api},
      events_{events},
      counters_{counters},
      config_{config},
      all_{std::move(all)},
      queue_{
          std::move(executor), "application status", side_by_side,
          [this](std::string key) { return write(std::move(key)); }, &counters
      } {
    queue_.hold();
}

void status_writer::begin(application_record& r, const json::object& object) const {
    r.reported = {};
    r.reported.written = r.object.status;
    note(r, object);
}

asio::awaitable<void> status_writer::hand_over(steady_clock::duration limit) {
    handing_over_ = true;
    send_events();
    co_await queue_.flush(limit);
    queue_.hold();
}

asio::awaitable<void> status_writer::write(std::string key) {
    const auto r = all_.find(key);
    if (!r) {
        co_return;
    }
    // While many applications are being synced, objects go before words about them; though not for ever.
    if (!handing_over_ && all_.waiting() > 0 && steady_clock::now() - r->reported.due_since < longest_delay) {
        queue_.add_after(key, 300ms);
        co_return;
    }
    const bool in_doubt = r->reported.in_doubt;
    if (in_doubt) {
        if (const auto seen = co_await reread(r); !seen) {
            if (!seen.error().is_not_found() && all_.find(key) == r) {
                queue_.add_after(key, 2s);
            }
            co_return;
        }
    }
    blank_values(*r);
    const auto wanted = r->object.status;
    const auto refreshed = r->reported.is_refreshed ? r->reported.refresh : std::string{};
    auto patch = patch_of(*r);
    if (!patch.empty()) {
        const auto done = co_await send(*r, std::move(patch));
        if (!done) {
            if (done.error().is_not_found()) {
                co_return;
            }
            log::warn(
                "a status cannot be written", {{"application", key}, {"error", done.error().message()}}
            );
            if (in_doubt && !done.error().is_transient()) {
                tell(*r, kube::event_severity::warning, "StatusRefused", "Report", done.error().message());
            }
            r->reported.in_doubt = true;
            if (all_.find(key) == r) {
                queue_.add_after(key, done.error().is_transient() || !in_doubt ? 2s : 30s);
            }
            co_return;
        }
        if (is_argo_cds(config_)) {
            note(*r, *done); // as the server has it: fields that its definition does not know are dropped
            r->object.metadata.annotations.erase(refreshed);
        }
        const bool settled = r->reported.written.sync.status == wanted.sync.status &&
                             r->reported.written.health.status == wanted.health.status &&
                             r->reported.written.observed_generation == wanted.observed_generation;
        if (!settled) {
            all_.settled(key);
        }
    }
    if (!is_argo_cds(config_)) {
        r->reported.found.reset();
    }
    r->reported.written = wanted;
    if (!refreshed.empty()) {
        r->reported.refresh.clear();
        r->reported.is_refreshed = false;
    }
    if (r->object.operation && r->operation.taken) {
        co_await take_operation(r);
    }
    if (all_.find(key) == r && !(r->object.status == r->reported.written)) {
        r->reported.due_since = steady_clock::now();
        queue_.add_after(key, settle_time);
    }
}

json::object status_writer::patch_of(const application_record& r) const {
    json::object patch;
    json::object status;
    if (is_argo_cds(config_)) {
        const auto before = r.reported.found.value_or(json::object{});
        status = crds::argoproj_status_patch(
            before, crds::argoproj_status(
                        {.value = r.object,
                         .before = before,
                         .controller_namespace = config_.own_namespace,
                         .now = wall_clock::now(),
                         .is_refreshed = r.reported.is_refreshed}
                    )
        );
        if (r.reported.is_refreshed) {
            patch["metadata"] = json::object{{"annotations", json::object{{r.reported.refresh, nullptr}}}};
        }
    } else {
        const auto rest = size_without_status(r.object);
        status = merge_patch(
            r.reported.found ? *r.reported.found : crds::bounded_status(r.reported.written, rest),
            crds::bounded_status(r.object.status, rest)
        );
    }
    if (!status.empty()) {
        patch["status"] = std::move(status);
    }
    return patch;
}

asio::awaitable<kube::reply<json::object>>
status_writer::send(const application_record& r, json::object patch) {
    const std::string_view subresource = is_argo_cds(config_) ? "" : "status";
    co_return co_await api_.patch_merge(
        policy::application_kind(config_.api), r.object.metadata.namespace_, r.object.metadata.name, patch,
        config_.names.get().field_manager, subresource
    );
}

void status_writer::note(application_record& r, const json::object& object) const {
    const auto* status = object.if_contains("status");
    r.reported.found = status != nullptr && status->is_object() ? status->get_object() : json::object{};
    if (!is_argo_cds(config_) && *r.reported.found == crds::write(r.reported.written)) {
        r.reported.found.reset();
    }
}

asio::awaitable<kube::reply<void>> status_writer::reread(std::shared_ptr<application_record> r) {
    const auto live = co_await api_.get(
        policy::application_kind(config_.api), r->object.metadata.namespace_, r->object.metadata.name
    );
    if (!live) {
        co_return live.error();
    }
    note(*r, *live);
    r->reported.in_doubt = false;
    co_return kube::reply<void>{};
}

// Takes the operation out of the object, now that the status says that it is being worked on. Not if somebody
// has put another one there.
asio::awaitable<void> status_writer::take_operation(std::shared_ptr<application_record> r) {
    json::object test;
    test["op"] = "test";
    test["path"] = "/metadata/resourceVersion";
    const auto live = co_await api_.get(
        policy::application_kind(config_.api), r->object.metadata.namespace_, r->object.metadata.name
    );
    if (!live) {
        co_return;
    }
    const auto now = crds::examine_application(*live, config_.api).value;
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
    const auto done = co_await api_.patch_json(
        policy::application_kind(config_.api), r->object.metadata.namespace_, r->object.metadata.name, patch,
        config_.names.get().field_manager
    );
    if (!done && !done.error().is_not_found()) {
        queue_.add_after(r->key(), 500ms);
    }
}

void status_writer::tell(
    const application_record& r, kube::event_severity severity, std::string reason, std::string action,
    std::string note
) {
    const auto& metadata = r.object.metadata;
    untold_.push_back(
        {{.api_version = std::string{crds::api_version_of(config_.api)},
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
    if (untold_.size() >= max_untold) {
        send_events();
    }
}

void status_writer::send_events() {
    for (auto& [about, what] : std::exchange(untold_, {})) {
        events_.record(about, what);
    }
}

void status_writer::note_termination(application_record& r) {
    if (r.reported.written.operation_state) {
        r.reported.written.operation_state->phase = crds::operation_phase::terminating;
    }
}

void status_writer::due(application_record& r) {
    if (!(r.object.status == r.reported.written) || (r.object.operation && r.operation.taken) ||
        r.reported.is_refreshed) {
        if (!queue_.contains(r.key())) {
            r.reported.due_since = steady_clock::now();
        }
        queue_.add_after(r.key(), settle_time);
    }
}

void status_writer::changed(application_record& r, const crds::application_status& before) {
    blank_values(r);
    due(r);
    auto made = engine::transitions_of(before, r.object.status);
    if (const auto& ended = made.ended) {
        const bool succeeded = ended->phase == crds::operation_phase::succeeded;
        counters_.sync_finished(crds::to_string(ended->phase), ended->took);
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
