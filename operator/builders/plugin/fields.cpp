#include "builders/plugin/file.hpp"
#include "crds/describe_structure.hpp"

/// The tables of the file of `--plugins`.
namespace holdfast::builders {

BOOST_DESCRIBE_STRUCT(plugin_command, (), (command, args))
BOOST_DESCRIBE_STRUCT(plugin_find, (), (glob))
BOOST_DESCRIBE_STRUCT(plugin_discovery, (), (file_name, find))
BOOST_DESCRIBE_STRUCT(plugin_users, (), (namespaces, applications))
BOOST_DESCRIBE_STRUCT(
    plugin_entry, (),
    (name, init, generate, discover, environment, read_only, allow, network, password_store, files,
     ignores_revision, timeout)
)
BOOST_DESCRIBE_STRUCT(plugin_file, (), (plugins))

} // namespace holdfast::builders

namespace holdfast::crds {

template <>
struct docs<builders::plugin_command> {
    static constexpr std::string_view name = "PluginCommand";
    static constexpr std::string_view text = "A program and its arguments; no shell is added.";
    static constexpr field fields[] = {
        {.member = "command",
         .doc = "The program, and arguments of it.",
         .required = true,
         .min_length = 1,
         .max_length = 65536,
         .min_items = 1},
        {.member = "args", .doc = "Further arguments.", .max_length = 65536},
    };
};
HOLDFAST_DESCRIBED_STRUCT(builders::plugin_command)

template <>
struct docs<builders::plugin_find> {
    static constexpr std::string_view name = "PluginFind";
    static constexpr std::string_view text = "Finds files.";
    static constexpr field fields[] = {
        {.member = "glob",
         .doc = "A glob over paths below the source's directory; ** stands for any number of directories.",
         .required = true,
         .min_length = 1},
    };
};
HOLDFAST_DESCRIBED_STRUCT(builders::plugin_find)

template <>
struct docs<builders::plugin_discovery> {
    static constexpr std::string_view name = "PluginDiscovery";
    static constexpr std::string_view text = "Which sources are the plugin's without saying so.";
    static constexpr field fields[] = {
        {.member = "file_name", .doc = "A glob over paths below the source's directory."},
        {.member = "find", .doc = "The same."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(builders::plugin_discovery)

template <>
struct docs<builders::plugin_users> {
    static constexpr std::string_view name = "PluginUsers";
    static constexpr std::string_view text = "Applications that a plugin is for.";
    static constexpr field fields[] = {
        {.member = "namespaces", .doc = "Globs of their namespaces; none: all."},
        {.member = "applications", .doc = "Globs of their names; none: all."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(builders::plugin_users)

template <>
struct docs<builders::plugin_files> {
    static constexpr std::string_view name = "PluginFiles";
    static constexpr std::string_view text = "What a plugin may read.";
    static constexpr choice<builders::plugin_files> choices[] = {
        {builders::plugin_files::repository, "Repository", "All of the repository."},
        {builders::plugin_files::path, "Path", "The source's directory."},
    };
};
template <>
const type_description& description_of<builders::plugin_files>() {
    static const type_description description = detail::make_choice<builders::plugin_files>();
    return description;
}

template <>
struct docs<builders::plugin_entry> {
    static constexpr std::string_view name = "Plugin";
    static constexpr std::string_view text = "A plugin that applications may use.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "What spec.source.plugin.name calls it.",
         .required = true,
         .min_length = 1,
         .max_length = 253,
         .pattern = "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",
         .expects = "a name of letters, digits, '-', '_' and '.'"},
        {.member = "init", .doc = "Run before generate; its output is ignored."},
        {.member = "generate", .doc = "Prints the manifests.", .required = true},
        {.member = "discover", .doc = "Which sources are the plugin's without saying so."},
        {.member = "environment", .doc = "Variables by their names.", .max_length = 32768},
        {.member = "read_only",
         .doc = "Directories beyond the system's that its programs may read.",
         .pattern = "^/[^/]",
         .expects = "the absolute path of a directory other than the root"},
        {.member = "allow", .doc = "The Applications that may use it; absent: all."},
        {.member = "network", .doc = "It may connect to other hosts."},
        {.member = "password_store",
         .doc = "Whether it may read the application's password store, with the keys."},
        {.member = "files", .doc = "Which files of the repository it can read."},
        {.member = "ignores_revision",
         .doc =
             "It does not look at the revision: it is not run again for another commit with the same files."},
        {.member = "timeout", .doc = "How long each of its commands may take."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(builders::plugin_entry)

template <>
struct docs<builders::plugin_file> {
    static constexpr std::string_view name = "PluginFile";
    static constexpr std::string_view text = "The plugins that there are.";
    static constexpr field fields[] = {
        {.member = "plugins",
         .doc = "One after another; of several that discover a source the first builds it.",
         .max_items = 256,
         .merge = list_merge::map,
         .key = "name"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(builders::plugin_file)

} // namespace holdfast::crds

namespace holdfast::builders {

const crds::type_description& plugin_file_description() {
    return crds::description_of<plugin_file>();
}

} // namespace holdfast::builders
