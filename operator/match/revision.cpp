#include "match/revision.hpp"

#include "match/semver.hpp"
#include "match/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace holdfast::match {

namespace {

constexpr std::size_t longest = 1024;

/// What only a range of versions has in it: none of these can be in the name of a branch or tag, '=' and '|'
/// aside.
constexpr std::string_view range_characters = "*^~<>=|, ";

bool is_hex(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

/// What can be told without knowing whether a range is wanted; nothing where it is no name of a ref.
result<std::optional<revision>> parse_name(std::string_view text) {
    using form = revision::form;
    if (text.empty() || text == "HEAD") {
        return std::optional{revision{.kind = form::head, .text = "HEAD"}};
    }
    if (text.size() == 64 && is_hex(text)) {
        return user_error(fmt::format(
            "must not be a SHA-256: repositories with such names cannot be read, is {}", shown(text)
        ));
    }
    if (text.size() == 40 && is_hex(text)) {
        return std::optional{revision{.kind = form::commit, .text = std::string{text}}};
    }
    if (!is_ref_name(text)) return std::optional<revision>{};
    return std::optional{
        revision{.kind = text.starts_with("refs/") ? form::ref : form::name, .text = std::string{text}}
    };
}

} // namespace

bool is_ref_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > longest || name.front() == '-' || name.front() == '/' ||
        name.back() == '/' || name.back() == '.' || name == "@") {
        return false;
    }
    char before = '/';
    for (const char c : name) {
        const auto u = static_cast<unsigned char>(c);
        if (u <= 0x20 || u == 0x7f || std::string_view{"~^:?*[\\"}.find(c) != std::string_view::npos) {
            return false;
        }
        if ((before == '/' && (c == '/' || c == '.')) || (before == '.' && c == '.') ||
            (before == '@' && c == '{')) {
            return false;
        }
        before = c;
    }
    return name.find(".lock/") == std::string_view::npos && !name.ends_with(".lock");
}

result<revision> revision::parse(std::string_view text) {
    auto named = parse_name(text);
    if (!named) return named.error();
    if (*named) return std::move(**named);
    if (text.size() <= longest && version_range::parse(text)) {
        return revision{.kind = form::name, .text = std::string{text}};
    }
    const bool as_range = text.find_first_of(range_characters) != std::string_view::npos;
    return user_error(fmt::format(
        "must be {}, is {}",
        as_range ? "a range of versions such as 1.4.* or >=1.2 <2"
                 : "a branch, a tag, a commit or a range of versions",
        shown(text)
    ));
}

result<revision> revision::parse_without_ranges(std::string_view text) {
    auto named = parse_name(text);
    if (!named) return named.error();
    if (*named) return std::move(**named);
    return user_error(fmt::format("must be a branch, a tag or a commit, is {}", shown(text)));
}

} // namespace holdfast::match
