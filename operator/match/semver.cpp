#include "match/semver.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::match {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_identifier(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}
bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

// A part of a version in a range: digits and wildcards. The library's own expression has '|' in its character
// class, so that "1.0||2.0 - 3" reads as it does there.
bool is_range_part(char c) noexcept {
    return is_digit(c) || c == 'x' || c == 'X' || c == '*' || c == '|';
}

std::optional<std::uint64_t> number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

bool all_digits(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), is_digit);
}

// "a.b.c" of identifiers, starting at `at`; the end of it, or `at` when there is none.
std::size_t identifiers_end(std::string_view text, std::size_t at) noexcept {
    std::size_t end = at;
    for (std::size_t i = at;;) {
        const auto start = i;
        while (i < text.size() && is_identifier(text[i])) {
            ++i;
        }
        if (i == start) {
            return end;
        }
        end = i;
        if (i == text.size() || text[i] != '.') {
            return end;
        }
        ++i;
    }
}

// The pieces of a version as text; empty where left out.
struct pieces {
    std::string_view major;
    std::string_view minor;
    std::string_view patch;
    std::string_view prerelease;
    std::string_view metadata;
    std::size_t end = 0;
};

// Reads as much of a version as there is from `at`; nothing when there is not even a major part.
template <class Part>
std::optional<pieces> scan(std::string_view text, std::size_t at, Part is_part) noexcept {
    pieces p;
    std::size_t i = at;
    const auto run = [&](std::size_t from) {
        std::size_t to = from;
        while (to < text.size() && is_part(text[to])) {
            ++to;
        }
        return text.substr(from, to - from);
    };
    if (i < text.size() && text[i] == 'v') {
        ++i;
    }
    p.major = run(i);
    if (p.major.empty()) {
        return std::nullopt;
    }
    i += p.major.size();
    for (auto* piece : {&p.minor, &p.patch}) {
        if (i < text.size() && text[i] == '.') {
            *piece = run(i + 1);
            if (piece->empty()) {
                break;
            }
            i += 1 + piece->size();
        }
    }
    if (i < text.size() && text[i] == '-') {
        const auto end = identifiers_end(text, i + 1);
        p.prerelease = text.substr(i + 1, end - i - 1);
        i = p.prerelease.empty() ? i : end;
    }
    if (i < text.size() && text[i] == '+') {
        const auto end = identifiers_end(text, i + 1);
        p.metadata = text.substr(i + 1, end - i - 1);
        i = p.metadata.empty() ? i : end;
    }
    p.end = i;
    return p;
}

std::string_view next_identifier(std::string_view& rest) noexcept {
    const auto dot = rest.find('.');
    const auto piece = rest.substr(0, dot);
    rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
    return piece;
}

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) noexcept {
    if (a == b) {
        return std::strong_ordering::equal;
    }
    if (a.empty() || b.empty()) {
        return a.empty() ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    const auto x = all_digits(a) ? number(a) : std::nullopt;
    const auto y = all_digits(b) ? number(b) : std::nullopt;
    if (x && y) {
        return *x <=> *y;
    }
    if (x || y) {
        return x ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    return a.compare(b) < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::strong_ordering compare_prereleases(std::string_view a, std::string_view b) noexcept {
    if (a.empty() || b.empty()) {
        if (a.empty() && b.empty()) {
            return std::strong_ordering::equal;
        }
        return a.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
    }
    while (!a.empty() || !b.empty()) {
        const auto order = compare_identifiers(next_identifier(a), next_identifier(b));
        if (order != std::strong_ordering::equal) {
            return order;
        }
    }
    return std::strong_ordering::equal;
}

bool valid_prerelease(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto piece = next_identifier(text);
        if (all_digits(piece) && piece.size() > 1 && piece.front() == '0') {
            return false;
        }
    }
    return true;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_blank(text[at])) {
        ++at;
    }
    return at;
}

// "1.2 - 3" → ">= 1.2, <= 3 ", wherever it stands.
std::string rewrite_hyphens(std::string_view text) {
    std::string out;
    for (std::size_t start = 0; start < text.size();) {
        const auto from = skip_blanks(text, start);
        const auto low = scan(text, from, is_range_part);
        if (low) {
            const auto hyphen = skip_blanks(text, low->end);
            if (hyphen > low->end && hyphen < text.size() && text[hyphen] == '-') {
                const auto second = skip_blanks(text, hyphen + 1);
                const auto high =
                    second > hyphen + 1 ? scan(text, second, is_range_part) : std::optional<pieces>{};
                if (high) {
                    out.append(">= ").append(text.substr(from, low->end - from)).append(", <= ");
                    out.append(text.substr(second, high->end - second)).append(" ");
                    start = skip_blanks(text, high->end);
                    continue;
                }
            }
        }
        out.push_back(text[start++]);
    }
    return out;
}

bool is_wildcard(std::string_view piece) noexcept {
    return piece == "x" || piece == "X" || piece == "*";
}

} // namespace

