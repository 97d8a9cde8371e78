#include "crds/words.hpp"

#include <boost/json/serialize.hpp>
#include <re2/re2.h>

#include <map>
#include <memory>

namespace holdfast::crds {

namespace {

/// Compiled once for each pattern of the tables, which are few and live for ever.
const re2::RE2& compiled(std::string_view pattern) {
    static thread_local std::map<std::string_view, std::unique_ptr<re2::RE2>> cache;
    auto& entry = cache[pattern];
    if (!entry) entry = std::make_unique<re2::RE2>(re2::StringPiece{pattern.data(), pattern.size()});
    return *entry;
}

} // namespace

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
