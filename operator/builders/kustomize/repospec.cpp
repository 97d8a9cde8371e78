#include "builders/kustomize/repospec.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace holdfast::builders {

namespace {

constexpr std::string_view ssh_scheme = "ssh://";
constexpr std::string_view https_scheme = "https://";
constexpr std::string_view http_scheme = "http://";
constexpr std::string_view file_scheme = "file://";

char lower(char c) noexcept {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept {
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
               return a == lower(b);
           });
}

/// Takes "alice@" off the front of `text`, where it starts with a user as kustomize knows them.
std::string_view take_user(std::string_view& text) noexcept {
    const auto end = text.find('@');
    if (end == std::string_view::npos || end == 0 || std::isalpha(static_cast<unsigned char>(text[0])) == 0) {
        return {};
    }
    const auto user = text.substr(0, end);
    if (!std::ranges::all_of(user, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; })) {
        return {};
    }
    const auto taken = text.substr(0, end + 1);
    text.remove_prefix(end + 1);
    return taken;
}

struct host_and_rest {
    std::string host;
    std::string_view rest;
};

result<host_and_rest> take_host(std::string_view text) {
    if (starts_with_ignoring_case(text, "git::")) text.remove_prefix(5);
    std::string_view scheme;
    for (const auto known : {ssh_scheme, https_scheme, http_scheme, file_scheme}) {
        if (starts_with_ignoring_case(text, known)) {
            scheme = known;
            text.remove_prefix(known.size());
            break;
        }
    }
    const auto with_user = text;
    const auto user = take_user(text);
    const bool github =
        starts_with_ignoring_case(text, "github.com/") || starts_with_ignoring_case(text, "github.com:");
    const bool like_scp = scheme.empty() && (!user.empty() || github);
    if (scheme.empty() && !like_scp) return user_error("it has no scheme that git knows");
    if (scheme == file_scheme) return host_and_rest{std::string{scheme}, with_user};

    auto separator = text.find('/');
    if (like_scp) {
        const auto colon = text.find(':');
        if (separator == std::string_view::npos ||
            (colon != std::string_view::npos && colon > 0 && colon < separator)) {
            separator = colon;
        }
    }
    host_and_rest found{std::string{text}, {}};
    if (separator != std::string_view::npos) {
        found = {std::string{text.substr(0, separator + 1)}, text.substr(separator + 1)};
    }
    if (github) {
        // One form for all that mean the same repository: over ssh where a user or ssh is written.
        const bool over_ssh = scheme == ssh_scheme || !user.empty();
        found.host = over_ssh ? std::string{user} + "github.com:" : "https://github.com/";
        return found;
    }
    if (found.host.empty()) return user_error("it names no host");
    found.host = std::string{scheme}.append(user).append(found.host);
    return found;
}

bool leaves_repository(std::string_view path) {
    int depth = 0;
    while (!path.empty()) {
        const auto segment = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), segment.size() + 1));
        if (segment.empty() || segment == ".") continue;
        depth += segment == ".." ? -1 : 1;
        if (depth < 0) return true;
    }
    return false;
}

/// Where the repository ends, where the text says so itself.
std::optional<std::pair<std::string_view, std::string_view>> split_by_marker(std::string_view text) {
    constexpr std::string_view azure = "_git/";
    if (const auto at = text.find(azure); at != std::string_view::npos) {
        const auto end = text.find('/', at + azure.size());
        if (end == std::string_view::npos) return std::pair{text, std::string_view{}};
        return std::pair{text.substr(0, end), text.substr(end + 1)};
    }
    if (const auto at = text.find("//"); at != std::string_view::npos) {
        return std::pair{text.substr(0, at), text.substr(at + 2)};
    }
    if (const auto at = text.find(".git"); at != std::string_view::npos) {
        return std::pair{text.substr(0, at + 4), text.substr(at + 4)};
    }
    return std::nullopt;
}

