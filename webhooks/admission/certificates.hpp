#pragma once

#include "admission/rotation.hpp"
#include "base/async.hpp"
#include "http/server.hpp"
#include "kube/client.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace holdfast::admission {

struct certificate_settings {
    /// Where the Secret is: the operator's own namespace.
    std::string namespace_;
    std::string secret = "holdfast-admission";
    /// Of the ValidatingWebhookConfiguration.
    std::string configuration = "holdfast";
    /// "https://HOST:PORT/validate": the configuration is made, and kept, with this address. Empty: it was
    /// installed, and only whom it trusts is kept.
    std::string url;
    rotation_settings rotation;
};

/// Keeps the webhook's certificates in a Secret, serves with them, and has API servers trust them: makes them
/// at the first start, renews them in time, puts back what somebody overwrites. Replicas do the same side by
/// side: whoever writes first has the others read. On the loop's thread.
class certificates {
public:
    /// Called when there is something else to serve with.
    using serve = std::function<void(const http::server_tls&)>;

    /// `api` outlives it.
    certificates(
        asio::any_io_executor executor, kube::client& api, certificate_settings settings, serve with
    );
    ~certificates();
    certificates(const certificates&) = delete;
    certificates& operator=(const certificates&) = delete;

    /// Starts watching the Secret and the configuration.
    void start();
    /// A good certificate is being served, and API servers were told to trust it (where it is ours to tell).
    [[nodiscard]] bool ready() const noexcept;
    asio::awaitable<void> stop();

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// A certificate that nobody trusts, to listen with until there is another.
[[nodiscard]] http::server_tls placeholder();

} // namespace holdfast::admission
