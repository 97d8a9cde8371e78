#pragma once

// What a provider's file gives to delivery.cpp.

#include "base/hash.hpp"
#include "push/body_fields.hpp"
#include "push/delivery.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::push {

/// What a delivery's head says of its signature.
struct awaited_signature {
    /// Set: the body does not belong to what was checked.
    std::optional<verdict> decided;
    hmac_algorithm algorithm = hmac_algorithm::sha256;
    /// The body's HMAC has to be one of these …
    std::vector<std::string> macs = {};
    /// … with one of these keys …
    std::vector<std::string> keys = {};
    /// … over this and the body.
    std::string before_body = {};
    /// What a signature that is right is worth.
    verdict if_right = verdict::genuine;
};

/// One provider's headers, body and signature.
struct scheme {
    provider is;
    bool (*recognises)(const http::request_info& request);
    /// Where in the body is what `read` looks at.
    std::span<const std::string_view> places;
    /// `fields` may still lack what comes later in the body.
    claim (*read)(const http::request_info& request, const body_fields& fields);
    /// `secrets` are trimmed, none is empty, and there is one at least.
    awaited_signature (*verify)(
        const http::request_info& request, std::span<const std::string_view> secrets,
        wall_clock::time_point now
    );
    bool signs_bodies = true;
    /// What a push without an address of its repository lacks.
    std::string_view without_address = "the body names no address of the repository that was pushed to";
};

extern const scheme github_scheme;
extern const scheme gitlab_scheme;
extern const scheme gitea_scheme;
extern const scheme forgejo_scheme;
extern const scheme gogs_scheme;
extern const scheme bitbucket_cloud_scheme;
extern const scheme bitbucket_data_center_scheme;
extern const scheme azure_devops_scheme;
extern const scheme generic_scheme;

/// The header's value; empty when it is not there.
std::string header_of(const http::request_info& request, std::string_view name);
inline bool has_header(const http::request_info& request, std::string_view name) {
    return request.find(name).has_value();
}

/// A header that names a delivery, where it is one that could be told again: short, and of characters that
/// print. Else empty.
std::string delivery_id_of(const http::request_info& request, std::string_view name);

} // namespace holdfast::push
