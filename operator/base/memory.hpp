#pragma once

// The process's memory as the system sees it.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace holdfast {

/// How much memory the container of this process may take, in bytes; nothing where there is no limit, or it
/// cannot be read. `root` is where the control groups are.
std::optional<std::uint64_t> memory_limit(const std::string& root = "/sys/fs/cgroup");

/// Few arenas, and large blocks by themselves, so that what one build took is given back when it is freed and
/// is not kept for the thread that happened to build. To be called before the first thread starts.
void keep_little_memory() noexcept;

/// This process leaves no core file when it crashes: there are secrets in its memory. Its children neither.
void dump_no_core() noexcept;

/// Gives what is free back to the system. Some milliseconds: not for the loop. Any thread.
void give_memory_back() noexcept;

/// Blocks of more than 8 MiB that come of one file are in memory one at a time: a file of a repository may be
/// a few bytes there. Waits for the turn where `bytes` are so many; it is over with the lock. Blocks, for as
/// long as another file is written: for the pool. Not to be taken twice.
[[nodiscard]] std::unique_lock<std::mutex> turn_for(std::uint64_t bytes);

/// Calls give_memory_back at its end, where that is worth it.
class memory_given_back {
public:
    explicit memory_given_back(bool is_worth_it) noexcept : is_worth_it_{is_worth_it} {}
    memory_given_back(const memory_given_back&) = delete;
    memory_given_back& operator=(const memory_given_back&) = delete;
    ~memory_given_back() {
        if (is_worth_it_) {
            give_memory_back();
        }
    }

private:
    bool is_worth_it_;
};

} // namespace holdfast
