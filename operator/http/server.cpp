#include "http/server.hpp"

#include "base/async.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "http/answer.hpp"
#include "http/connection.hpp"
#include "http/eviction.hpp"
#include "http/listen_address.hpp"
#include "http/message.hpp"
#include "http/tls.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <exception>
#include <functional>
#include <list>
#include <utility>
#include <vector>

namespace holdfast::http {

std::string_view request_info::path() const noexcept {
    return std::string_view{what.target}.substr(0, what.target.find('?'));
}

std::optional<std::string_view> request_info::find(std::string_view name) const {
    return find_header(what.headers, name);
}

std::vector<std::string_view> request_info::find_all(std::string_view name) const {
    std::vector<std::string_view> all;
    for (const auto& h : what.headers) {
        if (same_name(h.name, name)) {
            all.emplace_back(h.value);
        }
    }
    return all;
}

namespace {

using asio::ip::tcp;

struct live_connection {
    connection* wire = nullptr;
    std::string host;
    occupation doing = occupation::waiting;
    steady_clock::time_point since = steady_clock::now();
    // It is interrupted, and ends as soon as it gets its turn.
    bool evicted = false;
    // How much of the room for long bodies it takes.
    std::size_t long_body = 0;
};

struct server_state {
    server_state(const asio::any_io_executor& ex, listen_options o, handler h)
        : executor{ex}, options{std::move(o)}, handle{std::move(h)}, acceptor{ex}, room{ex}, group{ex} {}

    asio::any_io_executor executor;
    listen_options options;
    handler handle;
    tls_context tls;
    tcp::acceptor acceptor;
    asio::steady_timer room; // cancelled when a connection ends, or does something else
    std::list<live_connection> live;
    std::size_t long_bodies = 0; // bytes of them that are being read or answered
    bool stopping = false;
    task_group group;
};
using shared_state = std::shared_ptr<server_state>;

response plain(unsigned status) {
    response r;
    r.status = status;
    r.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    r.body = std::string{reason_phrase(status)} + "\n";
    return r;
}

// How reading a request ended.
struct read_outcome {
    enum class kind {
        request,
        /// Nothing more to say: the peer left, or we stop.
        over,
        /// Say this and close.
        refuse
    };
    kind how = kind::over;
    unsigned status = 0;
    request_info info;
    bool keep_alive = false;
};

unsigned status_of(message_fault fault) {
    switch (fault) {
    case message_fault::header_too_long: return 431;
    case message_fault::body_too_long: return 413;
    default: return 400;
    }
}

// What a handler reads the rest of a body by. It may be kept for longer than there is anything to read.
class rest_of_body final : public unread_body {
public:
    using source = std::function<asio::awaitable<result<std::string>>()>;
    explicit rest_of_body(source from) : from_{std::move(from)} {}
    asio::awaitable<result<std::string>> next() override {
        if (!from_) {
            co_return internal_error("the request was answered before its body was read");
        }
        co_return co_await from_();
    }
    void end() { from_ = nullptr; }

private:
    source from_;
};

// One connection, from its accept to its end. Everything it needs outlives it: it holds the state.
class session {
public:
    session(shared_state s, tcp::socket socket, const tcp::endpoint& peer)
        : state_{std::move(s)},
          wire_{state_->executor, std::move(socket)},
          peer_{text_of(peer)},
          at_{state_->live.insert(state_->live.end(), live_connection{.wire = &wire_, .host = host_of(peer)})
          } {}
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    ~session() {
        end_of_rest();
        give_back_room();
        state_->live.erase(at_);
        state_->room.cancel();
    }

