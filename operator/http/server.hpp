#pragma once

#include "base/error.hpp"
#include "http/client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::http {

/// What is still to come of a body. One wait at a time, and only until its request is answered.
class unread_body {
public:
    virtual ~unread_body() = default;
    /// The next piece; empty after the last. An error when it cannot come: the client left, is too slow, or
    /// sends more than is taken. The server then says so itself, whatever its handler answers.
    virtual boost::asio::awaitable<result<std::string>> next() = 0;
};

/// What is still to be said of an answer that is given bit by bit. Its client may be gone at any time: then it
/// is destroyed, in the middle of a wait as well (which is cancelled).
class answer_stream {
public:
    virtual ~answer_stream() = default;
    /// Waits for the next piece; nothing at the end of the body. An empty piece says nothing: the server only
    /// looks whether the client is still there, so one is to come every few seconds.
    virtual boost::asio::awaitable<std::optional<std::string>> next() = 0;
};

/// A request as it reached us. `what.target` is the path and query as the client wrote them.
struct request_info {
    request what;
    /// Set for a body that is longer than listen_options::whole_body: `what.body` is only how it begins. What
    /// the handler leaves of it is thrown away.
    std::shared_ptr<unread_body> rest;
    /// The peer's address, "10.0.0.7:41234" or "[::1]:41234".
    std::string peer;
    /// What stands for the names in braces of the route's path (router.hpp), decoded.
    std::map<std::string, std::string, std::less<>> parameters;

    /// The target without its query.
    [[nodiscard]] std::string_view path() const noexcept;
    /// The first header of that name, whatever its case; nothing when there is none.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    /// Every header of that name, in their order.
    [[nodiscard]] std::vector<std::string_view> find_all(std::string_view name) const;
};

/// Answers one request. Content-Length, Connection and Date are set by the server; for HEAD the body is left
/// out of what is sent. An answer that goes on (response::more) is sent in chunks, and its connection is closed
/// afterwards. An exception is logged and answered with 500. Cancelled when the server stops and the
/// time for draining is over, not when the client goes away.
using handler = std::function<boost::asio::awaitable<response>(request_info)>;

/// With what the server proves who it is. All PEM.
struct server_tls {
    std::string certificate;
    std::string key;
    /// Set: clients must show a certificate of these authorities.
    std::string client_ca;
};

struct listen_options {
    /// "host:port", "[::1]:port" or ":port" (all interfaces); port 0 takes a free one.
    std::string address = ":8080";
    /// Absent: plain HTTP.
    std::optional<server_tls> tls;
    /// When there are more than these, one that waits for a request makes room, or one that is slow at
    /// sending it or at taking its answer; of the host with the most of them, and the one that has been at it
    /// longest. While all are worked on, others wait in the system's queue.
    std::size_t max_connections = 256;
    std::size_t max_header_bytes = std::size_t{16} << 10U;
    /// A request with a longer body gets 413; decided before its body is read, as far as its length is said.
    std::size_t max_body = std::size_t{1} << 20U;
    /// A longer body than this is given to the handler while it is read; at most so much of it is in memory.
    std::size_t whole_body = std::numeric_limits<std::size_t>::max();
    /// Bodies longer than short_body share so many bytes of memory, while they are read and answered; beyond
    /// it they get 503. Shorter ones are always taken.
    std::size_t short_body = std::size_t{64} << 10U;
    std::size_t long_bodies = std::size_t{32} << 20U;
    /// When set, asked with the head of each request (its body is empty) instead of max_body.
    std::function<std::size_t(const request_info&)> body_limit;
    /// After an answer that came before the request was read to its end: how much more of it is read and
    /// thrown away, and for how long, so that the client gets to see the answer. Some look for it only when
    /// they have sent everything, and see a cut connection instead.
    std::size_t linger_bytes = std::size_t{256} << 10U;
    std::chrono::milliseconds linger_time{1'000};
    /// From the accept, or the first byte of a further request, to the end of the head (TLS included); then
    /// 408.
    std::chrono::milliseconds header_timeout{10'000};
    /// For the whole body; then 408.
    std::chrono::milliseconds body_timeout{30'000};
    /// For sending one answer; of one that is given bit by bit, for sending a piece.
    std::chrono::milliseconds write_timeout{30'000};
    /// A kept-alive connection without a request is closed after this.
    std::chrono::milliseconds idle_timeout{120'000};
};

/// A small HTTP/1.1 server: metrics, health, webhooks. Destroying it cuts everything; stop() first is kinder.
/// All members on the thread of its executor.
class server {
public:
    virtual ~server() = default;
    /// The port it listens on.
    [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
    /// Connections accepted from now on use these; those that exist stay as they are. User error when they
    /// cannot be read or do not fit: then nothing changes. Only for a server that was started with TLS.
    virtual result<void> replace_tls(server_tls tls) = 0;
    /// Stops accepting, closes idle connections, waits up to `drain` for requests in work to be answered,
    /// cuts what is left. Returns when nothing runs any more.
    virtual boost::asio::awaitable<void> stop(std::chrono::milliseconds drain) = 0;
};

/// Binds, listens and serves from the executor's next turn. User error when the address is none, is taken, or
/// the TLS files are wrong.
result<std::unique_ptr<server>>
listen(boost::asio::any_io_executor executor, listen_options options, handler handle);

} // namespace holdfast::http
