#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace holdfast::test {

/// Every byte of a file; empty where there is none, or it cannot be read.
inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace holdfast::test
