#pragma once

#include "kube/credentials.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::kube {

/// What a plugin printed.
struct exec_answer {
    credentials given;
    /// Absent: good until the server refuses them.
    std::optional<wall_clock::time_point> expires;
};

/// Reads an ExecCredential of this version. User errors say what is missing, never a value.
result<exec_answer> parse_exec_credential(std::string_view text, std::string_view api_version);

/// The content of KUBERNETES_EXEC_INFO.
std::string exec_info(const exec_credentials& spec);

/// Runs the plugin when there are no credentials, when they expired and when they were refused; once for all
/// who wait, and not sooner than a backoff after it failed.
std::unique_ptr<credential_source>
make_exec_source(const boost::asio::any_io_executor& executor, exec_credentials spec, credential_clock clock);

} // namespace holdfast::kube
