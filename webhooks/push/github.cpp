// GitHub: https://docs.github.com/webhooks/webhook-events-and-payloads and
// …/using-webhooks/validating-webhook-deliveries

#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::push {

namespace {

bool recognises(const http::request_info& request) {
    return has_header(request, "X-GitHub-Event");
}

// Of both events that tell of a package: "package" is the newer one.
constexpr std::array<std::string_view, 2> package_events{"package", "registry_package"};
constexpr std::array<std::string_view, 10> places{
    "ref",
    "repository.clone_url",
    "repository.ssh_url",
    "repository.html_url",
    "repository.git_url",
    "action",
    "package.package_type",
    "package.package_version.package_url",
    "registry_package.package_type",
    "registry_package.package_version.package_url"
};
constexpr std::size_t first_url = 1;
constexpr std::size_t urls = 4;
constexpr std::size_t first_package = 6;

// "ghcr.io/acme/charts/web:1.2.3" → "oci://ghcr.io/acme/charts/web".
std::string without_tag(std::string_view url) {
    const auto name = url.rfind('/');
    if (name == std::string_view::npos) {
        return {};
    }
    return "oci://" + std::string{url.substr(0, url.find_first_of(":@", name))};
}

// A chart in GitHub's registry is a package of the type "container".
claim read_package(claim c, const body_fields& fields) {
    const auto& action = fields.first("action");
    for (std::size_t i = first_package; i + 1 < places.size(); i += 2) {
        const auto& type = fields.first(places[i]);
        const bool is_image = type == "container" || type == "CONTAINER";
        if (auto url = without_tag(fields.first(places[i + 1])); is_image && !url.empty()) {
            c.urls.push_back(std::move(url));
        }
    }
    if (!c.urls.empty() && (action == "published" || action == "updated")) {
        c.what = claim::kind::push;
    }
    return c;
}

claim read(const http::request_info& request, const body_fields& fields) {
    claim c;
    c.event = header_of(request, "X-GitHub-Event");
    c.delivery_id = delivery_id_of(request, "X-GitHub-Delivery");
    c.what = c.event == "push"   ? claim::kind::push
             : c.event == "ping" ? claim::kind::ping
                                 : claim::kind::other;
    if (std::ranges::find(package_events, c.event) != package_events.end()) {
        return read_package(std::move(c), fields);
    }
    for (const auto place : std::span{places}.subspan(first_url, urls)) {
        const auto& found = fields.all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
    if (c.what == claim::kind::push && !fields.first("ref").empty()) {
        c.refs = {fields.first("ref")};
    }
    return c;
}

// The SHA-1 that GitHub sends as X-Hub-Signature too is not looked at.
awaited_signature
verify(const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point) {
    return await_hex_header(request, "X-Hub-Signature-256", /*bare=*/false, secrets);
}

} // namespace

const scheme github_scheme{
    .is = provider::github, .recognises = recognises, .places = places, .read = read, .verify = verify
};

} // namespace holdfast::push
