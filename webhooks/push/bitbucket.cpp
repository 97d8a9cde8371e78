// Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads; Data Center:
// https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html. Their headers are nearly the
// same, their bodies are not.

#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <array>

namespace holdfast::push {

namespace {

bool is_bitbucket(const http::request_info& request) {
    return has_header(request, "X-Event-Key");
}

bool is_cloud(const http::request_info& request) {
    return is_bitbucket(request) && has_header(request, "X-Hook-UUID");
}

bool is_data_center(const http::request_info& request) {
    return is_bitbucket(request) && !has_header(request, "X-Hook-UUID");
}

constexpr std::array<std::string_view, 3> cloud_places{
    "push.changes[].new.name", "repository.links.html.href", "repository.links.clone[].href"
};
constexpr std::array<std::string_view, 3> data_center_places{
    "changes[].refId", "repository.links.clone[].href", "repository.links.self[].href"
};

void take_urls(claim& c, const body_fields& fields, std::span<const std::string_view> places) {
    for (const auto place : places) {
        const auto& found = fields.all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
}

claim read_cloud(const http::request_info& request, const body_fields& fields) {
    claim c;
    c.event = header_of(request, "X-Event-Key");
    c.delivery_id = delivery_id_of(request, "X-Request-UUID");
    c.what = c.event == "repo:push" ? claim::kind::push : claim::kind::other;
    take_urls(c, fields, std::span{cloud_places}.subspan(1));
    if (c.what == claim::kind::push && !fields.overflowed(cloud_places[0])) {
        // A name; whether of a branch or a tag is of no interest here.
        c.refs = fields.all(cloud_places[0]);
    }
    return c;
}

claim read_data_center(const http::request_info& request, const body_fields& fields) {
    claim c;
    c.event = header_of(request, "X-Event-Key");
    c.delivery_id = delivery_id_of(request, "X-Request-Id");
    if (c.event == "diagnostics:ping") {
        c.what = claim::kind::ping;
        return c;
    }
    const bool moves = c.event == "repo:refs_changed" || c.event == "mirror:repo_synchronized";
    c.what = moves ? claim::kind::push : claim::kind::other;
    take_urls(c, fields, std::span{data_center_places}.subspan(1));
    if (moves && !fields.overflowed(data_center_places[0])) {
        c.refs = fields.all(data_center_places[0]);
    }
    return c;
}

awaited_signature
verify(const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point) {
    return await_hex_header(request, "X-Hub-Signature", /*bare=*/false, secrets);
}

} // namespace

const scheme bitbucket_cloud_scheme{
    .is = provider::bitbucket_cloud,
    .recognises = is_cloud,
    .places = cloud_places,
    .read = read_cloud,
    .verify = verify
};
const scheme bitbucket_data_center_scheme{
    .is = provider::bitbucket_data_center,
    .recognises = is_data_center,
    .places = data_center_places,
    .read = read_data_center,
    .verify = verify
};

} // namespace holdfast::push
