#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::http {

BOOST_FIXTURE_TEST_SUITE(http_stream, fixture)

BOOST_AUTO_TEST_CASE(pieces_of_a_body_arrive_as_they_are_sent) {
    test::imposter server;
    server.when("GET", "/watch")
        .then(test::answer_stream().chunk("one\n").hold("two").chunk("two\n").hold("end").last_chunk());
    const auto c = make(server.url());
    const auto stream = open(*c, "/watch?x").value();
    BOOST_TEST(stream->head().status == 200u);
    BOOST_TEST(stream->head().find("content-type").value() == "application/json");
    BOOST_TEST(read(*stream).value() == "one\n");
    server.open("two");
    BOOST_TEST(read(*stream).value() == "two\n");
    server.open("end");
    BOOST_TEST(read(*stream).value().empty());
    BOOST_TEST(read(*stream).value().empty());
}

BOOST_AUTO_TEST_CASE(chunks_that_are_cut_anywhere_make_the_same_body) {
    test::imposter server;
    server.when("GET", "/")
        .then(script{}.trickle(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nabc\ndef\r\n2\r\n\ng\r\n0\r\n\r\n"
        ));
    const auto c = make(server.url());
    const auto stream = open(*c, "/").value();
    std::string all;
    for (;;) {
        const auto piece = read(*stream).value();
        if (piece.empty()) {
            break;
        }
        all += piece;
    }
    BOOST_TEST(all == "abc\ndef\ng");
}

BOOST_AUTO_TEST_CASE(silence_is_an_error_after_the_idle_time_and_not_before) {
    test::imposter server;
    server.when("GET", "/").then(test::answer_stream().chunk("one").pause(30ms).chunk("two").stall());
    const auto c = make(server.url());
    const auto stream = open(*c, "/").value();
    BOOST_TEST(read(*stream).value() == "one");
    BOOST_TEST(read(*stream, 10s).value() == "two");
    const auto silence = read(*stream, 50ms);
    BOOST_TEST_REQUIRE(!silence);
    BOOST_TEST(silence.error().is_transient());
    BOOST_TEST(silence.error().message().find("50ms") != std::string::npos);
    // It stays broken.
    BOOST_TEST(!read(*stream).has_value());
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_cut_is_an_error_and_never_an_end) {
    for (const bool resets : {false, true}) {
        test::imposter server;
        auto s = test::answer_stream().chunk("one").hold("cut");
        server.when("GET", "/").then(resets ? s.reset() : s.close());
        const auto c = make(server.url());
        const auto stream = open(*c, "/").value();
        BOOST_TEST(read(*stream).value() == "one");
        server.open("cut");
        const auto cut = read(*stream);
        BOOST_TEST_REQUIRE(!cut);
        BOOST_TEST(cut.error().is_transient());
    }
}

BOOST_AUTO_TEST_CASE(a_head_that_does_not_come_in_time_is_an_error) {
    test::imposter server;
    server.when("GET", "/").always(script{}.stall());
    const auto c = make(server.url());
    const auto r = open(*c, "/", 50ms);
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
}

BOOST_AUTO_TEST_CASE(a_head_deadline_does_not_end_the_body) {
    test::imposter server;
    server.when("GET", "/").always(test::answer_stream().pause(300ms).chunk("late").last_chunk());
    const auto c = make(server.url());
    const auto stream = open(*c, "/", 150ms).value();
    BOOST_TEST(read(*stream, 10s).value() == "late");
}

BOOST_AUTO_TEST_CASE(any_status_is_an_answer_with_a_body) {
    test::imposter server;
    server.when("GET", "/").always(test::answer_json(410, R"({"reason":"Expired"})"));
    const auto c = make(server.url());
    const auto stream = open(*c, "/").value();
    BOOST_TEST(stream->head().status == 410u);
    BOOST_TEST(read(*stream).value() == R"({"reason":"Expired"})");
    BOOST_TEST(read(*stream).value().empty());
}

BOOST_AUTO_TEST_CASE(streams_do_not_count_among_the_connections_of_requests) {
    test::imposter server;
    server.when("GET", "/watch").always(test::answer_stream().chunk("x").stall());
    server.when("GET", "/").always(answer(200, "ok"));
    client_options options;
    options.url = server.url();
    options.max_connections = 1;
    const auto c = make(options);
    std::vector<std::unique_ptr<body_stream>> streams;
    for (int i = 0; i < 5; ++i) {
        streams.push_back(open(*c, "/watch").value());
    }
    BOOST_TEST(get(*c, "/").has_value());
    BOOST_TEST(server.open_connections() == 6u);
}

BOOST_AUTO_TEST_CASE(a_body_read_to_its_end_gives_its_connection_back) {
    test::imposter server;
    server.when("GET", "/").always(test::answer_stream().chunk("x").last_chunk());
    const auto c = make(server.url());
    for (int i = 0; i < 3; ++i) {
        const auto stream = open(*c, "/").value();
        while (!read(*stream).value().empty()) {
        }
    }
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_dropped_closes_its_connection) {
    test::imposter server;
    server.when("GET", "/").always(test::answer_stream().chunk("x").chunk("y").send("").last_chunk());
    const auto c = make(server.url());
    {
        const auto stream = open(*c, "/").value();
    }
    const auto end = steady_clock::now() + 20s;
    while (server.open_connections() > 0 && steady_clock::now() < end) {
        test::run(context, sleep_for(2ms));
    }
    BOOST_TEST(server.open_connections() == 0u);
}

BOOST_AUTO_TEST_CASE(a_stream_outlives_its_client) {
    test::imposter server;
    server.when("GET", "/").always(test::answer_stream().chunk("x").hold("more").chunk("y").last_chunk());
    auto c = make(server.url());
    const auto stream = open(*c, "/").value();
    BOOST_TEST(read(*stream).value() == "x");
    c.reset();
    server.open("more");
    BOOST_TEST(read(*stream).value() == "y");
    BOOST_TEST(read(*stream).value().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
