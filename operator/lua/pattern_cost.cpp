#include "lua/pattern_cost.hpp"

namespace holdfast::lua {

bool is_pattern_cheap(std::string_view pattern, std::size_t text_size) noexcept {
    // About a nanosecond each.
    constexpr double most_steps = 1e9;
    const auto size = static_cast<double>(text_size + 1);
    double steps = static_cast<double>(pattern.size() + 1);
    if (!pattern.starts_with('^')) steps *= size; // it begins anew at each character
    bool is_in_set = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '%') {
            // %bxy and %f look ahead, too
            if (i + 1 < pattern.size() && pattern[i + 1] == 'b') steps *= size;
            ++i;
        } else if (is_in_set) {
            is_in_set = c != ']' || pattern[i - 1] == '[' || (pattern[i - 1] == '^' && pattern[i - 2] == '[');
        } else if (c == '[') {
            is_in_set = true;
        } else if (c == '*' || c == '+' || c == '-') {
            steps *= size;
        } else if (c == '?') {
            steps *= 2;
        }
        if (steps > most_steps) return false;
    }
    return steps <= most_steps;
}

} // namespace holdfast::lua
