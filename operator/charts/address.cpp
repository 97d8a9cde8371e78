#include "charts/address.hpp"

#include "http/url.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace holdfast::charts {

namespace {

constexpr std::size_t longest = 8192;

bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

void append_encoded(std::string& to, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    to += '%';
    to += digits[byte >> 4U];
    to += digits[byte & 15U];
}

// What a request line cannot carry is encoded; the rest was written as it should be asked for.
std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= ' ' || byte >= 0x7f || c == '"' || c == '<' || c == '>') {
            append_encoded(out, c);
        } else {
            out += c;
        }
    }
    return out;
}

// RFC 3986 §5.2.4.
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> kept;
    bool open_end = true; // ends with a slash
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto piece = path.substr(at, end - at);
        at = end + 1;
        const bool last = end == path.size();
        open_end = !last || piece == "." || piece == "..";
        if (piece == "..") {
            if (kept.size() > 1) {
                kept.pop_back();
            }
        } else if (piece != ".") {
            kept.push_back(piece);
        }
    }
    std::string out;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        out.append(i == 0 ? "" : "/").append(kept[i]);
    }
    if (out.empty() || (open_end && !out.ends_with('/'))) {
        out += '/';
    }
    return out;
}

// For messages: neither user information nor a query.
std::string without_secrets(std::string_view text) {
    std::string shown{text.substr(0, std::min({text.find('?'), text.find('#'), std::size_t{200}}))};
    const auto scheme = shown.find("://");
    const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
    const auto at = shown.rfind('@', shown.find('/', begin));
    if (at != std::string::npos && at >= begin) {
        shown.replace(begin, at - begin, "…");
    }
    return shown;
}

bool has_scheme(std::string_view text) noexcept {
    const auto colon = text.find(':');
    return colon != std::string_view::npos && colon > 0 &&
           std::ranges::all_of(text.substr(0, colon), [](char c) {
               return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
           });
}

bool is_component(std::string_view text) noexcept {
    if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) {
        return false;
    }
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

bool is_oci_path(std::string_view path) noexcept {
    if (path.empty() || path.size() > 255) {
        return false;
    }
    for (;;) {
        const auto slash = path.find('/');
        if (!is_component(path.substr(0, slash))) {
            return false;
        }
        if (slash == std::string_view::npos) {
            return true;
        }
        path.remove_prefix(slash + 1);
    }
}

} // namespace

result<web_address> web_address::parse(std::string_view text) {
    const auto wrong = [&](std::string_view why) {
        return user_error("\"" + without_secrets(text) + "\" " + std::string{why});
    };
    if (text.size() > longest) {
        return wrong("is longer than a URL may be");
    }
    const auto scheme = text.find("://");
    const auto name = lower(std::string{text.substr(0, scheme == std::string_view::npos ? 0 : scheme)});
    if (name != "https" && name != "http") {
        return wrong("must be a URL that begins with https:// or http://");
    }
    const auto rest = text.substr(scheme + 3);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    auto parsed = http::parse_url(name + "://" + std::string{rest.substr(0, end)});
    if (!parsed) {
        return parsed.error();
    }
    if (!parsed->user.empty() || !parsed->password.empty() ||
        rest.substr(0, end).find('@') != std::string_view::npos) {
        return wrong("has credentials in it: they belong into the Secret of the repository");
    }
    web_address a;
    a.tls = parsed->tls;
    a.host = lower(std::move(parsed->host));
    a.port = parsed->port;
    auto after = rest.substr(end);
    after = after.substr(0, after.find('#'));
    const auto question = after.find('?');
    a.path = encoded(after.substr(0, question));
    if (question != std::string_view::npos) {
        a.query = encoded(after.substr(question + 1));
    }
    if (a.path.empty()) {
        a.path = "/";
    }
    return a;
}

result<web_address> web_address::resolve(std::string_view reference) const {
    if (reference.size() > longest) {
        return user_error("a link in " + shown() + " is longer than a URL may be");
    }
    if (has_scheme(reference)) {
        return parse(reference);
    }
    if (reference.starts_with("//")) {
        return parse((tls ? "https:" : "http:") + std::string{reference});
    }
    web_address to = *this;
    reference = reference.substr(0, reference.find('#'));
    const auto question = reference.find('?');
    const auto path_part = encoded(reference.substr(0, question));
    const bool has_query = question != std::string_view::npos;
    if (path_part.starts_with('/')) {
        to.path = without_dots(path_part);
    } else if (!path_part.empty()) {
        to.path = without_dots(path.substr(0, path.rfind('/') + 1) + path_part);
    }
    if (has_query || !path_part.empty()) {
        to.query = has_query ? encoded(reference.substr(question + 1)) : std::string{};
    }
    return to;
}

