#pragma once

#include "e2e/applications.hpp"
#include "e2e/scene.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace holdfast::test {

/// A scene in which one good ConfigMap ("good", key "value") is synced already, for cases that try to break it.
class patient {
public:
    /// Returns when the application is Synced and Healthy.
    explicit patient(std::string name, application_options options = {});

    [[nodiscard]] const std::string& name() const noexcept { return scene_.name; }
    git_repository& repository() { return scene_.repository; }
    /// Changes the Application's spec (a JSON merge patch).
    void patch(const json::object& spec) { scene_.patch({{"spec", spec}}); }
    /// The application's object is as it was made, not deleted and made anew.
    void require_untouched();
    [[nodiscard]] std::string uid(const std::string& config_map);

private:
    scene scene_;
    std::string good_uid_;
};

/// Another application of the same operator gets a change through. For cases that break something: the work
/// of others goes on.
void others_are_served();

} // namespace holdfast::test
