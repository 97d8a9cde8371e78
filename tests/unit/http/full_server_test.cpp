// A server all of whose connections are taken: who does nothing makes room, who is worked on does not.

#include "fixture.hpp"

#include "base/task_group.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <list>
#include <string>
#include <string_view>

namespace holdfast::http {
namespace {

using asio::ip::tcp;

// Longer than any test lasts: whoever leaves was made to.
constexpr auto never = 10min;

struct full_server : fixture {
    bool open = false;
    std::size_t in_work = 0;
    std::unique_ptr<server> running;
    std::list<tcp::socket> held;
    test::authority ca;

    ~full_server() {
        open = true;
        held.clear();
        if (running) test::run(context, running->stop(0ms));
    }

    void start(listen_options options) {
        options.address = "127.0.0.1:0";
        options.header_timeout = never;
        options.body_timeout = never;
        options.idle_timeout = never;
        running = listen(context.get_executor(), std::move(options), [this](request_info request) {
                      return answer(this, std::move(request));
                  }).value();
    }

    static asio::awaitable<response> answer(full_server* self, request_info request) {
        if (request.path() == "/slow") {
            ++self->in_work;
            while (!self->open)
                co_await sleep_for(1ms);
            --self->in_work;
        }
        co_return text_response(200, std::to_string(request.what.body.size()));
    }

    [[nodiscard]] std::string url(const char* scheme = "http") const {
        return std::string{scheme} + "://127.0.0.1:" + std::to_string(running->port());
    }

    // A connection that says this and then nothing more.
    tcp::socket& hold(std::string_view bytes = {}) {
        auto& socket = held.emplace_back(context);
        socket.connect({asio::ip::address_v4::loopback(), running->port()});
        asio::write(socket, asio::buffer(bytes));
        test::run(context, sleep_for(1ms));
        return socket;
    }
    bool was_closed(tcp::socket& socket) {
        test::run(context, sleep_for(1ms));
        socket.non_blocking(true);
        char byte = 0;
        boost::system::error_code ec;
        socket.read_some(asio::buffer(&byte, 1), ec);
        return ec && ec != asio::error::would_block;
    }
    unsigned status_of(std::string body = {}) {
        request what;
        what.method = "POST";
        what.body = std::move(body);
        const auto c = make(url());
        const auto r = send(*c, what, {.deadline = 20s});
        BOOST_TEST(r.has_value(), (r ? "" : r.error().message()));
        return r ? r->status : 0;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_full_server, full_server)

BOOST_AUTO_TEST_CASE(connections_without_a_request_stop_nobody) {
    start({.max_connections = 256});
    for (int i = 0; i < 300; ++i)
        hold();
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(status_of() == 200u);
}

BOOST_AUTO_TEST_CASE(connections_that_rest_after_a_request_stop_nobody) {
    start({.max_connections = 32});
    for (int i = 0; i < 40; ++i)
        hold("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(status_of() == 200u);
}

BOOST_AUTO_TEST_CASE(connections_that_never_begin_with_tls_stop_nobody) {
    const auto pair = ca.server({"IP:127.0.0.1"});
    start({.tls = server_tls{pair.certificate, pair.key, {}}, .max_connections = 16});
    for (int i = 0; i < 20; ++i)
        hold(i % 2 == 0 ? "" : "\x16\x03\x01");
    client_options options;
    options.url = url("https");
    options.tls.ca = ca.certificate();
    for (int i = 0; i < 5; ++i) {
        const auto c = make(options);
        const auto r = get(*c, "/", {.deadline = 20s});
        BOOST_TEST(r.has_value(), (r ? "" : r.error().message()));
    }
}

BOOST_AUTO_TEST_CASE(requests_that_are_never_finished_stop_nobody) {
    start({.max_connections = 8});
    for (int i = 0; i < 4; ++i)
        hold("POST / HTTP/1.1\r\nHo");
    for (int i = 0; i < 4; ++i)
        hold("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1");
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(status_of() == 200u);
}

BOOST_AUTO_TEST_CASE(the_one_that_waits_longest_goes_and_no_other) {
    start({.max_connections = 4});
    auto& first = hold();
    auto& second = hold();
    auto& third = hold();
    auto& fourth = hold();
    BOOST_TEST(!was_closed(first));
    hold();
    BOOST_TEST(was_closed(first));
    for (auto* other : {&second, &third, &fourth})
        BOOST_TEST(!was_closed(*other));
}

BOOST_AUTO_TEST_CASE(who_is_worked_on_stays_and_is_answered) {
    start({.max_connections = 3});
    task_group group{context.get_executor()};
    std::vector<std::string> answers;
    const auto ask = [](full_server* f, std::vector<std::string>* into) -> asio::awaitable<void> {
        client_options options;
        options.url = f->url();
        const auto c = make_client(f->context.get_executor(), options).value();
        request what;
        what.target = "/slow";
        auto asked = c->send(std::move(what), {.deadline = 20s});
        const auto r = co_await std::move(asked);
        into->push_back(r ? r->body : r.error().message());
    };
    for (int i = 0; i < 2; ++i)
        group.spawn("ask", ask(this, &answers));
    while (in_work < 2)
        test::run(context, sleep_for(1ms));
    auto& idle = hold();
    hold();
    BOOST_TEST(was_closed(idle));
    BOOST_TEST(in_work == 2u);
    // A third takes the last place, and a fourth waits for one of the three.
    for (int i = 0; i < 2; ++i)
        group.spawn("ask", ask(this, &answers));
    while (in_work < 3)
        test::run(context, sleep_for(1ms));
    test::run(context, sleep_for(20ms));
    BOOST_TEST(in_work == 3u);
    BOOST_TEST(answers.empty());
    open = true;
    test::run(context, group.join());
    BOOST_TEST(answers == std::vector<std::string>(4, "0"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_was_answered_makes_room_for_who_waited_meanwhile) {
    start({.max_connections = 3});
    for (int i = 0; i < 3; ++i)
        hold("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    while (in_work < 3)
        test::run(context, sleep_for(1ms));
    task_group group{context.get_executor()};
    group.spawn("open", [](full_server* f) -> asio::awaitable<void> {
        co_await sleep_for(30ms);
        f->open = true;
    }(this));
    BOOST_TEST(status_of() == 200u);
    test::run(context, group.join());
}

BOOST_AUTO_TEST_CASE(long_bodies_share_their_memory_and_leave_short_ones_theirs) {
    start({.max_body = 1'000'000, .short_body = 10'000, .long_bodies = 200'000});
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n";
    hold(head + std::string(150'000, 'x'));
    test::run(context, sleep_for(20ms));
    BOOST_TEST(status_of(std::string(100'000, 'x')) == 503u);
    BOOST_TEST(status_of(std::string(10'000, 'x')) == 200u);
    BOOST_TEST(status_of(std::string(20'000, 'x')) == 200u);
    held.clear();
    test::run(context, sleep_for(20ms));
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(status_of(std::string(100'000, 'x')) == 200u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
