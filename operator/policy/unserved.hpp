#pragma once

#include "crds/types.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

// What people bring along from Argo CD and its companions and nobody here serves. It is named where it is
// seen, so that nobody waits for what does not come.

namespace holdfast::policy {

/// Annotations of an Application by which image-updater and the notifications controller are told what to do:
/// one entry for each of the two.
[[nodiscard]] std::vector<crds::problem> unserved_annotations(const crds::object_metadata& metadata);

/// What a Secret is for Argo CD by its label (credentials of repositories, clusters), as a sentence that does
/// not name the Secret; empty where it is nothing.
[[nodiscard]] std::string unserved_secret(const boost::json::object& secret);

} // namespace holdfast::policy
