#pragma once

#include "builders/plan_source.hpp"

#include <string>

namespace holdfast {

/// kustomize, helm, holdfast-jsonnet and the functions of kustomize: beside this program (as a build leaves
/// them), else in ../libexec/holdfast of it (as they are installed). What is not there is an empty path: the
/// applications that need it say so.
builders::programs find_programs();

/// The plugins of an administrator's file. Errors: user, all at once, and for a file that cannot be read.
result<std::vector<builders::plugin_declaration>> read_plugins_file(const std::string& path);

} // namespace holdfast
