#include "e2e/cutting_proxy.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::test {

namespace {

constexpr std::uint8_t application_data = 23; // RFC 8446, 5.1
constexpr std::size_t header_size = 5;

sockaddr_in local(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

bool send_all(int to, const char* data, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(to, data, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

// Where TLS records begin in a stream of bytes.
class record_reader {
public:
    // The type of the record whose header ends with this byte; 0 within.
    std::uint8_t take(std::uint8_t byte) {
        if (left_ > 0) {
            --left_;
            return 0;
        }
        header_[filled_++] = byte;
        if (filled_ < header_size) {
            return 0;
        }
        filled_ = 0;
        left_ = static_cast<std::size_t>(header_[3]) << 8U | header_[4];
        return header_[0];
    }

private:
    std::array<std::uint8_t, header_size> header_{};
    std::size_t filled_ = 0;
    std::size_t left_ = 0;
};

// In TLS 1.3 these are records of application data as well: a client's certificate, its proof, and the end.
constexpr std::size_t most_in_handshake = 3;

} // namespace

class cutting_proxy::impl {
public:
    explicit impl(int port) : target_{local(port)} {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto here = local(0);
        socklen_t size = sizeof here;
        if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
            ::listen(listener_, 64) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
            fail("the proxy cannot listen");
        }
        port_ = ntohs(here.sin_port);
        acceptor_ = std::thread{[this] { accept_all(); }};
    }

    ~impl() {
        stopping_ = true;
        acceptor_.join();
        for (auto& thread : connections_) {
            thread.join();
        }
        ::close(listener_);
    }

    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    void arm(pid_t victim, std::size_t after, moment when) {
        const std::lock_guard lock{mutex_};
        victim_ = victim;
        at_ = records_ + after;
        when_ = when;
        struck_ = false;
    }

    void disarm() {
        const std::lock_guard lock{mutex_};
        victim_ = 0;
    }

    int port_ = 0;
    std::atomic<std::size_t> records_{0};
    std::atomic<bool> struck_{false};
    std::atomic<bool> losing_{false};

private:
    enum class verdict { go_on, strike_now, strike_at_answer };

    verdict count() {
        const std::lock_guard lock{mutex_};
        ++records_;
        if (victim_ == 0 || records_ != at_) {
            return verdict::go_on;
        }
        return when_ == moment::before_it_is_passed_on ? verdict::strike_now : verdict::strike_at_answer;
    }

    void strike() {
        const std::lock_guard lock{mutex_};
        if (victim_ != 0) {
            ::kill(victim_, SIGKILL);
            victim_ = 0;
            struck_ = true;
        }
    }

    void accept_all() {
        while (!stopping_) {
            pollfd waiting{listener_, POLLIN, 0};
            if (::poll(&waiting, 1, 50) <= 0) {
                continue;
            }
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client >= 0) {
                connections_.emplace_back([this, client] { pass_on(client); });
            }
        }
    }

    void pass_on(int client) {
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(server, reinterpret_cast<const sockaddr*>(&target_), sizeof target_) == 0) {
            exchange(client, server);
        }
        ::close(client);
        ::close(server);
    }

    // Not closed at once: the server gives up what is asked for by somebody who has gone.
    void swallow(int server) const {
        std::array<char, 4096> ignored; // NOLINT(cppcoreguidelines-pro-type-member-init)
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{2};
        while (!stopping_ && std::chrono::steady_clock::now() < until) {
            pollfd from{server, POLLIN, 0};
            if (::poll(&from, 1, 50) > 0 && ::recv(server, ignored.data(), ignored.size(), 0) <= 0) {
                return;
            }
        }
    }

    void exchange(int client, int server) {
        record_reader reader;
        bool strike_at_answer = false;
        std::size_t sent = 0; // records of application data by this client
        std::vector<char> buffer(std::size_t{64} << 10U);
        while (!stopping_) {
            std::array<pollfd, 2> ends{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
            if (::poll(ends.data(), ends.size(), 50) <= 0) {
                continue;
            }
            if (ends[1].revents != 0) { // first: an answer that is there was caused earlier
                const auto size = ::recv(server, buffer.data(), buffer.size(), 0);
                if (size > 0 && strike_at_answer) {
                    strike();
                    return;
                }
                if (size > 0 && losing_ && sent > most_in_handshake) {
                    swallow(server);
                    return;
                }
                if (size <= 0 || !send_all(client, buffer.data(), static_cast<std::size_t>(size))) {
                    return;
                }
            }
            if (ends[0].revents != 0) {
                const auto size = ::recv(client, buffer.data(), buffer.size(), 0);
                if (size <= 0) {
                    return;
                }
                for (std::size_t i = 0; i < static_cast<std::size_t>(size); ++i) {
                    if (reader.take(static_cast<std::uint8_t>(buffer[i])) != application_data) {
                        continue;
                    }
                    ++sent;
                    const auto what = count();
                    if (what == verdict::strike_now) {
                        strike();
                        return;
                    }
                    strike_at_answer = strike_at_answer || what == verdict::strike_at_answer;
                }
                if (!send_all(server, buffer.data(), static_cast<std::size_t>(size))) {
                    return;
                }
            }
        }
    }

    sockaddr_in target_;
    int listener_ = -1;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    pid_t victim_ = 0;
    std::size_t at_ = 0;
    moment when_ = moment::before_it_is_passed_on;
    std::vector<std::thread> connections_; // only the acceptor adds to it
    std::thread acceptor_;
};

cutting_proxy::cutting_proxy(int port) : impl_{std::make_unique<impl>(port)} {}
cutting_proxy::~cutting_proxy() = default;

int cutting_proxy::port() const {
    return impl_->port_;
}

std::size_t cutting_proxy::records() const {
    return impl_->records_;
}

void cutting_proxy::arm(pid_t victim, std::size_t after, moment when) {
    impl_->arm(victim, after, when);
}

bool cutting_proxy::struck() const {
    return impl_->struck_;
}

void cutting_proxy::lose_answers(bool lose) {
    impl_->losing_ = lose;
}

void cutting_proxy::disarm() {
    impl_->disarm();
}

} // namespace holdfast::test
