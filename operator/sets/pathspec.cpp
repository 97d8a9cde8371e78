#include "sets/pathspec.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace holdfast::sets {

namespace {

using is_of_class = int (*)(int);

struct named_class {
    std::string_view name;
    is_of_class test;
};

constexpr std::array classes{
    named_class{"alnum", std::isalnum}, named_class{"alpha", std::isalpha},
    named_class{"blank", std::isblank}, named_class{"cntrl", std::iscntrl},
    named_class{"digit", std::isdigit}, named_class{"graph", std::isgraph},
    named_class{"lower", std::islower}, named_class{"print", std::isprint},
    named_class{"punct", std::ispunct}, named_class{"space", std::isspace},
    named_class{"upper", std::isupper}, named_class{"xdigit", std::isxdigit},
};

/// A set at the begin of `pattern`, behind its '[': whether `c` is in it, and how long it is with its ']'.
/// Nothing for one without an end, which matches nothing.
std::optional<std::pair<bool, std::size_t>> in_set(std::string_view pattern, unsigned char c) {
    std::size_t i = 0;
    const bool negated = !pattern.empty() && (pattern[0] == '!' || pattern[0] == '^');
    if (negated) ++i;
    bool found = false;
    for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
        if (pattern[i] == '[' && i + 1 < pattern.size() && pattern[i + 1] == ':') {
            const auto end = pattern.find(":]", i + 2);
            if (end == std::string_view::npos) return std::nullopt;
            const auto name = pattern.substr(i + 2, end - i - 2);
            bool known = false;
            for (const auto& one : classes) {
                if (one.name != name) continue;
                known = true;
                found = found || one.test(c) != 0;
            }
            if (!known) return std::nullopt;
            i = end + 2;
            continue;
        }
        if (pattern[i] == '\\' && ++i == pattern.size()) return std::nullopt;
        const auto low = static_cast<unsigned char>(pattern[i++]);
        auto high = low;
        if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
            ++i;
            if (pattern[i] == '\\' && ++i == pattern.size()) return std::nullopt;
            high = static_cast<unsigned char>(pattern[i++]);
        }
        found = found || (c >= low && c <= high);
    }
    if (i >= pattern.size()) return std::nullopt;
    return std::pair{found != negated, i + 1};
}

/// How much of the pattern one character takes; nothing where it does not match.
std::optional<std::size_t> take_one(std::string_view pattern, char c) {
    if (pattern.empty()) return std::nullopt;
    switch (pattern.front()) {
    case '?': return 1;
    case '[': {
        const auto said = in_set(pattern.substr(1), static_cast<unsigned char>(c));
        if (!said || !said->first) return std::nullopt;
        return said->second + 1;
    }
    case '\\':
        if (pattern.size() < 2 || pattern[1] != c) return std::nullopt;
        return 2;
    default: return pattern.front() == c ? std::optional<std::size_t>{1} : std::nullopt;
    }
}

/// wildmatch of git without WM_PATHNAME. The last '*' takes one more whenever what is behind it fails.
bool wild_match(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::optional<std::pair<std::size_t, std::size_t>> star;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = {++p, t};
            continue;
        }
        if (const auto taken = take_one(pattern.substr(p), text[t])) {
            p += *taken;
            ++t;
            continue;
        }
        if (!star) return false;
        p = star->first;
        t = ++star->second;
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace

result<pathspec> pathspec::parse(std::string_view pattern) {
    const auto wrong = [&](std::string_view why) {
        return user_error(fmt::format("the pattern \"{}\" {}", pattern, why));
    };
    if (pattern.starts_with(':')) return wrong("begins with ':', and the magic of git is not served");
    if (pattern.starts_with('/')) return wrong("must be relative to the root of the repository");
    // git makes the path plain first.
    pathspec made;
    for (auto rest = pattern; !rest.empty();) {
        const auto slash = std::min(rest.find('/'), rest.size());
        const auto step = rest.substr(0, slash);
        const bool ends = slash == rest.size();
        if (step == "..") return wrong("must not leave the repository");
        if (!step.empty() && step != ".") {
            made.pattern_ += step;
            if (!ends) made.pattern_ += '/';
        }
        rest.remove_prefix(ends ? slash : slash + 1);
    }
    return made;
}

bool pathspec::matches(std::string_view path) const {
    if (pattern_.empty()) return true;
    if (path.starts_with(pattern_)) {
        if (path.size() == pattern_.size() || pattern_.back() == '/' || path[pattern_.size()] == '/')
            return true;
    }
    return wild_match(pattern_, path);
}

} // namespace holdfast::sets
