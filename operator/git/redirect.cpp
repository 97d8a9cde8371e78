#include "git/redirect.hpp"

#include "base/ascii.hpp"

#include <algorithm>

namespace holdfast::git {

namespace {

// What git asks a server first, below the repository's address.
constexpr std::string_view refs_suffix = "/info/refs";

bool begins_with(std::string_view text, std::string_view small_letters) {
    return text.size() >= small_letters.size() &&
           std::equal(small_letters.begin(), small_letters.end(), text.begin(), [](char a, char b) {
               return a == ascii_lower(b);
           });
}

// "https://host:port" of an address as it is written.
std::string_view origin_of(std::string_view text) {
    return text.substr(0, text.find('/', text.find("://") + 3));
}

// Whether credentials for the one may be shown to the other.
bool same_place(const url& a, const url& b) {
    if (a.host() != b.host()) {
        return false;
    }
    if (a.kind() == b.kind()) {
        const auto usual = a.kind() == transport::https ? 443 : 80;
        return a.port().value_or(usual) == b.port().value_or(usual);
    }
    return a.kind() == transport::http && b.kind() == transport::https && a.port().value_or(80) == 80 &&
           b.port().value_or(443) == 443;
}

} // namespace

std::optional<std::string> location_in(std::string_view trace) {
    constexpr std::string_view mark = "<= Recv header: ";
    constexpr std::string_view name = "location:";
    std::optional<std::string> last;
    while (!trace.empty()) {
        const auto end = std::min(trace.find('\n'), trace.size());
        const auto line = trace.substr(0, end);
        trace.remove_prefix(std::min(end + 1, trace.size()));
        const auto at = line.find(mark);
        if (at == std::string_view::npos) {
            continue;
        }
        auto header = line.substr(at + mark.size());
        if (!begins_with(header, name)) {
            continue;
        }
        header.remove_prefix(name.size());
        const auto begin = std::min(header.find_first_not_of(" \t"), header.size());
        const auto after = header.find_last_not_of(" \t\r");
        last = after == std::string_view::npos ? std::string{}
                                               : std::string{header.substr(begin, after + 1 - begin)};
    }
    return last;
}

result<url> follow(const url& from, std::string_view location, bool with_credentials) {
    // A query may be a secret, and is not repeated.
    auto path = location.substr(0, location.find_first_of("?#"));
    std::string text;
    if (path.starts_with("//")) {
        text = from.text().substr(0, from.text().find("//"));
    } else if (path.starts_with('/')) {
        text = origin_of(from.text());
    }
    const bool leads_to_repository = path.ends_with(refs_suffix);
    if (leads_to_repository) {
        path.remove_suffix(refs_suffix.size());
    }
    text += path;
    auto to = url::parse_prefix(text);
    if (!to || (to->kind() != transport::https && to->kind() != transport::http)) {
        return user_error("the server redirects to something that is not a repository address");
    }
    if (!with_credentials && from.kind() == transport::https && to->kind() == transport::http) {
        return user_error(
            "the server redirects to " + to->text() + ", which would leave the protection of https"
        );
    }
    if (with_credentials && !same_place(from, *to)) {
        return user_error(
            "the server redirects to " + to->text() +
            ", where the credentials must not go: where that is right, write this URL, and have a Repository "
            "with "
            "credentials for it"
        );
    }
    if (!leads_to_repository) {
        return error{
            error_kind::forbidden,
            "the server redirects to the page " + to->text() +
                " instead of the repository: check the URL, and what the credentials allow"
        };
    }
    return to;
}

} // namespace holdfast::git
