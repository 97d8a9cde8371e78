#include "http/client.hpp"

#include "base/base64.hpp"
#include "base/duration.hpp"
#include "http/connection.hpp"
#include "http/guard.hpp"
#include "http/message.hpp"
#include "http/pool.hpp"
#include "http/tls.hpp"
#include "http/url.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace holdfast::http {

std::optional<std::string_view> response::find(std::string_view name) const {
    return find_header(headers, name);
}

namespace {

// A body up to this size leaves in one piece with its head.
constexpr std::size_t joined_body = std::size_t{32} << 10U;

error expired_error(std::chrono::milliseconds limit) {
    return transient_error("timed out after " + format_duration(limit));
}

// ---- what a client holds on to

struct setup {
    client_options options;
    url origin;
    std::optional<url> proxy;
    std::string proxy_authorization;
    guards by;
};

// The connection and what of the answer came on it.
struct exchange {
    std::unique_ptr<connection> wire;
    std::unique_ptr<message_reader> reader;
    std::uint64_t epoch = 0;
};

response head_of(incoming& message) {
    response r;
    r.status = message.status;
    r.headers = std::move(message.headers);
    return r;
}

// Reads until the head is there. `wire` and `reader` live in the caller's frame until this has ended.
asio::awaitable<result<void>> read_head(connection& wire, message_reader& reader) {
    for (;;) {
        if (!wire.inbox().empty() && !reader.feed(wire.inbox(), true)) {
            co_return transient_error("the answer cannot be read: " + reader.what());
        }
        if (reader.head_done()) {
            co_return result<void>{};
        }
        auto more = co_await wire.fill();
        if (!more) {
            co_return more.error();
        }
        if (!*more) {
            co_return transient_error(
                reader.started() ? "the connection was closed in the middle of the answer's head"
                                 : "the connection was closed without an answer"
            );
        }
    }
}

// Reads more of the body: until there is some, or `whole` until its end. The same about lives.
asio::awaitable<result<void>> read_body(connection& wire, message_reader& reader, bool whole) {
    for (;;) {
        if (!reader.feed(wire.inbox())) {
            break;
        }
        if (reader.done() || (!whole && !reader.message().body.empty())) {
            co_return result<void>{};
        }
        auto more = co_await wire.fill();
        if (!more) {
            co_return more.error();
        }
        if (!*more && !reader.end_of_input()) {
            break;
        }
    }
    if (reader.fault() == message_fault::truncated) {
        co_return transient_error("the connection was closed before the end of the answer");
    }
    if (reader.fault() == message_fault::body_too_long) {
        co_return user_error("the answer's body is too long");
    }
    co_return transient_error("the answer cannot be read: " + reader.what());
}

class stream final : public body_stream {
public:
    stream(exchange e, std::weak_ptr<pool> home, std::string name)
        : head_{head_of(e.reader->message())},
          exchange_{std::move(e)},
          home_{std::move(home)},
          name_{std::move(name)} {
        exchange_.wire->expire_never();
    }

    [[nodiscard]] const response& head() const noexcept override { return head_; }

    asio::awaitable<result<std::string>> read_some(std::chrono::milliseconds idle) override {
        if (!exchange_.wire) {
            co_return ending_;
        }
        auto& wire = *exchange_.wire;
        auto& reader = *exchange_.reader;
        if (reader.message().body.empty() && !reader.done()) {
            wire.expire_at(steady_clock::now() + idle);
            const auto done = co_await read_body(wire, reader, false);
            if (!done) {
                const auto why = wire.expired() ? transient_error("nothing came for " + format_duration(idle))
                                                : done.error();
                ending_ = why.within(name_);
                exchange_.wire.reset();
                co_return ending_;
            }
            wire.expire_never();
        }
        if (auto& body = reader.message().body; !body.empty()) {
            co_return std::exchange(body, {});
        }
        if (const auto home = home_.lock(); home && reader.message().keep_alive) {
            home->give_back(std::move(exchange_.wire), exchange_.epoch);
        }
        exchange_.wire.reset();
        co_return std::string{};
    }

private:
    response head_;
    exchange exchange_;
    std::weak_ptr<pool> home_;
    std::string name_;
    // What to say once the connection is gone.
    result<std::string> ending_{std::string{}};
};

bool is_repeatable(const request& r) {
    static constexpr std::array<std::string_view, 5> always{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};
    return r.repeatable || std::ranges::find(always, r.method) != always.end();
}

class pooled_client final : public client {
public:
    pooled_client(const asio::any_io_executor& executor, setup s, tls_context tls, tls_context proxy_tls)
        : executor_{executor},
          setup_{std::move(s)},
          tls_{std::move(tls)},
          proxy_tls_{std::move(proxy_tls)},
          pool_{std::make_shared<pool>(
              executor,
              pool::limits{
                  .connections = std::max<std::size_t>(setup_.options.max_connections, 1),
                  .waiting = setup_.options.max_waiting,
                  .keep_alive = setup_.options.keep_alive
              }
          )} {}

