#include "files/names.hpp"

#include "base/ascii.hpp"

#include <array>
#include <cstddef>

namespace holdfast::files {

namespace {

// No file system takes longer ones: 255 UTF-16 units in UTF-8 are less.
constexpr std::size_t longest_name = 1024;

} // namespace

std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 300)) {
        out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    }
    return "\"" + out + "\"";
}

bool is_hostile_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > longest_name || name == "." || name == "..") {
        return true;
    }
    for (const char c : name) {
        if (c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            return true;
        }
    }
    std::string_view left = name;
    while (left.size() > 4 && (left.back() == '.' || left.back() == ' ')) {
        left.remove_suffix(1);
    }
    constexpr std::size_t longest = 5;
    if (left.size() > longest) {
        return false;
    }
    std::array<char, longest> low{};
    for (std::size_t i = 0; i < left.size(); ++i) {
        low[i] = ascii_lower(left[i]);
    }
    const std::string_view same{low.data(), left.size()};
    return same == ".git" || same == "git~1";
}

} // namespace holdfast::files
