#include "base/json_pointer.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast {

std::string pointer_token(std::string_view name) {
    std::string token;
    for (const char c : name) {
        if (c == '~') {
            token += "~0";
        } else if (c == '/') {
            token += "~1";
        } else {
            token += c;
        }
    }
    return token;
}

std::optional<std::vector<std::string>> read_pointer(std::string_view text) {
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(std::ranges::count(text, '/')));
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '/') {
            names.emplace_back();
            continue;
        }
        if (names.empty()) return std::nullopt;
        char c = text[i];
        if (c == '~') {
            if (++i == text.size() || (text[i] != '0' && text[i] != '1')) return std::nullopt;
            c = text[i] == '0' ? '~' : '/';
        }
        names.back() += c;
    }
    return names;
}

std::optional<std::size_t> pointer_index(std::string_view name, std::size_t size) noexcept {
    std::size_t index = 0;
    const auto* const end = name.data() + name.size();
    const auto [stopped, failed] = std::from_chars(name.data(), end, index);
    const bool is_number = !name.empty() && failed == std::errc{} && stopped == end;
    return is_number && index < size ? std::optional{index} : std::nullopt;
}

} // namespace holdfast
