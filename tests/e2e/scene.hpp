#pragma once

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <vector>

namespace holdfast::test {

/// What most cases begin with, all of one name: a namespace, a repository that is polled every second, and
/// later an Application in "holdfast" that brings the one to the other. Application and Repository go with
/// it.
class scene {
public:
    explicit scene(std::string called, const json::object& repository_spec = {});
    /// The same where others than the shared operator work.
    scene(world& where, std::string called, const json::object& repository_spec = {});
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;
    ~scene();

    world& w;
    const std::string name;
    git_repository repository;

    /// Writes a ConfigMap of one key to NAME.yaml; nothing is pushed.
    scene& config_map(const std::string& called, const std::string& value);
    /// What the key of such a ConfigMap is in the cluster; empty where it is not there.
    std::string value(const std::string& called);
    bool has(const std::string& called) { return w.exists("configmap", name, called); }

    /// Applies the Application; url and namespace are filled in.
    void follow(application_options options = {});
    /// A merge patch of the Application.
    void patch(const json::object& merged);
    /// Asks for a sync and returns when it has ended, which it must in this phase.
    application_view ask(json::object sync, const std::string& phase = "Succeeded");
    /// Annotates the Application.
    void annotate(const std::string& annotation);

    /// Gives a Service what makes a slow_service() healthy.
    void give_address(const std::string& service);

    application_view look() { return view(name); }
    /// Polls until a look at the Application satisfies.
    application_view
    until(const std::function<bool(const application_view&)>& holds, const std::string& what);

private:
    int asked_ = 0;
};

/// The manifest of a Service that is healthy once it has an address, which no cloud gives it here: so its
/// wave lasts until scene::give_address(). `forced`: it is replaced by force.
std::string slow_service(const std::string& called, int wave, bool forced = false);

/// The entry of status.resources for an object; empty where there is none.
json::object resource_of(const application_view& seen, const std::string& kind, const std::string& called);

/// The revisions in status.history, oldest first.
std::vector<std::string> history_of(const application_view& seen);

} // namespace holdfast::test
