#pragma once

#include "cluster/control_plane.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/world.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::test {

/// A patch of a kustomization: not to start where a build could not be confined in full.
inline constexpr std::string_view required_sandbox = R"(
- target: {kind: Deployment, name: holdfast}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: --require-sandbox}
)";

/// kubectl, for what takes long.
command_result patiently(world& w, std::vector<std::string> args);
/// What explains why pods are not as they should be.
std::string pods_of(world& w, const std::string& ns);
/// A cluster with a node and Holdfast in pods of it, installed from the image, both replicas ready. Once for
/// all cases. Without a node, or the image, the program is skipped.
world& installed();
/// A namespace whose ServiceAccount "default" may deploy there.
void open_namespace(world& w, const std::string& name);

/// An application that serves a page, in deploy/.
void write_shop(git_repository& repository, const std::string& page);
/// Spec of a Repository that is polled once an hour, and told of pushes by announce().
const json::object& announced();
/// Tells Holdfast of a push as a Git provider does, at the Service; whichever replica gets it.
void announce(world& w, const git_repository& repository);

} // namespace holdfast::test
