#include "secrets/reference.hpp"

#include "base/hash.hpp"
#include "secrets/utf8.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace holdfast::secrets {

namespace {

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20U || c == '\x7f';
}

// The bytes that `text` stands for, or what is wrong with it.
result<std::string> decode(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        if (text.front() != '%') {
            bytes += text.front();
            text.remove_prefix(1);
            continue;
        }
        const auto byte = from_hex(text.substr(1, 2));
        if (!byte || byte->size() != 1) {
            return user_error("'%' is followed by two hexadecimal digits; the character itself is written %25"
            );
        }
        bytes += *byte;
        text.remove_prefix(3);
    }
    return bytes;
}

std::string encode(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (is_control(c) || std::string_view{"%+#?&"}.find(c) != std::string_view::npos) {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += to_hex(&byte, 1);
        } else {
            encoded += c;
        }
    }
    return encoded;
}

result<void> read_parameter(std::string_view parameter, reference& into) {
    const auto equals = parameter.find('=');
    const auto name = parameter.substr(0, equals);
    auto value = decode(equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1));
    if (value.has_error()) return value.error();
    if (value->empty() || std::any_of(value->begin(), value->end(), is_control)) {
        return user_error(
            "parameter \"" + std::string{name} + "\" has no value, or one with control characters"
        );
    }
    if (name == "store") {
        into.store = std::move(*value);
    } else if (name == "blob") {
        into.blob = std::move(*value);
    } else {
        return user_error("unknown parameter \"" + std::string{name} + "\"; there are: store, blob");
    }
    return {};
}

// `body` is what follows the prefix, without the closing '+'.
result<reference> read(std::string_view body) {
    reference r;
    const auto hash = body.find('#');
    auto place = body.substr(0, hash);
    if (hash != std::string_view::npos) {
        const auto fragment = body.substr(hash + 1);
        auto field = decode(fragment);
        if (field.has_error()) return field.error();
        if (field->empty()) {
            return user_error("'#' is followed by the name of a field, or by '*' for the whole entry");
        }
        r.part = fragment == "*" ? part::whole : part::field;
        if (r.part == part::field) r.field = std::move(*field);
    }
    const auto question = place.find('?');
    for (auto rest = question == std::string_view::npos ? std::string_view{} : place.substr(question + 1);
         !rest.empty();) {
        const auto end = rest.find('&');
        if (auto read = read_parameter(rest.substr(0, end), r); read.has_error()) return read.error();
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    auto entry = decode(place.substr(0, question));
    if (entry.has_error()) return entry.error();
    if (auto fine = check_entry_name(*entry); fine.has_error()) return fine.error();
    r.entry = std::move(*entry);
    return r;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t most = 200;
    return '"' + std::string{text.substr(0, most)} + (text.size() > most ? "…\"" : "\"");
}

std::string_view without_carriage_return(std::string_view line) noexcept {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

// The value of a line "field: value".
std::optional<std::string_view> value_in(std::string_view line, std::string_view field) noexcept {
    if (!line.starts_with(field) || line.size() <= field.size() || line[field.size()] != ':')
        return std::nullopt;
    const auto value = line.substr(field.size() + 1);
    const auto start = value.find_first_not_of(" \t");
    return start == std::string_view::npos ? std::string_view{} : value.substr(start);
}

} // namespace

bool mentions_reference(std::string_view text) noexcept {
    return text.find(reference_prefix) != std::string_view::npos;
}

result<std::vector<piece>> take_apart(std::string_view text) {
    std::vector<piece> pieces;
    std::size_t count = 0;
    while (!text.empty()) {
        const auto start = text.find(reference_prefix);
        if (start != 0) pieces.emplace_back(std::string{text.substr(0, start)});
        if (start == std::string_view::npos) break;
        text.remove_prefix(start);
        const auto end = std::min(text.find_first_of("+\r\n", reference_prefix.size()), text.size());
        auto r = read(text.substr(reference_prefix.size(), end - reference_prefix.size()));
        if (r.has_error()) return r.error().within(quoted(text.substr(0, end)));
        if (++count > max_references) {
            return user_error("more than " + std::to_string(max_references) + " references in one text");
        }
        pieces.emplace_back(std::move(*r));
        text.remove_prefix(end < text.size() && text[end] == '+' ? end + 1 : end);
    }
    return pieces;
}

std::string to_string(const reference& r, bool closed) {
    std::string text{reference_prefix};
    text += encode(r.entry);
    char before = '?';
    for (const auto& [name, value] : {std::pair{"store=", &r.store}, std::pair{"blob=", &r.blob}}) {
        if (value->empty()) continue;
        text += std::exchange(before, '&');
        text.append(name).append(encode(*value));
    }
    if (r.part == part::whole) {
        text += "#*";
    } else if (r.part == part::field) {
        text += '#';
        text += r.field == "*" ? "%2a" : encode(r.field);
    }
    if (closed) text += '+';
    return text;
}

std::string describe(const reference& r) {
    auto text = "entry \"" + r.entry + '"';
    if (r.part == part::field) text += ", field \"" + r.field + '"';
    return text;
}

result<void> check_entry_name(std::string_view name) {
    if (name.empty()) return user_error("no entry is named");
    if (std::any_of(name.begin(), name.end(), is_control)) {
        return user_error("the name of an entry has no control characters");
    }
    for (auto rest = name;;) {
        const auto slash = rest.find('/');
        const auto component = rest.substr(0, slash);
        if (component.empty()) {
            return user_error(
                "the name of an entry is relative to the store, and has no '/' at its start or end, "
                "and no two in a row"
            );
        }
        if (component == "." || component == "..") {
            return user_error("the name of an entry has no \"" + std::string{component} + "\" in it");
        }
        if (slash == std::string_view::npos) return {};
        rest.remove_prefix(slash + 1);
    }
}

result<std::string_view> select(const reference& r, std::string_view content) {
    if (r.part == part::whole) {
        const bool less_one = content.ends_with('\n') && is_utf8(content);
        return content.substr(0, content.size() - (less_one ? 1 : 0));
    }
    const auto first_end = content.find('\n');
    const auto first = without_carriage_return(content.substr(0, first_end));
    if (r.part == part::first_line) return first;

    auto rest = first_end == std::string_view::npos ? std::string_view{} : content.substr(first_end + 1);
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        if (const auto value = value_in(without_carriage_return(rest.substr(0, end)), r.field)) return *value;
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    if (const auto value = value_in(first, r.field)) return *value;
    return user_error("it has no line \"" + r.field + ": …\" (the case of the name counts)");
}

} // namespace holdfast::secrets
