// GitHub: https://docs.github.com/webhooks/webhook-events-and-payloads and
// …/using-webhooks/validating-webhook-deliveries

#include "push/body_fields.hpp"
#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <boost/url/parse_query.hpp>

namespace holdfast::push {

namespace {

bool recognises(const http::request_info& request) {
    return has_header(request, "X-GitHub-Event");
}

// The content type that GitHub offers first is a form with the JSON in its field "payload".
result<std::string> payload_of(const http::request_info& request) {
    const auto& body = request.what.body;
    if (!header_of(request, "Content-Type").starts_with("application/x-www-form-urlencoded")) {
        return body;
    }
    const auto form = boost::urls::parse_query(body);
    if (!form) {
        return user_error("the body must be a form with the field payload, or JSON");
    }
    for (const auto param : *form) {
        if (param.key.decode() == "payload") {
            boost::urls::encoding_opts how;
            how.space_as_plus = true;
            return param.value.decode(how);
        }
    }
    return user_error("the form has no field payload");
}

result<claim> read(provider /*from*/, const http::request_info& request) {
    const auto body = payload_of(request);
    if (!body) {
        return body.error();
    }
    static constexpr std::string_view places[] = {
        "ref", "repository.clone_url", "repository.ssh_url", "repository.html_url", "repository.git_url"
    };
    const auto fields = body_fields::read(*body, places);
    if (!fields) {
        return fields.error();
    }
    claim c;
    c.event = header_of(request, "X-GitHub-Event");
    c.delivery_id = delivery_id_of(request, "X-GitHub-Delivery");
    c.what = c.event == "push"   ? claim::kind::push
             : c.event == "ping" ? claim::kind::ping
                                 : claim::kind::other;
    for (const auto place : std::span{places}.subspan(1)) {
        const auto& found = fields->all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
    if (c.what == claim::kind::push && !fields->first("ref").empty()) {
        c.refs = {fields->first("ref")};
    }
    return c;
}

// The SHA-1 that GitHub sends as X-Hub-Signature too is not looked at.
verdict
verify(const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point) {
    return check_hex_header(request, "X-Hub-Signature-256", /*bare=*/false, secrets);
}

} // namespace

const scheme github_scheme{.is = provider::github, .recognises = recognises, .read = read, .verify = verify};

} // namespace holdfast::push
