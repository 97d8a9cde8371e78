#include "match/url.hpp"

#include "base/ascii.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace holdfast::match {

namespace {

// A URL that is refused may hold a password: what stands before its '@' is never repeated.
std::string quoted(std::string_view text) {
    std::string shown;
    const auto scheme = text.find("://");
    const auto at = text.rfind('@');
    if (scheme != std::string_view::npos && at != std::string_view::npos && at > scheme) {
        shown.append(text.substr(0, scheme + 3)).append("…").append(text.substr(at));
    } else {
        shown = text;
    }
    std::string clean;
    for (const char c : shown.substr(0, 200)) {
        clean.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    }
    return "\"" + clean + "\"";
}

bool has_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

bool good_host(std::string_view host) noexcept {
    return !host.empty() && host.front() != '-' && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
    });
}

bool good_address(std::string_view address) noexcept {
    return !address.empty() && std::all_of(address.begin(), address.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
    });
}

// A token in the place of a user is a secret; no name is that long, but for one with a domain:
// "ada@corp.example", "CORP\\ada".
bool looks_like_token(std::string_view user) noexcept {
    const std::size_t longest_name = user.find_first_of("@\\") == std::string_view::npos ? 32 : 254;
    constexpr std::array<std::string_view, 7> prefixes{"ghp_",  "gho_",  "ghs_", "ghu_",
                                                       "glpat", "gldt-", "ATBB"};
    return user.size() > longest_name || std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) {
               return user.starts_with(prefix);
           });
}

bool good_user(std::string_view user) noexcept {
    return !user.empty() && user.front() != '-' && std::all_of(user.begin(), user.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '.' || c == '_' || c == '+' || c == '@' || c == '\\';
    });
}

// Of http(s), where it is left out.
bool could_be_user(std::string_view user) noexcept {
    return !user.empty() && !has_control(user);
}

// As browsers and curl send it: what no URL has as it is, in its percent-encoded form.
std::string encoded_path(std::string_view path) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view others = " \"<>\\^`{|}[]";
    std::string out;
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 && others.find(c) == std::string_view::npos) {
            out += c;
        } else {
            out.append({'%', digits[byte >> 4U], digits[byte & 15U]});
        }
    }
    return out;
}

// 1 and 2 for "." and "..", however they are written; else 0.
int dots_of(std::string_view part) noexcept {
    int dots = 0;
    while (!part.empty()) {
        if (part.front() == '.') {
            part.remove_prefix(1);
        } else if (part.starts_with("%2e") || part.starts_with("%2E")) {
            part.remove_prefix(3);
        } else {
            return 0;
        }
        ++dots;
    }
    return dots <= 2 ? dots : 0;
}

// The path that "/a/./b/../c" leads to, "/a/c", else as it is written; nothing when it leads out of its root.
std::optional<std::string> without_dots(std::string_view path) {
    std::vector<std::string_view> kept;
    bool at_directory = false;
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto part = path.substr(at, end - at);
        at = end + 1;
        const int dots = dots_of(part);
        at_directory = dots > 0;
        if (dots == 0) {
            kept.push_back(part);
            continue;
        }
        if (dots == 2) {
            if (kept.size() == (path.starts_with('/') ? 1U : 0U)) {
                return std::nullopt;
            }
            kept.pop_back();
        }
    }
    if (at_directory) {
        kept.emplace_back();
    }
    std::string out;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        out.append(i == 0 ? "" : "/").append(kept[i]);
    }
    return out;
}

// Hosts that take the names of people, groups and repositories in any case.
bool ignores_case(std::string_view host) noexcept {
    constexpr std::array<std::string_view, 8> known{"github.com",        "ssh.github.com",
                                                    "gitlab.com",        "bitbucket.org",
                                                    "altssh.gitlab.com", "altssh.bitbucket.org",
                                                    "dev.azure.com",     "ssh.dev.azure.com"};
    return std::find(known.begin(), known.end(), host) != known.end() || host.ends_with(".visualstudio.com");
}

