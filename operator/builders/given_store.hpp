#pragma once

#include "base/worker_pool.hpp"
#include "builders/run.hpp"
#include "sandbox/sandbox.hpp"
#include "secrets/store_copy.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace holdfast::builders {

/// Puts a password store and a keyring that opens it into the HOME of a workspace on tmpfs. The keyring is
/// made in the sandbox too, by a program of ours that is given the keys in memory. Errors: user for keys that
/// gpg does not take and for passphrases that do not fit; those of running a job.
boost::asio::awaitable<result<void>> give_store(
    sandbox::runner& runner, worker_pool& pool, const sandbox::workspace& to, const secrets::store_copy& store
);

/// Lets a command use them: the environment, and the sockets by which gpg speaks with its agent. What it
/// prints holds secrets from now on.
void open_store(sandbox::job& job, const sandbox::workspace& in);

/// What such a command printed, as JSON objects, one a line, with a Secret's values in base64. It is read in
/// the sandbox: the operator's own memory never has values as they are. Errors: user, with the place of what
/// is wrong and nothing of what stands there.
boost::asio::awaitable<result<std::string>>
read_manifests(sandbox::runner& runner, const sandbox::workspace& in, const std::string& printed);

} // namespace holdfast::builders
