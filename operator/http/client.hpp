#pragma once

#include "base/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// HTTP/1.1, as client and as server, over TCP and TLS. Knows nothing of Kubernetes or Git.
namespace holdfast::http {

struct header {
    std::string name;
    std::string value;
};

/// What is asked. `target` is the path and query ("/api/v1/pods?watch=1"); Host, Content-Length and
/// Connection are set by the client.
struct request {
    std::string method = "GET";
    std::string target = "/";
    std::vector<header> headers;
    std::string body;
    /// It does no harm to send this twice, whatever the method: a PATCH that is a server-side apply. GET,
    /// HEAD, OPTIONS, PUT and DELETE are repeatable anyway.
    bool repeatable = false;
};

class answer_stream;

/// What was answered. Any status is an answer, not an error.
struct response {
    unsigned status = 0;
    std::vector<header> headers;
    std::string body;
    /// Only of a server's answer: what comes after `body`, bit by bit (server.hpp).
    std::shared_ptr<answer_stream> more;

    /// The first header of that name, whatever its case; nothing when there is none.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
};

/// The body of an answer, as it arrives. Owns its connection, which is closed with it (or goes back to the
/// pool when the body was read to its end). One reader at a time.
class body_stream {
public:
    virtual ~body_stream() = default;
    /// Status and headers; the body is empty.
    [[nodiscard]] virtual const response& head() const noexcept = 0;
    /// The next bytes, as soon as there are some; empty at the clean end of the body. Transient errors:
    /// nothing came within `idle`, the connection broke, or it ended before the body did.
    virtual boost::asio::awaitable<result<std::string>> read_some(std::chrono::milliseconds idle) = 0;
};

/// How the peer proves who it is, and how we do. All PEM.
struct tls_options {
    /// The authorities to trust; empty: the system's.
    std::string ca;
    /// Our certificate (with its chain) and key, for peers who ask; both or neither.
    std::string certificate;
    std::string key;
    /// The name that the peer's certificate must bear (and SNI); empty: the host of the URL. An IP address is
    /// matched as one.
    std::string server_name;
    /// Verifies nothing. For those who asked for it by name.
    bool insecure_skip_verify = false;
};

struct client_options {
    /// "https://host:port"; a path in it comes before every target.
    std::string url;
    tls_options tls;
    /// "http://user:password@proxy:3128", or https; empty: none. https targets go through CONNECT.
    std::string proxy;
    /// Connections for send() in use at once; more callers wait in line, within their deadline. Streams of
    /// open() are not counted.
    std::size_t max_connections = 32;
    /// How many may wait in that line; beyond it send() fails at once.
    std::size_t max_waiting = 10'000;
    std::chrono::milliseconds connect_timeout{10'000};
    /// An unused connection is closed after this.
    std::chrono::milliseconds keep_alive{60'000};
    std::size_t max_header_bytes = std::size_t{64} << 10U;
};

struct send_options {
    /// For all of it: waiting for a connection, connecting, sending, and the whole answer.
    std::chrono::milliseconds deadline{30'000};
    /// A longer body is a user error.
    std::size_t max_body = std::size_t{64} << 20U;
};

/// Speaks to one server over kept-alive connections. Any number of calls at once, on the thread of its
/// executor; outlives them. Certificates are verified against `tls_options` unless that is switched off. A
/// request that found its kept connection closed by the server before a byte was answered is sent once more
/// on a fresh one, when it is repeatable. A cancelled call closes its connection and leaves the others alone.
/// Errors: transient for all that the network does; user for wrong options or certificates that cannot be
/// read; forbidden when the peer's certificate does not verify (with the reason).
class client {
public:
    virtual ~client() = default;
    virtual boost::asio::awaitable<result<response>> send(request what, send_options how = {}) = 0;
    /// Sends and returns when the head of the answer is there, within `head_deadline`. On a connection of its
    /// own.
    virtual boost::asio::awaitable<result<std::unique_ptr<body_stream>>>
    open(request what, std::chrono::milliseconds head_deadline) = 0;
    /// From now on new connections use these; kept ones that are idle are closed. User error when they cannot
    /// be read: then nothing changes.
    virtual result<void> replace_tls(tls_options tls) = 0;
    /// Closes what is idle, e.g. when credentials changed.
    virtual void close_idle() = 0;
};

/// A user error when the options make no sense (a URL that is none, a key that does not fit its certificate).
result<std::unique_ptr<client>> make_client(boost::asio::any_io_executor executor, client_options options);

} // namespace holdfast::http
