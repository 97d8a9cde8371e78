#include "http/message.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::http {

using kind = message_reader::kind;

namespace {

constexpr std::size_t plenty = 65536;

// Feeds it byte by byte, as the network might.
bool trickle(message_reader& reader, std::string_view bytes) {
    std::string pending;
    for (const char byte : bytes) {
        pending += byte;
        if (!reader.feed(pending)) {
            return false;
        }
    }
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(an_answer_is_read_whatever_the_pieces_it_comes_in) {
    message_reader reader{kind::response, plenty};
    BOOST_TEST(
        trickle(reader, "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
    );
    BOOST_TEST(reader.done());
    BOOST_TEST(reader.message().status == 201u);
    BOOST_TEST(find_header(reader.message().headers, "content-TYPE").value() == "text/plain");
    BOOST_TEST(reader.message().body == "hello");
    BOOST_TEST(reader.message().keep_alive);
}

BOOST_AUTO_TEST_CASE(a_chunked_body_loses_its_framing_and_its_trailers) {
    message_reader reader{kind::response, plenty};
    BOOST_TEST(trickle(
        reader, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
    ));
    BOOST_TEST(reader.done());
    BOOST_TEST(reader.message().body == "hello world");
    BOOST_TEST(!find_header(reader.message().headers, "X-Trailer").has_value());
}

BOOST_AUTO_TEST_CASE(interim_answers_are_skipped) {
    message_reader reader{kind::response, plenty};
    std::string bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                        "HTTP/1.1 204 No Content\r\n\r\n";
    BOOST_TEST(reader.feed(bytes));
    BOOST_TEST(reader.done());
    BOOST_TEST(reader.message().status == 204u);
    BOOST_TEST(reader.message().headers.empty());
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_body_ends_with_its_head) {
    message_reader reader{kind::bodiless_response, plenty};
    std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    BOOST_TEST(reader.feed(bytes));
    BOOST_TEST(reader.done());
    BOOST_TEST(reader.message().keep_alive);
}

BOOST_AUTO_TEST_CASE(a_body_that_ends_with_the_connection_does_so_and_is_the_last) {
    message_reader reader{kind::response, plenty};
    std::string bytes = "HTTP/1.1 200 OK\r\n\r\nall of it";
    BOOST_TEST(reader.feed(bytes));
    BOOST_TEST(!reader.done());
    BOOST_TEST(reader.end_of_input());
    BOOST_TEST(reader.done());
    BOOST_TEST(reader.message().body == "all of it");
    BOOST_TEST(!reader.message().keep_alive);
}

BOOST_AUTO_TEST_CASE(an_end_before_the_end_is_truncation) {
    for (const auto* begun :
         {"HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
        message_reader reader{kind::response, plenty};
        std::string bytes = begun;
        BOOST_TEST(reader.feed(bytes));
        BOOST_TEST(!reader.end_of_input());
        BOOST_TEST((reader.fault() == message_fault::truncated));
    }
}

BOOST_AUTO_TEST_CASE(a_head_that_does_not_end_is_refused_at_the_limit) {
    message_reader reader{kind::response, 1000};
    std::string bytes = "HTTP/1.1 200 OK\r\n";
    bool fine = true;
    for (int i = 0; fine && i < 1000; ++i) {
        bytes += "X-" + std::to_string(i) + ": y\r\n";
        fine = reader.feed(bytes);
        BOOST_TEST_REQUIRE(bytes.size() < 2000u);
    }
    BOOST_TEST(!fine);
    BOOST_TEST((reader.fault() == message_fault::header_too_long));
}

BOOST_AUTO_TEST_CASE(a_chunk_header_that_does_not_end_is_refused_at_the_limit) {
    message_reader reader{kind::response, 1000};
    std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;";
    bool fine = reader.feed(bytes);
    for (int i = 0; fine && i < 1000; ++i) {
        bytes += "xxxxxxxxxx";
        fine = reader.feed(bytes);
        BOOST_TEST_REQUIRE(bytes.size() < 2000u);
    }
    BOOST_TEST(!fine);
}

BOOST_AUTO_TEST_CASE(a_body_limit_counts_what_is_announced_and_what_comes) {
    message_reader announced{kind::response, plenty};
    std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n";
    BOOST_TEST(announced.feed(bytes, true));
    announced.limit_body(10);
    BOOST_TEST((announced.fault() == message_fault::body_too_long));

    message_reader chunked{kind::response, plenty};
    bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n3\r\n123\r\n0\r\n\r\n";
    BOOST_TEST(chunked.feed(bytes, true));
    chunked.limit_body(10);
    BOOST_TEST(!chunked.feed(bytes));
    BOOST_TEST((chunked.fault() == message_fault::body_too_long));
}

BOOST_AUTO_TEST_CASE(only_the_head_is_read_when_only_the_head_is_asked_for) {
    message_reader reader{kind::request, plenty};
    std::string bytes = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    BOOST_TEST(reader.feed(bytes, true));
    BOOST_TEST(reader.head_done());
    BOOST_TEST(!reader.done());
    BOOST_TEST(bytes == "hello");
    BOOST_TEST(reader.message().method == "POST");
    BOOST_TEST(reader.message().target == "/x");
    BOOST_TEST(reader.feed(bytes));
    BOOST_TEST(reader.message().body == "hello");
}

BOOST_AUTO_TEST_CASE(what_follows_a_message_is_left_alone) {
    message_reader reader{kind::request, plenty};
    std::string bytes = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    BOOST_TEST(reader.feed(bytes));
    BOOST_TEST(reader.done());
    BOOST_TEST(bytes.starts_with("GET /2"));
}

BOOST_AUTO_TEST_CASE(ambiguous_framing_is_refused) {
    for (const auto* bad :
         {"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
          "\x16\x03\x01\x02\r\n\r\n"}) {
        message_reader reader{kind::request, plenty};
        std::string bytes = bad;
        BOOST_TEST(!reader.feed(bytes), bad);
        BOOST_TEST((reader.fault() == message_fault::malformed), bad);
    }
}

BOOST_AUTO_TEST_CASE(headers_that_could_end_a_line_are_invalid) {
    BOOST_TEST(is_valid_header({"X-A", "b c"}));
    BOOST_TEST(!is_valid_header({"X-A", "b\r\nX-Evil: 1"}));
    BOOST_TEST(!is_valid_header({"X A", "b"}));
    BOOST_TEST(!is_valid_header({"", "b"}));
    BOOST_TEST(!is_valid_target("/a b"));
    BOOST_TEST(!is_valid_target("/a\r\n"));
    BOOST_TEST(!is_valid_target("a"));
}

BOOST_AUTO_TEST_CASE(tokens_of_a_list_are_found_whatever_their_case) {
    BOOST_TEST(has_token("keep-alive, Upgrade", "upgrade"));
    BOOST_TEST(!has_token("upgraded", "upgrade"));
    BOOST_TEST(!has_token("", "upgrade"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
