#include "e2e/applications.hpp"

#include "e2e/json.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace holdfast::test {

using namespace std::chrono_literals;

std::string application(const std::string& name, const application_options& options) {
    json::object metadata{{"name", name}, {"namespace", options.ns}};
    if (options.finalizer) {
        metadata["finalizers"] = json::array{"holdfast.dev/resources-finalizer"};
    }
    json::object destination{{"server", "https://kubernetes.default.svc"}};
    if (!options.into.empty()) {
        destination["namespace"] = options.into;
    }
    json::object policy;
    if (options.automated) {
        policy["automated"] = {{"prune", options.prune}, {"selfHeal", options.self_heal}};
    }
    if (!options.sync_options.empty()) {
        policy["syncOptions"] = json::array(options.sync_options.begin(), options.sync_options.end());
    }
    json::object spec{
        {"source", {{"repoURL", options.url}, {"targetRevision", options.revision}, {"path", options.path}}},
        {"destination", std::move(destination)},
        {"syncPolicy", std::move(policy)}
    };
    merge(spec, options.spec);
    return json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Application"},
        {"metadata", std::move(metadata)},
        {"spec", std::move(spec)}
    });
}

std::string config_map(const std::string& name, const std::string& key, const std::string& value) {
    return json::serialize(json::object{
               {"apiVersion", "v1"},
               {"kind", "ConfigMap"},
               {"metadata", {{"name", name}}},
               {"data", {{key, value}}}
           }) +
           "\n";
}

condition application_view::get(const std::string& type) const {
    const auto found = conditions.find(type);
    return found == conditions.end() ? condition{} : found->second;
}

bool waits_for_confirmation(const application_view& v) {
    const auto* status = v.object.if_contains("status");
    return status != nullptr && status->as_object().contains("pendingPrune");
}

std::string application_view::describe() const {
    std::string text = exists ? "sync " + sync + ", health " + health + ", revision " + revision +
                                    ", operation " + phase + " (" + phase_message + ")"
                              : "it does not exist";
    for (const auto& [type, c] : conditions) {
        text += "\n  " + type + "=" + c.status + " " + c.reason + ": " + c.message;
    }
    return text;
}

application_view view(const std::string& name, const std::string& ns) {
    application_view v;
    auto object = world::get().get_json("applications.holdfast.dev", ns, name);
    if (!object) {
        return v;
    }
    v.exists = true;
    v.sync = text_at(*object, {"status", "sync", "status"});
    v.revision = text_at(*object, {"status", "sync", "revision"});
    v.health = text_at(*object, {"status", "health", "status"});
    v.phase = text_at(*object, {"status", "operationState", "phase"});
    v.phase_message = text_at(*object, {"status", "operationState", "message"});
    if (const auto* status = object->if_contains("status"); status != nullptr && status->is_object()) {
        if (const auto* all = status->get_object().if_contains("conditions"); all != nullptr) {
            for (const auto& each : all->as_array()) {
                const auto& c = each.as_object();
                v.conditions[text_at(c, {"type"})] = {
                    text_at(c, {"status"}), text_at(c, {"reason"}), text_at(c, {"message"})
                };
            }
        }
    }
    v.object = std::move(*object);
    return v;
}

void await_synced(
    const std::string& name, const std::string& revision, const std::string& ns, std::chrono::seconds limit
) {
    application_view seen;
    eventually(
        [&] {
            seen = view(name, ns);
            return seen.synced() && seen.health == "Healthy" && seen.get("Ready").status == "True" &&
                   (revision.empty() || seen.revision == revision);
        },
        "the application " + name + " is Synced and Healthy" + (revision.empty() ? "" : " at " + revision),
        limit, [&] { return seen.describe(); }
    );
}

application_view await_condition(
    const std::string& name, const std::string& type, const std::vector<std::string>& texts,
    const std::string& ns
) {
    application_view seen;
    std::string what = "the application " + name + " has the condition " + type + " that says";
    for (const auto& text : texts) {
        what += " \"" + text + "\"";
    }
    eventually(
        [&] {
            seen = view(name, ns);
            const auto found = seen.conditions.find(type);
            return found != seen.conditions.end() &&
                   std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
                       return found->second.message.find(text) != std::string::npos;
                   });
        },
        what, 60s, [&] { return seen.describe(); }
    );
    return seen;
}

std::vector<std::string> events_of(const std::string& name, const std::string& ns) {
    auto events = world::get().list("events.events.k8s.io", ns);
    std::ranges::sort(events, {}, [](const json::object& event) {
        return text_at(event, {"metadata", "creationTimestamp"});
    });
    std::vector<std::string> all;
    for (const auto& event : events) {
        if (text_at(event, {"regarding", "name"}) == name &&
            text_at(event, {"regarding", "kind"}) == "Application") {
            all.push_back(text_at(event, {"reason"}) + ": " + text_at(event, {"note"}));
        }
    }
    return all;
}

} // namespace holdfast::test
