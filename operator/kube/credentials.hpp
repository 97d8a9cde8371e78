#pragma once

#include "base/error.hpp"
#include "base/timestamp.hpp"
#include "http/client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::kube {

/// No credentials besides perhaps a client certificate.
struct no_credentials {};

struct token_credentials {
    std::string token;
};

/// A token in a file that is replaced under us (projected service account tokens). Read through its path each
/// time, every minute.
struct token_file_credentials {
    std::string path;
};

struct basic_credentials {
    std::string username;
    std::string password;
};

/// A program that prints an ExecCredential (client.authentication.k8s.io/v1 or v1beta1), as in the `exec` of
/// a kubeconfig's user.
struct exec_credentials {
    std::string api_version;
    /// As kubectl resolves it: with a slash it is a path, else looked for in PATH.
    std::string command;
    std::vector<std::string> args;
    std::vector<std::pair<std::string, std::string>> env;
    /// Said when the program is not found.
    std::string install_hint;
    /// The plugin gets `cluster_info` when set.
    bool provide_cluster_info = false;
    /// spec.cluster of KUBERNETES_EXEC_INFO, as JSON text.
    std::string cluster_info;
};

using credential_spec = std::variant<
    no_credentials, token_credentials, token_file_credentials, basic_credentials, exec_credentials>;

/// What to send with a request, and with which certificate to connect.
struct credentials {
    /// Authorization, or nothing.
    std::vector<http::header> headers;
    /// A client certificate and its key, PEM, when the source gives one; else empty.
    std::string certificate;
    std::string key;
    /// Goes up each time a source gives others.
    std::uint64_t round = 0;
};

/// Where time comes from.
struct credential_clock {
    std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
    std::function<wall_clock::time_point()> wall = wall_clock::now;
};

/// Gives credentials, fresh ones when the old ones run out. Any number of calls at once, on one thread.
class credential_source {
public:
    virtual ~credential_source() = default;
    /// What to use now. Waits where they must be fetched first. Errors: user when they cannot be had for a
    /// reason that somebody must mend (missing file, plugin not installed), transient when the plugin failed.
    virtual boost::asio::awaitable<result<credentials>> get() = 0;
    /// The server refused these (401). True when the next get() may give others, so that asking again makes
    /// sense.
    virtual bool rejected(const credentials& used) = 0;
    /// False when get() gives the same for ever.
    [[nodiscard]] virtual bool can_change() const noexcept = 0;
};

/// The source for a specification. `exec` runs programs of its own choice, so it is refused where a
/// kubeconfig is read, not here.
std::unique_ptr<credential_source> make_credential_source(
    boost::asio::any_io_executor executor, credential_spec spec, credential_clock clock = {}
);

} // namespace holdfast::kube