std::optional<version> version::parse(std::string_view text) {
    const auto p = scan(text, 0, is_digit);
    if (!p || p->end != text.size() || !valid_prerelease(p->prerelease)) {
        return std::nullopt;
    }
    version v;
    for (const auto& [piece, value] :
         {std::pair{p->major, &v.major}, std::pair{p->minor, &v.minor}, std::pair{p->patch, &v.patch}}) {
        if (piece.empty()) {
            continue;
        }
        const auto n = number(piece);
        if (!n || (piece.size() > 1 && piece.front() == '0')) {
            return std::nullopt;
        }
        *value = *n;
    }
    v.prerelease = p->prerelease;
    v.metadata = p->metadata;
    v.original = text;
    return v;
}

std::strong_ordering version::compare(const version& other) const noexcept {
    if (const auto c = major <=> other.major; c != std::strong_ordering::equal) {
        return c;
    }
    if (const auto c = minor <=> other.minor; c != std::strong_ordering::equal) {
        return c;
    }
    if (const auto c = patch <=> other.patch; c != std::strong_ordering::equal) {
        return c;
    }
    return compare_prereleases(prerelease, other.prerelease);
}

std::optional<version_range::constraint> version_range::parse_constraint(std::string_view text) {
    struct named {
        std::string_view name;
        comparison how;
    };
    // Longer names first.
    constexpr named operators[] = {
        {"!=", comparison::not_equal},  {">=", comparison::greater_equal}, {"=>", comparison::greater_equal},
        {"<=", comparison::less_equal}, {"=<", comparison::less_equal},    {"~>", comparison::tilde},
        {"=", comparison::equal},       {">", comparison::greater},        {"<", comparison::less},
        {"~", comparison::tilde},       {"^", comparison::caret},
    };
    constraint c;
    for (const auto& o : operators) {
        if (text.starts_with(o.name)) {
            c.how = o.how;
            text.remove_prefix(o.name.size());
            break;
        }
    }
    text.remove_prefix(skip_blanks(text, 0));
    const auto p = scan(text, 0, is_range_part);
    if (!p || p->end != text.size()) {
        return std::nullopt;
    }
    std::string full;
    if (is_wildcard(p->major)) {
        full = "0.0.0";
        c.any = true;
    } else if (p->minor.empty() || is_wildcard(p->minor)) {
        full = std::string{p->major} + ".0.0";
        c.minor_open = true;
    } else if (p->patch.empty() || is_wildcard(p->patch)) {
        full = std::string{p->major} + "." + std::string{p->minor} + ".0";
        c.patch_open = true;
    } else {
        full = std::string{p->major} + "." + std::string{p->minor} + "." + std::string{p->patch};
    }
    if (!p->prerelease.empty()) {
        full.append("-").append(p->prerelease);
    }
    auto v = version::parse(full);
    if (!v) {
        return std::nullopt;
    }
    c.with = std::move(*v);
    return c;
}

