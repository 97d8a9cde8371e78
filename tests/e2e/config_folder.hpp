#pragma once

#include "e2e/git_repository.hpp"
#include "e2e/world.hpp"

#include <cstddef>
#include <string>

namespace holdfast::test {

/// config/ of this source tree.
inline const std::string config = HOLDFAST_SOURCE_DIR "/config";

/// Writes all of config/ into a repository, as config/, and the manifests of crds/ that it refers to, as
/// crds/; nothing is pushed.
void write_config(git_repository& repository);
/// How many webhooks config/webhook has.
std::size_t count_of_webhooks();
/// A kubeconfig of the ServiceAccount that config/ installs, with a token such as a pod gets: its path.
std::string kubeconfig_of_the_account(world& w);

} // namespace holdfast::test