std::string web_address::origin() const {
    http::url u;
    u.tls = tls;
    u.host = host;
    u.port = port;
    return u.origin();
}

std::string web_address::target() const {
    return query.empty() ? path : path + "?" + query;
}

bool same_place(const web_address& home, const web_address& other) noexcept {
    if (home.host != other.host) {
        return false;
    }
    if (home.tls == other.tls) {
        return home.port == other.port;
    }
    return !home.tls && home.port == 80 && other.port == 443;
}

result<web_address> below_repository(const web_address& repository, std::string_view reference) {
    auto base = repository;
    if (!base.path.ends_with('/')) {
        base.path += '/';
    }
    auto to = base.resolve(reference);
    if (to && to->query.empty() && !has_scheme(reference) && !reference.starts_with("//")) {
        to->query = repository.query;
    }
    return to;
}

std::string oci_address::shown() const {
    const auto origin = registry.origin();
    return "oci://" + origin.substr(origin.find("://") + 3) + "/" + repository;
}

bool is_oci(std::string_view repository) noexcept {
    return repository.starts_with("oci://") || repository.find("://") == std::string_view::npos;
}

result<oci_address> parse_oci(std::string_view repository, std::string_view name) {
    auto rest = repository;
    if (rest.starts_with("oci://")) {
        rest.remove_prefix(6);
    }
    const auto wrong = [&](std::string_view why) {
        return user_error("\"" + without_secrets(repository) + "\" " + std::string{why});
    };
    while (rest.ends_with('/')) {
        rest.remove_suffix(1);
    }
    if (rest.find_first_of("?#") != std::string_view::npos || rest.empty()) {
        return wrong("is not a registry: write it like oci://registry.example.com/charts");
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    const auto host = rest.substr(0, slash);
    auto registry = web_address::parse("https://" + std::string{host});
    if (!registry) {
        return wrong(
            "is not a registry: write it like oci://registry.example.com/charts, without credentials (they "
            "belong into the Secret of the repository)"
        );
    }
    if (registry->host == "docker.io" || registry->host == "index.docker.io") {
        registry->host = "registry-1.docker.io"; // the others answer with a web page
    }
    oci_address to;
    to.registry = std::move(*registry);
    const auto path = slash < rest.size() ? rest.substr(slash + 1) : std::string_view{};
    to.repository = std::string{path} + (path.empty() || name.empty() ? "" : "/") + std::string{name};
    if (!is_oci_path(to.repository)) {
        return user_error(
            "\"" + to.repository.substr(0, 200) + "\" cannot be a chart in the registry " +
            std::string{host} + ": its name is made of small letters, digits, '.', '_', '-' and '/'"
        );
    }
    return to;
}

result<oci_address> parse_oci_reference(std::string_view text) {
    const auto slash = text.rfind('/');
    const auto colon = slash == std::string_view::npos ? slash : text.find(':', slash);
    auto to = parse_oci(text.substr(0, colon), {});
    if (to && colon != std::string_view::npos) {
        to->tag = text.substr(colon + 1);
        if (!is_tag(to->tag)) {
            return user_error("\"" + without_secrets(text) + "\" ends with a tag that cannot be one");
        }
    }
    return to;
}

std::string tag_of(std::string_view version) {
    std::string tag{version};
    std::ranges::replace(tag, '+', '_');
    return tag;
}

std::string version_of(std::string_view tag) {
    std::string version{tag};
    std::ranges::replace(version, '_', '+');
    return version;
}

bool is_tag(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 128 && text.front() != '.' && text.front() != '-' &&
           std::ranges::all_of(text, [](char c) {
               return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
           });
}

result<void> check_chart_name(std::string_view name, bool with_slashes) {
    const bool fine =
        !name.empty() && name.size() <= 250 && name != "." && name != ".." &&
        std::ranges::all_of(name, [with_slashes](char c) {
            return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || (with_slashes && c == '/');
        });
    if (fine) {
        return {};
    }
    return user_error(
        "\"" + std::string{name.substr(0, 200)} +
        "\" cannot be the name of a chart: it is made of letters, digits, '-', '_' and '.'"
    );
}

std::string query_pair(std::string_view name, std::string_view value) {
    std::string out{name};
    out += '=';
    for (const char c : value) {
        if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            append_encoded(out, c);
        }
    }
    return out;
}

} // namespace holdfast::charts
