#pragma once

#include "builders/plan.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::builders {

/// Argo CD's build environment of a source: ARGOCD_APP_NAME, ARGOCD_APP_NAMESPACE (the destination's),
/// ARGOCD_APP_PROJECT_NAME, ARGOCD_APP_REVISION, _REVISION_SHORT (7), _REVISION_SHORT_8,
/// ARGOCD_APP_SOURCE_PATH, _SOURCE_REPO_URL, _SOURCE_TARGET_REVISION, KUBE_VERSION, KUBE_API_VERSIONS
/// (joined by ',').
class build_environment {
public:
    build_environment(const build_source& source, const build_facts& facts);

    /// "$NAME" and "${NAME}" replaced by the value, a name that there is not by nothing, and "$$" by "$": as
    /// Argo CD does it, with Go's os.Expand. A build key covers what this gives, not what it was given.
    /// `unknown` gets the names that there are not. What names the revision is noted in the source's log.
    [[nodiscard]] std::string
    substitute(std::string_view text, std::vector<std::string>* unknown = nullptr) const;

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const noexcept {
        return variables_;
    }

private:
    files::file_source at_;
    std::vector<std::pair<std::string, std::string>> variables_;
};

/// True for the variables that are another with each commit.
[[nodiscard]] bool tells_revision(std::string_view name) noexcept;

} // namespace holdfast::builders
