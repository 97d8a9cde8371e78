#include "crds/argoproj_status.hpp"

#include "base/merge_patch.hpp"
#include "base/timestamp.hpp"
#include "crds/bounded_status.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::crds {

namespace {

// Of the objects' rows: with what is bounded beside them an object stays within what etcd takes.
constexpr std::size_t most_row_bytes = std::size_t{640} << 10U;

// What it says beside conditions of this kind is in health, sync and operationState.
constexpr std::array<std::string_view, 2> named_otherwise{"NotServed", "ObjectsLeftBehind"};

const json::object* object_in(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value != nullptr ? value->if_object() : nullptr;
}

std::string_view text_in(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string_view{*text} : std::string_view{};
}

void put(json::object& into, std::string_view name, std::string_view text) {
    if (!text.empty()) {
        into[name] = text;
    }
}

json::object empty_source() {
    return {{"repoURL", ""}};
}

// `source`, which Argo CD always has, and `sources` where there are several.
void put_sources(json::object& into, const std::vector<application_source>& sources) {
    into["source"] = sources.size() == 1 ? write(sources.front()) : empty_source();
    if (sources.size() > 1) {
        json::array all;
        for (const auto& one : sources) {
            all.emplace_back(write(one));
        }
        into["sources"] = std::move(all);
    }
}

void put_revisions(
    json::object& into, const std::string& revision, const std::vector<std::string>& revisions
) {
    if (!revisions.empty()) {
        into["revisions"] = json::array(revisions.begin(), revisions.end());
    } else {
        put(into, "revision", revision);
    }
}

json::object sync_of(const application& value) {
    const auto& sync = value.status.sync;
    json::object compared;
    put_sources(compared, value.spec.all_sources());
    json::object destination;
    put(destination, "server", value.spec.destination.server);
    put(destination, "name", value.spec.destination.name);
    put(destination, "namespace", value.spec.destination.namespace_);
    compared["destination"] = std::move(destination);
    if (!value.spec.ignore_differences.empty()) {
        compared["ignoreDifferences"] = write(value.spec).at("ignoreDifferences");
    }
    json::object made{{"status", to_string(sync.status)}, {"comparedTo", std::move(compared)}};
    put_revisions(made, sync.revision, sync.revisions);
    return made;
}

json::object health_of(const health_status& health) {
    json::object made{{"status", health.status == health_code::none ? "Healthy" : to_string(health.status)}};
    put(made, "message", health.message);
    if (health.last_transition_time) {
        made["lastTransitionTime"] = format_time(*health.last_transition_time);
    }
    return made;
}

json::object row_of(const resource_status& one) {
    json::object made;
    put(made, "group", one.group);
    put(made, "version", one.version);
    put(made, "kind", one.kind);
    put(made, "namespace", one.namespace_);
    put(made, "name", one.name);
    if (one.hook) {
        made["hook"] = true;
    } else {
        made["status"] = to_string(one.status);
    }
    if (one.health && one.health->status != health_code::none) {
        json::object health{{"status", to_string(one.health->status)}};
        put(health, "message", one.health->message);
        made["health"] = std::move(health);
    }
    if (one.requires_pruning) {
        made["requiresPruning"] = true;
    }
    if (one.requires_deletion_confirmation) {
        made["requiresDeletionConfirmation"] = true;
    }
    if (one.sync_wave != 0) {
        made["syncWave"] = one.sync_wave;
    }
    return made;
}

// The last of too many go; what needs attention is first among them as they come.
json::array rows_of(const std::vector<resource_status>& resources) {
    std::vector<std::pair<std::string, json::object>> rows;
    std::size_t bytes = 0;
    for (const auto& one : resources) {
        auto row = row_of(one);
        bytes += stored_size(row) + 1;
        if (bytes > most_row_bytes) {
            break;
        }
        auto name = one.group;
        name.append("/").append(one.kind).append("/").append(one.namespace_).append("/").append(one.name);
        rows.emplace_back(std::move(name), std::move(row));
    }
    std::ranges::sort(rows, {}, &std::pair<std::string, json::object>::first);
    json::array made;
    for (auto& row : rows) {
        made.emplace_back(std::move(row.second));
    }
    return made;
}

bool is_told(std::string_view type) {
    return type.ends_with("Error") || type.ends_with("Warning") ||
           std::ranges::find(named_otherwise, type) != named_otherwise.end();
}

// Whoever reads conditions there knows errors by how their types end.
std::string type_of(const condition& one) {
    const bool is_renamed = std::ranges::find(named_otherwise, one.type) != named_otherwise.end();
    return is_renamed ? one.type + "Error" : one.type;
}

std::string
time_of(const json::object& before, std::string_view type, std::string_view message, timestamp now) {
    const auto* conditions = before.if_contains("conditions");
    if (conditions != nullptr && conditions->is_array()) {
        for (const auto& item : conditions->get_array()) {
            const auto* known = item.if_object();
            if (known != nullptr && text_in(*known, "type") == type &&
                text_in(*known, "message") == message && !text_in(*known, "lastTransitionTime").empty()) {
                return std::string{text_in(*known, "lastTransitionTime")};
            }
        }
    }
    return format_time(now);
}

json::array
conditions_of(const json::object& before, const std::vector<condition>& conditions, timestamp now) {
    std::vector<std::pair<std::string, std::string>> told;
    for (const auto& one : conditions) {
        if (is_told(one.type) && one.status == "True") {
            told.emplace_back(type_of(one), one.message);
        }
    }
    std::ranges::sort(told);
    json::array made;
    for (const auto& [type, message] : told) {
        made.emplace_back(json::object{
            {"type", type}, {"message", message}, {"lastTransitionTime", time_of(before, type, message, now)}
        });
    }
    return made;
}

// As Argo CD's automatic operations have it: its first field is what they are to bring.
json::object operation_of(const application& value, const operation_state& state) {
    auto made = write(state.operation);
    const bool is_automated = state.operation.initiated_by && state.operation.initiated_by->automated;
    if (!made.contains("initiatedBy")) {
        made["initiatedBy"] = json::object{};
    }
    auto retry = state.operation.retry ? state.operation.retry
                 : is_automated        ? value.spec.sync_policy.retry.value_or(retry_strategy{})
                                       : std::optional<retry_strategy>{};
    json::object retries;
    if (retry) {
        if (const auto written = write(operation{.retry = retry}); written.contains("retry")) {
            retries = written.at("retry").get_object();
        }
        if (retry->limit != 0) {
            retries["limit"] = retry->limit;
        } else {
            retries.erase("limit");
        }
    }
    made["retry"] = std::move(retries);
    if (is_automated && state.operation.sync && state.sync_result) {
        auto& sync = made["sync"];
        if (!sync.is_object()) {
            sync.emplace_object();
        }
        put_revisions(sync.get_object(), state.sync_result->revision, state.sync_result->revisions);
    }
    return made;
}

json::object result_of(const application& value, const sync_result& result, const json::object& bounded) {
    json::object made;
    auto sources = result.sources;
    if (sources.empty() && result.source) {
        sources.push_back(*result.source);
    }
    put_sources(made, sources.empty() ? value.spec.all_sources() : sources);
    made["revision"] = result.revisions.empty() ? result.revision : std::string{};
    if (!result.revisions.empty()) {
        made["revisions"] = json::array(result.revisions.begin(), result.revisions.end());
    }
    json::array rows;
    if (const auto* listed = bounded.if_contains("resources"); listed != nullptr && listed->is_array()) {
        for (const auto& item : listed->get_array()) {
            auto row = item.get_object();
            for (const auto* name : {"group", "version", "kind", "namespace", "name"}) {
                if (!row.contains(name)) {
                    row[name] = ""; // required there
                }
            }
            rows.emplace_back(std::move(row));
        }
    }
    if (!rows.empty()) {
        made["resources"] = std::move(rows);
    }
    return made;
}

json::object state_of(const application& value, const operation_state& state, const json::object& bounded) {
    json::object made{
        {"operation", operation_of(value, state)},
        {"phase", to_string(state.phase)},
        {"startedAt", format_time(state.started_at)}
    };
    put(made, "message", text_in(bounded, "message"));
    if (state.sync_result) {
        const auto* result = object_in(bounded, "syncResult");
        made["syncResult"] =
            result_of(value, *state.sync_result, result != nullptr ? *result : json::object{});
    }
    if (state.finished_at) {
        made["finishedAt"] = format_time(*state.finished_at);
    }
    if (state.retry_count != 0) {
        made["retryCount"] = state.retry_count;
    }
    return made;
}

json::array history_of(const json::object& bounded) {
    json::array made;
    const auto* listed = bounded.if_contains("history");
    if (listed == nullptr || !listed->is_array()) {
        return made;
    }
    for (const auto& item : listed->get_array()) {
        auto entry = item.get_object();
        entry.erase("sourcesOmitted");
        if (!entry.contains("source")) {
            entry["source"] = empty_source();
        }
        if (!entry.contains("initiatedBy")) {
            entry["initiatedBy"] = json::object{};
        }
        made.emplace_back(std::move(entry));
    }
    return made;
}

json::object summary_of(const application_summary& summary) {
    json::object made;
    if (!summary.images.empty()) {
        made["images"] = json::array(summary.images.begin(), summary.images.end());
    }
    if (!summary.external_urls.empty()) {
        made["externalURLs"] = json::array(summary.external_urls.begin(), summary.external_urls.end());
    }
    return made;
}

// The members of each that are Argo CD's of every version, and ours to write.
struct owned_members {
    std::string_view name;
    std::span<const std::string_view> members;
};
constexpr std::array<std::string_view, 4> sync_members{"status", "comparedTo", "revision", "revisions"};
constexpr std::array<std::string_view, 3> health_members{"status", "message", "lastTransitionTime"};
constexpr std::array<std::string_view, 2> summary_members{"images", "externalURLs"};
constexpr std::array parts{
    owned_members{"sync", sync_members}, owned_members{"health", health_members},
    owned_members{"summary", summary_members}
};
// Where the health of objects is: in their rows.
constexpr std::array<std::string_view, 8> wholes{"resources",    "history",
                                                 "conditions",   "sourceType",
                                                 "sourceTypes",  "controllerNamespace",
                                                 "reconciledAt", "resourceHealthSource"};

json::object part_patch(const json::object* before, const json::object& wanted, const owned_members& part) {
    json::object known;
    for (const auto name : part.members) {
        if (before != nullptr && before->contains(name)) {
            known[name] = before->at(name);
        }
    }
    return merge_patch(known, wanted);
}

// With null for all that it is not to have: somebody may have written that since.
json::object whole_state(const json::object* before, const json::object& wanted) {
    auto made = before != nullptr ? merge_patch(*before, wanted) : json::object{};
    json::object whole = wanted;
    for (const auto* name : {"message", "syncResult", "finishedAt", "retryCount"}) {
        if (!whole.contains(name)) {
            whole[name] = nullptr;
        }
    }
    const auto keep_nulls = [](const auto& self, json::object& into, const json::object& patch) -> void {
        for (const auto& member : patch) {
            if (member.value().is_null()) {
                into[member.key()] = nullptr;
            } else if (const auto* below = member.value().if_object()) {
                auto& value = into[member.key()];
                if (value.is_object()) {
                    self(self, value.get_object(), *below);
                }
            }
        }
    };
    keep_nulls(keep_nulls, whole, made);
    return whole;
}

} // namespace