    asio::awaitable<result<response>> send(request what, send_options how) override;
    asio::awaitable<result<std::unique_ptr<body_stream>>>
    open(request what, std::chrono::milliseconds head_deadline) override;
    result<void> replace_tls(tls_options tls) override;
    void close_idle() override { pool_->close_idle(); }

private:
    // "GET https://host/path", without the query, for messages.
    [[nodiscard]] std::string name_of(const request& what) const;
    [[nodiscard]] result<std::string> head_for(const request& what) const;
    asio::awaitable<result<exchange>> begin(request what, steady_clock::time_point end);
    asio::awaitable<result<std::unique_ptr<connection>>> dial(steady_clock::time_point end);
    asio::awaitable<result<std::unique_ptr<connection>>>
    reach_peer(const url& peer, guard by, steady_clock::time_point end);
    asio::awaitable<result<void>> tunnel(connection& wire);

    asio::any_io_executor executor_;
    setup setup_;
    tls_context tls_;
    tls_context proxy_tls_;
    std::shared_ptr<pool> pool_;
};

std::string pooled_client::name_of(const request& what) const {
    const auto path = std::string_view{what.target}.substr(0, what.target.find('?'));
    return what.method + " " + setup_.origin.origin() + setup_.origin.path + std::string{path};
}

result<std::string> pooled_client::head_for(const request& what) const {
    if (!is_valid_method(what.method) || !is_valid_target(what.target)) {
        return user_error("not a method and a path that HTTP can carry");
    }
    const bool absolute = setup_.proxy && !setup_.origin.tls;
    std::string head = what.method + " ";
    head += (absolute ? setup_.origin.origin() : std::string{}) + setup_.origin.path + what.target;
    head += " HTTP/1.1\r\nHost: " + setup_.origin.authority() + "\r\n";
    if (absolute && !setup_.proxy_authorization.empty()) {
        head += "Proxy-Authorization: " + setup_.proxy_authorization + "\r\n";
    }
    for (const auto& h : what.headers) {
        if (!is_valid_header(h)) {
            return user_error("the header " + h.name + " has a line break, or a name that is none");
        }
        // Ours to say; a second Content-Length would be a way to smuggle requests.
        if (!same_name(h.name, "Host") && !same_name(h.name, "Content-Length") &&
            !same_name(h.name, "Connection") && !same_name(h.name, "Transfer-Encoding")) {
            head += h.name + ": " + h.value + "\r\n";
        }
    }
    if (!what.body.empty() || what.method == "POST" || what.method == "PUT" || what.method == "PATCH") {
        head += "Content-Length: " + std::to_string(what.body.size()) + "\r\n";
    }
    head += "\r\n";
    return head;
}

asio::awaitable<result<std::unique_ptr<connection>>>
pooled_client::reach_peer(const url& peer, guard by, steady_clock::time_point end) {
    auto addresses = co_await resolve(peer.host, std::move(by), end);
    if (!addresses) {
        co_return addresses.error();
    }
    auto wire = std::make_unique<connection>(executor_);
    error last;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        // The time left is shared among the addresses left, so that a dead first one does not eat all of it.
        const auto now = steady_clock::now();
        const auto share = (end - now) / static_cast<int>(addresses->size() - i);
        wire->expire_at(now + share);
        auto connected = co_await wire->connect({(*addresses)[i], peer.port});
        if (connected) {
            wire->expire_at(end);
            co_return std::move(wire);
        }
        last = connected.error();
    }
    co_return last.within("cannot connect to " + peer.endpoint());
}

