#pragma once

#include "crds/application_set.hpp"
#include "sets/parameters.hpp"

namespace holdfast::sets {

/// Whether labels, or flattened parameters, are what a selector asks for. What is not there fails In and
/// Exists, and passes NotIn and DoesNotExist.
bool matches(const crds::label_selector& selector, const parameters& texts);
bool matches(const crds::label_selector& selector, const crds::string_map& labels);

} // namespace holdfast::sets
