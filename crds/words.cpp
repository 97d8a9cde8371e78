#include "crds/words.hpp"

#include <boost/json/serialize.hpp>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <vector>

namespace holdfast::crds {

namespace {

char lower(char c) noexcept {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> table((a.size() + 1) * width);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return table[i * width + j]; };
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                at(i, j) = i + j;
                continue;
            }
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
                at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
            }
        }
    }
    return table.back();
}

/// Compiled once for each pattern of the tables, which are few and live for ever.
const re2::RE2& compiled(std::string_view pattern) {
    static thread_local std::map<std::string_view, std::unique_ptr<re2::RE2>> cache;
    auto& entry = cache[pattern];
    if (!entry) entry = std::make_unique<re2::RE2>(re2::StringPiece{pattern.data(), pattern.size()});
    return *entry;
}

} // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    constexpr std::size_t longest = 64;
    if (word.empty() || word.size() > longest) {
        return {};
    }
    std::string_view best;
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto candidate : candidates) {
        if (candidate.size() > longest) continue;
        if (const auto d = distance(word, candidate); d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 64;
    std::string shown{text.substr(0, longest)};
    if (text.size() > longest) {
        // Not in the middle of a character.
        while (!shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xC0U) == 0x80U) {
            shown.pop_back();
        }
        shown += "…";
    }
    return boost::json::serialize(boost::json::string{shown});
}

std::string named(const boost::json::value& value) {
    switch (value.kind()) {
    case boost::json::kind::object: return "an object";
    case boost::json::kind::array: return "a list";
    case boost::json::kind::string: return quoted(value.get_string());
    default: return boost::json::serialize(value);
    }
}

bool matches(std::string_view text, std::string_view pattern) {
    return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, compiled(pattern));
}

std::string enumerated(std::span<const std::string_view> words, std::string_view last_separator) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? last_separator : std::string_view{", "};
        text += words[i];
    }
    return text;
}

} // namespace holdfast::crds