asio::awaitable<result<void>> pooled_client::tunnel(connection& wire) {
    std::string head =
        "CONNECT " + setup_.origin.endpoint() + " HTTP/1.1\r\nHost: " + setup_.origin.endpoint() + "\r\n";
    if (!setup_.proxy_authorization.empty()) {
        head += "Proxy-Authorization: " + setup_.proxy_authorization + "\r\n";
    }
    head += "\r\n";
    if (auto written = co_await wire.write(head); !written) {
        co_return written;
    }
    message_reader reader{message_reader::kind::bodiless_response, setup_.options.max_header_bytes};
    if (auto read = co_await read_head(wire, reader); !read) {
        co_return read;
    }
    const auto status = reader.message().status;
    if (status == 407) {
        co_return error{error_kind::forbidden, "it wants other credentials (407)"};
    }
    if (status / 100 != 2 || !wire.inbox().empty()) {
        co_return transient_error(
            "it refused to connect to " + setup_.origin.endpoint() + " with status " + std::to_string(status)
        );
    }
    co_return result<void>{};
}

asio::awaitable<result<std::unique_ptr<connection>>> pooled_client::dial(steady_clock::time_point end) {
    const auto limit = std::min(end, steady_clock::now() + setup_.options.connect_timeout);
    const auto& first_hop = setup_.proxy ? *setup_.proxy : setup_.origin;
    if (setup_.proxy) {
        // The proxy resolves names by itself.
        if (auto fine = setup_.by.server.check_literal(setup_.origin.host); !fine) {
            co_return fine.error();
        }
    }
    auto by = setup_.proxy ? setup_.by.proxy : setup_.by.server;
    auto reached = co_await reach_peer(first_hop, std::move(by), limit);
    if (!reached) {
        co_return reached;
    }
    auto& wire = **reached;
    if (setup_.proxy) {
        const auto context = "the proxy " + setup_.proxy->origin();
        if (setup_.proxy->tls) {
            if (auto done = co_await wire.start_tls_client(proxy_tls_, setup_.proxy->host); !done) {
                co_return done.error().within(context);
            }
        }
        if (setup_.origin.tls) {
            if (auto done = co_await tunnel(wire); !done) {
                co_return done.error().within(context);
            }
        }
    }
    if (setup_.origin.tls) {
        const auto& named = setup_.options.tls.server_name;
        auto name = named.empty() ? setup_.origin.host : named;
        if (auto done = co_await wire.start_tls_client(tls_, std::move(name)); !done) {
            co_return done.error();
        }
    }
    co_return reached;
}

asio::awaitable<result<exchange>> pooled_client::begin(request what, steady_clock::time_point end) {
    auto head = head_for(what);
    if (!head) {
        co_return head.error();
    }
    const bool joined = what.body.size() <= joined_body;
    if (joined) {
        *head += what.body;
    }
    const auto kind =
        what.method == "HEAD" ? message_reader::kind::bodiless_response : message_reader::kind::response;
    for (bool again = false;; again = true) {
        exchange e;
        e.epoch = pool_->epoch();
        if (!again) {
            e.wire = pool_->take_idle();
        }
        const bool kept = e.wire != nullptr;
        if (!kept) {
            auto dialled = co_await dial(end);
            if (!dialled) {
                co_return dialled.error();
            }
            e.wire = std::move(*dialled);
        }
        e.wire->expire_at(end);
        e.reader = std::make_unique<message_reader>(kind, setup_.options.max_header_bytes);

        auto written = co_await e.wire->write(*head);
        if (written && !joined) {
            written = co_await e.wire->write(what.body);
        }
        // A server that refuses a body may have answered before it stopped reading.
        auto read = co_await read_head(*e.wire, *e.reader);
        if (read) {
            if (!written) {
                e.reader->message().keep_alive = false;
            }
            co_return std::move(e);
        }
        const bool stale = kept && !e.reader->started() && !e.wire->expired();
        if (!stale || !is_repeatable(what)) {
            // A refusal that the server sent before it closed says more than that writing failed.
            co_return written || !read.error().is_transient() ? read.error() : written.error();
        }
    }
}

