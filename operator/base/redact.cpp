#include "base/redact.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>

namespace holdfast {

namespace {

constexpr std::string_view mark = "…";

bool ends_url(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' ||
           c == ')' || c == '}' || c == ']' || c == '|' || c == '\\';
}

bool is_scheme(char c) noexcept {
    const char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

bool is_port(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// What is before the host, with its '@'; a password may hold what no URL may, such as a slash.
std::string_view user_information(std::string_view url) {
    const auto authority = url.substr(0, std::min(url.find_first_of("/?#"), url.size()));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        return url.substr(0, at + 1);
    }
    const auto colon = authority.find(':');
    const bool is_password = colon != std::string_view::npos && !authority.starts_with('[') &&
                             !is_port(authority.substr(colon + 1));
    const auto at = is_password ? url.find('@') : std::string_view::npos;
    return at == std::string_view::npos ? std::string_view{} : url.substr(0, at + 1);
}

bool names_revision(std::string_view pair) {
    static constexpr std::array<std::string_view, 4> known{"ref", "version", "timeout", "submodules"};
    return std::ranges::find(known, pair.substr(0, pair.find('='))) != known.end();
}

void add_query(std::string& out, std::string_view query) {
    for (bool first = true; !query.empty() || first; first = false) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        out += first ? "?" : "&";
        out += names_revision(pair) || pair.empty() ? pair : mark;
        query.remove_prefix(std::min(end + 1, query.size()));
    }
}

// Of a URL, behind its "://".
void add_url(std::string& out, std::string_view scheme, std::string_view url) {
    const auto user = user_information(url);
    url.remove_prefix(user.size());
    if (!user.empty()) {
        const auto colon = user.find(':');
        const bool is_ssh = scheme.ends_with("ssh");
        if (is_ssh && colon == std::string_view::npos) {
            out += user;
        } else if (is_ssh) {
            out.append(user.substr(0, colon)).append(":").append(mark).append("@");
        } else {
            out.append(mark).append("@");
        }
    }
    const auto query = url.find('?');
    out += url.substr(0, query);
    if (query != std::string_view::npos) {
        add_query(out, url.substr(query + 1));
    }
}

} // namespace

std::string without_credentials(std::string_view text) {
    constexpr std::string_view separator = "://";
    std::string out;
    for (;;) {
        const auto at = text.find(separator);
        if (at == std::string_view::npos || at == 0 || !is_scheme(text[at - 1])) {
            const auto end = at == std::string_view::npos ? text.size() : at + separator.size();
            out += text.substr(0, end);
            if (at == std::string_view::npos) {
                return out;
            }
            text.remove_prefix(end);
            continue;
        }
        auto begin = at;
        while (begin > 0 && is_scheme(text[begin - 1])) {
            --begin;
        }
        const auto scheme = ascii_lower(text.substr(begin, at - begin));
        out += text.substr(0, at + separator.size());
        text.remove_prefix(at + separator.size());
        const auto* const end = std::ranges::find_if(text, ends_url);
        const auto length = static_cast<std::size_t>(end - text.begin());
        add_url(out, scheme, text.substr(0, length));
        text.remove_prefix(length);
    }
}

} // namespace holdfast
