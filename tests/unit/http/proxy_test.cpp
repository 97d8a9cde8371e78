#include "fixture.hpp"

#include "base/task_group.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::http {

namespace {

using asio::ip::tcp;

asio::awaitable<void> copy(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to) {
    std::string buffer(16384, '\0');
    for (;;) {
        boost::system::error_code ec;
        const auto got = co_await from->async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ec)
        );
        if (ec) {
            break;
        }
        co_await asio::async_write(
            *to, asio::buffer(buffer, got), asio::redirect_error(asio::use_awaitable, ec)
        );
        if (ec) {
            break;
        }
    }
    boost::system::error_code ignored;
    to->shutdown(tcp::socket::shutdown_send, ignored);
}

// A real CONNECT proxy on the loop of the test. Wants these credentials when they are set.
struct connect_proxy {
    tcp::acceptor acceptor;
    task_group group;
    std::string credentials;
    std::vector<std::string> heads;

    explicit connect_proxy(asio::io_context& context)
        : acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}},
          group{context.get_executor()} {
        group.spawn("proxy", accept(this));
    }

    [[nodiscard]] std::string url(std::string user = {}) const {
        return "http://" + (user.empty() ? "" : user + "@") +
               "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    }

    static asio::awaitable<void> accept(connect_proxy* self) {
        for (;;) {
            auto socket = co_await self->acceptor.async_accept(asio::use_awaitable);
            self->group.spawn("tunnel", serve(self, std::make_shared<tcp::socket>(std::move(socket))));
        }
    }

    static asio::awaitable<void> serve(connect_proxy* self, std::shared_ptr<tcp::socket> inner) {
        std::string head;
        co_await asio::async_read_until(*inner, asio::dynamic_buffer(head), "\r\n\r\n", asio::use_awaitable);
        self->heads.push_back(head);
        std::string refusal;
        if (!self->credentials.empty() &&
            head.find("Proxy-Authorization: " + self->credentials + "\r\n") == std::string::npos) {
            refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nnope";
        } else if (!head.starts_with("CONNECT 127.0.0.1:")) {
            refusal = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
        }
        if (!refusal.empty()) {
            co_await asio::async_write(*inner, asio::buffer(refusal), asio::use_awaitable);
            co_return;
        }
        const auto port = std::stoi(head.substr(head.find(':') + 1));
        const auto outer = std::make_shared<tcp::socket>(self->acceptor.get_executor());
        const tcp::endpoint target{asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)};
        co_await outer->async_connect(target, asio::use_awaitable);
        const std::string fine = "HTTP/1.1 200 Connection established\r\n\r\n";
        co_await asio::async_write(*inner, asio::buffer(fine), asio::use_awaitable);
        self->group.spawn("back", copy(outer, inner));
        co_await copy(inner, outer);
    }
};

struct proxied : fixture {
    test::authority ca;
    test::imposter target{tls()};
    connect_proxy proxy{context};

    proxied() { target.when("GET", "/").always(answer(200, "through")); }
    ~proxied() {
        proxy.group.cancel();
        test::run(context, proxy.group.join());
    }
    [[nodiscard]] test::imposter_tls tls() const {
        auto pair = ca.server({"IP:127.0.0.1"});
        return {pair.certificate, pair.key, {}};
    }
    [[nodiscard]] client_options options(std::string proxy_url) const {
        client_options o;
        o.url = target.url();
        o.tls.ca = ca.certificate();
        o.proxy = std::move(proxy_url);
        return o;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_proxy, proxied)

BOOST_AUTO_TEST_CASE(https_goes_through_a_tunnel) {
    const auto c = make(options(proxy.url()));
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(r.has_value(), (r ? "" : r.error().message()));
    BOOST_TEST(r->body == "through");
    BOOST_TEST(proxy.heads.size() == 1u);
    BOOST_TEST(
        proxy.heads.at(0).starts_with("CONNECT 127.0.0.1:" + std::to_string(target.port()) + " HTTP/1.1")
    );
    // What is for the proxy does not reach the target, and the other way round.
    BOOST_TEST(target.requests().at(0).header("Proxy-Authorization").empty());
    BOOST_TEST(get(*c).has_value());
    BOOST_TEST(proxy.heads.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_proxy_gets_the_credentials_of_its_url) {
    proxy.credentials = "Basic bWU6cEBzcw=="; // me:p@ss
    BOOST_TEST(get(*make(options(proxy.url("me:p%40ss")))).has_value());
}

BOOST_AUTO_TEST_CASE(a_proxy_that_wants_other_credentials_is_a_forbidden_error_without_the_password) {
    proxy.credentials = "Basic bWU6cEBzcw==";
    const auto r = get(*make(options(proxy.url("me:wrong"))));
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST((r.error().kind() == error_kind::forbidden));
    BOOST_TEST(r.error().message().find("proxy") != std::string::npos);
    BOOST_TEST(r.error().message().find("wrong") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_refuses_to_connect_is_a_transient_error) {
    auto o = options(proxy.url());
    o.url = "https://localhost:" + std::to_string(target.port());
    const auto r = get(*make(o));
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(r.error().message().find("502") != std::string::npos, r.error().message());
}

BOOST_AUTO_TEST_CASE(plain_http_is_asked_of_the_proxy_by_its_whole_url) {
    test::imposter plain;
    plain.when("GET", "http://example.test/x").always(answer(200, "proxied"));
    client_options o;
    o.url = "http://example.test";
    o.proxy = "http://me:secret@127.0.0.1:" + std::to_string(plain.port());
    const auto r = get(*make(o), "/x");
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->body == "proxied");
    BOOST_TEST(plain.requests().at(0).header("Proxy-Authorization") == "Basic bWU6c2VjcmV0");
    BOOST_TEST(plain.requests().at(0).header("Host") == "example.test");
}

BOOST_AUTO_TEST_CASE(a_proxy_may_be_spoken_to_through_tls_itself) {
    test::imposter secure_proxy{tls()};
    secure_proxy.when("CONNECT", "")
        .always(script{}.send("HTTP/1.1 200 Connection established\r\n\r\n").relay(target.port()));
    const std::string body(std::size_t{2} << 20U, 'x');
    target.when("POST", "/").always([](const test::seen_request& r) { return answer(200, r.body); });
    const auto c = make(options(secure_proxy.url()));
    request what;
    what.method = "POST";
    what.body = body;
    for (int i = 0; i < 2; ++i) {
        const auto r = send(*c, what);
        BOOST_TEST_REQUIRE(r.has_value(), (r ? "" : r.error().message()));
        BOOST_TEST((r->body == body));
    }
    BOOST_TEST(secure_proxy.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_does_not_verify_is_refused_before_it_learns_anything) {
    const auto pair = test::authority{"someone else"}.server({"IP:127.0.0.1"});
    const test::imposter stranger{{pair.certificate, pair.key, {}}};
    const auto r = get(*make(options("https://me:secret@127.0.0.1:" + std::to_string(stranger.port()))));
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST((r.error().kind() == error_kind::forbidden));
    BOOST_TEST(stranger.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
