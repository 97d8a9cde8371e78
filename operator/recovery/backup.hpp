#pragma once

#include "kube/object.hpp"

#include <boost/json/object.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::recovery {

namespace json = boost::json;

/// What a cluster has that may be in no Git repository.
struct found_objects {
    std::vector<json::object> applications;
    std::vector<json::object> projects;
    std::vector<json::object> repositories;
    std::vector<json::object> sets;
    /// Those that the above name, as far as they are there.
    std::vector<json::object> secrets;
    /// The ConfigMap with the options; empty: there is none.
    json::object options;
};

/// The Secrets that Applications and Repositories name, whoever brought these.
[[nodiscard]] std::set<kube::object_name>
named_secrets(const std::vector<json::object>& applications, const std::vector<json::object>& repositories);

/// What is to be applied to an empty cluster where Holdfast is installed, in this order: namespaces, Secrets,
/// options, Repositories, ApplicationSets, Applications. What an Application brings is not among it, nor are the
/// Applications that a set makes, and of each object is
/// kept what a person writes: no status, nothing of the server's. `tracking_annotation` is sync::dialect's.
[[nodiscard]] std::vector<json::object>
backup_of(const found_objects& found, std::string_view tracking_annotation);

} // namespace holdfast::recovery
