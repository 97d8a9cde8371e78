// GitLab: https://docs.gitlab.com/user/project/integrations/webhook_events, and for the signing token
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

#include "base/base64.hpp"
#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <array>
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

constexpr std::array<std::string_view, 10> places{
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

claim read(const http::request_info& request, const body_fields& fields) {
    claim c;
    c.event = header_of(request, "X-Gitlab-Event");
    c.delivery_id = delivery_id_of(request, "webhook-id");
    if (c.delivery_id.empty()) {
        c.delivery_id = delivery_id_of(request, "X-Gitlab-Event-UUID");
    }
    // A system hook tells what it is about in the body.
    const auto& kind =
        fields.first("object_kind").empty() ? fields.first("event_name") : fields.first("object_kind");
    const bool moves = kind == "push" || kind == "tag_push" || kind == "repository_update";
    c.what = moves ? claim::kind::push : claim::kind::other;
    for (const auto place : std::span{places}.subspan(4)) {
        const auto& found = fields.all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
    if (moves) {
        c.refs = fields.overflowed("refs[]") ? std::vector<std::string>{} : fields.all("refs[]");
        if (!fields.first("ref").empty()) {
            c.refs.push_back(fields.first("ref"));
        }
    }
    return c;
}

awaited_signature verify_signed(
    const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point now
) {
    const auto signatures = security_header_of(request, "webhook-signature");
    const auto id = security_header_of(request, "webhook-id");
    const auto time = security_header_of(request, "webhook-timestamp");
    for (const auto* header : {&signatures, &id, &time}) {
        if (header->problem != verdict::genuine) {
            return decided(header->problem);
        }
    }
    std::int64_t seconds = 0;
    const auto* const end = time.value.data() + time.value.size();
    if (const auto [stop, ec] = std::from_chars(time.value.data(), end, seconds);
        ec != std::errc{} || stop != end) {
        return decided(verdict::unreadable_signature);
    }
    awaited_signature awaited;
    for (const auto secret : secrets) {
        if (secret.starts_with(signing_secret)) {
            if (auto key = base64_decode(secret.substr(signing_secret.size())); key && !key->empty()) {
                awaited.keys.push_back(std::move(*key));
            }
        }
    }
    awaited.before_body = id.value + "." + time.value + ".";
    std::string_view list{signatures.value};
    while (!list.empty()) {
        const auto blank = list.find(' ');
        const auto one = list.substr(0, blank);
        list.remove_prefix(blank == std::string_view::npos ? list.size() : blank + 1);
        if (!one.starts_with("v1,")) {
            continue; // of another scheme, for others
        }
        if (auto mac = base64_decode(one.substr(3)); mac && mac->size() == 32) {
            awaited.macs.push_back(std::move(*mac));
        }
    }
    if (awaited.macs.empty()) {
        return decided(verdict::unreadable_signature);
    }
    // Clocks of a long way off are compared without running over.
    const auto at = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    const auto allowed = std::chrono::seconds{tolerance}.count();
    awaited.if_right = seconds < at - allowed || seconds > at + allowed ? verdict::stale : verdict::genuine;
    return awaited;
}

awaited_signature verify(
    const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point now
) {
    if (has_header(request, "webhook-signature")) {
        return verify_signed(request, secrets, now); // and never the token beside it
    }
    const auto token = security_header_of(request, "X-Gitlab-Token");
    if (token.problem != verdict::genuine) {
        return decided(token.problem);
    }
    // A signing secret that is sent as it is was never meant to be.
    std::vector<std::string_view> tokens;
    for (const auto secret : secrets) {
        if (!secret.starts_with(signing_secret)) {
            tokens.push_back(secret);
        }
    }
    return decided(check_token(token.value, tokens));
}

} // namespace

const scheme gitlab_scheme{
    .is = provider::gitlab, .recognises = recognises, .places = places, .read = read, .verify = verify
};

} // namespace holdfast::push
