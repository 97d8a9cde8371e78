#include "base/bounded_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace holdfast {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view said_before = "… (cut: ";
constexpr std::string_view said_after = " more characters)";
/// In less room nothing would be left beside the sentence.
constexpr std::size_t least_room = 64;

/// How many bytes the character that begins here has; 0 when none does.
std::size_t character_at(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(at);
    std::size_t length = 0;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead < 0xE0) {
        length = 2;
    } else if ((lead & 0xF0U) == 0xE0) {
        length = 3;
    } else if (lead >= 0xF0 && lead < 0xF5) {
        length = 4;
    }
    if (length == 0 || at + length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    const auto second = byte(at + 1);
    const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
                       (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
    return wrong ? 0 : length;
}

bool goes_on(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string sentence(std::size_t lost) {
    return fmt::format("{}{}{}", said_before, lost, said_after);
}

/// What a cut text says to have lost, and where that sentence begins.
struct earlier_cut {
    std::size_t begin;
    std::size_t lost;
};

std::optional<earlier_cut> find_earlier_cut(std::string_view text) noexcept {
    if (!text.ends_with(said_after)) {
        return std::nullopt;
    }
    const auto begin = text.rfind(said_before);
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    const auto number =
        text.substr(begin + said_before.size(), text.size() - said_after.size() - begin - said_before.size());
    earlier_cut found{begin, 0};
    const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), found.lost);
    const bool is_number = failed == std::errc{} && end == number.data() + number.size();
    return is_number ? std::optional{found} : std::nullopt;
}

/// The first `count` characters of valid UTF-8.
std::string_view first_characters(std::string_view text, std::size_t count) noexcept {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (!goes_on(text[at]) && count-- == 0) {
            break;
        }
    }
    return text.substr(0, at);
}

/// At most `limit` bytes of valid UTF-8.
std::string_view whole_characters(std::string_view text, std::size_t limit) noexcept {
    auto at = std::min(limit, text.size());
    while (at > 0 && at < text.size() && goes_on(text[at])) {
        --at;
    }
    return text.substr(0, at);
}

/// `keep` gives the part of a text that has room beside so many bytes, all of which are one character but
/// for the "…".
template <class Keep>
std::string cut(std::string_view text, Keep keep) {
    std::size_t lost = 0;
    if (const auto earlier = find_earlier_cut(text)) {
        lost = earlier->lost;
        text = text.substr(0, earlier->begin);
    }
    const auto all = character_count(text);
    const auto kept = keep(text, sentence(lost + all)); // no sentence is longer than that one
    return std::string{kept} + sentence(lost + all - character_count(kept));
}

/// The parts of a list, without what stands between them.
std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at < text.size();) {
        const auto line = std::min(text.find('\n', at), text.size());
        const auto end = std::min(text.find("; ", at), line);
        auto part = text.substr(at, end - at);
        part.remove_prefix(std::min(part.find_first_not_of(" \r\t"), part.size()));
        if (!part.empty()) {
            parts.push_back(part);
        }
        at = end + (end == line ? 1 : 2);
    }
    return parts;
}

/// "… and 7 more" at the end of a part: 7; 0 where that is not there.
std::size_t uncounted_in(std::string_view part) noexcept {
    constexpr std::string_view after = " more";
    constexpr std::string_view before = "and ";
    const auto begin = part.rfind(before);
    if (!part.ends_with(after) || begin == std::string_view::npos) {
        return 0;
    }
    const auto number =
        part.substr(begin + before.size(), part.size() - after.size() - begin - before.size());
    std::size_t count = 0;
    const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), count);
    return failed == std::errc{} && end == number.data() + number.size() ? count : 0;
}

std::string and_more(std::size_t count) {
    return fmt::format("; and {} more", count);
}

} // namespace

std::string valid_utf8(std::string_view text) {
    std::string made;
    made.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto length = character_at(text, at);
        if (length == 0) {
            made += replacement;
        } else {
            made.append(text, at, length);
        }
        at += std::max<std::size_t>(length, 1);
    }
    return made;
}

std::size_t character_count(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !goes_on(c); }));
}

std::string cut_to_characters(std::string_view text, std::size_t limit) {
    auto valid = valid_utf8(text);
    if (valid.size() <= limit || character_count(valid) <= limit) {
        return valid;
    }
    if (limit < least_room) {
        return std::string{first_characters(valid, limit)};
    }
    return cut(valid, [limit](std::string_view all, const std::string& said) {
        return first_characters(all, limit - character_count(said));
    });
}

std::string cut_to_bytes(std::string_view text, std::size_t limit) {
    auto valid = valid_utf8(text);
    if (valid.size() <= limit) {
        return valid;
    }
    if (limit < least_room) {
        return std::string{whole_characters(valid, limit)};
    }
    return cut(valid, [limit](std::string_view all, const std::string& said) {
        return whole_characters(all, limit - said.size());
    });
}

std::string one_line(std::string_view text, std::size_t limit) {
    const auto valid = valid_utf8(text);
    const auto parts = parts_of(valid);
    if (parts.empty()) {
        return {};
    }
    const bool ends_with_count =
        parts.size() > 1 && parts.back().starts_with("and ") && uncounted_in(parts.back()) > 0;
    const auto all = parts.size() + uncounted_in(parts.back()) - (ends_with_count ? 1 : 0);
    std::string line;
    std::string fits; // as far as there is room for the rest's number too
    for (std::size_t i = 0; i < parts.size(); ++i) {
        line += i == 0 ? "" : line.ends_with(':') ? " " : "; ";
        line += parts[i];
        if (i + 1 == parts.size() && character_count(line) <= limit) {
            return line;
        }
        if (auto cut_here = line + and_more(all - std::min(i + 1, all)); character_count(cut_here) <= limit) {
            fits = std::move(cut_here);
        } else if (character_count(line) > limit) {
            break;
        }
    }
    if (!fits.empty()) {
        return fits;
    }
    if (all == 1) {
        return cut_to_characters(parts.front(), limit);
    }
    const auto rest = and_more(all - 1);
    return cut_to_characters(parts.front(), limit - std::min(limit, rest.size())) + rest;
}

std::string first_bytes(std::string_view text, std::size_t limit) {
    // Of a long text no more than is needed.
    return std::string{whole_characters(valid_utf8(text.substr(0, limit + 4)), limit)};
}

} // namespace holdfast
