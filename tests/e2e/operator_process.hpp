#pragma once

#include "e2e/background_process.hpp"
#include "support/temporary_directory.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace holdfast::test {

/// The operator's own namespace: Repositories in it serve applications everywhere, and Applications in it act
/// with the operator's rights.
inline constexpr const char* home = "holdfast";

/// The operator: build/…/bin/holdfast where nothing else is said, as a process of its own. At most one at a
/// time per control plane: two would work on the same Applications.
class operator_process {
public:
    /// Not started yet. It reaches the cluster with this kubeconfig, a path, until use_kubeconfig() says
    /// another. Its cache directory is kept through restarts and removed with the value.
    explicit operator_process(std::string kubeconfig);
    operator_process(const operator_process&) = delete;
    operator_process& operator=(const operator_process&) = delete;
    ~operator_process();

    /// `args` follow "operator --namespace holdfast --kubeconfig … --cache-dir … --listen ''
    /// --metrics-listen ''", which they override by being said again; addresses of this machine are reached
    /// unless "--private-addresses ''" says otherwise. Returns at once: what it does is
    /// waited for with eventually().
    void start(const std::vector<std::string>& args = {});
    /// Another kubeconfig, from the next start() on.
    void use_kubeconfig(std::string path) { kubeconfig_ = std::move(path); }
    /// Another program, e.g. of an older version, from the next start() on.
    void use_program(std::string path) { program_ = std::move(path); }
    [[nodiscard]] const std::string& program() const noexcept { return program_; }
    /// Another cache directory, from the next start() on.
    void use_cache(std::filesystem::path directory) { cache_ = std::move(directory); }
    void signal(int number);
    /// SIGKILL.
    void kill9();
    /// SIGTERM, where it has not had it; requires that it leaves within half a minute, with status 0.
    void stop();
    /// stop() and start() with the same arguments.
    void restart();

    [[nodiscard]] bool running();
    /// False when it was started, not stopped, and is not there any more.
    [[nodiscard]] bool ended_as_expected() { return !expected_to_run_ || running(); }
    [[nodiscard]] pid_t pid() const noexcept { return process_.pid(); }
    [[nodiscard]] const std::filesystem::path& cache() const noexcept { return cache_; }
    /// Everything that it wrote, through all its starts.
    [[nodiscard]] std::string log() const;
    /// The lines of the log that hold the text.
    [[nodiscard]] std::size_t logged(std::string_view text) const;
    /// The end of the log, with a heading, for a message about a failure; empty where there is none.
    [[nodiscard]] std::string last_words() const;

private:
    temporary_directory directory_{"holdfast-e2e-operator"};
    std::filesystem::path cache_ = directory_.path() / "cache";
    std::string kubeconfig_;
    std::string program_;
    std::vector<std::string> args_;
    background_process process_;
    bool expected_to_run_ = false;
    bool is_asked_to_end_ = false; // a second SIGTERM would end it at once
};

} // namespace holdfast::test
