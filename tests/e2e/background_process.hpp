#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace holdfast::test {

/// A child process whose output goes to a file. It is killed with the value, and when this process dies.
class background_process {
public:
    background_process() = default;
    /// `program` is looked up in $PATH when it has no '/'. Throws std::runtime_error when it does not start.
    background_process(
        const std::string& program, const std::vector<std::string>& args, const std::filesystem::path& log,
        const std::map<std::string, std::string>& environment = {}
    );
    background_process(background_process&& other) noexcept;
    background_process& operator=(background_process&& other) noexcept;
    ~background_process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] bool running();
    void signal(int number) const;
    /// How it ended: its exit status, or 128 plus the signal; nothing when it has not within the limit.
    std::optional<int> wait(std::chrono::milliseconds limit);
    /// SIGKILL, and reaped. Nothing when it has ended already.
    void kill() noexcept;

private:
    pid_t pid_ = -1;
    std::optional<int> status_;
};

} // namespace holdfast::test
