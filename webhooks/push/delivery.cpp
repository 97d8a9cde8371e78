#include "push/delivery.hpp"

#include "push/scheme.hpp"

#include <algorithm>
#include <array>

namespace holdfast::push {

namespace {

// Forgejo sends Gitea's headers too, Gitea sends Gogs', and all three send GitHub's: the most special first.
// Generic is last: it is recognised by a signature alone.
constexpr std::array<const scheme*, 9> schemes{
    &forgejo_scheme,
    &gitea_scheme,
    &gogs_scheme,
    &github_scheme,
    &gitlab_scheme,
    &bitbucket_cloud_scheme,
    &bitbucket_data_center_scheme,
    &azure_devops_scheme,
    &generic_scheme,
};

const scheme& scheme_of(provider p) {
    const auto* const found =
        std::find_if(schemes.begin(), schemes.end(), [p](const scheme* s) { return s->is == p; });
    return **found;
}

constexpr std::size_t max_delivery_id = 128;

} // namespace

std::string_view to_string(provider p) noexcept {
    switch (p) {
    case provider::github: return "github";
    case provider::gitlab: return "gitlab";
    case provider::gitea: return "gitea";
    case provider::forgejo: return "forgejo";
    case provider::gogs: return "gogs";
    case provider::bitbucket_cloud: return "bitbucket-cloud";
    case provider::bitbucket_data_center: return "bitbucket-data-center";
    case provider::azure_devops: return "azure-devops";
    case provider::generic: return "generic";
    }
    return "generic";
}

std::optional<provider> recognise(const http::request_info& request) {
    for (const auto* s : schemes) {
        if (s->recognises(request)) {
            return s->is;
        }
    }
    return std::nullopt;
}

result<claim> read_claim(provider from, const http::request_info& request) {
    auto read = scheme_of(from).read(from, request);
    if (!read) {
        return read.error();
    }
    read->from = from;
    std::sort(read->urls.begin(), read->urls.end());
    read->urls.erase(std::unique(read->urls.begin(), read->urls.end()), read->urls.end());
    if (read->urls.size() > max_urls) {
        read->urls.resize(max_urls);
    }
    if (read->refs.size() > max_refs) {
        read->refs.clear(); // any may have moved
    }
    if (read->what == claim::kind::push && read->urls.empty()) {
        return user_error("the body names no address of the repository that was pushed to");
    }
    return read;
}

std::string_view explain(verdict v) noexcept {
    switch (v) {
    case verdict::genuine: return "it is genuine";
    case verdict::no_secret: return "there is no secret to check its signature with";
    case verdict::unsigned_delivery: return "it bears no signature: set the secret in the webhook's settings";
    case verdict::unreadable_signature:
        return "its signature is not of the form or algorithm that is accepted";
    case verdict::stale: return "its time of signing is more than five minutes away from now";
    case verdict::wrong_signature: return "its signature was made with none of the secrets";
    }
    return "";
}

verdict verify(
    provider from, const http::request_info& request, std::span<const std::string> secrets,
    wall_clock::time_point now
) {
    std::vector<std::string_view> usable;
    for (std::string_view secret : secrets) {
        if (secret.ends_with('\n')) {
            secret.remove_suffix(secret.ends_with("\r\n") ? 2 : 1);
        }
        if (!secret.empty()) {
            usable.push_back(secret);
        }
    }
    if (usable.empty()) {
        return verdict::no_secret;
    }
    return scheme_of(from).verify(request, usable, now);
}

bool signs_each_body(provider from, const http::request_info& request) {
    if (from == provider::gitlab) {
        return has_header(request, "webhook-signature"); // else it sends its token as it is
    }
    return scheme_of(from).signs_bodies;
}

std::string header_of(const http::request_info& request, std::string_view name) {
    const auto value = request.find(name);
    return value ? std::string{value->substr(0, 256)} : std::string{};
}

std::string delivery_id_of(const http::request_info& request, std::string_view name) {
    auto id = header_of(request, name);
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    return plain && id.size() <= max_delivery_id ? id : std::string{};
}

} // namespace holdfast::push
