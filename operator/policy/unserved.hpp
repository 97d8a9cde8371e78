#pragma once

#include "crds/types.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

// What people bring along from Argo CD and its companions and nobody here serves. It is named where it is
// seen, so that nobody waits for what does not come.

namespace holdfast::policy {

/// Annotations of an Application by which image-updater and the notifications controller are told what to do:
/// one entry for each of the two.
[[nodiscard]] std::vector<crds::problem> unserved_annotations(const crds::object_metadata& metadata);

/// What a Secret of a namespace is for Argo CD by its label (credentials of repositories, clusters), as a sentence
/// that does not name the Secret; empty where it is nothing, and where it is served: clusters are declared in
/// the operator's own namespace.
[[nodiscard]] std::string unserved_secret(
    const boost::json::object& secret, std::string_view namespace_, std::string_view own_namespace
);

} // namespace holdfast::policy
