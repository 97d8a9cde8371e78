#pragma once

#include "files/object_id.hpp"

namespace holdfast::git {

/// The name of a commit, a tag, a tree or a file.
using files::object_id;

} // namespace holdfast::git
