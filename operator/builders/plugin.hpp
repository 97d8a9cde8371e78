#pragma once

#include "builders/plan.hpp"
#include "render/source_tree.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// Applications that a plugin is for, by globs (match/glob.hpp; '*' matches everything) of their namespaces and
/// names. A list that is empty stands for all.
struct plugin_users {
    std::vector<std::string> namespaces;
    std::vector<std::string> applications;

    friend bool operator==(const plugin_users&, const plugin_users&) = default;
};

/// A plugin as the administrator declared it; never a repository.
struct plugin_declaration {
    std::string name;
    /// Started before `generate`, in the source's directory; empty: nothing.
    std::vector<std::string> init;
    /// Prints the manifests.
    std::vector<std::string> generate;
    /// A source without a block is this plugin's when one of these globs (path_glob.hpp) matches a file below
    /// its path.
    std::vector<std::string> discover;
    /// "NAME=value", before what the Application says.
    std::vector<std::string> environment;
    /// Directories beyond the system's that its programs may read.
    std::vector<std::string> read_only;
    /// Whom it is for: each of these, and nobody else; nothing: everybody.
    std::optional<std::vector<plugin_users>> allow;
    bool network = false;
    /// It is given PASSWORD_STORE_DIR and GNUPGHOME of the application's default store.
    bool password_store = false;
    /// The directory of the source is all that it reads; else it is given the whole repository.
    bool only_path = false;
    /// It does not look at the revision: another commit with the same files is the same build.
    bool ignores_revision = false;
    std::chrono::milliseconds deadline{60'000};

    friend bool operator==(const plugin_declaration&, const plugin_declaration&) = default;
};

/// Reads the file of `--plugins`: YAML, {plugins: [{name: …, generate: {command: […], args: […]}, …}]}, all
/// errors at once with line and field. Its fields are described in plugin/fields.cpp.
result<std::vector<plugin_declaration>> read_plugins(std::string_view text);

/// Whether the builds of an application may run it.
[[nodiscard]] bool is_for(const plugin_declaration& plugin, const build_facts& facts);

/// Which plugin builds a source: the one that its block names; with a block without a name, or with no block
/// of any kind, the first that is for the application and whose globs match a file below its path. Null: none, and the source has no block
/// for plugins. Errors: user for a name that is not declared, naming those that are, the nearest first, for
/// a plugin that is not for the application, and for a block without a name that no plugin takes; what the tree gives. For the pool.
result<const plugin_declaration*> find_plugin(
    std::span<const plugin_declaration> declared, const crds::application_source& source,
    const build_facts& facts, render::source_tree& tree
);

/// The environment that Argo CD gives to plugins, in its order: that of the build, ARGOCD_ENV_NAME for
/// spec.source.plugin.env with variables substituted, ARGOCD_APP_PARAMETERS (JSON), and PARAM_NAME,
/// PARAM_NAME_0 …, PARAM_NAME_KEY for the parameters, their names in capitals, all but A-Z, 0-9 and '_'
/// replaced by '_'. Of names that come twice only the last. `unknown`: as build_environment::substitute.
std::vector<std::pair<std::string, std::string>> plugin_environment(
    const build_source& source, const build_facts& facts, std::vector<std::string>* unknown = nullptr
);

/// Plans a plugin's commands, in the source's directory, with that environment behind the declared one.
/// `generate_paths` is the value of the Application's annotation argocd.argoproj.io/manifest-generate-paths
/// (paths and globs with ';' between them, from the root with a '/' in front, else from the source's
/// directory): what it names, beside the source's directory, is what the build is given and what its key
/// covers; with nothing in it that is the whole repository, unless the plugin says only_path. The key covers
/// all that the plugin is given and sees, but not the programs that it runs. For the pool; any thread.
plan_result plan_plugin(
    const build_source& source, const build_facts& facts, const plugin_declaration& plugin,
    std::string_view generate_paths
);

} // namespace holdfast::builders
