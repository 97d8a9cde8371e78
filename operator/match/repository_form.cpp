#include "match/repository_form.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace holdfast::match {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_hex(char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9');
}

bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

int value_of_hex(char c) {
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/// The bytes that a text with %XX stands for; nothing where a '%' is followed by something else.
std::optional<std::string> decoded(std::string_view text) {
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            made += text[i];
            continue;
        }
        if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
            return std::nullopt;
        }
        made += static_cast<char>(value_of_hex(text[i + 1]) * 16 + value_of_hex(text[i + 2]));
        i += 2;
    }
    return made;
}

/// All but letters, digits and `kept` as %XX.
std::string encoded(std::string_view text, std::string_view kept) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string made;
    for (const char c : text) {
        if (is_alphanumeric(c) || is_one_of(c, kept)) {
            made += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            made += '%';
            made += digits[byte >> 4U];
            made += digits[byte & 15U];
        }
    }
    return made;
}

// Go's URL.EscapedPath.
std::optional<std::string> printed_path(std::string_view path) {
    const auto bytes = decoded(path);
    if (!bytes) {
        return std::nullopt;
    }
    const bool is_valid = std::ranges::all_of(path, [](char c) {
        return is_alphanumeric(c) || is_one_of(c, "-_.~!$&'()*+,;=:@/[]%");
    });
    return is_valid ? std::string{path} : encoded(*bytes, "-_.~$&+,/:;=@");
}

std::optional<std::string> printed_user(std::string_view user) {
    const bool is_valid = std::ranges::all_of(user, [](char c) {
        return is_alphanumeric(c) || is_one_of(c, "-._:~!$&'()*+,;=%@");
    });
    if (!is_valid) {
        return std::nullopt;
    }
    const auto colon = user.find(':');
    const auto name = decoded(user.substr(0, colon));
    if (!name) {
        return std::nullopt;
    }
    constexpr std::string_view kept = "-_.~$&+,;=";
    auto made = encoded(*name, kept);
    if (colon != std::string_view::npos) {
        const auto password = decoded(user.substr(colon + 1));
        if (!password) {
            return std::nullopt;
        }
        made += ':' + encoded(*password, kept);
    }
    return made;
}

std::optional<std::string> printed_host(std::string_view host) {
    const auto bracket = host.find(']');
    if (host.starts_with('[') && bracket == std::string_view::npos) {
        return std::nullopt;
    }
    const auto colon = host.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    if (has_port &&
        !std::ranges::all_of(host.substr(colon + 1), [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    const bool is_valid = std::ranges::all_of(host, [](char c) {
        return is_alphanumeric(c) || is_one_of(c, "-_.~!$&'()*+,;=:[]<>\"") ||
               static_cast<unsigned char>(c) >= 0x80U;
    });
    return is_valid ? std::optional{encoded(host, "-_.~!$&'()*+,;=:[]<>\"")} : std::nullopt;
}

struct schemed {
    std::string_view scheme;
    std::string_view rest;
};

std::optional<schemed> scheme_of(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c >= 'a' && c <= 'z') {
            continue;
        }
        if ((c >= '0' && c <= '9') || is_one_of(c, "+-.")) {
            if (i == 0) {
                break;
            }
            continue;
        }
        if (c == ':') {
            if (i == 0) {
                return std::nullopt; // as Go has it: missing protocol scheme
            }
            return schemed{text.substr(0, i), text.substr(i + 1)};
        }
        break;
    }
    return schemed{{}, text};
}

/// As Go's net/url parses a URL and prints it again.
std::optional<std::string> reprinted(std::string_view text) {
    if (std::ranges::any_of(text, [](char c) {
            return static_cast<unsigned char>(c) < 0x20U || c == 0x7F;
        })) {
        return std::nullopt;
    }
    if (text == "*") {
        return std::string{text};
    }
    std::string fragment;
    if (const auto hash = text.find('#'); hash != std::string_view::npos) {
        const auto bytes = decoded(text.substr(hash + 1));
        if (!bytes) {
            return std::nullopt;
        }
        const auto valid = printed_path(text.substr(hash + 1));
        fragment = bytes->empty() ? std::string{} : "#" + *valid;
        text = text.substr(0, hash);
    }
    const auto split = scheme_of(text);
    if (!split) {
        return std::nullopt;
    }
    auto rest = split->rest;
    std::string query;
    if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
        query = rest.substr(mark);
        rest = rest.substr(0, mark);
    }
    std::string made = split->scheme.empty() ? std::string{} : std::string{split->scheme} + ":";
    if (!rest.starts_with('/')) {
        if (!split->scheme.empty()) {
            return made + std::string{rest} + query + fragment;
        }
        if (rest.substr(0, rest.find('/')).find(':') != std::string_view::npos) {
            return std::nullopt;
        }
    }
    if (rest.starts_with("//") && (!split->scheme.empty() || !rest.starts_with("///"))) {
        const auto slash = rest.find('/', 2);
        auto authority = rest.substr(2, slash == std::string_view::npos ? slash : slash - 2);
        rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
        made += "//";
        if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
            const auto user = printed_user(authority.substr(0, at));
            if (!user) {
                return std::nullopt;
            }
            made += *user + "@";
            authority = authority.substr(at + 1);
        }
        const auto host = printed_host(authority);
        if (!host) {
            return std::nullopt;
        }
        made += *host;
    }
    const auto path = printed_path(rest);
    if (!path) {
        return std::nullopt;
    }
    return made + *path + query + fragment;
}

