#pragma once

#include "base/error.hpp"
#include "http/client.hpp"
#include "kube/config.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace holdfast::kube {

/// A client of the API server that `config` names: adds the credentials to every request, gets new ones and
/// asks once more when the server answers 401, and keeps up with certificate, authority and token files that
/// are replaced. Use it as any http::client. Opens no connection yet. User error when the configuration makes
/// no sense.
result<std::unique_ptr<http::client>>
connect(boost::asio::any_io_executor executor, connection_config config, credential_clock clock = {});

} // namespace holdfast::kube
