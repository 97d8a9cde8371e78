#pragma once

// What a provider's file gives to delivery.cpp.

#include "push/delivery.hpp"

#include <array>

namespace holdfast::push {

/// One provider's headers, body and signature.
struct scheme {
    provider is;
    bool (*recognises)(const http::request_info& request);
    /// `from` is `is`.
    result<claim> (*read)(provider from, const http::request_info& request);
    /// `secrets` are trimmed, none is empty, and there is one at least.
    verdict (*verify)(
        const http::request_info& request, std::span<const std::string_view> secrets,
        wall_clock::time_point now
    );
    bool signs_bodies = true;
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
