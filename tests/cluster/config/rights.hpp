#pragma once

#include "cluster/control_plane.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::test {

/// What somebody may: verbs, by resource ("deployments.apps", "applications.holdfast.dev/status") and the one
/// object's name (empty: all of them).
using rights = std::map<std::pair<std::string, std::string>, std::set<std::string>>;

/// The rights in a table of a Markdown document, the first one after a line with this text. Its columns are
/// Resources, Names, Verbs, and others. Throws std::runtime_error where there is none.
rights rights_in(const std::string& document, std::string_view after);

/// Both together.
rights sum(rights some, const rights& others);

/// What a ServiceAccount of "holdfast" may in a namespace, beyond what any other one of "holdfast" may there.
rights rights_of(control_plane& cluster, const std::string& account, const std::string& ns);

/// One right a line, sorted: what a test shows where two are not equal.
std::string describe(const rights& of);

} // namespace holdfast::test
