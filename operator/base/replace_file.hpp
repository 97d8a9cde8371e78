#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

namespace holdfast {

/// Writes a file whole or not at all: beside it, as "NAME.new", and then in its place. One caller at a time for
/// one path. What is left where that fails is what was there before.
[[nodiscard]] std::error_code replace_file(const std::filesystem::path& path, std::string_view text);

} // namespace holdfast