result<version_range> version_range::parse(std::string_view text) {
    const auto rewritten = rewrite_hyphens(text);
    const auto refuse = [&] {
        return user_error(
            "\"" + std::string{text} +
            "\" is not a version range: write it like \"^1.2\", \"~1.2.3\", \"1.x\", \">=1.2 <2\" or \"1.0 - "
            "2.0\""
        );
    };
    version_range range;
    std::string_view rest = rewritten;
    for (bool more = true; more;) {
        const auto bar = rest.find("||");
        auto segment = rest.substr(0, bar);
        more = bar != std::string_view::npos;
        rest.remove_prefix(more ? bar + 2 : rest.size());

        std::vector<constraint> all;
        std::size_t at = skip_blanks(segment, 0);
        for (;;) {
            const auto start = at;
            while (at < segment.size() &&
                   std::string_view{"=!<>~^"}.find(segment[at]) != std::string_view::npos) {
                ++at;
            }
            at = skip_blanks(segment, at);
            const auto p = scan(segment, at, is_range_part);
            if (!p) {
                return refuse();
            }
            auto c = parse_constraint(segment.substr(start, p->end - start));
            if (!c) {
                return refuse();
            }
            all.push_back(std::move(*c));
            at = skip_blanks(segment, p->end);
            if (at == segment.size()) {
                break;
            }
            if (segment[at] == ',') {
                at = skip_blanks(segment, at + 1);
            } else if (at == p->end) {
                return refuse(); // neither a blank nor a comma between two
            }
        }
        range.any_of_all_.push_back(std::move(all));
    }
    return range;
}

// Each comparison as constraints.go of the library (v3.3) has it, oddities included: whoever moves here from
// Argo CD must not get another tag.
bool version_range::matches(const constraint& c, const version& v) noexcept {
    const bool open = c.any || c.minor_open || c.patch_open;
    const bool unasked_prerelease = !v.prerelease.empty() && c.with.prerelease.empty();
    if (unasked_prerelease && !(c.how == comparison::not_equal && !open)) {
        return false;
    }
    const auto order = v.compare(c.with);
    const auto tilde = [&] {
        if (order < 0) {
            return false;
        }
        if (c.with.major == 0 && c.with.minor == 0 && c.with.patch == 0 && !c.minor_open && !c.patch_open) {
            return true;
        }
        return v.major == c.with.major && (v.minor == c.with.minor || c.minor_open);
    };
    switch (c.how) {
    case comparison::equal: return open ? tilde() : order == 0;
    case comparison::not_equal:
        if (open) {
            if (c.with.major != v.major || (c.with.minor != v.minor && !c.minor_open)) {
                return true;
            }
            if (c.minor_open) {
                return false;
            }
            if (c.with.patch != v.patch && !c.patch_open) {
                return true;
            }
            if (c.patch_open) {
                // As there: a missing prerelease compares as smallest here.
                return v.prerelease != c.with.prerelease;
            }
        }
        return order != 0;
    case comparison::greater:
        if (!open) {
            return order > 0;
        }
        if (v.major != c.with.major) {
            return v.major > c.with.major;
        }
        if (c.minor_open) {
            return false;
        }
        return c.patch_open ? v.minor > c.with.minor : order > 0;
    case comparison::less: return order < 0;
    case comparison::greater_equal: return order >= 0;
    case comparison::less_equal:
        if (!open) {
            return order <= 0;
        }
        return v.major < c.with.major ||
               (v.major == c.with.major && (v.minor <= c.with.minor || c.minor_open));
    case comparison::tilde: return tilde();
    case comparison::caret:
        if (order < 0) {
            return false;
        }
        if (c.with.major > 0 || c.minor_open) {
            return v.major == c.with.major;
        }
        if (v.major > 0) {
            return false;
        }
        if (c.with.minor > 0 || c.patch_open) {
            return v.minor == c.with.minor;
        }
        return v.minor == 0 && v.patch == c.with.patch;
    }
    return false;
}

bool version_range::contains(const version& v) const noexcept {
    return std::any_of(any_of_all_.begin(), any_of_all_.end(), [&](const auto& all) {
        return std::all_of(all.begin(), all.end(), [&](const auto& c) { return matches(c, v); });
    });
}

std::optional<std::size_t> version_range::highest(const std::vector<std::string_view>& candidates) const {
    std::optional<std::size_t> best;
    version best_version;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        auto v = version::parse(candidates[i]);
        if (v && contains(*v) && (!best || v->compare(best_version) > 0)) {
            best = i;
            best_version = std::move(*v);
        }
    }
    return best;
}

} // namespace holdfast::match
