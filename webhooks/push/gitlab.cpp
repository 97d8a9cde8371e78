// GitLab: https://docs.gitlab.com/user/project/integrations/webhook_events, and for the signing token
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

#include "base/base64.hpp"
#include "push/body_fields.hpp"
#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <charconv>
#include <chrono>

namespace holdfast::push {

using namespace std::chrono_literals;

namespace {

constexpr auto tolerance = 5min;
constexpr std::string_view signing_secret = "whsec_";

bool recognises(const http::request_info& request) {
    return has_header(request, "X-Gitlab-Event");
}

result<claim> read(provider /*from*/, const http::request_info& request) {
    static constexpr std::string_view places[] = {
        "object_kind",
        "event_name",
        "ref",
        "refs[]",
        "project.git_http_url",
        "project.git_ssh_url",
        "project.web_url",
        "repository.git_http_url",
        "repository.git_ssh_url",
        "repository.homepage",
    };
    const auto fields = body_fields::read(request.what.body, places);
    if (!fields) {
        return fields.error();
    }
    claim c;
    c.event = header_of(request, "X-Gitlab-Event");
    c.delivery_id = delivery_id_of(request, "webhook-id");
    if (c.delivery_id.empty()) {
        c.delivery_id = delivery_id_of(request, "X-Gitlab-Event-UUID");
    }
    // A system hook tells what it is about in the body.
    const auto& kind =
        fields->first("object_kind").empty() ? fields->first("event_name") : fields->first("object_kind");
    const bool moves = kind == "push" || kind == "tag_push" || kind == "repository_update";
    c.what = moves ? claim::kind::push : claim::kind::other;
    for (const auto place : std::span{places}.subspan(4)) {
        const auto& found = fields->all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
    if (moves) {
        c.refs = fields->overflowed("refs[]") ? std::vector<std::string>{} : fields->all("refs[]");
        if (!fields->first("ref").empty()) {
            c.refs.push_back(fields->first("ref"));
        }
    }
    return c;
}

verdict verify_signed(
    const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point now
) {
    const auto signatures = security_header_of(request, "webhook-signature");
    const auto id = security_header_of(request, "webhook-id");
    const auto time = security_header_of(request, "webhook-timestamp");
    for (const auto* header : {&signatures, &id, &time}) {
        if (header->problem != verdict::genuine) {
            return header->problem;
        }
    }
    std::int64_t seconds = 0;
    const auto* const end = time.value.data() + time.value.size();
    if (const auto [stop, ec] = std::from_chars(time.value.data(), end, seconds);
        ec != std::errc{} || stop != end) {
        return verdict::unreadable_signature;
    }
    std::vector<std::string> keys;
    for (const auto secret : secrets) {
        if (secret.starts_with(signing_secret)) {
            if (auto key = base64_decode(secret.substr(signing_secret.size())); key && !key->empty()) {
                keys.push_back(std::move(*key));
            }
        }
    }
    const std::vector<std::string_view> views{keys.begin(), keys.end()};
    const auto message = id.value + "." + time.value + "." + request.what.body;
    bool readable = false;
    bool genuine = false;
    std::string_view list{signatures.value};
    while (!list.empty()) {
        const auto blank = list.find(' ');
        const auto one = list.substr(0, blank);
        list.remove_prefix(blank == std::string_view::npos ? list.size() : blank + 1);
        if (!one.starts_with("v1,")) {
            continue; // of another scheme, for others
        }
        const auto mac = base64_decode(one.substr(3));
        if (!mac || mac->size() != 32) {
            continue;
        }
        readable = true;
        genuine = check_hmac(hmac_algorithm::sha256, *mac, message, views) == verdict::genuine || genuine;
    }
    if (!readable) {
        return verdict::unreadable_signature;
    }
    if (!genuine) {
        return verdict::wrong_signature;
    }
    // Clocks of a long way off are compared without running over.
    const auto at = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    const auto allowed = std::chrono::seconds{tolerance}.count();
    return seconds < at - allowed || seconds > at + allowed ? verdict::stale : verdict::genuine;
}

verdict verify(
    const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point now
) {
    if (has_header(request, "webhook-signature")) {
        return verify_signed(request, secrets, now); // and never the token beside it
    }
    const auto token = security_header_of(request, "X-Gitlab-Token");
    if (token.problem != verdict::genuine) {
        return token.problem;
    }
    // A signing secret that is sent as it is was never meant to be.
    std::vector<std::string_view> tokens;
    for (const auto secret : secrets) {
        if (!secret.starts_with(signing_secret)) {
            tokens.push_back(secret);
        }
    }
    return check_token(token.value, tokens);
}

} // namespace

const scheme gitlab_scheme{.is = provider::gitlab, .recognises = recognises, .read = read, .verify = verify};

} // namespace holdfast::push
