// Answers that are given bit by bit.

#include "http/server.hpp"

#include "fixture.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <deque>

namespace holdfast::http {
namespace {

using asio::ip::tcp;

struct told {
    std::deque<std::string> pieces;
    bool ends = true;
    bool is_there = true;
    int looks = 0;
};

class from_a_list final : public answer_stream {
public:
    explicit from_a_list(std::shared_ptr<told> of) : of_{std::move(of)} {}
    ~from_a_list() override { of_->is_there = false; }
    asio::awaitable<std::optional<std::string>> next() override {
        if (!of_->pieces.empty()) {
            auto piece = std::move(of_->pieces.front());
            of_->pieces.pop_front();
            co_return piece;
        }
        if (of_->ends) {
            co_return std::nullopt;
        }
        ++of_->looks;
        co_await sleep_for(5ms);
        co_return std::string{};
    }

private:
    std::shared_ptr<told> of_;
};

struct streaming : fixture {
    std::shared_ptr<told> of = std::make_shared<told>();
    std::unique_ptr<server> running;

    void start(listen_options options = {}) {
        options.address = "127.0.0.1:0";
        running = listen(
                      context.get_executor(), std::move(options),
                      [of = of](request_info) -> asio::awaitable<response> {
                          response r;
                          r.status = 200;
                          r.headers = {{"Content-Type", "text/event-stream"}};
                          r.more = std::make_shared<from_a_list>(of);
                          co_return r;
                      }
        ).value();
    }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(running->port()); }
    // A client that asks, and does what it is told with its socket after the head has come.
    template <class F>
    void connected(F then) {
        tcp::socket socket{context};
        test::run(context, [](tcp::socket* to, std::uint16_t port) -> asio::awaitable<void> {
            co_await to->async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
            const std::string asked = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
            co_await asio::async_write(*to, asio::buffer(asked), asio::use_awaitable);
            std::string head;
            co_await asio::async_read_until(*to, asio::dynamic_buffer(head), "\r\n\r\n", asio::use_awaitable);
        }(&socket, running->port()));
        then(socket);
    }
    // Runs until it holds, or for so long.
    template <class F>
    bool comes_to(F holds, std::chrono::seconds limit = 10s) {
        const auto end = steady_clock::now() + limit;
        context.restart();
        while (!holds() && steady_clock::now() < end) {
            context.run_one_for(10ms);
        }
        return holds();
    }
    ~streaming() {
        if (running) {
            test::run(context, running->stop(0ms));
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_answer_stream, streaming)

BOOST_AUTO_TEST_CASE(pieces_come_one_by_one_and_end) {
    of->pieces = {"one\n", "", std::string(70'000, 'x'), "three\n"};
    start();
    const auto c = make(url());
    const auto stream = open(*c, "/");
    BOOST_TEST_REQUIRE(stream.has_value());
    BOOST_TEST((*stream)->head().find("Content-Length").has_value() == false);
    std::string all;
    for (;;) {
        const auto some = read(**stream);
        BOOST_TEST_REQUIRE(some.has_value());
        if (some->empty()) {
            break;
        }
        all += *some;
    }
    BOOST_TEST(all == "one\n" + std::string(70'000, 'x') + "three\n");
    BOOST_TEST(!of->is_there);
}

BOOST_AUTO_TEST_CASE(head_gets_no_pieces) {
    of->pieces = {"one"};
    start();
    const auto c = make(url());
    request what;
    what.method = "HEAD";
    BOOST_TEST(send(*c, what)->status == 200U);
    BOOST_TEST(of->pieces.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_ends_it) {
    of->ends = false;
    start();
    connected([&](tcp::socket& socket) {
        BOOST_TEST(of->is_there);
        socket.close();
        BOOST_TEST(comes_to([&] { return !of->is_there; }));
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_cut) {
    of->ends = false;
    listen_options options;
    options.write_timeout = 50ms;
    for (int i = 0; i < 200; ++i) {
        of->pieces.emplace_back(std::size_t{100'000}, 'x');
    }
    start(options);
    connected([&](tcp::socket&) { BOOST_TEST(comes_to([&] { return !of->is_there; })); });
    BOOST_TEST(!of->pieces.empty());
}

BOOST_AUTO_TEST_CASE(a_server_that_stops_ends_it) {
    of->ends = false;
    start();
    connected([&](tcp::socket&) {
        BOOST_TEST(comes_to([&] { return of->looks > 2; }));
        test::run(context, running->stop(5s));
        BOOST_TEST(!of->is_there);
    });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
