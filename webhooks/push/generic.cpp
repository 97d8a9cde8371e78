// Whoever can run curl and openssl:
//
//   body='{"repository": "https://git.example.com/team/deploy", "ref": "refs/heads/main"}'
//   mac=$(printf %s "$body" | openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')
//   curl -H "X-Signature: sha256=$mac" --data "$body" https://holdfast.example.com/hooks/push

#include "push/body_fields.hpp"
#include "push/scheme.hpp"
#include "push/signature.hpp"

namespace holdfast::push {

namespace {

constexpr std::string_view signature_header = "X-Signature";

bool recognises(const http::request_info& request) {
    return has_header(request, signature_header);
}

result<claim> read(provider /*from*/, const http::request_info& request) {
    static constexpr std::string_view places[] = {"repository", "ref"};
    const auto fields = body_fields::read(request.what.body, places);
    if (!fields) {
        return fields.error();
    }
    claim c;
    c.what = claim::kind::push;
    c.event = "push";
    c.delivery_id = delivery_id_of(request, "X-Delivery-Id");
    c.urls = fields->all("repository");
    c.refs = fields->all("ref");
    if (c.urls.empty()) {
        return user_error("the body's repository must be the repository's URL");
    }
    return c;
}

verdict
verify(const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point) {
    const auto header = security_header_of(request, signature_header);
    if (header.problem != verdict::genuine) {
        return header.problem;
    }
    if (!header.value.starts_with("sha512=")) {
        return check_hex_header(request, signature_header, /*bare=*/false, secrets);
    }
    const auto mac = from_hex(std::string_view{header.value}.substr(7));
    if (!mac || mac->size() != 64) {
        return verdict::unreadable_signature;
    }
    return check_hmac(hmac_algorithm::sha512, *mac, request.what.body, secrets);
}

} // namespace

const scheme generic_scheme{
    .is = provider::generic,
    .recognises = recognises,
    .read = read,
    .verify = verify,
    .signs_bodies = false // it does, but the same body is rightly sent twice
};

} // namespace holdfast::push
