// Gitea, Forgejo and Gogs: https://docs.gitea.com/usage/webhooks,
// https://forgejo.org/docs/latest/user/webhooks, https://gogs.io/advancing/webhooks. One body, and the same
// signature in a header of each one's name.

#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <array>

namespace holdfast::push {

namespace {

struct family_member {
    provider is;
    std::string_view event;
    std::string_view delivery;
    std::string_view signature;
};

constexpr family_member forgejo{
    provider::forgejo, "X-Forgejo-Event", "X-Forgejo-Delivery", "X-Forgejo-Signature"
};
constexpr family_member gitea{provider::gitea, "X-Gitea-Event", "X-Gitea-Delivery", "X-Gitea-Signature"};
constexpr family_member gogs{provider::gogs, "X-Gogs-Event", "X-Gogs-Delivery", "X-Gogs-Signature"};

template <const family_member& Who>
bool recognises(const http::request_info& request) {
    return has_header(request, Who.event);
}

constexpr std::array<std::string_view, 4> places{
    "ref", "repository.clone_url", "repository.ssh_url", "repository.html_url"
};

claim read_family(const family_member& who, const http::request_info& request, const body_fields& fields) {
    claim c;
    c.event = header_of(request, who.event);
    c.delivery_id = delivery_id_of(request, who.delivery);
    // A branch that is made or deleted is an event of its own, and no push.
    const bool moves = c.event == "push" || c.event == "create" || c.event == "delete";
    c.what = moves ? claim::kind::push : claim::kind::other;
    for (const auto place : std::span{places}.subspan(1)) {
        const auto& found = fields.all(place);
        c.urls.insert(c.urls.end(), found.begin(), found.end());
    }
    if (c.event == "push" && !fields.first("ref").empty()) {
        c.refs = {fields.first("ref")};
    }
    return c;
}

template <const family_member& Who>
claim read(const http::request_info& request, const body_fields& fields) {
    return read_family(Who, request, fields);
}

template <const family_member& Who>
awaited_signature
verify(const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point) {
    return await_hex_header(request, Who.signature, /*bare=*/true, secrets);
}

template <const family_member& Who>
constexpr scheme make() {
    return {.is = Who.is, .recognises = recognises<Who>, .places = places, .read = read<Who>, .verify = verify<Who>};
}

} // namespace

const scheme forgejo_scheme = make<forgejo>();
const scheme gitea_scheme = make<gitea>();
const scheme gogs_scheme = make<gogs>();

} // namespace holdfast::push
