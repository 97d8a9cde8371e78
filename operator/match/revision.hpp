#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::match {

/// Whether Git takes a text as the name of a ref: git-check-ref-format(1), for a name with or without
/// slashes; without a '-' in front, which a command line would take for an option, and at most 1024 bytes.
[[nodiscard]] bool is_ref_name(std::string_view name) noexcept;

/// What a targetRevision of a Git source can be read as. Which of them a text is depends on the remote's refs
/// too: `name` covers a branch, a tag, a range over tags, and an abbreviated SHA.
struct revision {
    enum class form : std::uint8_t {
        head,   ///< empty or "HEAD"
        ref,    ///< "refs/…" in full
        commit, ///< 40 hexadecimal digits
        name    ///< all else
    };
    form kind = form::head;
    std::string text;

    /// A user error, such as `must be a branch, a tag, a commit or a range of versions, is "a..b"`, for what
    /// can be none of that, and for 64 hexadecimal digits (repositories with SHA-256 names cannot be read).
    static result<revision> parse(std::string_view text);
    /// The same, for where a range of versions alone is not enough: `must be a branch, a tag or a commit, …`.
    /// What can be both, such as "1.x", is taken.
    static result<revision> parse_without_ranges(std::string_view text);

    /// True when only a listing of the remote tells the commit.
    [[nodiscard]] bool moves() const noexcept { return kind != form::commit; }
};

} // namespace holdfast::match
