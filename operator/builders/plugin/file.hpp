#pragma once

#include "builders/plugin.hpp"
#include "crds/described.hpp"
#include "crds/types.hpp"

#include <optional>
#include <string>
#include <vector>

/// The file of `--plugins` as it is written. For plugin/file.cpp and plugin/fields.cpp.
namespace holdfast::builders {

struct plugin_command {
    std::vector<std::string> command;
    std::vector<std::string> args;
};

struct plugin_find {
    std::string glob;
};

struct plugin_discovery {
    std::string file_name;
    std::optional<plugin_find> find;
};

enum class plugin_files { repository, path };

struct plugin_entry {
    std::string name;
    std::optional<plugin_command> init;
    plugin_command generate;
    std::optional<plugin_discovery> discover;
    crds::string_map environment;
    std::vector<std::string> read_only;
    std::optional<std::vector<plugin_users>> allow;
    bool network = false;
    bool password_store = false;
    plugin_files files = plugin_files::repository;
    bool ignores_revision = false;
    crds::duration timeout{std::chrono::seconds{60}};
};

struct plugin_file {
    std::vector<plugin_entry> plugins;
};

/// How it is read.
const crds::type_description& plugin_file_description();

} // namespace holdfast::builders
