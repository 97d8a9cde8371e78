#include "http/url.hpp"

#include "http/query.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace holdfast::http {

namespace {

constexpr std::uint16_t default_port(bool tls) {
    return tls ? 443 : 80;
}

// What error messages may show: everything but the user information.
std::string without_secrets(std::string_view text) {
    const auto scheme_end = text.find("://");
    const auto begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
    const auto at = text.rfind('@', text.find('/', begin));
    if (at == std::string_view::npos || at < begin) {
        return std::string{text};
    }
    return std::string{text.substr(0, begin)} + "…" + std::string{text.substr(at)};
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '%';
}

} // namespace

std::string url::endpoint() const {
    const bool brackets = host.find(':') != std::string::npos;
    return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string url::authority() const {
    auto text = endpoint();
    if (port == default_port(tls)) {
        text.resize(text.rfind(':'));
    }
    return text;
}

std::string url::origin() const {
    return (tls ? "https://" : "http://") + authority();
}

result<url> parse_url(std::string_view text) {
    const auto wrong = [text](std::string_view what) {
        return user_error(
            "\"" + without_secrets(text) + "\" is not a URL like https://host:port: " + std::string{what}
        );
    };
    url u;
    std::string_view rest = text;
    if (rest.starts_with("https://")) {
        u.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return wrong("it must begin with http:// or https://");
    }
    if (std::ranges::any_of(rest, [](char c) { return c == '?' || c == '#' || c <= ' ' || c == 0x7f; })) {
        return wrong("it must have no query, fragment or blank");
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    auto authority = rest.substr(0, slash);
    u.path = rest.substr(slash);
    while (u.path.ends_with('/')) {
        u.path.pop_back();
    }

    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        const auto info = authority.substr(0, at);
        authority.remove_prefix(at + 1);
        const auto colon = info.find(':');
        const auto user = percent_decode(info.substr(0, colon));
        const auto password =
            percent_decode(colon == std::string_view::npos ? std::string_view{} : info.substr(colon + 1));
        if (!user || !password) return wrong("its user or password is wrongly percent-encoded");
        u.user = *user;
        u.password = *password;
    }

    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return wrong("a bracket is not closed");
        u.host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        u.host = authority.substr(0, colon);
        port = authority.substr(colon);
        if (port.find(':', 1) != std::string_view::npos) return wrong("an IPv6 address needs brackets");
    }
    if (u.host.empty() || !std::ranges::all_of(u.host, is_host_character)) return wrong("its host is wrong");
    u.port = default_port(u.tls);
    if (!port.empty()) {
        port.remove_prefix(1);
        const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), u.port);
        if (failure != std::errc{} || end != port.data() + port.size() || u.port == 0) {
            return wrong("its port must be 1 to 65535");
        }
    }
    return u;
}

} // namespace holdfast::http
