// Azure DevOps: https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks and …/events. It
// does not sign; it knows a user and a password.

#include "base/base64.hpp"
#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <array>

namespace holdfast::push {

namespace {

bool recognises(const http::request_info& request) {
    return has_header(request, "X-Vss-ActivityId") || has_header(request, "X-Vss-SubscriptionId") ||
           header_of(request, "User-Agent").starts_with("VSServices/");
}

constexpr std::array<std::string_view, 6> places{
    "eventType",
    "id",
    "resource.refUpdates[].name",
    "resource.repository.remoteUrl",
    "resource.repository.sshUrl",
    "resource.repository.webUrl"
};

claim read(const http::request_info& /*request*/, const body_fields& fields) {
    claim c;
    c.event = fields.first("eventType").substr(0, 64);
    c.delivery_id = fields.first("id").substr(0, 64);
    c.what = c.event == "git.push" ? claim::kind::push : claim::kind::other;
    for (const auto place : std::span{places}.subspan(3)) {
        const auto& found = fields.all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
    if (c.what == claim::kind::push && !fields.overflowed(places[2])) {
        c.refs = fields.all(places[2]);
    }
    return c;
}

awaited_signature
verify(const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point) {
    const auto header = security_header_of(request, "Authorization");
    if (header.problem != verdict::genuine) {
        return decided(header.problem);
    }
    constexpr std::string_view basic = "Basic ";
    if (!header.value.starts_with(basic)) {
        return decided(verdict::unreadable_signature);
    }
    const auto sent = base64_decode(std::string_view{header.value}.substr(basic.size()));
    const auto colon = sent ? sent->find(':') : std::string::npos;
    if (colon == std::string::npos) {
        return decided(verdict::unreadable_signature);
    }
    const auto password = std::string_view{*sent}.substr(colon + 1);
    if (password.empty()) {
        return decided(verdict::unsigned_delivery);
    }
    // A secret is "user:password", or the password of whichever user.
    bool genuine = false;
    for (const auto secret : secrets) {
        const auto said = secret.find(':') == std::string_view::npos ? password : std::string_view{*sent};
        genuine = equal_in_constant_time(said, secret) || genuine;
    }
    return decided(genuine ? verdict::genuine : verdict::wrong_signature);
}

} // namespace

const scheme azure_devops_scheme{
    .is = provider::azure_devops,
    .recognises = recognises,
    .places = places,
    .read = read,
    .verify = verify,
    .signs_bodies = false
};

} // namespace holdfast::push
