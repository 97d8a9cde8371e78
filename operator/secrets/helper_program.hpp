#pragma once

#include "base/error.hpp"

#include <string>

namespace holdfast::secrets {

/// The path of a program that is installed with this one: beside it, or in ../libexec/holdfast of it. `name`
/// may have a directory before it ("programs/sops"). Internal error when it is not there.
result<std::string> find_helper(const std::string& name);

} // namespace holdfast::secrets