    asio::awaitable<void> run() {
        wire_.expire_at(steady_clock::now() + state_->options.header_timeout);
        if (state_->tls) {
            auto tls = state_->tls;
            if (auto shaken = co_await wire_.start_tls_server(std::move(tls)); !shaken) {
                log::debug("a TLS handshake failed", {{"peer", peer_}, {"error", shaken.error().message()}});
                co_return;
            }
        }
        for (bool first = true; !state_->stopping; first = false) {
            auto got = co_await read_request(first);
            if (got.how == read_outcome::kind::over) {
                co_return;
            }
            if (got.how == read_outcome::kind::refuse) {
                co_await refuse(plain(got.status));
                co_return;
            }
            const bool to_head = got.info.what.method == "HEAD";
            const bool keep = got.keep_alive;
            now(occupation::answering);
            if (!reader_->done()) {
                rest_ = std::make_shared<rest_of_body>([this] { return next_piece(); });
                got.info.rest = rest_;
            }
            auto answer = co_await answer_to(std::move(got.info));
            end_of_rest();
            give_back_room();
            now(occupation::transferring);
            if (cut_short_) {
                if (cut_short_->how == read_outcome::kind::refuse) {
                    co_await refuse(plain(cut_short_->status));
                }
                co_return;
            }
            if (!reader_->done()) {
                co_await refuse(std::move(answer));
                co_return;
            }
            const auto more = to_head ? nullptr : answer.more;
            const bool close = !keep || state_->stopping || answer.more;
            wire_.expire_at(steady_clock::now() + state_->options.write_timeout);
            const auto bytes = serialize(answer, to_head, close);
            auto written = co_await wire_.write(bytes);
            if (written && more) {
                now(occupation::answering);
                co_await send_rest(*more);
            }
            if (!written || close) {
                co_return;
            }
        }
    }

private:
    // Of an answer that goes on for as long as there is something to say and somebody who listens.
    asio::awaitable<void> send_rest(answer_stream& more) {
        while (!state_->stopping) {
            wire_.expire_never();
            const auto piece = co_await more.next();
            if (piece && piece->empty()) {
                if (!wire_.is_quiet()) {
                    co_return; // the client left, or says something that nobody asked for
                }
                continue;
            }
            wire_.expire_at(steady_clock::now() + state_->options.write_timeout);
            const auto bytes = piece ? chunk(*piece) : std::string{last_chunk};
            if (auto written = co_await wire_.write(bytes); !written || !piece) {
                co_return;
            }
        }
    }

    void end_of_rest() {
        if (const auto rest = std::exchange(rest_, nullptr)) {
            rest->end();
        }
    }

    // Waits for the first byte of a request, then for its head, then for its body, each with its own
    // patience.
    asio::awaitable<read_outcome> read_request(bool first) {
        const auto& options = state_->options;
        auto& reader = reader_.emplace(message_reader::kind::request, options.max_header_bytes);
        now(occupation::waiting);
        if (wire_.inbox().empty()) {
            wire_.expire_at(steady_clock::now() + (first ? options.header_timeout : options.idle_timeout));
            const auto some = co_await wire_.fill();
            if (!some || !*some) {
                co_return read_outcome{};
            }
        }
        now(occupation::transferring);
        wire_.expire_at(steady_clock::now() + options.header_timeout);
        while (true) {
            if (!reader.feed(wire_.inbox(), true)) {
                co_return refusal(status_of(reader.fault()));
            }
            if (reader.head_done()) {
                break;
            }
            if (auto stop = co_await more(); stop) {
                co_return std::move(*stop);
            }
        }
        read_outcome got{.how = read_outcome::kind::request};
        got.keep_alive = reader.message().keep_alive;
        got.info.peer = peer_;
        got.info.what.method = std::move(reader.message().method);
        got.info.what.target = std::move(reader.message().target);
        got.info.what.headers = std::move(reader.message().headers);
        if (!is_valid_target(got.info.what.target) && got.info.what.target != "*") {
            co_return refusal(400);
        }
        reader.limit_body(options.body_limit ? options.body_limit(got.info) : options.max_body);
        if (reader.fault() != message_fault::none) {
            co_return refusal(413);
        }
        wire_.expire_at(steady_clock::now() + options.body_timeout);
        if (const auto expected = got.info.find("Expect");
            expected && !reader.done() && wire_.inbox().empty()) {
            if (!has_token(*expected, "100-continue")) {
                co_return refusal(417);
            }
            if (auto written = co_await wire_.write("HTTP/1.1 100 Continue\r\n\r\n"); !written) {
                co_return read_outcome{};
            }
        }
        while (true) {
            if (!reader.feed(wire_.inbox())) {
                co_return refusal(status_of(reader.fault()));
            }
            if (!take_room(reader.message().body.size())) {
                co_return refusal(503);
            }
            if (reader.done() || reader.message().body.size() > options.whole_body) {
                break;
            }
            if (auto stop = co_await more(); stop) {
                co_return std::move(*stop);
            }
        }
        got.info.what.body = std::move(reader.message().body);
        co_return got;
    }

