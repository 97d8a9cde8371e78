#pragma once

#include "api/access.hpp"
#include "kube/client.hpp"

namespace holdfast::api {

/// The API server's own: TokenReview and SubjectAccessReview. So people have the rights here that they have
/// with kubectl. `api` outlives it.
class kube_authority final : public authority {
public:
    explicit kube_authority(kube::client& api) : api_{api} {}

    asio::awaitable<result<std::optional<identity>>> who(std::string token) override;
    asio::awaitable<result<verdict>> may(identity who, right what) override;

private:
    kube::client& api_;
};

} // namespace holdfast::api
