#pragma once

#include "base/error.hpp"
#include "crds/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// What is wrong with the first document of a YAML text, as its reader says it, with the lines:
/// "apps/web/.argocd-source.yaml:3: helm.releasename: unknown field"; "line 3: …" where `file` is empty.
std::vector<std::string>
placed(std::string_view file, std::string_view text, const std::vector<crds::problem>& problems);

/// All in one, those beyond 20 only counted. There is at least one sentence.
error all_of(const std::vector<std::string>& sentences, error_kind kind = error_kind::user);

} // namespace holdfast::builders
