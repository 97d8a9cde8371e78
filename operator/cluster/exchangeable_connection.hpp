#pragma once

#include "base/async.hpp"
#include "http/client.hpp"

#include <memory>

namespace holdfast::cluster {

/// A client whose credentials can be exchanged for others while it is used: what was begun goes on with the old
/// ones, what begins later has the new. Without any, every request fails, and says so. On the loop's thread.
class exchangeable_connection final : public http::client {
public:
    /// `none`: what requests fail with while there is no connection.
    explicit exchangeable_connection(error none) : none_{std::move(none)} {}

    void exchange(std::shared_ptr<http::client> now) { now_ = std::move(now); }
    /// From now on every request fails with this.
    void close(error why) {
        none_ = std::move(why);
        now_.reset();
    }

    asio::awaitable<result<http::response>> send(http::request what, http::send_options how) override;
    asio::awaitable<result<std::unique_ptr<http::body_stream>>>
    open(http::request what, std::chrono::milliseconds head_deadline) override;
    result<void> replace_tls(http::tls_options tls) override;
    void close_idle() override;

private:
    error none_;
    std::shared_ptr<http::client> now_;
};

} // namespace holdfast::cluster