asio::awaitable<result<response>> pooled_client::send(request what, send_options how) {
    const auto end = steady_clock::now() + how.deadline;
    const auto name = name_of(what);
    auto slot = co_await pool_->acquire(end);
    if (!slot) {
        co_return slot.error().within(name);
    }
    auto begun = co_await begin(std::move(what), end);
    if (!begun) {
        const bool late = steady_clock::now() >= end && begun.error().is_transient();
        co_return (late ? expired_error(how.deadline) : begun.error()).within(name);
    }
    auto& [wire, reader, epoch] = *begun;
    reader->limit_body(how.max_body);
    auto answer = head_of(reader->message());
    if (auto read = co_await read_body(*wire, *reader, true); !read) {
        if (wire->expired()) {
            co_return expired_error(how.deadline).within(name);
        }
        if (reader->fault() == message_fault::body_too_long) {
            co_return user_error("the answer is longer than " + std::to_string(how.max_body) + " bytes")
                .within(name);
        }
        co_return read.error().within(name);
    }
    answer.body = std::move(reader->message().body);
    if (reader->message().keep_alive) {
        pool_->give_back(std::move(wire), epoch);
    }
    co_return std::move(answer);
}

asio::awaitable<result<std::unique_ptr<body_stream>>>
pooled_client::open(request what, std::chrono::milliseconds head_deadline) {
    const auto end = steady_clock::now() + head_deadline;
    auto name = name_of(what);
    auto begun = co_await begin(std::move(what), end);
    if (!begun) {
        const bool late = steady_clock::now() >= end && begun.error().is_transient();
        co_return (late ? expired_error(head_deadline) : begun.error()).within(name);
    }
    co_return std::make_unique<stream>(std::move(*begun), pool_, std::move(name));
}

result<void> pooled_client::replace_tls(tls_options tls) {
    auto context = make_client_context(tls);
    if (!context) {
        return context.error();
    }
    tls_ = std::move(*context);
    setup_.options.tls = std::move(tls);
    pool_->forget_all();
    return {};
}

} // namespace

result<std::unique_ptr<client>> make_client(asio::any_io_executor executor, client_options options) {
    return make_client(std::move(executor), std::move(options), {});
}

result<std::unique_ptr<client>>
make_client(asio::any_io_executor executor, client_options options, guards by) {
    setup s;
    s.by = std::move(by);
    auto origin = parse_url(options.url);
    if (!origin) {
        return origin.error();
    }
    s.origin = std::move(*origin);
    tls_context tls;
    tls_context proxy_tls;
    if (s.origin.tls) {
        auto made = make_client_context(options.tls);
        if (!made) {
            return made.error().within(s.origin.origin());
        }
        tls = std::move(*made);
    }
    if (!options.proxy.empty()) {
        auto proxy = parse_url(options.proxy);
        if (!proxy) {
            return proxy.error().within("the proxy");
        }
        s.proxy = std::move(*proxy);
        if (!s.proxy->user.empty()) {
            s.proxy_authorization = "Basic " + base64_encode(s.proxy->user + ":" + s.proxy->password);
        }
        if (s.proxy->tls) {
            // A proxy is trusted as the target is, but our certificate is none of its business.
            auto made = make_client_context(
                {.ca = options.tls.ca, .insecure_skip_verify = options.tls.insecure_skip_verify}
            );
            if (!made) {
                return made.error().within(s.proxy->origin());
            }
            proxy_tls = std::move(*made);
        }
    }
    s.options = std::move(options);
    return std::unique_ptr<client>{std::make_unique<pooled_client>(
        std::move(executor), std::move(s), std::move(tls), std::move(proxy_tls)
    )};
}

} // namespace holdfast::http
