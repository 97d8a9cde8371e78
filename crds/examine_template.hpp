#pragma once

#include "crds/types.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace holdfast::crds {

/// What is wrong with the specification in a template at `path` whatever its parameters are, added to
/// `problems` and `unknown`: fields that Applications do not have, values of the wrong type or out of bounds.
/// Texts with `{{` in them are left out, and so is what may still be filled in.
void examine_template_spec(
    const json::object& spec, const std::string& path, std::vector<problem>& problems,
    std::vector<problem>& unknown
);

} // namespace holdfast::crds
