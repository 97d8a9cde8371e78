#include "match/words.hpp"

#include "base/ascii.hpp"
#include "base/bounded_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast::match {

namespace {

constexpr std::size_t longest = 64;

} // namespace

std::size_t most_mistyped(std::string_view word) noexcept {
    return std::max<std::size_t>(1, word.size() / 3);
}

// Optimal string alignment, by rows.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) noexcept {
    const auto [shorter, longer] = std::minmax(a.size(), b.size());
    if (longer > longest || longer - shorter > limit) return limit + 1;
    using row = std::array<std::size_t, longest + 1>;
    row two_before{};
    row before{};
    row now{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        now[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        two_before = before;
        before = now;
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto x = ascii_lower(a[i - 1]);
            const auto y = ascii_lower(b[j - 1]);
            now[j] = std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + (x == y ? 0U : 1U)});
            if (i > 1 && j > 1 && x == ascii_lower(b[j - 2]) && ascii_lower(a[i - 2]) == y) {
                now[j] = std::min(now[j], two_before[j - 2] + 1);
            }
        }
    }
    return std::min(now[b.size()], limit + 1);
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) noexcept {
    std::string_view best;
    if (word.empty()) return best;
    auto limit = most_mistyped(word);
    for (const auto candidate : candidates) {
        const auto far = distance(word, candidate, limit);
        if (far > limit) continue;
        best = candidate;
        if (far == 0) break;
        limit = far - 1; // only a nearer one counts from here
    }
    return best;
}

std::string shown(std::string_view text) {
    std::string out = "\"";
    for (const char c : valid_utf8(first_bytes(text, longest))) {
        const auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (u < 0x20U || u == 0x7fU) {
            out += fmt::format("\\u{:04x}", u);
        } else {
            out += c;
        }
    }
    return out + (text.size() > longest ? "…\"" : "\"");
}

} // namespace holdfast::match