    // For the handler: what comes next of the body that it was given the begin of.
    asio::awaitable<result<std::string>> next_piece() {
        auto& reader = *reader_;
        now(occupation::transferring);
        while (!cut_short_ && !reader.done() && reader.message().body.empty()) {
            if (auto stop = co_await more(); stop) {
                cut_short_ = std::move(*stop);
            } else if (!reader.feed(wire_.inbox())) {
                cut_short_ = refusal(status_of(reader.fault()));
            }
        }
        now(occupation::answering);
        if (cut_short_) {
            co_return transient_error("the rest of the body does not come");
        }
        co_return std::exchange(reader.message().body, {});
    }

    // More bytes of a request that has begun; how it ends when there are none.
    asio::awaitable<std::optional<read_outcome>> more() {
        const auto some = co_await wire_.fill();
        if (some && *some) {
            co_return std::nullopt;
        }
        if (!some && wire_.expired() && !at_->evicted) {
            co_return refusal(408);
        }
        co_return read_outcome{};
    }

    void now(occupation other) {
        at_->doing = other;
        at_->since = steady_clock::now();
        state_->room.cancel(); // who waits for room may have it now
    }

    // A body that is read takes memory: long ones share what there is for them. False when that is used up.
    bool take_room(std::size_t bytes) {
        if (bytes <= state_->options.short_body || bytes <= at_->long_body) {
            return true;
        }
        if (state_->long_bodies + (bytes - at_->long_body) > state_->options.long_bodies) {
            return false;
        }
        state_->long_bodies += bytes - at_->long_body;
        at_->long_body = bytes;
        return true;
    }
    void give_back_room() noexcept { state_->long_bodies -= std::exchange(at_->long_body, 0); }

    static read_outcome refusal(unsigned status) {
        return {.how = read_outcome::kind::refuse, .status = status};
    }

    asio::awaitable<response> answer_to(request_info info) {
        const auto path = std::string{info.path()};
        std::exception_ptr failure;
        try {
            co_return co_await state_->handle(std::move(info));
        } catch (const boost::system::system_error& e) {
            if (e.code() == asio::error::operation_aborted) {
                throw;
            }
            failure = std::current_exception();
        } catch (...) {
            failure = std::current_exception();
        }
        report(path, failure);
        co_return plain(500);
    }

    static void report(const std::string& path, const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            log::error("a request failed with an exception", {{"path", path}, {"error", e.what()}});
        } catch (...) {
            log::error("a request failed with an exception", {{"path", path}});
        }
    }

    // Answers a request that was not read to its end.
    asio::awaitable<void> refuse(response answer) {
        wire_.expire_at(steady_clock::now() + state_->options.linger_time);
        const auto bytes = serialize(answer, false, true);
        if (auto written = co_await wire_.write(bytes); !written) {
            co_return;
        }
        wire_.finish_writing();
        for (std::size_t read = 0; read < state_->options.linger_bytes;) {
            wire_.inbox().clear();
            const auto some = co_await wire_.fill();
            if (!some || !*some) {
                co_return;
            }
            read += wire_.inbox().size();
        }
    }

