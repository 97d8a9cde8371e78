#include "render/canonical.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string_view>

namespace holdfast::render {

namespace json = boost::json;

namespace {

/// As JSON; most strings need no escapes.
void append_string(std::string& text, std::string_view s) {
    const auto needs_escape = [](char c) {
        return static_cast<unsigned char>(c) < 0x20U || c == '"' || c == '\\';
    };
    if (std::any_of(s.begin(), s.end(), needs_escape)) {
        text += json::serialize(json::string_view{s.data(), s.size()});
    } else {
        text.append("\"").append(s).append("\"");
    }
}

bool append_value(std::string& text, const json::value& value, std::size_t limit) {
    switch (value.kind()) {
    case json::kind::object: return append_canonical(text, value.get_object(), limit);
    case json::kind::array: {
        text += '[';
        bool is_first = true;
        for (const json::value& item : value.get_array()) {
            if (!is_first) text += ',';
            is_first = false;
            if (!append_value(text, item, limit)) return false;
        }
        text += ']';
        break;
    }
    case json::kind::string:
        append_string(text, {value.get_string().data(), value.get_string().size()});
        break;
    default: text += json::serialize(value);
    }
    return text.size() <= limit;
}

} // namespace

bool append_canonical(std::string& text, const json::object& object, std::size_t limit) {
    std::vector<const json::key_value_pair*> pairs;
    pairs.reserve(object.size());
    for (const auto& pair : object) {
        pairs.push_back(&pair);
    }
    std::sort(pairs.begin(), pairs.end(), [](const auto* a, const auto* b) { return a->key() < b->key(); });
    text += '{';
    for (const auto* pair : pairs) {
        if (pair != pairs.front()) text += ',';
        append_string(text, {pair->key().data(), pair->key().size()});
        text += ':';
        if (!append_value(text, pair->value(), limit)) return false;
    }
    text += '}';
    return text.size() <= limit;
}

sha256_digest combine(std::vector<sha256_digest> digests) {
    std::sort(digests.begin(), digests.end());
    hasher all;
    for (const sha256_digest& digest : digests) {
        all.add({reinterpret_cast<const char*>(digest.data()), digest.size()});
    }
    return all.finish();
}

} // namespace holdfast::render
