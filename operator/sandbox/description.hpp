#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the operator tells the supervisor of a job, and what it is told at the end. The supervisor is a small
/// program of its own: nothing here needs more than the standard library.
namespace holdfast::sandbox {

/// A job, prepared: absolute paths, resolved program, numbers.
struct description {
    std::string program;
    std::vector<std::string> argv;
    std::vector<std::string> environment;
    /// The workspace's directory, with "w", "home" and "tmp" for the job and "report" for the supervisor.
    std::string root;
    std::string working_directory;
    std::vector<std::string> readable;
    std::vector<std::uint64_t> ports;
    bool only_given_programs = false;
    bool network = false;
    bool unix_sockets = false;
    bool filter = true;
    std::uint64_t landlock = 0;
    /// How many descriptors beside 0, 1 and 2 are for the job.
    std::uint64_t inherited = 0;
    /// Who runs it when the operator is root; 0: root without capabilities.
    std::uint64_t uid = 0;
    std::uint64_t parent = 0;
    std::uint64_t deadline_ms = 0;
    std::uint64_t memory = 0;
    std::uint64_t cpu_ms = 0;
    std::uint64_t file_size = 0;
    std::uint64_t disk = 0;
    std::uint64_t files = 0;
    std::uint64_t processes = 0;
    std::uint64_t open_files = 0;

    friend bool operator==(const description&, const description&) = default;
};

[[nodiscard]] std::string encode(const description& d);
/// Nothing when the text is not what encode() makes.
[[nodiscard]] std::optional<description> decode(std::string_view text);

/// Why a job ended.
enum class ending {
    finished,
    /// The supervisor was told to stop: the caller was cancelled, or the output too long.
    told,
    deadline,
    memory,
    cpu,
    disk,
    files,
    processes,
    /// Nothing was run: `text` says why.
    failed,
};

struct report {
    ending end = ending::failed;
    /// The exit status; 128 + signal.
    std::uint64_t status = 0;
    /// How many processes were left when it ended and were killed.
    std::uint64_t killed = 0;
    std::string text;
};

[[nodiscard]] std::string encode(const report& r);
[[nodiscard]] std::optional<report> decode_report(std::string_view text);

} // namespace holdfast::sandbox
