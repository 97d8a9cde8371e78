#include "base/hash.hpp"
#include "crds/application_api.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

/// Argo CD's Applications in the terms of ours.
namespace holdfast::crds {

namespace {

constexpr std::string_view argoproj_version = "argoproj.io/v1alpha1";

json::object* object_in(json::object* from, std::string_view name) {
    auto* value = from != nullptr ? from->if_contains(name) : nullptr;
    return value != nullptr ? value->if_object() : nullptr;
}

json::array* array_in(json::object* from, std::string_view name) {
    auto* value = from != nullptr ? from->if_contains(name) : nullptr;
    return value != nullptr ? value->if_array() : nullptr;
}

std::string text_in(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string{*text} : std::string{};
}

bool flag_in(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    const auto* flag = value != nullptr ? value->if_bool() : nullptr;
    return flag != nullptr && *flag;
}

// There an absent limit is none, and an empty duration an absent one.
void complete_retry(json::object* of) {
    auto* retry = object_in(of, "retry");
    if (retry == nullptr) {
        return;
    }
    if (!retry->contains("limit")) {
        (*retry)["limit"] = 0;
    }
    if (auto* backoff = object_in(retry, "backoff")) {
        for (const auto* name : {"duration", "maxDuration"}) {
            if (backoff->contains(name) && text_in(*backoff, name).empty()) {
                backoff->erase(name);
            }
        }
    }
}

// What Go prints of what is not said.
void complete_operation(json::object* operation) {
    if (auto* retry = object_in(operation, "retry"); retry != nullptr && retry->empty()) {
        operation->erase("retry"); // who asks for one has it tried again only where he says so
    }
    complete_retry(operation);
    if (auto* initiator = object_in(operation, "initiatedBy"); initiator != nullptr && initiator->empty()) {
        operation->erase("initiatedBy");
    }
}

void complete_spec(json::object* spec) {
    if (spec != nullptr && text_in(*spec, "project").empty()) {
        spec->erase("project");
    }
    complete_retry(object_in(spec, "syncPolicy"));
}

// What is wanted is in the automated operation for people to see, and is found out anew by who goes on with it.
void loosen_automated(json::object& state) {
    auto* operation = object_in(&state, "operation");
    auto* initiator = object_in(operation, "initiatedBy");
    if (initiator == nullptr || !flag_in(*initiator, "automated")) {
        return;
    }
    operation->erase("retry");
    if (auto* sync = object_in(operation, "sync")) {
        sync->erase("revision");
        sync->erase("revisions");
    }
}

void cut_to(json::array* list, std::size_t most, bool keeps_last) {
    if (list == nullptr || list->size() <= most) {
        return;
    }
    if (keeps_last) {
        list->erase(list->begin(), list->end() - static_cast<std::ptrdiff_t>(most));
    } else {
        list->resize(most);
    }
}

template <class Code>
Code code_of(std::string_view text, std::initializer_list<Code> all, Code otherwise) {
    const auto found = std::ranges::find_if(all, [&](Code one) { return to_string(one) == text; });
    return found == all.end() ? otherwise : *found;
}

// As many as there are: they say which objects are the application's.
std::vector<resource_status> rows_of(const json::array* rows) {
    std::vector<resource_status> made;
    for (const auto& item : rows != nullptr ? *rows : json::array{}) {
        const auto* row = item.if_object();
        if (row == nullptr || text_in(*row, "kind").empty() || text_in(*row, "name").empty()) {
            continue;
        }
        resource_status one{
            .group = text_in(*row, "group"),
            .version = text_in(*row, "version"),
            .kind = text_in(*row, "kind"),
            .namespace_ = text_in(*row, "namespace"),
            .name = text_in(*row, "name")
        };
        one.status =
            code_of(text_in(*row, "status"), {sync_code::synced, sync_code::out_of_sync}, sync_code::unknown);
        one.hook = flag_in(*row, "hook");
        one.requires_pruning = flag_in(*row, "requiresPruning");
        made.push_back(std::move(one));
    }
    return made;
}

// What of it is read: conditions are found anew.
json::object readable_status(json::object& status) {
    json::object kept;
    for (const auto* name :
         {"sync", "health", "operationState", "history", "summary", "sourceType", "sourceTypes"}) {
        if (auto* value = status.if_contains(name)) {
            kept[name] = std::move(*value);
        }
    }
    cut_to(array_in(&kept, "history"), max_status_history, /*keeps_last=*/true);
    if (auto* state = object_in(&kept, "operationState")) {
        complete_operation(object_in(state, "operation"));
        loosen_automated(*state);
        cut_to(
            array_in(object_in(state, "syncResult"), "resources"), max_status_resources, /*keeps_last=*/false
        );
    }
    return kept;
}

// Changes with what is asked for, be it known here or not, and with nothing else.
std::int64_t generation_of(const json::object& object) {
    hasher all;
    for (const auto* name : {"spec", "operation"}) {
        const auto* part = object.if_contains(name);
        all.add(part != nullptr && !part->is_null() ? json::serialize(*part) : std::string{});
    }
    const auto digest = all.finish();
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        number = number << 8U | digest[i];
    }
    return static_cast<std::int64_t>(number >> 2U) + 1; // never the 0 of what nobody has looked at
}

bool is_at_work(const application_status& status) {
    return status.operation_state && (status.operation_state->phase == operation_phase::running ||
                                      status.operation_state->phase == operation_phase::terminating);
}

reading<application> examine_argoproj(const json::object& object) {
    json::object copy = object;
    if (text_in(copy, "apiVersion") == argoproj_version) {
        copy["apiVersion"] = api_version;
    }
    complete_spec(object_in(&copy, "spec"));
    complete_operation(object_in(&copy, "operation"));
    std::vector<resource_status> rows;
    if (auto* status = object_in(&copy, "status")) {
        rows = rows_of(array_in(status, "resources"));
        copy["status"] = readable_status(*status);
    }
    auto made = examine_application(copy);
    const auto is_of_status = [](const problem& one) { return one.path.starts_with("status"); };
    std::erase_if(made.problems, is_of_status);
    std::erase_if(made.unknown_fields, is_of_status);
    auto& value = made.value;
    value.status.resources = std::move(rows);
    value.metadata.annotations.erase(std::string{argocd_skip_annotation});
    value.metadata.generation = generation_of(object);
    value.status.observed_generation = is_at_work(value.status) ? value.metadata.generation : 0;
    // To do something else than what is asked for would be worse than to do nothing.
    for (const auto& unknown : made.unknown_fields) {
        if (is_about_operation(unknown)) {
            made.problems.push_back({unknown.path, "is not served by this version of Holdfast"});
        }
    }
    return made;
}

reading<project> examine_app_project(const json::object& object) {
    json::object copy = object;
    if (text_in(copy, "apiVersion") == argoproj_version) {
        copy["apiVersion"] = api_version;
    }
    if (text_in(copy, "kind") == "AppProject") {
        copy["kind"] = "Project";
    }
    copy.erase("status");
    return examine_project(copy);
}

} // namespace

std::string_view group_of(application_api api) noexcept {
    return api == application_api::argoproj_io ? "argoproj.io" : group;
}

std::string_view api_version_of(application_api api) noexcept {
    return api == application_api::argoproj_io ? argoproj_version : api_version;
}

reading<application> examine_application(const json::object& object, application_api api) {
    return api == application_api::argoproj_io ? examine_argoproj(object) : examine_application(object);
}

reading<project> examine_project(const json::object& object, application_api api) {
    return api == application_api::argoproj_io ? examine_app_project(object) : examine_project(object);
}

} // namespace holdfast::crds
