#pragma once

#include "argocd/check.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "kube/client.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace holdfast::argocd {

/// Reads an installation of Argo CD in a namespace. Changes nothing in the cluster. Errors: those of the API
/// server, with what was read; not_found where there is neither argocd-cm nor a kind of Argo CD's.
asio::awaitable<result<installation>> read_installation(kube::client& api, std::string namespace_);

} // namespace holdfast::argocd
