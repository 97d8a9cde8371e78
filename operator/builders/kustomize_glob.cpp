#include "builders/kustomize_glob.hpp"

#include "builders/kustomize_copies.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_matches = 1000;

// Characters, not bytes: takes one off the front.
std::string_view take_character(std::string_view& text) {
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
        ++length;
    }
    const auto taken = text.substr(0, length);
    text.remove_prefix(length);
    return taken;
}

// One character of a class, after a backslash or not; nothing where the class ends before.
std::optional<std::string_view> class_character(std::string_view& pattern) {
    if (pattern.starts_with('\\')) pattern.remove_prefix(1);
    if (pattern.empty()) return std::nullopt;
    return take_character(pattern);
}

// Takes what matches one character off the front of the pattern; nothing where the pattern is none.
std::optional<bool> match_one(std::string_view& pattern, std::string_view character) {
    if (pattern.front() == '?') {
        pattern.remove_prefix(1);
        return true;
    }
    if (pattern.front() != '[') {
        const auto literal = class_character(pattern);
        return literal ? std::optional{*literal == character} : std::nullopt;
    }
    pattern.remove_prefix(1);
    const bool negated = pattern.starts_with('^');
    if (negated) pattern.remove_prefix(1);
    bool found = false;
    for (bool first = true; first || !pattern.starts_with(']'); first = false) {
        const auto low = class_character(pattern);
        if (!low) return std::nullopt;
        auto high = low;
        if (pattern.starts_with('-')) {
            pattern.remove_prefix(1);
            high = class_character(pattern);
            if (!high) return std::nullopt;
        }
        // The bytes of UTF-8 have the order of the characters.
        found = found || (*low <= character && character <= *high);
    }
    pattern.remove_prefix(1);
    return found != negated;
}

} // namespace

bool matches_name(std::string_view pattern, std::string_view name) {
    // Where the last "*" was, and what of the name it has left: it takes one character more when the rest
    // does not match.
    std::optional<std::string_view> star;
    std::string_view left;
    while (!name.empty() || !pattern.empty()) {
        if (pattern.starts_with('*')) {
            pattern.remove_prefix(1);
            star = pattern;
            left = name;
            continue;
        }
        if (!pattern.empty() && !name.empty()) {
            const auto same = match_one(pattern, take_character(name));
            if (!same) return false;
            if (*same) continue;
        }
        if (!star || left.empty()) return false;
        take_character(left);
        name = left;
        pattern = *star;
    }
    return true;
}

result<std::vector<std::string>>
matching_paths(render::source_tree& tree, const std::string& directory, std::string_view pattern) {
    std::vector<std::string> found{std::string{}};
    for (auto left = pattern; !left.empty() && !found.empty();) {
        const std::string segment{left.substr(0, left.find('/'))};
        left.remove_prefix(std::min(left.size(), segment.size() + 1));
        if (segment.empty()) continue;
        std::vector<std::string> next;
        for (const auto& each : found) {
            const auto here = join_lexically(directory, each);
            if (!here) return here.error();
            if (segment.find_first_of("*?[") == std::string::npos) {
                const auto path = join_lexically(*here, segment);
                if (!path) return path.error();
                const auto there = render::follow(tree, *path);
                if (there) next.push_back(render::join_path(each, segment));
                if (!there && there.error().kind() != error_kind::not_found) return there.error();
                continue;
            }
            const auto there = render::follow(tree, *here);
            if (!there) return there.error();
            if (there->entry.kind != render::entry_kind::directory) continue;
            const auto entries = tree.list(there->entry);
            if (!entries) return entries.error();
            for (const auto& entry : *entries) {
                const bool hidden = entry.name.starts_with('.') && !segment.starts_with('.');
                if (hidden || !matches_name(segment, entry.name)) continue;
                next.push_back(render::join_path(each, entry.name));
            }
        }
        if (next.size() > max_matches) {
            return user_error(fmt::format("{} matches more than {} names", pattern, max_matches));
        }
        found = std::move(next);
    }
    return found;
}

} // namespace holdfast::builders
