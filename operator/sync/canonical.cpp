#include "sync/canonical.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace holdfast::sync {

std::string canonical_number(const json::value& number) {
    if (const auto* n = number.if_int64()) return std::to_string(*n);
    if (const auto* n = number.if_uint64()) return std::to_string(*n);
    const double d = number.get_double();
    constexpr double exact = 9007199254740992.0; // 2^53: beyond it a double is no exact integer
    if (std::trunc(d) == d && std::abs(d) <= exact) return std::to_string(static_cast<std::int64_t>(d));
    return fmt::format("{}", d);
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            } else {
                out += c;
            }
        }
    }
    out += '"';
}

bool same_value(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number()) return canonical_number(a) == canonical_number(b);
    if (a.kind() != b.kind()) return false;
    if (const auto* x = a.if_array()) {
        const auto& y = b.get_array();
        if (x->size() != y.size()) return false;
        for (std::size_t i = 0; i < x->size(); ++i) {
            if (!same_value((*x)[i], y[i])) return false;
        }
        return true;
    }
    if (const auto* x = a.if_object()) {
        const auto& y = b.get_object();
        if (x->size() != y.size()) return false;
        for (const auto& member : *x) {
            const auto* other = y.if_contains(member.key());
            if (other == nullptr || !same_value(member.value(), *other)) return false;
        }
        return true;
    }
    return a == b;
}

bool is_hollow(const json::value& value) {
    if (value.is_null()) return true;
    if (const auto* list = value.if_array()) return list->empty();
    if (const auto* object = value.if_object()) {
        return std::all_of(object->begin(), object->end(), [](const auto& m) {
            return is_hollow(m.value());
        });
    }
    return false;
}

std::string shortened(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return std::string{text};
    constexpr std::string_view ellipsis = "…";
    std::size_t end = limit - ellipsis.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return std::string{text.substr(0, end)} + std::string{ellipsis};
}

} // namespace holdfast::sync
