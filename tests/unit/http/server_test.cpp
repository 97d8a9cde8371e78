#include "http/router.hpp"
#include "http/server.hpp"

#include "fixture.hpp"

#include "base/task_group.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::http {

namespace {

using asio::ip::tcp;

asio::awaitable<response> echo(request_info info) {
    response r;
    r.status = 200;
    r.headers = {{"X-Method", info.what.method}, {"X-Target", info.what.target}};
    r.body = info.what.body;
    co_return r;
}

asio::awaitable<response> fail(request_info /*info*/) {
    throw std::runtime_error{"on purpose"};
    co_return response{};
}

struct gate {
    bool entered = false;
    bool open = false;
    bool cancelled = false;
};

asio::awaitable<response> wait_for_gate(gate* g) {
    g->entered = true;
    try {
        while (!g->open) {
            co_await sleep_for(1ms);
        }
    } catch (const boost::system::system_error&) {
        g->cancelled = true;
        throw;
    }
    response r;
    r.status = 200;
    r.body = "through the gate";
    co_return r;
}

// Sends these bytes and returns all that comes until the server closes.
asio::awaitable<std::string> talk(std::uint16_t port, std::string bytes, bool finish) {
    tcp::socket socket{co_await asio::this_coro::executor};
    const tcp::endpoint at{asio::ip::address_v4::loopback(), port};
    co_await socket.async_connect(at, asio::use_awaitable);
    boost::system::error_code ec;
    co_await asio::async_write(socket, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
    if (finish) {
        socket.shutdown(tcp::socket::shutdown_send, ec);
    }
    std::string all;
    co_await asio::async_read(
        socket, asio::dynamic_buffer(all), asio::redirect_error(asio::use_awaitable, ec)
    );
    co_return all;
}

struct served : fixture {
    std::unique_ptr<server> running;

    void start(handler handle, listen_options options = {}) {
        if (options.address == ":8080") {
            options.address = "127.0.0.1:0";
        }
        running = listen(context.get_executor(), std::move(options), std::move(handle)).value();
    }
    [[nodiscard]] std::string url(const char* scheme = "http") const {
        return std::string{scheme} + "://127.0.0.1:" + std::to_string(running->port());
    }
    std::string say(std::string bytes, bool finish = false) {
        return test::run(context, talk(running->port(), std::move(bytes), finish));
    }
    void stop(std::chrono::milliseconds drain = 5s) { test::run(context, running->stop(drain)); }
    ~served() {
        if (running) {
            stop(0ms);
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_server, served)

BOOST_AUTO_TEST_CASE(a_request_reaches_the_handler_and_its_answer_the_client) {
    start(echo);
    const auto c = make(url());
    request what;
    what.method = "POST";
    what.target = "/path?query=1";
    what.body = "the body";
    for (int i = 0; i < 3; ++i) {
        const auto r = send(*c, what);
        BOOST_TEST_REQUIRE(r.has_value(), (r ? "" : r.error().message()));
        BOOST_TEST(r->status == 200u);
        BOOST_TEST(r->body == "the body");
        BOOST_TEST(r->find("X-Target").value() == "/path?query=1");
        BOOST_TEST(r->find("Date").value().ends_with(" GMT"));
    }
}

BOOST_AUTO_TEST_CASE(requests_sent_at_once_are_answered_in_their_order) {
    start(echo);
    const auto all = say("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
                         "GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const auto first = all.find("X-Target: /1");
    const auto second = all.find("X-Target: /2");
    BOOST_TEST(first != std::string::npos);
    BOOST_TEST(second != std::string::npos);
    BOOST_TEST(first < second);
}

BOOST_AUTO_TEST_CASE(head_gets_the_length_and_no_body) {
    start(make_router({{"GET", "/x", [](request_info) -> asio::awaitable<response> {
                            co_return text_response(200, "12345");
                        }}}));
    const auto all = say("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    BOOST_TEST(all.find("Content-Length: 5\r\n") != std::string::npos);
    BOOST_TEST(all.ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_first_is_told_to_go_on) {
    listen_options options;
    options.body_timeout = 50ms;
    start(echo, options);
    const auto all = say(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
    );
    // The body never came; what did come is the invitation.
    BOOST_TEST(all.starts_with("HTTP/1.1 100 Continue\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(what_is_not_http_gets_400) {
    start(echo);
    BOOST_TEST(say("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    BOOST_TEST(say("GET noslash HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 400 "));
    BOOST_TEST(say("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
                   .starts_with("HTTP/1.1 400 "));
}

BOOST_AUTO_TEST_CASE(a_body_beyond_the_limit_gets_413_announced_or_not) {
    listen_options options;
    options.max_body = 10;
    start(echo, options);
    BOOST_TEST(say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n").starts_with("HTTP/1.1 413 "));
    BOOST_TEST(
        say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n")
            .starts_with("HTTP/1.1 413 ")
    );
    // A client that goes on sending still gets to see the answer.
    const auto c = make(url());
    request what;
    what.method = "POST";
    what.body = std::string(100'000, 'x');
    const auto r = send(*c, what);
    BOOST_TEST_REQUIRE(r.has_value(), (r ? "" : r.error().message()));
    BOOST_TEST(r->status == 413u);
}

BOOST_AUTO_TEST_CASE(the_limit_of_a_body_may_depend_on_the_request) {
    listen_options options;
    options.body_limit = [](const request_info& info) { return info.path() == "/big" ? 100UL : 1UL; };
    start(echo, options);
    const std::string rest = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n12345";
    BOOST_TEST(say("POST /big?x" + rest).starts_with("HTTP/1.1 200 "));
    BOOST_TEST(say("POST /small" + rest).starts_with("HTTP/1.1 413 "));
}

BOOST_AUTO_TEST_CASE(a_head_beyond_the_limit_gets_431) {
    start(echo);
    BOOST_TEST(say("GET / HTTP/1.1\r\nX-Long: " + std::string(20'000, 'x')).starts_with("HTTP/1.1 431 "));
}

BOOST_AUTO_TEST_CASE(a_slow_head_and_a_slow_body_get_408) {
    listen_options options;
    options.header_timeout = 50ms;
    options.body_timeout = 50ms;
    start(echo, options);
    BOOST_TEST(say("GET / HTT").starts_with("HTTP/1.1 408 "));
    BOOST_TEST(say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12").starts_with("HTTP/1.1 408 "));
}

BOOST_AUTO_TEST_CASE(a_connection_without_a_request_is_closed) {
    listen_options options;
    options.header_timeout = 30ms;
    options.idle_timeout = 30ms;
    start(echo, options);
    BOOST_TEST(say("").empty());
    const auto all = say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(all.starts_with("HTTP/1.1 200 "));
    BOOST_TEST(all.find("HTTP/1.1", 1) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_exception_of_a_handler_is_500_and_stays_inside) {
    start(fail);
    const auto c = make(url());
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->status == 500u);
    BOOST_TEST(r->body.find("purpose") == std::string::npos);
    BOOST_TEST(get(*c).has_value());
}

BOOST_AUTO_TEST_CASE(routes_tell_unknown_paths_from_unknown_methods) {
    const auto named = [](const char* name) {
        return [name](request_info) {
            return [](const char* n) -> asio::awaitable<response> { co_return text_response(200, n); }(name);
        };
    };
    start(make_router({
        {"GET", "/metrics", named("metrics")},
        {"POST", "/hooks/", named("hooks")},
        {"POST", "/hooks/github", named("github")},
    }));
    const auto c = make(url());
    const auto ask = [&](const char* method, const char* target) {
        request what;
        what.method = method;
        what.target = target;
        return send(*c, what).value();
    };
    BOOST_TEST(ask("GET", "/metrics?x=1").body == "metrics");
    BOOST_TEST(ask("POST", "/hooks/gitea").body == "hooks");
    BOOST_TEST(ask("POST", "/hooks/github").body == "github");
    BOOST_TEST(ask("GET", "/metrics/").status == 404u);
    BOOST_TEST(ask("GET", "/").status == 404u);
    const auto refused = ask("DELETE", "/metrics");
    BOOST_TEST(refused.status == 405u);
    BOOST_TEST(refused.find("Allow").value() == "GET, HEAD");
}

BOOST_AUTO_TEST_CASE(no_more_connections_are_served_at_once_than_allowed) {
    listen_options options;
    options.max_connections = 2;
    gate g;
    start([&g](request_info) { return wait_for_gate(&g); }, options);
    const auto c = make(url());
    std::vector<std::string> answers;
    task_group group{context.get_executor()};
    const auto one = [](std::uint16_t port, std::vector<std::string>* into) -> asio::awaitable<void> {
        auto all = co_await talk(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false);
        into->push_back(std::move(all));
    };
    for (int i = 0; i < 5; ++i) {
        group.spawn("client", one(running->port(), &answers));
    }
    test::run(context, sleep_for(20ms));
    BOOST_TEST(answers.empty());
    g.open = true;
    test::run(context, group.join());
    BOOST_TEST(answers.size() == 5u);
    for (const auto& a : answers) {
        BOOST_TEST(a.ends_with("through the gate"));
    }
}

BOOST_AUTO_TEST_CASE(stopping_answers_what_is_in_work_and_closes_what_is_idle) {
    gate g;
    start([&g](request_info info) {
        return info.path() == "/gate" ? wait_for_gate(&g) : echo(std::move(info));
    });
    const auto idle = make(url());
    BOOST_TEST(get(*idle).has_value());
    const auto busy = make(url());
    task_group group{context.get_executor()};
    result<response> answered{error{}};
    group.spawn("request", [](client* c, result<response>* into) -> asio::awaitable<void> {
        request what;
        what.target = "/gate";
        auto r = co_await c->send(std::move(what));
        *into = std::move(r);
    }(busy.get(), &answered));
    group.spawn("stop", [](server* s, gate* g1) -> asio::awaitable<void> {
        while (!g1->entered) {
            co_await sleep_for(1ms);
        }
        g1->open = true;
        co_await s->stop(10s);
    }(running.get(), &g));
    test::run(context, group.join());
    BOOST_TEST_REQUIRE(answered.has_value(), (answered ? "" : answered.error().message()));
    BOOST_TEST(answered->body == "through the gate");
    BOOST_TEST(answered->find("Connection").value() == "close");
    const auto after = get(*idle);
    BOOST_TEST_REQUIRE(!after);
    BOOST_TEST(after.error().is_transient());
}

BOOST_AUTO_TEST_CASE(stopping_cuts_what_does_not_end_in_time) {
    gate g;
    start([&g](request_info) { return wait_for_gate(&g); });
    task_group group{context.get_executor()};
    group.spawn("request", [](std::uint16_t port) -> asio::awaitable<void> {
        co_await talk(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", false);
    }(running->port()));
    while (!g.entered) {
        test::run(context, sleep_for(1ms));
    }
    stop(10ms);
    BOOST_TEST(g.cancelled);
    test::run(context, group.join());
}

BOOST_AUTO_TEST_CASE(a_certificate_is_replaced_for_new_connections_only) {
    const test::authority old_ca{"old"};
    const test::authority new_ca{"new"};
    const auto old_pair = old_ca.server({"IP:127.0.0.1"});
    const auto new_pair = new_ca.server({"IP:127.0.0.1"});
    listen_options options;
    options.tls = server_tls{old_pair.certificate, old_pair.key, {}};
    start(echo, options);
    client_options trusting_old;
    trusting_old.url = url("https");
    trusting_old.tls.ca = old_ca.certificate();
    auto trusting_new = trusting_old;
    trusting_new.tls.ca = new_ca.certificate();
    const auto before = make(trusting_old);
    BOOST_TEST(get(*before).has_value());

    BOOST_TEST(
        (running->replace_tls({new_pair.certificate, old_pair.key, {}}).error().kind() == error_kind::user)
    );
    BOOST_TEST(get(*make(trusting_old)).has_value());

    BOOST_TEST_REQUIRE(running->replace_tls({new_pair.certificate, new_pair.key, {}}).has_value());
    BOOST_TEST(get(*before).has_value()); // on its kept connection
    BOOST_TEST(!get(*make(trusting_old)).has_value());
    BOOST_TEST(get(*make(trusting_new)).has_value());
}

BOOST_AUTO_TEST_CASE(clients_can_be_asked_for_a_certificate) {
    const test::authority ca;
    const auto pair = ca.server({"IP:127.0.0.1"});
    listen_options options;
    options.tls = server_tls{pair.certificate, pair.key, ca.certificate()};
    start(echo, options);
    client_options without;
    without.url = url("https");
    without.tls.ca = ca.certificate();
    BOOST_TEST(!get(*make(without)).has_value());
    auto with = without;
    const auto me = ca.client("me");
    with.tls.certificate = me.certificate;
    with.tls.key = me.key;
    BOOST_TEST(get(*make(with)).has_value());
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_and_an_address_that_is_none_are_user_errors) {
    start(echo);
    listen_options options;
    for (const auto& address :
         {"127.0.0.1:" + std::to_string(running->port()), std::string{"nonsense"}, std::string{"127.0.0.1:x"},
          std::string{"example.test:80"}}) {
        options.address = address;
        const auto again = listen(context.get_executor(), options, echo);
        BOOST_TEST_REQUIRE(!again.has_value(), address);
        BOOST_TEST((again.error().kind() == error_kind::user), address);
        BOOST_TEST(again.error().message().find(address) != std::string::npos, again.error().message());
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