// "/acme//shop.git/" → "acme/shop"; nothing when a component is "." or "..", which only "%2F" beside it can
// still make.
std::optional<std::string> normal_path(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (part.empty()) {
            continue;
        }
        if (part == "." || part == "..") {
            return std::nullopt;
        }
        out.append(out.empty() ? "" : "/").append(part);
    }
    if (out.size() > 4 && out.ends_with(".git") && !out.ends_with("/.git")) {
        out.resize(out.size() - 4);
    }
    return out;
}

std::string_view scheme_of(transport kind) noexcept {
    switch (kind) {
    case transport::https: return "https";
    case transport::http: return "http";
    case transport::ssh: return "ssh";
    case transport::file: return "file";
    }
    return {};
}

// "host[:port]", without the port that the transport has anyway.
std::string authority_of(const std::string& host, std::optional<std::uint16_t> port, transport kind) {
    const bool v6 = host.find(':') != std::string::npos;
    auto text = v6 ? "[" + host + "]" : host;
    const int usual = kind == transport::https ? 443 : kind == transport::http ? 80 : 22;
    if (port && *port != usual) {
        text += ":" + std::to_string(*port);
    }
    return text;
}

constexpr std::string_view what_would_be_right =
    "write https://host/path, ssh://git@host/path or git@host:path";

} // namespace

result<url> url::parse(std::string_view text) {
    return parse(text, true);
}

result<url> url::parse_prefix(std::string_view text) {
    return parse(text, false);
}

