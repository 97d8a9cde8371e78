#pragma once

#include "e2e/operator_process.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace holdfast::test {

namespace json = boost::json;

/// What an Application manifest is made of; as most tests want it.
struct application_options {
    std::string url;
    std::string path = ".";
    std::string revision = "main";
    /// Where objects without a namespace go.
    std::string into;
    bool automated = true;
    bool prune = true;
    bool self_heal = true;
    /// Objects go with the application.
    bool finalizer = true;
    std::vector<std::string> sync_options;
    /// Of the Application itself. Outside "holdfast" an application acts as its namespace's ServiceAccount
    /// "default".
    std::string ns = home;
    /// Merged into spec, over all of the above.
    json::object spec;
};

/// The manifest of an Application, as JSON.
std::string application(const std::string& name, const application_options& options);

/// A ConfigMap of one key.
std::string config_map(const std::string& name, const std::string& key, const std::string& value);

struct condition {
    std::string status; // empty: there is no such condition
    std::string reason;
    std::string message;
};

/// One look at an Application.
struct application_view {
    bool exists = false;
    std::string sync;          // status.sync.status
    std::string health;        // status.health.status
    std::string revision;      // status.sync.revision
    std::string phase;         // status.operationState.phase
    std::string phase_message; // status.operationState.message
    std::map<std::string, condition> conditions;
    json::object object;

    [[nodiscard]] bool synced() const { return sync == "Synced"; }
    /// Empty where it is absent.
    [[nodiscard]] condition get(const std::string& type) const;
    /// Every condition but Ready=True, and what else helps to see why a test failed.
    [[nodiscard]] std::string describe() const;
};

application_view view(const std::string& name, const std::string& ns = home);

/// Whether a deletion waits for a person.
bool waits_for_confirmation(const application_view& v);

/// Polls until the application is Synced and Healthy, at a commit when one is given.
void await_synced(
    const std::string& name, const std::string& revision = {}, const std::string& ns = home,
    std::chrono::seconds limit = std::chrono::seconds{60}
);

/// Polls until a condition of this type is there whose message holds all of the texts; gives the view it was
/// in.
application_view await_condition(
    const std::string& name, const std::string& type, const std::vector<std::string>& texts,
    const std::string& ns = home
);

/// "REASON: note" of the events about an application, oldest first.
std::vector<std::string> events_of(const std::string& name, const std::string& ns = home);

} // namespace holdfast::test
