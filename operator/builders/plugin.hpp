#pragma once

#include "builders/plan.hpp"

#include <string>
#include <vector>

namespace holdfast::builders {

/// A plugin as the administrator declared it; never a repository.
struct plugin_declaration {
    std::string name;
    /// Started before `generate`, in the source's directory; empty: nothing.
    std::vector<std::string> init;
    /// Prints the manifests.
    std::vector<std::string> generate;
    /// A source without a block is this plugin's when one of these globs matches a file below its path.
    std::vector<std::string> discover;
    /// "NAME=value", before what the Application says.
    std::vector<std::string> environment;
    /// Directories beyond the system's that its programs may read.
    std::vector<std::string> read_only;
    bool network = false;
    /// It is given PASSWORD_STORE_DIR and GNUPGHOME of the application's default store.
    bool password_store = false;
    /// The directory of the source is all that it reads; else it is given the whole repository.
    bool only_path = false;
    /// It does not look at the revision: another commit with the same files is the same build.
    bool ignores_revision = false;
    std::chrono::milliseconds deadline{60'000};
};

/// Reads the file of `--plugins`: YAML, {plugins: [{name: …, generate: {command: […], args: […]}, …}]}, all
/// errors at once with line and field.
result<std::vector<plugin_declaration>> read_plugins(std::string_view text);

/// Plans a plugin's commands with Argo CD's environment: ARGOCD_APP_*, ARGOCD_ENV_NAME for spec.source.plugin
/// .env, PARAM_* and ARGOCD_APP_PARAMETERS for its parameters. `generate_paths` is the value of the
/// Application's annotation argocd.argoproj.io/manifest-generate-paths: what it names is what the build is
/// given. For the pool; any thread.
plan_result plan_plugin(
    const build_source& source, const build_facts& facts, const plugin_declaration& plugin,
    std::string_view generate_paths
);

} // namespace holdfast::builders
