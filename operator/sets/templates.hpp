#pragma once

#include "base/error.hpp"
#include "crds/application_set.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

/// The template of a generator's results, and what is patched into what comes of it.
namespace holdfast::sets {

namespace json = boost::json;

/// {metadata, spec} of an Application: what is not empty in a generator's own template wins, the set's
/// template fills in the rest. Lists are not merged.
json::object template_of(const crds::set_template& base, const std::optional<crds::set_template>& own);

/// A strategic merge patch in YAML for an Application: null takes out, objects are merged (`$patch: replace`
/// and `$patch: delete` in them are followed), lists take the place of those that are there, but finalizers
/// are added; spec.project stays. Errors: user, for a text that is no YAML object, and for other directives.
result<json::object> patched(json::object application, std::string_view patch);

} // namespace holdfast::sets