json::object argoproj_status(const argoproj_status_view& view) {
    auto rest = view.value.status;
    rest.resources.clear(); // they have a bound of their own
    const auto bounded = bounded_status(rest, most_row_bytes);
    const auto& status = view.value.status;
    json::object made{
        {"sync", sync_of(view.value)},
        {"health", health_of(status.health)},
        {"summary", summary_of(status.summary)}
    };
    if (auto rows = rows_of(status.resources); !rows.empty()) {
        made["resources"] = std::move(rows);
    }
    if (auto history = history_of(bounded); !history.empty()) {
        made["history"] = std::move(history);
    }
    if (auto conditions = conditions_of(view.before, status.conditions, view.now); !conditions.empty()) {
        made["conditions"] = std::move(conditions);
    }
    if (status.operation_state) {
        const auto* state = object_in(bounded, "operationState");
        made["operationState"] =
            state_of(view.value, *status.operation_state, state != nullptr ? *state : json::object{});
    }
    put(made, "sourceType", to_string(status.source_type));
    if (!status.source_types.empty()) {
        json::array types;
        for (const auto type : status.source_types) {
            types.emplace_back(to_string(type));
        }
        made["sourceTypes"] = std::move(types);
        made.erase("sourceType");
    }
    put(made, "controllerNamespace", view.controller_namespace);
    const auto compared = text_in(view.before, "reconciledAt");
    put(made, "reconciledAt", compared);
    if (compared.empty() || view.is_refreshed || !argoproj_status_patch(view.before, made).empty()) {
        made["reconciledAt"] = format_time(view.now);
    }
    return made;
}

json::object argoproj_status_patch(const json::object& before, const json::object& wanted) {
    json::object patch;
    for (const auto& part : parts) {
        const auto* there = object_in(before, part.name);
        const auto* now = object_in(wanted, part.name);
        auto differs = part_patch(there, now != nullptr ? *now : json::object{}, part);
        if (!differs.empty() || (there == nullptr && now != nullptr)) {
            patch[part.name] = std::move(differs);
        }
    }
    for (const auto name : wholes) {
        const auto* there = before.if_contains(name);
        const auto* now = wanted.if_contains(name);
        if (now == nullptr && there != nullptr && !there->is_null()) {
            patch[name] = nullptr;
        } else if (now != nullptr && (there == nullptr || *there != *now)) {
            patch[name] = *now;
        }
    }
    const auto* there = object_in(before, "operationState");
    const auto* now = object_in(wanted, "operationState");
    if (now != nullptr && (there == nullptr || *there != *now)) {
        patch["operationState"] = whole_state(there, *now);
    } else if (now == nullptr && there != nullptr) {
        patch["operationState"] = nullptr;
    }
    return patch;
}

} // namespace holdfast::crds