result<url> url::parse(std::string_view text, bool path_required) {
    const auto refuse = [&](std::string_view why) {
        return user_error("the repository URL " + quoted(text) + " " + std::string{why});
    };
    if (text.empty()) {
        return user_error("the repository URL is empty: " + std::string{what_would_be_right});
    }
    if (text.size() > 2048) {
        return refuse("is longer than 2048 characters");
    }
    if (has_control(text) || text.front() == ' ' || text.back() == ' ') {
        return refuse("begins or ends with a blank, or has a control character in it");
    }
    if (text.front() == '-') {
        return refuse("starts with '-': " + std::string{what_would_be_right});
    }
    url u;
    u.text_ = text;
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) {
        // user@host:path, as scp(1) has it.
        const auto colon = text.find(':');
        if (colon == std::string_view::npos || text.find('/') < colon ||
            text.substr(colon + 1).starts_with(':')) {
            return refuse("is none: " + std::string{what_would_be_right});
        }
        auto host = text.substr(0, colon);
        if (const auto at = host.rfind('@'); at != std::string_view::npos) {
            u.user_ = host.substr(0, at);
            host.remove_prefix(at + 1);
            if (!good_user(u.user_)) {
                return refuse("has a user that is not a plain name");
            }
        }
        u.kind_ = transport::ssh;
        u.host_ = ascii_lower(host);
        const auto path = without_dots(text.substr(colon + 1));
        if (!path) {
            return refuse("has a path that leads out of the directory where it begins");
        }
        u.path_ = *path;
        if (u.path_.starts_with('-')) {
            return refuse("has a path that starts with '-'");
        }
        u.text_ = std::string{text.substr(0, colon + 1)} + u.path_;
        // Below the home of the user there, which no ssh:// URL says: another address than those.
        u.identity_ = (u.user_.empty() ? "" : u.user_ + "@") + u.host_ + ":" + u.path_;
    } else {
        const auto scheme = ascii_lower(text.substr(0, scheme_end));
        if (scheme == "https") {
            u.kind_ = transport::https;
        } else if (scheme == "http") {
            u.kind_ = transport::http;
        } else if (scheme == "ssh" || scheme == "git+ssh" || scheme == "ssh+git") {
            u.kind_ = transport::ssh;
        } else if (scheme == "file") {
            u.kind_ = transport::file;
        } else {
            return refuse(
                "has the scheme \"" + scheme + "\", which is not allowed: " + std::string{what_would_be_right}
            );
        }
        const auto path_begin = std::min(text.find('/', scheme_end + 3), text.size());
        const auto path_end = std::max(path_begin, std::min(text.find_first_of("?#"), text.size()));
        const auto path = without_dots(encoded_path(text.substr(path_begin, path_end - path_begin)));
        if (!path) {
            return refuse("has a path that leads out of the server's root");
        }
        u.text_ = std::string{text.substr(0, path_begin)} + *path + std::string{text.substr(path_end)};
        const auto parsed = boost::urls::parse_uri(u.text_);
        if (!parsed) {
            return refuse("cannot be read as a URL: " + std::string{what_would_be_right});
        }
        if (parsed->has_query() || parsed->has_fragment()) {
            return refuse("has a query or a fragment, which no repository has");
        }
        auto without_user = u.text_;
        const bool over_ssh = u.kind_ == transport::ssh;
        if (parsed->has_password() || parsed->user().find(':') != std::string::npos ||
            (!over_ssh && looks_like_token(parsed->user()))) {
            return refuse(
                "has credentials in it: put them into a Secret and name that in a Repository's secretRef"
            );
        }
        if (parsed->has_userinfo()) {
            u.user_ = parsed->user();
            if (over_ssh ? !good_user(u.user_) : !could_be_user(u.user_)) {
                return refuse("has a user that is not a plain name");
            }
            if (!over_ssh) {
                // As hosts give addresses out to be cloned. Who we are is for the Secret to say.
                without_user.erase(scheme_end + 3, parsed->encoded_userinfo().size() + 1);
                u.user_.clear();
            }
        }
        if (parsed->host_type() == boost::urls::host_type::ipv6) {
            u.host_ = ascii_lower(parsed->host_address());
        } else {
            u.host_ = ascii_lower(parsed->host());
        }
        if (parsed->has_port() && !parsed->port().empty()) {
            const std::string digits{parsed->port()};
            std::uint16_t port = 0;
            const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
            if (failure != std::errc{} || end != digits.data() + digits.size() || port == 0) {
                return refuse("has a port that is none");
            }
            u.port_ = port;
        }
        u.path_ = parsed->path();
        if (has_control(u.path_)) {
            return refuse("has a control character in its path");
        }
        u.identity_ = std::string{scheme_of(u.kind_)} + "://" + (u.user_.empty() ? "" : u.user_ + "@") +
                      authority_of(u.host_, u.port_, u.kind_) + std::string{parsed->encoded_path()};
        u.text_ = std::move(without_user); // which `parsed` looks at
    }
    if (u.kind_ == transport::file) {
        if (!u.host_.empty()) {
            return refuse("has a host: write file:///path");
        }
    } else if (!good_host(u.host_) && !(u.host_.find(':') != std::string::npos && good_address(u.host_))) {
        return refuse("has no host that could be one");
    }
    auto path = normal_path(u.path_);
    if (!path) {
        return refuse("has \".\" or \"..\" in its path");
    }
    if (path->empty() && path_required) {
        return refuse("has no path: it names a server and no repository");
    }
    if (u.kind_ == transport::file) {
        u.normalised_ = "file:/" + *path;
        return u;
    }
    u.normalised_ = authority_of(u.host_, u.port_, u.kind_);
    if (ignores_case(u.host_)) {
        path = ascii_lower(*path);
    }
    if (!path->empty()) {
        u.normalised_ += "/" + *path;
    }
    return u;
}

std::string url::scope() const {
    constexpr std::string_view on_disk = "file:";
    if (kind_ == transport::file) {
        return "file://" + normalised_.substr(on_disk.size());
    }
    return std::string{scheme_of(kind_)} + "://" + normalised_;
}

result<std::string> normalise_prefix(std::string_view text) {
    auto u = url::parse_prefix(text);
    if (!u) {
        return u.error();
    }
    return u->normalised();
}

bool covers(std::string_view prefix, std::string_view normalised) noexcept {
    if (prefix.empty() || !normalised.starts_with(prefix)) {
        return false;
    }
    return normalised.size() == prefix.size() || prefix.back() == '/' || normalised[prefix.size()] == '/';
}

bool same_repository(std::string_view a, std::string_view b) {
    const auto x = url::parse(a);
    const auto y = url::parse(b);
    return x && y && x->normalised() == y->normalised();
}

} // namespace holdfast::match
