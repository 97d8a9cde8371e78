#pragma once

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace holdfast::test {

/// What a case plays in: a namespace, a repository with one good ConfigMap ("good", key "value"), and the
/// application that brings it there, all of one name. The application goes with the value.
class patient {
public:
    /// Returns when the application is Synced and Healthy.
    explicit patient(std::string name, application_options options = {});
    ~patient();
    patient(const patient&) = delete;
    patient& operator=(const patient&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    git_repository& repository() { return repository_; }
    /// Changes the Application's spec (a JSON merge patch).
    void patch(const json::object& spec);
    /// The application's object is as it was made, not deleted and made anew.
    void require_untouched();
    [[nodiscard]] std::string uid(const std::string& config_map);

private:
    std::string name_;
    git_repository repository_;
    std::string good_uid_;
};

/// Another application of the same operator gets a change through. For cases that break something: the work
/// of others goes on.
void others_are_served();

} // namespace holdfast::test
