#pragma once

#include "base/process.hpp"
#include "git/credentials.hpp"
#include "git/route.hpp"
#include "git/secret_file.hpp"
#include "git/url.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::git {

/// One run of git(1), the only way in which it is run. The contract: argv and never a shell; nothing
/// inherited from our environment but proxies; no system or user configuration, no prompts, no hooks; only
/// the URL's own scheme is allowed; credentials, keys, certificates, host keys and proxies come through files
/// that exist in memory only (`secret_file`), never through argv, the environment, the URL or the disk.
struct git_call {
    /// After "git": the subcommand and its arguments. The caller puts "--end-of-options" or "--" before what
    /// it did not make itself.
    std::vector<std::string> arguments;
    /// GIT_DIR; empty: none.
    std::string repository;
    /// Set for those that speak to a remote.
    const url* remote = nullptr;
    /// How it is reached, where that was found out before: then git resolves nothing, and follows no
    /// redirect.
    std::optional<route> by;
    std::shared_ptr<const credentials> with;
    /// A token of a GitHub App; goes before all else in `with`.
    std::string app_token;
    std::chrono::milliseconds deadline{60'000};
    std::chrono::milliseconds connect_timeout{15'000};
    std::size_t max_output = std::size_t{64} << 20U;
    /// No file it writes grows beyond this; 0: no limit.
    std::uint64_t max_file_bytes = 0;
    /// What it may take, in bytes: it reads a commit's message as a whole, which is as long as its pusher
    /// likes.
    std::uint64_t max_memory = std::uint64_t{128} << 20U;
    /// Of http(s), its error output tells all headers that are exchanged, but for credentials. Not for logs.
    bool tells_headers = false;
    /// PATH.
    std::string path;
    /// HOME, and where it starts.
    std::string home;
};

/// The value of the Authorization header that lets us in; empty when there is none. `app_token` goes before all
/// else. Sent with the first request already: asking without, to be refused, costs a round trip, and a bearer
/// token cannot be asked for at all.
[[nodiscard]] std::string authorization(const credentials* with, const std::string& app_token);

/// The configuration of one call, as git-config(1) reads it, and the files that it names.
struct call_configuration {
    std::vector<secret_file> files;
    secret_file config;
    std::vector<std::string> environment;
};

result<call_configuration> configure_call(const git_call& call);

/// The text of the configuration, without the files: the pure part. `ca`, `certificate`, `key` are paths,
/// empty where there is none.
std::string configuration_text(
    const git_call& call, const std::string& ca, const std::string& certificate, const std::string& key
);

/// The text of ssh's configuration (ssh_config(5)).
std::string ssh_configuration_text(
    const git_call& call, const std::string& key_path, const std::string& known_hosts_path
);

/// Runs it. Errors: those of run_process; a status that is not 0 is the caller's to explain.
boost::asio::awaitable<result<process_result>> run_git(git_call call);

/// All that must not be repeated of a call, in every form in which it travels.
std::vector<std::string> secrets_of(const git_call& call);

} // namespace holdfast::git
