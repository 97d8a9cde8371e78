#include "support/imposter.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace holdfast::test {

script& script::send(std::string bytes) {
    steps_.push_back({action::send, std::move(bytes)});
    return *this;
}

script& script::head(unsigned status, std::string_view headers) {
    return send("HTTP/1.1 " + std::to_string(status) + " Status\r\n" + std::string{headers} + "\r\n");
}

script& script::chunk(std::string_view bytes) {
    std::array<char, 20> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
    return send(std::string{size.data(), end} + "\r\n" + std::string{bytes} + "\r\n");
}

script& script::last_chunk() {
    return send("0\r\n\r\n");
}

script& script::trickle(std::string_view bytes, std::chrono::milliseconds between) {
    for (const char byte : bytes) {
        send(std::string{byte}).pause(between);
    }
    return *this;
}

script& script::pause(std::chrono::milliseconds time) {
    steps_.push_back({action::pause, {}, time});
    return *this;
}

script& script::hold(std::string gate) {
    steps_.push_back({action::hold, std::move(gate)});
    return *this;
}

script& script::close() {
    steps_.push_back({action::close, {}});
    return *this;
}

script& script::reset() {
    steps_.push_back({action::reset, {}});
    return *this;
}

script& script::stall() {
    steps_.push_back({action::stall, {}});
    return *this;
}

script& script::relay(std::uint16_t port) {
    steps_.push_back({action::relay, {}, {}, port});
    return *this;
}

script answer(unsigned status, std::string_view body, std::string_view headers) {
    const auto length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    script s;
    s.send(
        "HTTP/1.1 " + std::to_string(status) + " Status\r\n" + std::string{headers} + length + "\r\n" +
        std::string{body}
    );
    return s;
}

script answer_json(unsigned status, std::string_view body, std::string_view headers) {
    return answer(status, body, "Content-Type: application/json\r\n" + std::string{headers});
}

script answer_stream() {
    script s;
    s.head(200, "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n");
    return s;
}

std::string seen_request::header(std::string_view name) const {
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos && at + 2 < head.size()) {
        at += 2;
        const auto end = head.find("\r\n", at);
        const auto line = std::string_view{head}.substr(at, end - at);
        const auto colon = line.find(':');
        const auto same = [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
        };
        if (colon != std::string_view::npos &&
            std::equal(
                name.begin(), name.end(), line.begin(), line.begin() + static_cast<long>(colon), same
            )) {
            auto value = line.substr(colon + 1);
            value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
            return std::string{value};
        }
        at = end;
    }
    return {};
}

struct imposter::rule::state {
    std::string method;
    std::string target;
    std::string containing;
    std::deque<script> queue;
    std::function<script(const seen_request&)> fallback;
    std::mutex* mutex = nullptr;
};

namespace {

using ssl_handle = std::unique_ptr<SSL, decltype(&SSL_free)>;
using context_handle = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using bio_handle = std::unique_ptr<BIO, decltype(&BIO_free)>;
using x509_handle = std::unique_ptr<X509, decltype(&X509_free)>;
using key_handle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

bio_handle open_text(const std::string& text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

void require(bool ok, const char* what) {
    if (!ok) {
        throw std::runtime_error{std::string{"imposter: "} + what};
    }
}

context_handle make_context(const imposter_tls& tls) {
    context_handle context{nullptr, &SSL_CTX_free};
    if (tls.certificate.empty()) {
        return context;
    }
    context.reset(SSL_CTX_new(TLS_server_method()));
    const auto chain = open_text(tls.certificate);
    const x509_handle leaf{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr), &X509_free};
    require(leaf && SSL_CTX_use_certificate(context.get(), leaf.get()) == 1, "no certificate");
    const auto key_text = open_text(tls.key);
    const key_handle key{PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
    require(key && SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, "no key of that certificate");
    if (!tls.client_ca.empty()) {
        const auto ca_text = open_text(tls.client_ca);
        const x509_handle ca{PEM_read_bio_X509(ca_text.get(), nullptr, nullptr, nullptr), &X509_free};
        require(
            ca && X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca.get()) == 1, "no client CA"
        );
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return context;
}

} // namespace

struct imposter::impl {
    struct connection {
        int fd = -1;
        std::size_t number = 0;
        bool open = true;
        std::thread thread;
    };

    context_handle context{nullptr, &SSL_CTX_free};
    int listener = -1;
    std::uint16_t port = 0;

    mutable std::mutex mutex;
    std::condition_variable changed;
    bool stopped = false;
    std::list<rule::state> rules;
    std::deque<script> connect_scripts;
    std::set<std::string> gates;
    std::vector<seen_request> seen;
    std::size_t unexpected = 0;
    std::list<connection> connections;
    std::thread acceptor;