result<void> split_path(std::string_view text, bool all_is_repository, remote_base& into) {
    auto parts = split_by_marker(text);
    if (!parts) {
        const auto first = text.find('/');
        const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
        if (all_is_repository || (first != std::string_view::npos && second == std::string_view::npos)) {
            parts = {text, {}};
        } else if (second != std::string_view::npos) {
            parts = {text.substr(0, second), text.substr(second + 1)};
        }
    }
    if (!parts || parts->first.empty()) {
        return user_error(
            "it does not say which repository: HOST/ORGANISATION/REPOSITORY, or one that ends with .git or //"
        );
    }
    auto path = parts->second;
    if (path.starts_with('/')) path.remove_prefix(1);
    if (leaves_repository(path)) return user_error("its path leaves the repository");
    into.repository += parts->first;
    into.path = path;
    return {};
}

/// As url.QueryUnescape; nothing for what is no encoding.
std::optional<std::string> unescaped(std::string_view text) {
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            made += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (i + 2 >= text.size() || std::isxdigit(static_cast<unsigned char>(text[i + 1])) == 0 ||
            std::isxdigit(static_cast<unsigned char>(text[i + 2])) == 0) {
            return std::nullopt;
        }
        made += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
        i += 2;
    }
    return made;
}

/// ?ref=, or else ?version=; the first of several. A query that Go cannot read means nothing.
std::string revision_in(std::string_view query) {
    std::optional<std::string> ref;
    std::optional<std::string> version;
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const auto key = unescaped(pair.substr(0, equals));
        const auto value =
            unescaped(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
        if (!key || !value || pair.find(';') != std::string_view::npos) return {};
        if (*key == "ref" && !ref) ref = value;
        if (*key == "version" && !version) version = value;
    }
    if (ref && !ref->empty()) return *ref;
    return version.value_or("");
}

} // namespace

result<remote_base> read_remote_base(std::string_view text) {
    if (text.starts_with('/')) return user_error("it is an absolute path");
    const auto question = text.find('?');
    remote_base base;
    if (question != std::string_view::npos) base.revision = revision_in(text.substr(question + 1));
    auto host = take_host(text.substr(0, question));
    if (!host) return host.error();
    base.repository = host->host;
    if (auto split = split_path(host->rest, host->host == file_scheme, base); !split) return split.error();
    return base;
}

bool is_http_url(std::string_view text) noexcept {
    return starts_with_ignoring_case(text, https_scheme) || starts_with_ignoring_case(text, http_scheme);
}

bool is_file_url(std::string_view text) {
    if (!is_http_url(text)) return false;
    auto path = text.substr(text.find("//") + 2);
    path = path.substr(0, path.find_first_of("?#"));
    const auto slash = path.find('/');
    const auto host = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
    const auto has = [&](std::string_view part) { return path.find(part) != std::string_view::npos; };
    if (has("//") || has("_git/") || has(".git/") || path.ends_with(".git")) return false;
    for (const std::string_view extension : {".yaml", ".yml", ".json"}) {
        if (path.ends_with(extension)) return true;
    }
    return host == "raw.githubusercontent.com" || host == "gist.githubusercontent.com" || has("/raw/") ||
           path.ends_with("/raw") || has("/releases/download/") || has("/releases/latest/download/") ||
           !read_remote_base(text);
}

std::string without_password(std::string_view text) {
    const auto authority = text.find("://");
    const auto end = authority == std::string_view::npos ? authority : text.find('/', authority + 3);
    const auto at = text.substr(0, end).rfind('@');
    if (authority == std::string_view::npos || at == std::string_view::npos || at < authority) {
        return std::string{text};
    }
    const auto colon = text.find(':', authority + 3);
    if (colon == std::string_view::npos || colon > at) return std::string{text};
    return std::string{text.substr(0, colon + 1)}.append("***").append(text.substr(at));
}

bool has_user(std::string_view url) noexcept {
    const auto authority = url.find("://");
    if (authority == std::string_view::npos) return false;
    return url.substr(0, url.find_first_of("/?#", authority + 3)).find('@') != std::string_view::npos;
}

} // namespace holdfast::builders
