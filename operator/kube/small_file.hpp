#pragma once

#include "base/error.hpp"

#include <string>

namespace holdfast::kube {

/// A file of at most 1 MiB: kubeconfigs, tokens, certificates. Small and local, so read at once on the
/// caller's thread. not_found when there is none; user error, which names it, when it cannot be read or is
/// larger.
result<std::string> read_small_file(const std::string& path);

} // namespace holdfast::kube
