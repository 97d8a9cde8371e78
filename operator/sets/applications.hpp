#pragma once

#include "sets/generate.hpp"
#include "sets/generators.hpp"
#include "sets/renderings.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdfast::sets {

/// The Applications of the results of one entry of spec.generators. Errors: user, of the first template that
/// fails, with how many more did; for more bytes than `budget`, from which what they take is taken.
maybe<std::vector<generated>> applications_of(
    const crds::application_set& set, const std::vector<generator_results>& results, std::size_t generator,
    const set_dialect& dialect, renderings& templates, std::size_t& budget, std::vector<std::string>& warnings
);

} // namespace holdfast::sets
