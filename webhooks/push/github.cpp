// GitHub: https://docs.github.com/webhooks/webhook-events-and-payloads and
// …/using-webhooks/validating-webhook-deliveries

#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <array>

namespace holdfast::push {

namespace {

bool recognises(const http::request_info& request) {
    return has_header(request, "X-GitHub-Event");
}

constexpr std::array<std::string_view, 5> places{
    "ref", "repository.clone_url", "repository.ssh_url", "repository.html_url", "repository.git_url"
};

claim read(const http::request_info& request, const body_fields& fields) {
    claim c;
    c.event = header_of(request, "X-GitHub-Event");
    c.delivery_id = delivery_id_of(request, "X-GitHub-Delivery");
    c.what = c.event == "push"   ? claim::kind::push
             : c.event == "ping" ? claim::kind::ping
                                 : claim::kind::other;
    for (const auto place : std::span{places}.subspan(1)) {
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
