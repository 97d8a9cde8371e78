#include "cluster/exchangeable_connection.hpp"

#include <utility>

namespace holdfast::cluster {

namespace {

/// Holds the client that it came from.
class held_stream final : public http::body_stream {
public:
    held_stream(std::shared_ptr<http::client> from, std::unique_ptr<http::body_stream> inner)
        : from_{std::move(from)}, inner_{std::move(inner)} {}

    [[nodiscard]] const http::response& head() const noexcept override { return inner_->head(); }
    asio::awaitable<result<std::string>> read_some(std::chrono::milliseconds idle) override {
        return inner_->read_some(idle);
    }

private:
    std::shared_ptr<http::client> from_; // outlives the stream
    std::unique_ptr<http::body_stream> inner_;
};

} // namespace

asio::awaitable<result<http::response>>
exchangeable_connection::send(http::request what, http::send_options how) {
    const auto held = now_;
    if (!held) {
        co_return none_;
    }
    co_return co_await held->send(std::move(what), how);
}

asio::awaitable<result<std::unique_ptr<http::body_stream>>>
exchangeable_connection::open(http::request what, std::chrono::milliseconds head_deadline) {
    const auto held = now_;
    if (!held) {
        co_return none_;
    }
    auto opened = co_await held->open(std::move(what), head_deadline);
    if (!opened) {
        co_return opened.error();
    }
    std::unique_ptr<http::body_stream> stream = std::make_unique<held_stream>(held, std::move(*opened));
    co_return std::move(stream);
}

result<void> exchangeable_connection::replace_tls(http::tls_options tls) {
    return now_ ? now_->replace_tls(std::move(tls)) : result<void>{none_};
}

void exchangeable_connection::close_idle() {
    if (now_) {
        now_->close_idle();
    }
}

} // namespace holdfast::cluster
