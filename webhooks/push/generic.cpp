// Whoever can run curl and openssl:
//
//   body='{"repository": "https://git.example.com/team/deploy", "ref": "refs/heads/main"}'
//   mac=$(printf %s "$body" | openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')
//   curl -H "X-Signature: sha256=$mac" --data "$body" https://holdfast.example.com/hooks/push

#include "push/scheme.hpp"
#include "push/signature.hpp"

#include <array>
#include <utility>

namespace holdfast::push {

namespace {

constexpr std::string_view signature_header = "X-Signature";

bool recognises(const http::request_info& request) {
    return has_header(request, signature_header);
}

constexpr std::array<std::string_view, 2> places{"repository", "ref"};

claim read(const http::request_info& request, const body_fields& fields) {
    claim c;
    c.what = claim::kind::push;
    c.event = "push";
    c.delivery_id = delivery_id_of(request, "X-Delivery-Id");
    c.urls = fields.all("repository");
    c.refs = fields.all("ref");
    return c;
}

awaited_signature
verify(const http::request_info& request, std::span<const std::string_view> secrets, wall_clock::time_point) {
    const auto header = security_header_of(request, signature_header);
    if (header.problem != verdict::genuine) {
        return decided(header.problem);
    }
    if (!header.value.starts_with("sha512=")) {
        return await_hex_header(request, signature_header, /*bare=*/false, secrets);
    }
    auto mac = from_hex(std::string_view{header.value}.substr(7));
    if (!mac || mac->size() != 64) {
        return decided(verdict::unreadable_signature);
    }
    return await_hmac(hmac_algorithm::sha512, std::move(*mac), secrets);
}

} // namespace

const scheme generic_scheme{
    .is = provider::generic,
    .recognises = recognises,
    .places = places,
    .read = read,
    .verify = verify,
    .signs_bodies = false, // it does, but the same body is rightly sent twice
    .without_address = "the body's repository must be the repository's URL"
};

} // namespace holdfast::push
