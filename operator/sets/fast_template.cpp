#include "sets/fast_template.hpp"

#include "base/trim.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace holdfast::sets {

namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";
/// strings.TrimSpace.
constexpr std::string_view blanks = " \t\n\v\f\r";

bool has_tag_on_one_line(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        if (const auto at = line.find(opening);
            at != std::string_view::npos &&
            line.find(closing, at + opening.size()) != std::string_view::npos) {
            return true;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

} // namespace

result<std::string> fill(std::string_view text, const parameters& with) {
    if (text.find(opening) == std::string_view::npos || !has_tag_on_one_line(text)) return std::string{text};
    std::string made;
    auto rest = text;
    while (true) {
        const auto at = rest.find(opening);
        if (at == std::string_view::npos) break;
        made += rest.substr(0, at);
        rest.remove_prefix(at + opening.size());
        const auto end = rest.find(closing);
        if (end == std::string_view::npos) {
            return user_error(fmt::format(
                "Cannot find end tag=\"}}}}\" in the template=\"{}\" starting from \"{}\"", text, rest
            ));
        }
        const auto tag = rest.substr(0, end);
        const auto* value = with.if_contains(trimmed(tag, blanks));
        const auto* replacement = value == nullptr ? nullptr : value->if_string();
        if (replacement != nullptr && !trimmed(tag, blanks).empty()) {
            made += std::string_view{*replacement};
        } else {
            made += opening;
            made += tag;
            made += closing;
        }
        rest.remove_prefix(end + closing.size());
        if (made.size() > longest_filled_text) {
            return user_error(fmt::format(
                "a text becomes longer than {} MiB with its parameters: {}…", longest_filled_text >> 20U,
                text.substr(0, 64)
            ));
        }
    }
    made += rest;
    return made;
}

result<json::value> fill(const json::value& value, const parameters& with) {
    if (const auto* text = value.if_string()) {
        auto made = fill(std::string_view{*text}, with);
        if (!made) return made.error();
        return json::value(*made);
    }
    if (const auto* list = value.if_array()) {
        json::array made;
        made.reserve(list->size());
        for (const auto& item : *list) {
            auto filled = fill(item, with);
            if (!filled) return filled.error();
            made.push_back(std::move(*filled));
        }
        return json::value(std::move(made));
    }
    if (const auto* object = value.if_object()) {
        json::object made;
        for (const auto& member : *object) {
            auto name = fill(std::string_view{member.key()}, with);
            if (!name) return name.error();
            auto filled = fill(member.value(), with);
            if (!filled) return filled.error();
            made.insert_or_assign(*name, std::move(*filled));
        }
        return json::value(std::move(made));
    }
    return value;
}

} // namespace holdfast::sets
