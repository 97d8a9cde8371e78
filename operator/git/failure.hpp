#pragma once

#include "base/error.hpp"
#include "git/url.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::git {

/// What was being done when git(1) failed, as far as the sentence about it needs it.
struct failed_call {
    /// "listing the refs of …": the start of the message.
    std::string doing;
    const url* remote = nullptr;
    bool had_credentials = false;
    /// Exit status as process_result has it: 128 + signal when one ended it.
    int status = 0;
    std::string_view error_output;
    /// Whatever must not be repeated, should git do so.
    std::vector<std::string_view> secrets;
    /// Named when the disk is full.
    std::string_view directory;
    /// Named when a file grew beyond it.
    std::uint64_t size_limit = 0;
    /// Named when git ran out of memory.
    std::uint64_t memory_limit = 0;
};

/// What git's (or ssh's, or curl's) complaint means: its kind, and a sentence that says what to do. What is
/// not known is told in git's own words, capped, without secrets, as a transient error.
error explain(const failed_call& call);

/// True when git needed more memory than it may take (git_call::max_memory).
[[nodiscard]] bool says_out_of_memory(std::string_view error_output);

/// True when git complains of its own store: objects that are missing, broken or unreadable.
[[nodiscard]] bool says_store_is_broken(std::string_view error_output) noexcept;

/// True when the server cannot be asked for a commit by its SHA.
[[nodiscard]] bool says_sha_not_allowed(std::string_view error_output) noexcept;

/// True when the server answered with a redirect, which git does not follow with credentials.
[[nodiscard]] bool says_redirect(std::string_view error_output) noexcept;

/// True when the server has whole histories only: it serves files (dumb HTTP), or refuses a depth.
[[nodiscard]] bool says_not_shallow(std::string_view error_output) noexcept;

/// At most `limit` bytes of the last lines that say something, on one line, with every one of `secrets` (and
/// its base64 and percent-encoded forms are up to the caller) and every URL's user part replaced by "…".
std::string
scrub(std::string_view text, const std::vector<std::string_view>& secrets, std::size_t limit = 500);

} // namespace holdfast::git
