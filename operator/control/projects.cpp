#include "control/projects.hpp"

#include "base/log.hpp"
#include "base/merge_patch.hpp"
#include "crds/described.hpp"
#include "policy/own_kinds.hpp"
#include "policy/specification_checks.hpp"
#include "policy/sync_windows.hpp"

#include <chrono>
#include <utility>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// Many applications come and go at once: one write tells of all of them.
constexpr auto status_delay = 500ms;
constexpr auto retry_delay = 5s;

kube::object_reference reference_to(const crds::project& value) {
    return {
        .api_version = std::string{crds::api_version},
        .kind = "Project",
        .namespace_ = value.metadata.namespace_,
        .name = value.metadata.name,
        .uid = value.metadata.uid,
        .resource_version = {}
    };
}

json::object bounded(const crds::project_status& status) {
    return crds::bounded(crds::description_of<crds::project_status>(), crds::write(status));
}

std::string count_of(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string{what} + (count == 1 ? "" : "s");
}

crds::condition ready_of(const crds::project& value, const std::string& problem, const projects::usage& use) {
    crds::condition ready{
        .type = "Ready",
        .status = "True",
        .observed_generation = value.metadata.generation,
        .last_transition_time = wall_clock::now(),
        .reason = "Holds",
        .message = "It holds for " + count_of(use.applications, "application") + "."
    };
    if (!problem.empty()) {
        ready.status = "False";
        ready.reason = "InvalidSpec";
        ready.message = problem;
    } else if (use.forbidden > 0) {
        ready.message = "It holds for " + count_of(use.applications, "application") +
                        ", of which it forbids " + std::to_string(use.forbidden) +
                        " what they say: these are not synced, and say why.";
    }
    return ready;
}

} // namespace

projects::projects(
    asio::any_io_executor executor, kube::client& home, kube::event_recorder& events,
    observe::metrics& counters, std::string own_namespace, handlers told, crds::application_api api
)
    : home_{home},
      events_{events},
      own_namespace_{std::move(own_namespace)},
      told_{std::move(told)},
      api_{api},
      runs_{
          std::move(executor),
          home,
          {.kind = api == crds::application_api::argoproj_io ? policy::app_project_kind()
                                                             : policy::project_kind(),
           .namespace_ = own_namespace_,
           .name = "project"},
          *this,
          [this](std::string name) { return write_status(std::move(name)); },
          &counters
      } {}

void projects::start() {
    runs_.start();
}

void projects::usage_changed(const std::string& project) {
    if (objects_.contains(project)) {
        runs_.queue().add_after(project, status_delay);
    }
}

asio::awaitable<void> projects::hand_over(steady_clock::duration limit) {
    if (runs_.leads()) {
        co_await runs_.hand_over(limit);
    }
}

std::optional<kube::object_version> projects::version_of(const kube::object_name& name) const {
    const auto found = objects_.find(name.name);
    if (found == objects_.end() || name.namespace_ != own_namespace_) {
        return std::nullopt;
    }
    const auto& metadata = found->second.metadata;
    return kube::object_version{.uid = metadata.uid, .resource_version = metadata.resource_version};
}

void projects::for_each_known(const std::function<void(const kube::object_name&)>& see) const {
    for (const auto& [name, object] : objects_) {
        see({own_namespace_, name});
    }
}

void projects::changed(const json::object& object) {
    auto read = crds::examine_project(object, api_);
    const auto name = read.value.metadata.name;
    const bool is_news =
        read.problems.empty() ? index_.put(read.value) : index_.put(name, crds::join(read.problems));
    objects_.insert_or_assign(name, std::move(read.value));
    runs_.queue().add_after(name, status_delay);
    if (is_news) {
        told_.changed(name);
    }
}

void projects::removed(const kube::object_name& name, std::string_view /*resource_version*/) {
    objects_.erase(name.name);
    runs_.queue().forget(name.name);
    if (index_.erase(name.name)) {
        log::info("a project is gone", {{"project", name.name}});
        told_.changed(name.name);
    }
}

void projects::synced() {
    note_that_all_are_known();
}

void projects::trouble_changed() {
    const auto& failure = runs_.watch_status().last_failure;
    // An installation without the kind has no Projects. One that must not read them has nobody knows which.
    if (!failure || index_.are_known()) {
        return;
    }
    if (failure->is_not_found()) {
        log::warn(
            "there are no projects, since the custom resource is not installed",
            {{"group", std::string{crds::group_of(api_)}}, {"error", failure->message()}}
        );
        note_that_all_are_known();
    } else if (failure->kind() == error_kind::forbidden) {
        log::warn(
            "the operator may not read Projects: applications wait until it may",
            {{"namespace", own_namespace_}, {"error", failure->message()}}
        );
    }
}

void projects::note_that_all_are_known() {
    if (!index_.are_known()) {
        index_.all_are_known();
        told_.all_are_known();
    }
}

asio::awaitable<void> projects::write_status(std::string name) {
    const auto found = objects_.find(name);
    if (found == objects_.end() || api_ == crds::application_api::argoproj_io) {
        co_return; // Argo CD's have no such status
    }
    const auto value = found->second;
    const auto rules = index_.find(name);
    const auto use = told_.usage_of(name);
    auto wanted = value.status;
    wanted.observed_generation = value.metadata.generation;
    wanted.applications = static_cast<std::int64_t>(use.applications);
    wanted.forbidden_applications = static_cast<std::int64_t>(use.forbidden);
    auto problem = rules ? rules->problem() : std::string{};
    if (rules && problem.empty()) {
        problem = crds::join(rules->windows().problems()); // which forbid what they are for, and nothing else
    }
    crds::set_condition(wanted.conditions, ready_of(value, problem, use));
    const auto surprises =
        problem.empty() ? crds::join(policy::surprises_of(value.spec, wall_clock::now())) : std::string{};
    if (surprises.empty()) {
        crds::remove_condition(wanted.conditions, "ConfigurationWarning");
    } else {
        crds::set_condition(
            wanted.conditions, {.type = "ConfigurationWarning",
                                .status = "True",
                                .observed_generation = value.metadata.generation,
                                .last_transition_time = wall_clock::now(),
                                .reason = "Specification",
                                .message = surprises}
        );
    }
    const auto patch = merge_patch(bounded(value.status), bounded(wanted));
    if (patch.empty()) {
        co_return;
    }
    const auto done = co_await home_.patch_merge(
        policy::project_kind(), own_namespace_, name, json::object{{"status", patch}}, "holdfast", "status"
    );
    if (!done) {
        if (!done.error().is_not_found()) {
            log::warn(
                "a project's status cannot be written", {{"project", name}, {"error", done.error().message()}}
            );
            runs_.queue().add_after(name, retry_delay);
        }
        co_return;
    }
    const auto* before = crds::find_condition(value.status.conditions, "Ready");
    const auto* after = crds::find_condition(wanted.conditions, "Ready");
    if (after->status == "False" && (before == nullptr || before->message != after->message)) {
        events_.record(
            reference_to(value), {.severity = kube::event_severity::warning,
                                  .reason = after->reason,
                                  .action = "Judge",
                                  .note = after->message}
        );
    }
    // The specification that comes back may be a newer one.
    if (const auto again = objects_.find(name); again != objects_.end()) {
        again->second.status = std::move(wanted);
    }
}

} // namespace holdfast::control
