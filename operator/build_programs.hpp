#pragma once

#include "builders/plan_source.hpp"

#include <string>
#include <string_view>

namespace holdfast {

/// kustomize, helm, holdfast-jsonnet and the functions of kustomize: beside this program (as a build leaves
/// them), else in ../libexec/holdfast of it (as they are installed). What is not there is an empty path: the
/// applications that need it say so.
builders::programs find_programs();

/// The version of a module that a Go program was built of, as its build information says ("go version -m"):
/// "v5.8.0". To ask the program itself would take longer than a build. Empty where it does not say.
std::string version_of_module(const std::string& program, std::string_view module);

/// The plugins of an administrator's file. Errors: user, all at once, and for a file that cannot be read.
result<std::vector<builders::plugin_declaration>> read_plugins_file(const std::string& path);

} // namespace holdfast