    // The bytes of one connection, through TLS or not. Blocking; ends when impl shuts the socket down.
    struct channel {
        int fd;
        ssl_handle ssl{nullptr, &SSL_free};
        std::string buffer;

        bool fill() {
            std::array<char, 16384> bytes{};
            const long got = ssl ? SSL_read(ssl.get(), bytes.data(), static_cast<int>(bytes.size()))
                                 : ::recv(fd, bytes.data(), bytes.size(), 0);
            if (got <= 0) {
                return false;
            }
            buffer.append(bytes.data(), static_cast<std::size_t>(got));
            return true;
        }

        bool write(std::string_view bytes) const {
            while (!bytes.empty()) {
                const long sent = ssl ? SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size()))
                                      : ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (sent <= 0) {
                    return false;
                }
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            }
            return true;
        }
    };

    static void relay(channel& io, std::uint16_t port);
    void accept_all();
    void serve(connection& c);
    std::optional<seen_request> read_request(channel& io, std::size_t number) const;
    std::optional<script> script_for(const seen_request& request);
    /// False when the connection is over.
    bool play(channel& io, const script& s);
    void end(connection& c, bool abruptly);
};

void imposter::impl::accept_all() {
    for (;;) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock{mutex};
        if (fd < 0 || stopped) {
            if (fd >= 0) {
                ::close(fd);
            }
            return;
        }
        const int yes = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        auto& c = connections.emplace_back();
        c.fd = fd;
        c.number = connections.size() - 1;
        c.thread = std::thread{[this, &c] { serve(c); }};
    }
}

void imposter::impl::serve(connection& c) {
    // OpenSSL writes with write(2).
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);

    std::optional<script> first;
    {
        const std::lock_guard lock{mutex};
        if (!connect_scripts.empty()) {
            first = std::move(connect_scripts.front());
            connect_scripts.pop_front();
        }
    }
    channel io{c.fd};
    bool abruptly = false;
    const auto run = [&](const script& s) {
        const bool goes_on = play(io, s);
        abruptly = !s.steps().empty() && s.steps().back().what == script::action::reset;
        return goes_on;
    };
    bool alive = !first || run(*first);
    if (alive && context) {
        io.ssl.reset(SSL_new(context.get()));
        SSL_set_fd(io.ssl.get(), c.fd);
        alive = SSL_accept(io.ssl.get()) == 1;
    }
    while (alive) {
        const auto request = read_request(io, c.number);
        if (!request) {
            break;
        }
        const auto s = script_for(*request);
        alive = run(s ? *s : answer(404, "the imposter has no rule for this\n"));
    }
    ERR_clear_error();
    end(c, abruptly);
}

