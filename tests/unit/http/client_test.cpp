#include "fixture.hpp"

#include "base/task_group.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace holdfast::http {

namespace {

asio::awaitable<void>
send_into(client* c, request what, send_options how, std::vector<result<response>>* answers) {
    auto answered = co_await c->send(std::move(what), how);
    answers->push_back(std::move(answered));
}

request to(std::string target, std::string method = "GET", std::string body = {}) {
    request r;
    r.method = std::move(method);
    r.target = std::move(target);
    r.body = std::move(body);
    return r;
}

// Waits on the client's thread until it holds.
template <class Condition>
asio::awaitable<void> until(Condition holds) {
    const auto end = steady_clock::now() + 20s;
    while (!holds() && steady_clock::now() < end) {
        co_await sleep_for(2ms);
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_client, fixture)

BOOST_AUTO_TEST_CASE(an_answer_comes_with_its_status_headers_and_body) {
    test::imposter server;
    server.when("GET", "/hello?x=1").then(answer(418, "short and stout", "X-Kind: teapot\r\n"));
    const auto c = make(server.url());
    const auto r = get(*c, "/hello?x=1");
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->status == 418u);
    BOOST_TEST(r->body == "short and stout");
    BOOST_TEST(r->find("x-kind").value() == "teapot");
}

BOOST_AUTO_TEST_CASE(a_request_arrives_as_it_was_made) {
    test::imposter server;
    server.when("PUT", "/").always(answer(200, ""));
    const auto c = make(server.url() + "/base");
    auto what = to("/thing", "PUT", "the body");
    what.headers = {{"X-One", "1"}, {"Host", "evil.test"}, {"Content-Length", "3"}};
    BOOST_TEST_REQUIRE(send(*c, what).has_value());
    const auto seen = server.requests().at(0);
    BOOST_TEST(seen.target == "/base/thing");
    BOOST_TEST(seen.body == "the body");
    BOOST_TEST(seen.header("X-One") == "1");
    BOOST_TEST(seen.header("Host") == "127.0.0.1:" + std::to_string(server.port()));
    BOOST_TEST(seen.header("Content-Length") == "8");
}

BOOST_AUTO_TEST_CASE(a_long_body_arrives_whole) {
    test::imposter server;
    server.when("POST", "/").always(answer(200, ""));
    const auto c = make(server.url());
    std::string body(std::size_t{5} << 20U, 'x');
    body.back() = 'y';
    BOOST_TEST_REQUIRE(send(*c, to("/", "POST", body)).has_value());
    BOOST_TEST((server.requests().at(0).body == body));
}

BOOST_AUTO_TEST_CASE(a_header_with_a_line_break_is_refused_before_anything_is_sent) {
    test::imposter server;
    const auto c = make(server.url());
    auto what = to("/");
    what.headers = {{"X-One", "1\r\nX-Two: 2"}};
    const auto r = send(*c, what);
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST((r.error().kind() == error_kind::user));
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(requests_in_a_row_share_one_connection) {
    test::imposter server;
    server.when("GET", "/").always(answer(200, "ok"));
    const auto c = make(server.url());
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST_REQUIRE(get(*c).has_value());
    }
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_server_wants_closed_is_not_kept) {
    test::imposter server;
    server.when("GET", "/").always(answer(200, "ok", "Connection: close\r\n"));
    const auto c = make(server.url());
    BOOST_TEST_REQUIRE(get(*c).has_value());
    BOOST_TEST_REQUIRE(get(*c).has_value());
    BOOST_TEST(server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(closing_what_is_idle_makes_the_next_request_connect_anew) {
    test::imposter server;
    server.when("GET", "/").always(answer(200, "ok"));
    const auto c = make(server.url());
    BOOST_TEST_REQUIRE(get(*c).has_value());
    c->close_idle();
    BOOST_TEST_REQUIRE(get(*c).has_value());
    BOOST_TEST(server.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(an_unused_connection_is_closed_after_its_time) {
    test::imposter server;
    server.when("GET", "/").always(answer(200, "ok"));
    client_options options;
    options.url = server.url();
    options.keep_alive = 20ms;
    const auto c = make(options);
    BOOST_TEST_REQUIRE(get(*c).has_value());
    test::run(context, until([&] { return server.open_connections() == 0; }));
    BOOST_TEST(server.open_connections() == 0u);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_the_server_closed_meanwhile_is_replaced_unnoticed) {
    test::imposter server;
    server.when("POST", "/").then(answer(200, "first").close()).then(answer(200, "second"));
    const auto c = make(server.url());
    BOOST_TEST_REQUIRE(send(*c, to("/", "POST")).has_value());
    test::run(context, until([&] { return server.open_connections() == 0; }));
    // The close has arrived before the next request is sent, so even a POST is safe to send.
    const auto r = send(*c, to("/", "POST"));
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->body == "second");
    BOOST_TEST(server.requests().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_repeatable_request_that_meets_a_closing_connection_is_sent_once_more) {
    for (const bool resets : {false, true}) {
        test::imposter server;
        script drop;
        server.when("GET", "/")
            .then(answer(200, "first"))
            .then(resets ? drop.reset() : drop.close())
            .then(answer(200, "third"));
        const auto c = make(server.url());
        BOOST_TEST_REQUIRE(get(*c).has_value());
        const auto r = get(*c);
        BOOST_TEST_REQUIRE(r.has_value());
        BOOST_TEST(r->body == "third");
        BOOST_TEST(server.connections() == 2u);
    }
}

BOOST_AUTO_TEST_CASE(it_is_sent_once_more_and_not_twice) {
    test::imposter server;
    server.when("GET", "/").then(answer(200, "first")).always(script{}.close());
    const auto c = make(server.url());
    BOOST_TEST_REQUIRE(get(*c).has_value());
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(server.requests().size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_not_repeatable_is_not_sent_again_unless_it_says_so) {
    test::imposter server;
    server.when("GET", "/").always(answer(200, ""));
    server.when("PATCH", "/").then(script{}.close()).then(script{}.close()).then(answer(200, "applied"));
    const auto c = make(server.url());
    BOOST_TEST_REQUIRE(get(*c).has_value());
    const auto once = send(*c, to("/", "PATCH", "x"));
    BOOST_TEST_REQUIRE(!once);
    BOOST_TEST(once.error().is_transient());

    BOOST_TEST_REQUIRE(get(*c).has_value());
    auto apply = to("/", "PATCH", "x");
    apply.repeatable = true;
    const auto twice = send(*c, apply);
    BOOST_TEST_REQUIRE(twice.has_value());
    BOOST_TEST(twice->body == "applied");
}

BOOST_AUTO_TEST_CASE(a_fresh_connection_that_is_closed_without_an_answer_is_an_error) {
    test::imposter server;
    server.when("GET", "/").always(script{}.close());
    const auto c = make(server.url());
    const auto r = get(*c, "/x?token=secret");
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(r.error().message().find("/x") != std::string::npos);
    BOOST_TEST(r.error().message().find("secret") == std::string::npos);
    BOOST_TEST(server.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_refused_names_the_address) {
    std::string url;
    {
        const test::imposter gone;
        url = gone.url();
    }
    const auto c = make(url);
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(r.error().message().find(url) != std::string::npos);
    BOOST_TEST(r.error().message().find("refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_a_transient_error) {
    const auto c = make("http://does-not-exist.invalid:1");
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(r.error().message().find("resolve") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_slow_head_ends_with_the_deadline_and_the_next_request_works) {
    test::imposter server;
    server.when("GET", "/slow").always(script{}.send("HTTP/1.1 200 O").stall());
    server.when("GET", "/fast").always(answer(200, "ok"));
    const auto c = make(server.url());
    const auto r = get(*c, "/slow", {.deadline = 50ms});
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(r.error().message().find("50ms") != std::string::npos);
    BOOST_TEST(get(*c, "/fast").has_value());
}

BOOST_AUTO_TEST_CASE(a_slow_body_ends_with_the_deadline) {
    test::imposter server;
    server.when("GET", "/")
        .always(script{}.head(200, "Content-Length: 1000\r\n").trickle(std::string(1000, 'x'), 20ms));
    const auto c = make(server.url());
    const auto r = get(*c, "/", {.deadline = 100ms});
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_read_ends_with_the_deadline) {
    test::imposter server;
    server.on_connect(script{}.stall());
    const auto c = make(server.url());
    const auto r = send(*c, to("/", "POST", std::string(std::size_t{32} << 20U, 'x')), {.deadline = 100ms});
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
}

BOOST_AUTO_TEST_CASE(an_endless_body_is_cut_at_the_limit) {
    test::imposter server;
    script endless = test::answer_stream();
    for (int i = 0; i < 1000; ++i) {
        endless.chunk(std::string(10'000, 'x'));
    }
    server.when("GET", "/endless").always(endless);
    server.when("GET", "/announced").always(script{}.head(200, "Content-Length: 99999999999\r\n").stall());
    const auto c = make(server.url());
    for (const auto* path : {"/endless", "/announced"}) {
        const auto r = get(*c, path, {.max_body = 100'000});
        BOOST_TEST_REQUIRE(!r, path);
        BOOST_TEST((r.error().kind() == error_kind::user), path);
        BOOST_TEST(r.error().message().find("100000") != std::string::npos, r.error().message());
    }
}

BOOST_AUTO_TEST_CASE(a_truncated_body_is_a_transient_error) {
    test::imposter server;
    server.when("GET", "/length").always(script{}.head(200, "Content-Length: 10\r\n").send("hello").close());
    server.when("GET", "/chunks").always(test::answer_stream().chunk("hello").close());
    const auto c = make(server.url());
    for (const auto* path : {"/length", "/chunks"}) {
        const auto r = get(*c, path);
        BOOST_TEST_REQUIRE(!r, path);
        BOOST_TEST(r.error().is_transient(), path);
        BOOST_TEST(r.error().message().find("before the end") != std::string::npos, r.error().message());
    }
}

BOOST_AUTO_TEST_CASE(a_header_bomb_is_refused) {
    test::imposter server;
    script bomb;
    bomb.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 2000; ++i) {
        bomb.send("X-Header-" + std::to_string(i) + ": " + std::string(100, 'x') + "\r\n");
    }
    server.when("GET", "/").always(bomb);
    const auto c = make(server.url());
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().message().find("65536") != std::string::npos, r.error().message());
}

BOOST_AUTO_TEST_CASE(what_is_not_http_is_a_transient_error) {
    test::imposter server;
    server.when("GET", "/").always(script{}.send("SSH-2.0-OpenSSH_9.2\r\n\r\n").close());
    const auto c = make(server.url());
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
}

BOOST_AUTO_TEST_CASE(an_answer_that_comes_before_the_body_was_read_is_heard) {
    test::imposter server;
    server.on_connect(
        script{}.pause(20ms).send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!").stall()
    );
    const auto c = make(server.url());
    const auto r = send(*c, to("/", "POST", "small"));
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->status == 413u);
}

BOOST_AUTO_TEST_CASE(bytes_after_an_answer_do_not_become_the_next_one) {
    test::imposter server;
    const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";
    const std::string evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    server.when("GET", "/").then(script{}.send(one + evil)).always(answer(200, "two"));
    const auto c = make(server.url());
    BOOST_TEST_REQUIRE(get(*c).has_value());
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->body == "two");
}

BOOST_AUTO_TEST_CASE(head_has_no_body_whatever_its_length_says) {
    test::imposter server;
    server.when("HEAD", "/").always(script{}.head(200, "Content-Length: 1000\r\n"));
    const auto c = make(server.url());
    for (int i = 0; i < 2; ++i) {
        const auto r = send(*c, to("/", "HEAD"));
        BOOST_TEST_REQUIRE(r.has_value());
        BOOST_TEST(r->body.empty());
    }
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(no_more_connections_are_used_at_once_than_allowed) {
    test::imposter server;
    server.when("GET", "/").always(script{}.hold("go").send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    client_options options;
    options.url = server.url();
    options.max_connections = 3;
    const auto c = make(options);
    std::vector<result<response>> answers;
    task_group group{context.get_executor()};
    for (int i = 0; i < 10; ++i) {
        group.spawn("request", send_into(c.get(), to("/" + std::to_string(i)), {}, &answers));
    }
    test::run(context, until([&] { return server.requests().size() == 3; }));
    BOOST_TEST(server.connections() == 3u);
    server.open("go");
    test::run(context, group.join());
    BOOST_TEST(answers.size() == 10u);
    for (const auto& a : answers) {
        BOOST_TEST(a.has_value());
    }
    BOOST_TEST(server.connections() == 3u);
}

BOOST_AUTO_TEST_CASE(a_wait_for_a_connection_ends_with_the_deadline) {
    test::imposter server;
    server.when("GET", "/").always(script{}.stall());
    client_options options;
    options.url = server.url();
    options.max_connections = 1;
    const auto c = make(options);
    std::vector<result<response>> answers;
    task_group group{context.get_executor()};
    group.spawn("first", send_into(c.get(), to("/1"), {.deadline = 10s}, &answers));
    const auto r = get(*c, "/2", {.deadline = 50ms});
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
    group.cancel();
    test::run(context, group.join());
}

BOOST_AUTO_TEST_CASE(cancelling_a_request_closes_its_connection_and_frees_its_place) {
    test::imposter server;
    server.when("GET", "/never").always(script{}.stall());
    server.when("GET", "/body").always(script{}.head(200, "Content-Length: 10\r\n").send("hel").stall());
    server.when("GET", "/ok").always(answer(200, "ok"));
    client_options options;
    options.url = server.url();
    options.max_connections = 1;
    const auto c = make(options);
    for (const auto* path : {"/never", "/body"}) {
        std::vector<result<response>> answers;
        task_group group{context.get_executor()};
        group.spawn("cancelled", send_into(c.get(), to(path), {}, &answers));
        group.spawn("cancelled in the line", send_into(c.get(), to("/line"), {}, &answers));
        test::run(context, until([&] {
                      const auto seen = server.requests();
                      return !seen.empty() && seen.back().target == path;
                  }));
        group.cancel();
        test::run(context, group.join());
        BOOST_TEST(answers.empty());
        const auto r = get(*c, "/ok");
        BOOST_TEST_REQUIRE(r.has_value());
        BOOST_TEST(r->body == "ok");
    }
    for (const auto& seen : server.requests()) {
        BOOST_TEST(seen.target != "/line");
    }
}

BOOST_AUTO_TEST_CASE(options_that_make_no_sense_are_user_errors) {
    client_options options;
    options.url = "127.0.0.1:80";
    BOOST_TEST((make_client(context.get_executor(), options).error().kind() == error_kind::user));
    options.url = "http://127.0.0.1:80";
    options.proxy = "socks5://127.0.0.1";
    BOOST_TEST((make_client(context.get_executor(), options).error().kind() == error_kind::user));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
