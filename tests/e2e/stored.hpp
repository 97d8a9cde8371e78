#pragma once

#include "e2e/git_repository.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::test {

namespace json = boost::json;

/// tests/stored: what older versions stored.
inline const std::string stored_folder = HOLDFAST_SOURCE_DIR "/tests/stored";

/// What stands there for the address of an application's repository, which is another one in each run.
std::string stored_url(const std::string& name);

/// A text with another in place of each `what`.
std::string replaced(std::string text, std::string_view what, std::string_view with);

/// The JSON of tests/stored/VERSION/NAME.json.
json::object stored(const std::string& version, const std::string& name);

/// One application of tests/stored with its repository and its objects, put into the shared control plane
/// before an operator looks: each with the status and the field managers that it had. What the API server
/// gives by itself (uids, versions, times, generations) is new.
class restored {
public:
    restored(const std::string& version, const std::string& called);
    restored(const restored&) = delete;
    restored& operator=(const restored&) = delete;

    const std::string name;
    git_repository repository;
    /// As it was stored, with the address of today's repository.
    json::object application;

    /// "KIND/NAME uid resourceVersion" of each of its objects that is there.
    std::vector<std::string> versions();
    /// A field of the application as it was stored.
    [[nodiscard]] std::string was(std::initializer_list<std::string_view> path) const;

private:
    void put(json::object object, bool with_status);
};

} // namespace holdfast::test
