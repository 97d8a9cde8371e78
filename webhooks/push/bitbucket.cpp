// Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads; Data Center:
// https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html. Their headers are nearly the
// same, their bodies are not.

#include "push/body_fields.hpp"
#include "push/scheme.hpp"
#include "push/signature.hpp"

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

result<claim> read_cloud(provider /*from*/, const http::request_info& request) {
    static constexpr std::string_view branch = "push.changes[].new.name";
    static constexpr std::string_view places[] = {
        branch, "repository.links.html.href", "repository.links.clone[].href"
    };
    const auto fields = body_fields::read(request.what.body, places);
    if (!fields) {
        return fields.error();
    }
    claim c;
    c.event = header_of(request, "X-Event-Key");
    c.delivery_id = delivery_id_of(request, "X-Request-UUID");
    c.what = c.event == "repo:push" ? claim::kind::push : claim::kind::other;
    for (const auto place : {places[1], places[2]}) {
        const auto& found = fields->all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
    if (c.what == claim::kind::push && !fields->overflowed(branch)) {
        // A name; whether of a branch or a tag is of no interest here.
        c.refs = fields->all(branch);
    }
    return c;
}

result<claim> read_data_center(provider /*from*/, const http::request_info& request) {
    static constexpr std::string_view places[] = {
        "changes[].refId", "repository.links.clone[].href", "repository.links.self[].href"
    };
    claim c;
    c.event = header_of(request, "X-Event-Key");
    c.delivery_id = delivery_id_of(request, "X-Request-Id");
    if (c.event == "diagnostics:ping") {
        c.what = claim::kind::ping;
        return c;
    }
    const auto fields = body_fields::read(request.what.body, places);
    if (!fields) {
        return fields.error();
    }
    const bool moves = c.event == "repo:refs_changed" || c.event == "mirror:repo_synchronized";
    c.what = moves ? claim::kind::push : claim::kind::other;
    for (const auto place : {places[1], places[2]}) {
        const auto& found = fields->all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
    if (moves && !fields->overflowed(places[0])) {
        c.refs = fields->all(places[0]);
    }
    return c;
}

verdict
verify(const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point) {
    return check_hex_header(request, "X-Hub-Signature", /*bare=*/false, secrets);
}

} // namespace

const scheme bitbucket_cloud_scheme{
    .is = provider::bitbucket_cloud, .recognises = is_cloud, .read = read_cloud, .verify = verify
};
const scheme bitbucket_data_center_scheme{
    .is = provider::bitbucket_data_center,
    .recognises = is_data_center,
    .read = read_data_center,
    .verify = verify
};

} // namespace holdfast::push
