#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Objects for the tests of the API.
namespace holdfast::crds::test {

namespace json = boost::json;

/// JSON from a text with ' in place of ", so that tables of it can be read.
json::value parse(std::string_view text);

/// A valid Application, default/web, whose spec's members are replaced by those of `spec` (null takes one
/// out).
json::object application_with(std::string_view spec);
/// The same for a Repository.
json::object repository_with(std::string_view spec);
/// The same for a Project, holdfast/shop.
json::object project_with(std::string_view spec);
/// The valid one with members beside the spec: operation, status, metadata.
json::object application_beside(std::string_view members);

/// An Application in which every field is set, none to its default.
json::object full_application();
json::object full_project();
json::object full_repository();
json::object full_application_set();

/// The documents of a YAML file of this source tree, as JSON.
std::vector<json::object> yaml_documents(const std::string& path);
json::value yaml(const std::string& text);

std::string file(const std::string& path);

} // namespace holdfast::crds::test
