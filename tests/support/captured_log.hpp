#pragma once

#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace holdfast::test {

/// What is written to standard error while it lives, which is where the log goes. One at a time.
class captured_log {
public:
    captured_log() {
        const int to = ::open(path_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
        if (before_ < 0 || to < 0 || ::dup2(to, STDERR_FILENO) < 0) {
            throw std::system_error{errno, std::generic_category(), "standard error"};
        }
        ::close(to);
    }
    ~captured_log() {
        (void)std::fflush(stderr);
        ::dup2(before_, STDERR_FILENO);
        ::close(before_);
        // Still to be seen by who reads the test's output.
        const auto all = read_file(path_);
        (void)std::fwrite(all.data(), 1, all.size(), stderr);
    }
    captured_log(const captured_log&) = delete;
    captured_log& operator=(const captured_log&) = delete;

    /// The lines so far that hold the text.
    [[nodiscard]] std::vector<std::string> lines_with(std::string_view text) const {
        (void)std::fflush(stderr);
        std::vector<std::string> found;
        std::istringstream all{read_file(path_)};
        for (std::string line; std::getline(all, line);) {
            if (line.find(text) != std::string::npos) {
                found.push_back(line);
            }
        }
        return found;
    }

private:
    temporary_directory directory_;
    std::string path_ = directory_ / "log";
    int before_ = ::dup(STDERR_FILENO);
};

} // namespace holdfast::test
