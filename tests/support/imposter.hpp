#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::test {

/// What an imposter does on one connection, step by step. Made by the functions below and by chaining:
///
///     script{}.head(200, "Transfer-Encoding:
///     chunked\r\n").chunk("{\"type\":").pause(20ms).chunk("…").reset()
///
/// A script that ends without close(), reset() or stall() leaves the connection open for the next request.
class script {
public:
    enum class action { send, pause, hold, close, reset, stall, relay };
    struct step {
        action what;
        /// Bytes for send, the gate's name for hold.
        std::string text;
        std::chrono::milliseconds time{};
        std::uint16_t port = 0;
    };

    /// Raw bytes, as they are, in one write.
    script& send(std::string bytes);
    /// A status line and headers ("Name: value\r\n" each), and the empty line.
    script& head(unsigned status, std::string_view headers = {});
    /// One chunk of a body in chunked coding.
    script& chunk(std::string_view bytes);
    /// The end of a body in chunked coding.
    script& last_chunk();
    /// Each byte of `bytes` in a write of its own.
    script& trickle(std::string_view bytes, std::chrono::milliseconds between = {});
    /// Does nothing for a while.
    script& pause(std::chrono::milliseconds time);
    /// Does nothing until imposter::open(gate).
    script& hold(std::string gate);
    /// Closes the connection in an orderly way (FIN; with TLS after a close_notify).
    script& close();
    /// Resets the connection (RST).
    script& reset();
    /// Neither reads nor sends any more, and keeps the connection: a half-open peer, a dead one.
    script& stall();
    /// Passes bytes to and from a port of 127.0.0.1 until one side closes: what a proxy does after CONNECT.
    script& relay(std::uint16_t port);

    [[nodiscard]] const std::vector<step>& steps() const noexcept { return steps_; }

private:
    std::vector<step> steps_;
};

/// A whole answer with Content-Length. `headers` are more lines, "Name: value\r\n" each.
script answer(unsigned status, std::string_view body, std::string_view headers = {});
/// The same with Content-Type: application/json.
script answer_json(unsigned status, std::string_view body, std::string_view headers = {});
/// The beginning of a watch: 200 and chunked coding. Goes on with .chunk(event + "\n").
script answer_stream();

/// A request as the imposter got it.
struct seen_request {
    std::string method;
    std::string target;
    /// The head as it came, with the request line.
    std::string head;
    std::string body;
    /// Which connection it came on: 0, 1, … in the order of accepting.
    std::size_t connection = 0;

    /// The value of a header, whatever its case; empty when there is none.
    [[nodiscard]] std::string header(std::string_view name) const;
};

/// With what an imposter speaks TLS. All PEM; empty certificate: plain TCP.
struct imposter_tls {
    std::string certificate;
    std::string key;
    /// Set: clients must show a certificate of this authority.
    std::string client_ca;
};

/// A server that does exactly what it is told, byte by byte: the one place for faking a peer, and only to
/// make it misbehave. Listens on a free port of 127.0.0.1, on threads of its own, until it is destroyed.
/// Rules can be added at any time.
class imposter {
public:
    explicit imposter(imposter_tls tls = {});
    /// Closes every connection and joins its threads.
    ~imposter();
    imposter(const imposter&) = delete;
    imposter& operator=(const imposter&) = delete;

    class rule {
    public:
        /// The next matching request gets this; each script once, in order.
        rule& then(script s);
        /// When the others are used up, every further one gets this.
        rule& always(script s);
        /// The same, decided on seeing the request (on a thread of the imposter).
        rule& always(std::function<script(const seen_request&)> decide);

    private:
        friend class imposter;
        struct state;
        explicit rule(state& s) : state_{&s} {}
        state* state_;
    };

    /// For requests of this method ("" = any) whose target begins with `target` and contains `containing`.
    /// Rules made first win, as long as they have a script left. A request that no rule wants gets 404.
    rule when(std::string method, std::string target, std::string containing = {});

    /// What to do with the next connection before anything is read from it (close, stall, hold, pause). Each
    /// once, in order.
    void on_connect(script s);

    /// Lets every hold(gate) go on, those to come as well.
    void open(std::string gate);

    [[nodiscard]] std::uint16_t port() const;
    /// "http://127.0.0.1:port", or https.
    [[nodiscard]] std::string url() const;
    /// All requests until now, in the order of their arrival.
    [[nodiscard]] std::vector<seen_request> requests() const;
    /// Connections accepted until now, and those still open.
    [[nodiscard]] std::size_t connections() const;
    [[nodiscard]] std::size_t open_connections() const;
    /// Requests that no rule wanted.
    [[nodiscard]] std::size_t unexpected() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace holdfast::test
