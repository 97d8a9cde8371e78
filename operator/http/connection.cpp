#include "http/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace holdfast::http {

namespace {

// How many times in a row bytes may be there at once before others get their turn.
constexpr unsigned patience = 16;

error socket_error(int code) {
    return transient_error(std::system_category().message(code));
}

class tcp_layer final : public layer {
public:
    explicit tcp_layer(int descriptor) : descriptor_{descriptor} {}

    step handshake() override { return {}; }

    step read(char* into, std::size_t size) override {
        for (;;) {
            const auto got = ::recv(descriptor_, into, size, 0);
            if (got > 0) return {progress::done, static_cast<std::size_t>(got)};
            if (got == 0) return {progress::end};
            if (errno == EAGAIN || errno == EWOULDBLOCK) return {progress::want_read};
            if (errno != EINTR) return give_up();
        }
    }

    step write(const char* from, std::size_t size) override {
        for (;;) {
            const auto sent = ::send(descriptor_, from, size, MSG_NOSIGNAL);
            if (sent >= 0) return {progress::done, static_cast<std::size_t>(sent)};
            if (errno == EAGAIN || errno == EWOULDBLOCK) return {progress::want_write};
            if (errno != EINTR) return give_up();
        }
    }

    void goodbye() noexcept override { ::shutdown(descriptor_, SHUT_WR); }

    [[nodiscard]] error failure() const override { return socket_error(code_); }

private:
    step give_up() {
        code_ = errno;
        return {progress::broken};
    }

    int descriptor_;
    int code_ = 0;
};

void set(int descriptor, int level, int name, int value) {
    ::setsockopt(descriptor, level, name, &value, sizeof value);
}

// A peer that vanished without a word is noticed after about half a minute, idle or not.
void tune(asio::ip::tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.native_non_blocking(true, ignored);
    const int descriptor = socket.native_handle();
    set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 20);
    set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

} // namespace

connection::connection(const asio::any_io_executor& executor)
    : socket_{executor}, timer_{executor}, self_{std::make_shared<connection*>(this)} {}

connection::connection(const asio::any_io_executor& executor, asio::ip::tcp::socket accepted)
    : socket_{std::move(accepted)}, timer_{executor}, self_{std::make_shared<connection*>(this)} {
    tune(socket_);
    top_ = std::make_unique<tcp_layer>(socket_.native_handle());
}

connection::~connection() {
    if (top_) {
        top_->goodbye();
    }
}

void connection::expire_at(steady_clock::time_point end) {
    expired_ = false;
    deadline_ = end;
    const auto round = ++timer_round_;
    timer_.expires_at(end);
    timer_.async_wait([held = std::weak_ptr{self_}, round](boost::system::error_code ec) {
        const auto self = held.lock();
        // The round: a timer that was set anew after its end, but before this call, does not count.
        if (!ec && self && (*self)->timer_round_ == round) {
            (*self)->interrupt();
        }
    });
}

void connection::expire_never() {
    ++timer_round_;
    timer_.cancel();
    deadline_ = steady_clock::time_point::max();
}

void connection::interrupt() {
    expired_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

result<void> connection::outcome_of(boost::system::error_code ec) const {
    if (expired_) {
        return transient_error("timed out");
    }
    if (ec == asio::error::operation_aborted) {
        throw boost::system::system_error{ec};
    }
    if (ec) {
        return transient_error(ec.message());
    }
    return {};
}

asio::awaitable<result<void>> connection::wait(bool writing) {
    if (expired_) {
        co_return transient_error("timed out");
    }
    without_waiting_ = 0;
    boost::system::error_code ec;
    co_await socket_.async_wait(
        writing ? asio::socket_base::wait_write : asio::socket_base::wait_read,
        asio::redirect_error(asio::use_awaitable, ec)
    );
    co_return outcome_of(ec);
}

// Between attempts that need not wait: a fast peer must not keep the thread to itself, nor outrun the
// deadline.
asio::awaitable<result<void>> connection::breathe() {
    if (++without_waiting_ >= patience) {
        without_waiting_ = 0;
        co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    }
    if (expired_ || steady_clock::now() >= deadline_) {
        expired_ = true;
        co_return transient_error("timed out");
    }
    co_return result<void>{};
}

asio::awaitable<result<void>> connection::connect(asio::ip::tcp::endpoint to) {
    boost::system::error_code ec;
    top_.reset();
    if (socket_.is_open()) {
        socket_.close(ec);
    }
    socket_.open(to.protocol(), ec);
    if (ec) {
        co_return transient_error(ec.message());
    }
    tune(socket_);
    co_await socket_.async_connect(to, asio::redirect_error(asio::use_awaitable, ec));
    if (auto connected = outcome_of(ec); !connected) {
        co_return connected;
    }
    top_ = std::make_unique<tcp_layer>(socket_.native_handle());
    co_return result<void>{};
}

asio::awaitable<result<void>> connection::start_tls_client(tls_context context, std::string name) {
    top_ = make_tls_client(std::move(top_), context, name);
    co_return co_await shake_hands();
}

asio::awaitable<result<void>> connection::start_tls_server(tls_context context) {
    top_ = make_tls_server(std::move(top_), context);
    co_return co_await shake_hands();
}

asio::awaitable<result<void>> connection::shake_hands() {
    for (;;) {
        const auto s = top_->handshake();
        switch (s.how) {
        case progress::done: co_return result<void>{};
        case progress::end: co_return transient_error("the connection was closed during the TLS handshake");
        case progress::broken: co_return top_->failure();
        default: break;
        }
        if (auto waited = co_await wait(s.how == progress::want_write); !waited) {
            co_return waited;
        }
    }
}

asio::awaitable<result<void>> connection::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto s = top_->write(bytes.data(), bytes.size());
        if (s.how == progress::done) {
            bytes.remove_prefix(s.count);
            if (bytes.empty()) {
                break;
            }
            if (auto on = co_await breathe(); !on) {
                co_return on;
            }
            continue;
        }
        if (s.how == progress::broken) {
            co_return top_->failure();
        }
        if (s.how == progress::end) {
            co_return transient_error("the connection was closed");
        }
        if (auto waited = co_await wait(s.how == progress::want_write); !waited) {
            co_return waited;
        }
    }
    co_return result<void>{};
}

asio::awaitable<result<bool>> connection::fill() {
    // Shared by all connections of the thread: nothing is kept in it across a wait.
    static thread_local std::array<char, std::size_t{64} << 10U> scratch;
    if (auto on = co_await breathe(); !on) {
        co_return on.error();
    }
    for (;;) {
        const auto s = top_->read(scratch.data(), scratch.size());
        switch (s.how) {
        case progress::done: inbox_.append(scratch.data(), s.count); co_return true;
        case progress::end: co_return false;
        case progress::broken: co_return top_->failure();
        default: break;
        }
        if (auto waited = co_await wait(s.how == progress::want_write); !waited) {
            co_return waited.error();
        }
    }
}

bool connection::is_quiet() {
    if (!top_ || !inbox_.empty()) {
        return false;
    }
    char byte = 0;
    // With TLS there may be something that is none of ours (session tickets); reading gets it out of the way.
    return top_->read(&byte, 1).how == progress::want_read;
}

void connection::finish_writing() noexcept {
    if (top_) {
        top_->goodbye();
    }
}

} // namespace holdfast::http
