#pragma once

#include <string>
#include <string_view>

namespace holdfast::match {

/// A URL of a repository, or a pattern of such, in the form in which Argo CD compares the two: all letters
/// small, user@host:path as user@host/path, without ssh:// and without ".git" at the end, and otherwise as Go's
/// net/url parses it and prints it again. A '/' at the end, a port, a user and a password are kept. Empty where
/// it is none; and a path with a character that no URL may have, such as '{', is percent-encoded, its '*' as
/// well.
[[nodiscard]] std::string repository_form(std::string_view text);

/// Whether a URL says plainly which repository it is: without steps such as "..", without "//" within its path,
/// and without letters that are percent-encoded. Two servers may read one that does not in two ways, and so may a
/// server and a pattern.
[[nodiscard]] bool is_plain_repository(std::string_view text);

} // namespace holdfast::match