void imposter::impl::end(connection& c, bool abruptly) {
    const std::lock_guard lock{mutex};
    if (abruptly) {
        const linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    ::close(c.fd);
    c.open = false;
    changed.notify_all();
}

std::optional<seen_request> imposter::impl::read_request(channel& io, std::size_t number) const {
    std::size_t head_end = std::string::npos;
    while ((head_end = io.buffer.find("\r\n\r\n")) == std::string::npos) {
        if (!io.fill()) {
            return std::nullopt;
        }
    }
    seen_request r;
    r.connection = number;
    r.head = io.buffer.substr(0, head_end + 2);
    const auto first_space = r.head.find(' ');
    const auto second_space = r.head.find(' ', first_space + 1);
    r.method = r.head.substr(0, first_space);
    r.target = r.head.substr(first_space + 1, second_space - first_space - 1);
    io.buffer.erase(0, head_end + 4);
    std::size_t length = 0;
    const auto length_text = r.header("Content-Length");
    std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    while (io.buffer.size() < length) {
        if (!io.fill()) {
            return std::nullopt;
        }
    }
    r.body = io.buffer.substr(0, length);
    io.buffer.erase(0, length);
    return r;
}

std::optional<script> imposter::impl::script_for(const seen_request& request) {
    std::unique_lock lock{mutex};
    seen.push_back(request);
    changed.notify_all();
    for (auto& r : rules) {
        if ((!r.method.empty() && r.method != request.method) || !request.target.starts_with(r.target) ||
            request.target.find(r.containing) == std::string::npos) {
            continue;
        }
        if (!r.queue.empty()) {
            auto s = std::move(r.queue.front());
            r.queue.pop_front();
            return s;
        }
        if (r.fallback) {
            const auto decide = r.fallback;
            lock.unlock();
            return decide(request);
        }
    }
    ++unexpected;
    return std::nullopt;
}

void imposter::impl::relay(channel& io, std::uint16_t port) {
    const int target = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    bool on = ::connect(target, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    std::array<char, 16384> bytes{};
    while (on) {
        std::array<pollfd, 2> ends{pollfd{io.fd, POLLIN, 0}, pollfd{target, POLLIN, 0}};
        const bool more = !io.buffer.empty() || (io.ssl && SSL_pending(io.ssl.get()) > 0);
        if (!more) {
            ::poll(ends.data(), ends.size(), -1);
        }
        if (more || ends[0].revents != 0) {
            on = !io.buffer.empty() || io.fill();
            on = on && ::send(target, io.buffer.data(), io.buffer.size(), MSG_NOSIGNAL) ==
                           static_cast<long>(io.buffer.size());
            io.buffer.clear();
        }
        if (on && ends[1].revents != 0) {
            const auto got = ::recv(target, bytes.data(), bytes.size(), 0);
            on = got > 0 && io.write({bytes.data(), static_cast<std::size_t>(got)});
        }
    }
    ::close(target);
}

bool imposter::impl::play(channel& io, const script& s) {
    for (const auto& step : s.steps()) {
        switch (step.what) {
        case script::action::send:
            if (!io.write(step.text)) {
                return false;
            }
            break;
        case script::action::pause: {
            std::unique_lock lock{mutex};
            changed.wait_for(lock, step.time, [this] { return stopped; });
            break;
        }
        case script::action::hold: {
            std::unique_lock lock{mutex};
            changed.wait(lock, [&] { return stopped || gates.contains(step.text); });
            break;
        }
        case script::action::close:
            if (io.ssl) {
                SSL_shutdown(io.ssl.get());
            }
            return false;
        case script::action::reset: return false;
        case script::action::relay: relay(io, step.port); return false;
        case script::action::stall: {
            std::unique_lock lock{mutex};
            changed.wait(lock, [this] { return stopped; });
            return false;
        }
        }
    }
    return true;
}

imposter::imposter(imposter_tls tls) : impl_{std::make_unique<impl>()} {
    impl_->context = make_context(tls);
    impl_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    require(
        ::bind(impl_->listener, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
            ::listen(impl_->listener, 64) == 0 &&
            ::getsockname(impl_->listener, reinterpret_cast<sockaddr*>(&address), &length) == 0,
        "cannot listen"
    );
    impl_->port = ntohs(address.sin_port);
    impl_->acceptor = std::thread{[i = impl_.get()] { i->accept_all(); }};
}

imposter::~imposter() {
    {
        const std::lock_guard lock{impl_->mutex};
        impl_->stopped = true;
        ::shutdown(impl_->listener, SHUT_RDWR);
        for (auto& c : impl_->connections) {
            if (c.open) {
                ::shutdown(c.fd, SHUT_RDWR);
            }
        }
        impl_->changed.notify_all();
    }
    impl_->acceptor.join();
    // No connection is added any more.
    for (auto& c : impl_->connections) {
        c.thread.join();
    }
    ::close(impl_->listener);
}

imposter::rule& imposter::rule::then(script s) {
    const std::lock_guard lock{*state_->mutex};
    state_->queue.push_back(std::move(s));
    return *this;
}

imposter::rule& imposter::rule::always(script s) {
    return always([s = std::move(s)](const seen_request&) { return s; });
}

imposter::rule& imposter::rule::always(std::function<script(const seen_request&)> decide) {
    const std::lock_guard lock{*state_->mutex};
    state_->fallback = std::move(decide);
    return *this;
}

imposter::rule imposter::when(std::string method, std::string target, std::string containing) {
    const std::lock_guard lock{impl_->mutex};
    auto& state = impl_->rules.emplace_back();
    state.method = std::move(method);
    state.target = std::move(target);
    state.containing = std::move(containing);
    state.mutex = &impl_->mutex;
    return rule{state};
}

void imposter::on_connect(script s) {
    const std::lock_guard lock{impl_->mutex};
    impl_->connect_scripts.push_back(std::move(s));
}

void imposter::open(std::string gate) {
    const std::lock_guard lock{impl_->mutex};
    impl_->gates.insert(std::move(gate));
    impl_->changed.notify_all();
}

std::uint16_t imposter::port() const {
    return impl_->port;
}

std::string imposter::url() const {
    return (impl_->context ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(impl_->port);
}

std::vector<seen_request> imposter::requests() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->seen;
}

std::size_t imposter::connections() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->connections.size();
}

std::size_t imposter::open_connections() const {
    const std::lock_guard lock{impl_->mutex};
    return static_cast<std::size_t>(std::ranges::count_if(impl_->connections, &impl::connection::open));
}

std::size_t imposter::unexpected() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->unexpected;
}

} // namespace holdfast::test
