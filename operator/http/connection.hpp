#pragma once

// Not a public header: for the .cpp files of this folder.

#include "base/async.hpp"
#include "base/error.hpp"
#include "http/layer.hpp"
#include "http/tls.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::http {

/// A TCP connection, with or without TLS on it, and the bytes that came and are not yet used. One coroutine
/// at a time. Every wait ends at the deadline set last; a cancelled wait throws operation_aborted and leaves
/// the connection as it was. Closed when destroyed.
class connection {
public:
    explicit connection(const asio::any_io_executor& executor);
    connection(const asio::any_io_executor& executor, asio::ip::tcp::socket accepted);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// From now on nothing waits longer than until `end`; then it is a transient error, "timed out".
    void expire_at(steady_clock::time_point end);
    /// Nothing ends by itself any more: for a connection that rests.
    void expire_never();
    /// Ends the current wait and all further ones as if the deadline had come, for somebody who does not run
    /// the coroutine.
    void interrupt();
    [[nodiscard]] bool expired() const noexcept { return expired_; }

    /// Tries one address.
    asio::awaitable<result<void>> connect(asio::ip::tcp::endpoint to);
    /// Puts TLS on top of what is there and shakes hands. `name`: see make_tls_client.
    asio::awaitable<result<void>> start_tls_client(tls_context context, std::string name);
    asio::awaitable<result<void>> start_tls_server(tls_context context);

    /// Writes all of it. `bytes` must live until the end.
    asio::awaitable<result<void>> write(std::string_view bytes);
    /// Adds what comes next to inbox(). False at the peer's orderly end.
    asio::awaitable<result<bool>> fill();
    /// Bytes that came and were not consumed.
    [[nodiscard]] std::string& inbox() noexcept { return inbox_; }

    /// True when the peer neither closed it nor sent anything: it can be used for another request.
    [[nodiscard]] bool is_quiet();
    /// Says that nothing more comes from us; reading goes on.
    void finish_writing() noexcept;

private:
    /// What a wait for the socket came to. A cancellation is thrown on.
    [[nodiscard]] result<void> outcome_of(boost::system::error_code ec) const;
    asio::awaitable<result<void>> wait(bool writing);
    asio::awaitable<result<void>> shake_hands();
    asio::awaitable<result<void>> breathe();

    asio::ip::tcp::socket socket_;
    asio::steady_timer timer_;
    std::unique_ptr<layer> top_;
    std::string inbox_;
    // Held weakly by the timer's handlers, which may come after this is gone.
    std::shared_ptr<connection*> self_;
    std::uint64_t timer_round_ = 0;
    steady_clock::time_point deadline_ = steady_clock::time_point::max();
    unsigned without_waiting_ = 0;
    bool expired_ = false;
};

} // namespace holdfast::http
