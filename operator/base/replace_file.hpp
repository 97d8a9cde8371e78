#pragma once

#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>

namespace holdfast {

/// Writes a file whole or not at all: beside it, as "NAME.new", and then in its place. One caller at a time for
/// one path. If it fails, the file is what it was before. Blocking: for the pool.
[[nodiscard]] std::error_code replace_file(const std::filesystem::path& path, std::string_view text);

/// The same, of `pieces` one after the other, and by way of `made` on the same file system: for callers at the
/// same time, each with a name of its own.
[[nodiscard]] std::error_code replace_file(
    const std::filesystem::path& path, std::initializer_list<std::string_view> pieces,
    const std::filesystem::path& made
);

} // namespace holdfast