    shared_state state_;
    connection wire_;
    std::string peer_;
    // Of the request that is read or answered.
    std::optional<message_reader> reader_;
    std::shared_ptr<rest_of_body> rest_;
    // How it ended while its handler read the body.
    std::optional<read_outcome> cut_short_;
    std::list<live_connection>::iterator at_;
};

asio::awaitable<void> serve(shared_state state, tcp::socket socket, tcp::endpoint peer) {
    session one{std::move(state), std::move(socket), peer};
    co_await one.run();
}

// The server is full, and somebody may be waiting: who does nothing goes. Returns when a connection ended, or
// another may go by now.
asio::awaitable<void> make_room(shared_state state) {
    std::vector<open_connection> all;
    std::vector<live_connection*> of;
    for (auto& c : state->live) {
        if (!c.evicted) {
            all.push_back({c.host, c.doing, c.since});
            of.push_back(&c);
        }
    }
    auto until = steady_clock::time_point::max();
    // One that goes already is as good.
    if (all.size() == state->live.size()) {
        const auto choice = choose_eviction(all, steady_clock::now());
        if (choice.index) {
            auto& one = *of[*choice.index];
            log::debug("a connection makes room for another", {{"peer", one.host}});
            one.evicted = true;
            one.wire->interrupt();
        } else {
            until = choice.look_again;
        }
    }
    boost::system::error_code ec;
    state->room.expires_at(until);
    co_await state->room.async_wait(asio::redirect_error(asio::use_awaitable, ec));
}

asio::awaitable<void> accept_all(shared_state state) {
    while (!state->stopping) {
        boost::system::error_code ec;
        tcp::socket socket{state->executor};
        tcp::endpoint peer;
        co_await state->acceptor.async_accept(socket, peer, asio::redirect_error(asio::use_awaitable, ec));
        if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) {
            co_return;
        }
        if (ec) {
            // Out of descriptors, most likely: others have to end first.
            log::warn("cannot accept a connection", {{"error", ec.message()}});
            co_await sleep_for(std::chrono::milliseconds{100});
            continue;
        }
        // Only now, when there is somebody whom it would be for.
        while (!state->stopping && state->live.size() >= state->options.max_connections) {
            co_await make_room(state);
        }
        if (state->stopping) {
            co_return;
        }
        state->group.spawn("http connection", serve(state, std::move(socket), peer));
        // Let it take its place in the count before the next is accepted.
        co_await asio::post(state->executor, asio::use_awaitable);
    }
}

// Whether there was nothing left to wait for; a result because deadlines deal in results.
asio::awaitable<result<bool>> drained(shared_state state) {
    co_await state->group.join();
    co_return true;
}

class tcp_server final : public server {
public:
    tcp_server(shared_state s, std::uint16_t port) : state_{std::move(s)}, port_{port} {}
    tcp_server(const tcp_server&) = delete;
    tcp_server& operator=(const tcp_server&) = delete;
    ~tcp_server() override {
        close();
        state_->group.cancel();
    }

    [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }

    result<void> replace_tls(server_tls tls) override {
        if (!state_->tls) {
            return user_error("the server at port " + std::to_string(port_) + " was started without TLS");
        }
        auto context = make_server_context(tls);
        if (!context) {
            return context.error();
        }
        state_->tls = std::move(*context);
        return {};
    }

    asio::awaitable<void> stop(std::chrono::milliseconds drain) override {
        auto state = state_;
        close();
        // Those in work see `stopping` when they have answered.
        for (auto& c : state->live) {
            if (c.doing == occupation::waiting) {
                c.wire->interrupt();
            }
        }
        static_cast<void>(co_await with_deadline(drain, "answering the last requests", drained(state)));
        state->group.cancel();
        co_await state->group.join();
    }

private:
    void close() {
        state_->stopping = true;
        boost::system::error_code ignored;
        state_->acceptor.close(ignored);
        state_->room.cancel();
    }

    shared_state state_;
    std::uint16_t port_;
};

} // namespace

result<std::unique_ptr<server>>
listen(asio::any_io_executor executor, listen_options options, handler handle) {
    const auto state = std::make_shared<server_state>(executor, std::move(options), std::move(handle));
    if (state->options.tls) {
        auto context = make_server_context(*state->options.tls);
        if (!context) {
            return context.error();
        }
        state->tls = std::move(*context);
        // The key lives in the context from here on.
        state->options.tls.reset();
    }
    if (auto listening = listen_at(state->acceptor, state->options.address); !listening) {
        return listening.error();
    }
    boost::system::error_code ec;
    const auto port = state->acceptor.local_endpoint(ec).port();
    state->group.spawn("http acceptor", accept_all(state));
    return std::unique_ptr<server>{std::make_unique<tcp_server>(state, port)};
}

} // namespace holdfast::http
