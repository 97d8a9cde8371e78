#pragma once

#include "crds/application_set.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::policy {

/// Everything that is wrong with a set, whatever there is in repositories and clusters: crds::check, and what
/// its namespace does not let it do. Admission and the controller ask the same.
[[nodiscard]] std::vector<crds::problem>
problems_of(const crds::application_set& value, const std::string& own_namespace);

/// What a set says that is right and yet surprises, or says in vain.
[[nodiscard]] std::vector<crds::problem> warnings_of(const crds::application_set& value);

/// The JSON pointer that a simple jq expression (".spec.source.targetRevision", ".a[0].b", ".a[\"b\"]") stands
/// for; nothing for all others, which sets do not serve.
[[nodiscard]] std::optional<std::string> pointer_of_jq(std::string_view expression);

} // namespace holdfast::policy
