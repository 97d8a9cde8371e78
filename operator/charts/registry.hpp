#pragma once

// OCI registries: the distribution API, version 2, with its tokens.

#include "charts/address.hpp"
#include "charts/challenge.hpp"
#include "charts/manifest.hpp"
#include "charts/web.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::charts {

/// What a tag means now.
struct tagged_manifest {
    /// Of the manifest, 64 hexadecimal digits; empty where the registry did not say and it was not read.
    std::string digest;
    /// Where it was read.
    std::optional<chart_layer> layer;
};

/// Speaks to any number of registries. Tokens are kept until they expire, one for each repository and
/// credentials. Errors are those of `web` and `refusal`; forbidden also where a token server refuses. On the
/// thread of its executor; held by those who use it.
class registries {
public:
    explicit registries(std::shared_ptr<web> w) : web_{std::move(w)} {}

    /// All tags, page by page. A user error beyond what is bounded.
    asio::awaitable<result<std::vector<std::string>>> tags(oci_address of, shared_credentials with);
    /// Asks what a tag means, without reading the manifest if the registry says its digest: registries count
    /// manifests that are read, and limit them.
    asio::awaitable<result<tagged_manifest>> look(oci_address at, shared_credentials with);
    /// Reads a manifest, by its tag or, where `digest` is not empty, by that. It is compared with `digest`
    /// and with what the registry says that it is.
    asio::awaitable<result<tagged_manifest>>
    manifest(oci_address at, std::string digest, shared_credentials with);
    /// The bytes of a layer, compared with its size. Their digest is the caller's to compare.
    asio::awaitable<result<std::string>> blob(oci_address of, chart_layer layer, shared_credentials with);

    /// Forgets tokens that have expired.
    void tidy();

private:
    struct pass {
        std::string authorization;
        steady_clock::time_point until;
    };
    struct call {
        std::string method = "GET";
        /// Behind "/v2/".
        std::string path;
        std::string query;
        std::string accept;
        std::size_t max_body = std::size_t{4} << 20U;
    };

    asio::awaitable<result<web_answer>> ask(oci_address of, call what, shared_credentials with);
    asio::awaitable<result<web_address>> place_of(web_address registry, shared_credentials with);
    asio::awaitable<result<pass>> introduce(
        oci_address of, web_address registry, std::vector<challenge> challenges, shared_credentials with
    );
    asio::awaitable<result<pass>>
    token(oci_address of, web_address registry, challenge bearer, shared_credentials with);

    std::shared_ptr<web> web_;
    // By registry, repository and credentials.
    lru_map<std::string, pass> passes_{512};
    // How registries are reached that may be spoken to over http.
    lru_map<std::string, web_address> places_{64};
};

} // namespace holdfast::charts
