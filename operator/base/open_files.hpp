#pragma once

#include <cstdint>
#include <optional>

namespace holdfast {

/// How many files (connections, pipes) this process may have open: as it was started, and now.
struct open_file_limit {
    std::uint64_t before = 0;
    std::uint64_t now = 0;
};

/// Allows this process as many as the system gives it (the hard limit), at most 65536: the usual 1024 is too
/// little for one connection for each watched kind, and those of others. What is allowed already stays. Its
/// children start with what it had before, since programs that use select(2) cannot do with more. Any number
/// of times, before there are children.
open_file_limit raise_open_file_limit() noexcept;

/// What a child is to be allowed; nothing while it is what this process has.
[[nodiscard]] std::optional<std::uint64_t> open_files_for_children() noexcept;

} // namespace holdfast