// ^(ssh://)?([^/:]*?)@[^@]+$ of Argo CD.
bool is_of_ssh(std::string_view text) {
    if (text.starts_with("ssh://")) {
        text.remove_prefix(6);
    }
    const auto at = text.rfind('@');
    return at != std::string_view::npos && at + 1 < text.size() &&
           text.substr(0, at).find_first_of("/:") == std::string_view::npos;
}

} // namespace

std::string repository_form(std::string_view text) {
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    text = text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
    auto form = ascii_lower(text);
    if (is_of_ssh(form) && !form.starts_with("ssh://")) {
        if (const auto colon = form.find(':'); colon != std::string::npos) {
            form[colon] = '/';
        }
        form.insert(0, "ssh://");
    }
    if (form.ends_with(".git")) {
        form.resize(form.size() - 4);
    }
    auto printed = reprinted(form);
    if (!printed) {
        return {};
    }
    return printed->starts_with("ssh://") ? printed->substr(6) : *printed;
}

bool is_plain_repository(std::string_view text) {
    const auto scheme = text.find("://");
    auto path = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
    const auto begin = path.find_first_of(scheme == std::string_view::npos ? "/:" : "/");
    path = begin == std::string_view::npos ? std::string_view{} : path.substr(begin + 1);
    if (scheme != std::string_view::npos && text.starts_with("file:")) {
        path = path.substr(std::min<std::size_t>(path.size(), path.starts_with('/') ? 1 : 0));
    }
    if (path.find('\\') != std::string_view::npos || path.find("//") != std::string_view::npos ||
        path.starts_with('/')) {
        return false;
    }
    for (std::size_t i = 0; i + 2 < path.size(); ++i) {
        if (path[i] != '%' || !is_hex(path[i + 1]) || !is_hex(path[i + 2])) {
            continue;
        }
        const auto c = static_cast<char>(value_of_hex(path[i + 1]) * 16 + value_of_hex(path[i + 2]));
        if (is_alphanumeric(c) || is_one_of(c, "-._~/\\%")) {
            return false;
        }
    }
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto step = path.substr(at, end - at);
        if (step == "." || step == "..") {
            return false;
        }
        at = end + 1;
    }
    return true;
}

} // namespace holdfast::match
