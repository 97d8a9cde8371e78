// The receiver, as those see it who send to it.

#include "deliveries.hpp"

#include "base/async.hpp"
#include "http/router.hpp"
#include "push/receiver.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <map>

namespace holdfast::push {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using holdfast::test::run;

constexpr const char* secret = "It's a Secret to Everybody";

/// What the receiver told.
struct recorder : target {
    std::vector<holder> known{{"holdfast/shop", {secret}}};
    bool unavailable = false;
    std::vector<std::vector<std::string>> asked;
    std::vector<claim> taken;
    std::vector<std::vector<std::string>> taken_for;
    std::vector<std::string> refusals;
    std::map<std::string, int> outcomes;

    asio::awaitable<result<std::vector<holder>>> holders(std::vector<std::string> urls) override {
        asked.push_back(std::move(urls));
        if (unavailable) {
            co_return transient_error("the API server is away");
        }
        co_return known;
    }
    void accepted(const std::vector<std::string>& repositories, const claim& what) override {
        taken_for.push_back(repositories);
        taken.push_back(what);
    }
    void
    refused(const std::vector<std::string>& repositories, const claim& what, std::string_view why) override {
        for (const auto& repository : repositories) {
            refusals.push_back(
                repository + " " + std::string{to_string(what.from)} + ": " + std::string{why}
            );
        }
    }
    void counted(std::string_view from, std::string_view outcome) override {
        ++outcomes[std::string{from} + " " + std::string{outcome}];
    }
};

asio::awaitable<std::string> talk(std::uint16_t port, std::string bytes) {
    tcp::socket socket{co_await asio::this_coro::executor};
    const tcp::endpoint at{asio::ip::address_v4::loopback(), port};
    co_await socket.async_connect(at, asio::use_awaitable);
    boost::system::error_code ec;
    co_await asio::async_write(socket, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
    std::string all;
    co_await asio::async_read(
        socket, asio::dynamic_buffer(all), asio::redirect_error(asio::use_awaitable, ec)
    );
    co_return all;
}

// Sends bytes for as long as they are taken; how many that were, and what was answered.
asio::awaitable<std::pair<std::size_t, std::string>>
pour(std::uint16_t port, std::string head, std::string chunk) {
    tcp::socket socket{co_await asio::this_coro::executor};
    const tcp::endpoint at{asio::ip::address_v4::loopback(), port};
    co_await socket.async_connect(at, asio::use_awaitable);
    boost::system::error_code ec;
    co_await asio::async_write(socket, asio::buffer(head), asio::redirect_error(asio::use_awaitable, ec));
    std::size_t sent = 0;
    while (!ec && sent < (std::size_t{256} << 20U)) {
        sent += co_await asio::async_write(
            socket, asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, ec)
        );
    }
    std::string all;
    co_await asio::async_read(
        socket, asio::dynamic_buffer(all), asio::redirect_error(asio::use_awaitable, ec)
    );
    co_return std::pair{sent, all};
}

std::string text_of(const http::request_info& request, const std::string& path) {
    std::string text = "POST " + path + " HTTP/1.1\r\nHost: holdfast\r\nConnection: close\r\n";
    for (const auto& h : request.what.headers) {
        text += h.name + ": " + h.value + "\r\n";
    }
    return text + "Content-Length: " + std::to_string(request.what.body.size()) + "\r\n\r\n" +
           request.what.body;
}

// "202 accepted"
std::string short_form(const std::string& answer) {
    const auto body = answer.find("\r\n\r\n");
    auto text = body == std::string::npos ? "" : answer.substr(body + 4);
    while (text.ends_with('\n')) {
        text.pop_back();
    }
    return answer.size() < 12 ? answer : answer.substr(9, 3) + " " + text;
}

struct receiving {
    asio::io_context context;
    recorder told;
    std::unique_ptr<http::server> server;

    receiving() { listen(listen_options("127.0.0.1:0")); }
    ~receiving() { stop(); }
    receiving(const receiving&) = delete;
    receiving& operator=(const receiving&) = delete;

    void listen(http::listen_options options) {
        stop();
        server =
            http::listen(context.get_executor(), std::move(options), http::make_router(make_routes(told)))
                .value();
    }
    void stop() {
        if (server) {
            run(context, server->stop(0ms));
            server.reset();
        }
    }
    std::string say(const std::string& bytes) { return run(context, talk(server->port(), bytes)); }
    std::string send(const http::request_info& request, const std::string& path = "/hooks/push") {
        return short_form(say(text_of(request, path)));
    }
};

http::request_info genuine(const std::string& file = "github_push", provider from = provider::github) {
    return test::signed_with(test::recorded(file), from, secret);
}

std::size_t resident_bytes() {
    std::ifstream file{"/proc/self/statm"};
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

constexpr const char* unverified = "401 not verified: no Repository with a webhook secret knows this "
                                   "delivery as genuine; the operator's events and "
                                   "log say more";

} // namespace

BOOST_FIXTURE_TEST_SUITE(push_receiver, receiving)

BOOST_AUTO_TEST_CASE(a_genuine_delivery_is_accepted_and_told) {
    BOOST_TEST(send(genuine()) == "202 accepted");
    BOOST_TEST_REQUIRE(told.taken.size() == 1U);
    BOOST_TEST(told.taken[0].urls.size() == 4U);
    BOOST_TEST(told.taken[0].refs[0] == "refs/heads/simple-branch");
    BOOST_TEST(told.taken_for[0][0] == "holdfast/shop");
    BOOST_TEST(told.outcomes["github accepted"] == 1);
    BOOST_TEST(send(genuine("gitea_push", provider::gitea), "/api/webhook") == "202 accepted");
    BOOST_TEST(told.taken.size() == 2U);
    BOOST_TEST(told.refusals.empty());
}

BOOST_AUTO_TEST_CASE(only_those_whose_secret_it_is_are_told) {
    told.known = {{"holdfast/shop", {"another"}}, {"team/own", {"old", secret}}, {"team/none", {}}};
    BOOST_TEST(send(genuine()) == "202 accepted");
    BOOST_TEST_REQUIRE(told.taken_for.size() == 1U);
    BOOST_TEST(told.taken_for[0] == std::vector<std::string>{"team/own"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whoever_proves_nothing_learns_nothing) {
    auto unsigned_ = test::recorded("github_push");
    BOOST_TEST(send(unsigned_) == unverified);
    BOOST_TEST(send(test::signed_with(unsigned_, provider::github, "wrong")) == unverified);
    auto tampered = genuine();
    tampered.what.body += " ";
    BOOST_TEST(send(tampered) == unverified);
    BOOST_TEST_REQUIRE(told.refusals.size() == 3U);
    BOOST_TEST(
        told.refusals[0] ==
        "holdfast/shop github: it bears no signature: set the secret in the webhook's settings"
    );
    BOOST_TEST(told.refusals[1] == "holdfast/shop github: its signature was made with none of the secrets");
    told.known = {{"holdfast/shop", {}}};
    BOOST_TEST(send(genuine()) == unverified);
    BOOST_TEST(told.refusals[3] == "holdfast/shop github: there is no secret to check its signature with");
    told.known.clear();
    BOOST_TEST(send(genuine()) == unverified);
    BOOST_TEST(told.refusals.size() == 4U); // nobody to tell
    BOOST_TEST(told.outcomes["github unverified"] == 5);
    BOOST_TEST(told.taken.empty());
}

BOOST_AUTO_TEST_CASE(pings_and_other_events_are_answered_and_do_nothing) {
    BOOST_TEST(
        send(genuine("github_ping")) == "200 the webhook is set up: 1 Repository objects know its secret"
    );
    BOOST_TEST(send(genuine("github_ping_organization")).starts_with("200 the webhook is set up"));
    BOOST_TEST(send(genuine("bitbucket_data_center_ping", provider::bitbucket_data_center))
                   .starts_with("200 the webhook"));
    BOOST_TEST(send(genuine("github_star")) == "200 nothing to do: this event moves no ref");
    BOOST_TEST(
        send(genuine("gitlab_issue", provider::gitlab)) == "200 nothing to do: this event moves no ref"
    );
    BOOST_TEST(send(test::recorded("github_ping")) == unverified);
    BOOST_TEST(told.taken.empty());
}

BOOST_AUTO_TEST_CASE(a_delivery_counts_once) {
    BOOST_TEST(send(genuine()) == "202 accepted");
    BOOST_TEST(send(genuine()) == "409 this delivery was received before");
    // The same bytes under another id, which is not signed.
    auto renamed = genuine();
    test::set_header(renamed, "X-GitHub-Delivery", "another");
    BOOST_TEST(send(renamed) == "409 this delivery was received before");
    BOOST_TEST(told.taken.size() == 1U);
    BOOST_TEST(told.refusals.back() == "holdfast/shop github: it was received before");
    // Of a token nobody can say that: its id alone tells. And whoever only runs curl may say the same twice.
    BOOST_TEST(send(genuine("gitlab_push", provider::gitlab)) == "202 accepted");
    BOOST_TEST(send(genuine("gitlab_push", provider::gitlab)).starts_with("409"));
    auto again = genuine("gitlab_push", provider::gitlab);
    test::set_header(again, "X-Gitlab-Event-UUID", "another");
    BOOST_TEST(send(again) == "202 accepted");
    auto plain = genuine("generic_push", provider::generic);
    test::remove_header(plain, "X-Delivery-Id");
    BOOST_TEST(send(plain) == "202 accepted");
    BOOST_TEST(send(plain) == "202 accepted");
}

BOOST_AUTO_TEST_CASE(a_forged_delivery_does_not_use_up_the_id_of_a_genuine_one) {
    BOOST_TEST(
        send(test::signed_with(test::recorded("github_push"), provider::github, "wrong")) == unverified
    );
    BOOST_TEST(send(genuine()) == "202 accepted");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused_with_the_reason) {
    auto request = genuine();
    request.what.body = "[1, 2";
    BOOST_TEST(send(request) == "400 the body must be JSON, which it is not from byte 5 on");
    request.what.body = std::string(1U << 20U, '[');
    BOOST_TEST(send(request) == "400 the body is nested deeper than 64");
    request.what.body = R"({"ref": 5})";
    BOOST_TEST(send(request) == "400 the body's ref must be a text, is a number");
    http::request_info nobodys;
    BOOST_TEST(send(nobodys).starts_with("400 this is not a delivery of GitHub, GitLab"));
    request = genuine();
    request.what.headers.push_back({"Content-Encoding", "gzip"});
    BOOST_TEST(send(request) == "415 send the body as it is, without Content-Encoding");
    BOOST_TEST(send(genuine(), "/hooks/pull").starts_with("404"));
    BOOST_TEST(
        short_form(say("GET /hooks/push HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).starts_with("405")
    );
    told.unavailable = true;
    BOOST_TEST(send(genuine()) == "503 the webhook secrets cannot be read now; send it again");
    BOOST_TEST(told.taken.empty());
}

// As long as GitHub's may be. Its commits come before what names the repository, or after.
std::string long_push(std::size_t length, bool repository_first) {
    const std::string repository = R"("repository": {"clone_url": "https://github.com/acme/deploy.git"})";
    std::string commits = R"("commits": [)";
    const auto commit = R"({"message": ")" + std::string(500, 'm') + R"(", "added": ["a", "b"]})";
    while (commits.size() + commit.size() + 200 < length) {
        commits += (commits.back() == '[' ? "" : ",") + commit;
    }
    commits += "]";
    return R"({"ref": "refs/heads/main", )" +
           (repository_first ? repository + ", " + commits : commits + ", " + repository) + "}";
}

BOOST_AUTO_TEST_CASE(the_longest_delivery_that_github_sends_is_read_as_it_comes) {
    for (const bool repository_first : {true, false}) {
        auto request = test::recorded("github_push");
        test::set_header(request, "X-GitHub-Delivery", repository_first ? "first" : "last");
        request.what.body = long_push(25'000'000, repository_first);
        request = test::signed_with(std::move(request), provider::github, secret);
        told.taken.clear();
        told.asked.clear();
        BOOST_TEST(send(request) == "202 accepted");
        BOOST_TEST_REQUIRE(told.taken.size() == 1U);
        BOOST_TEST(told.taken[0].urls[0] == "https://github.com/acme/deploy.git");
        BOOST_TEST(told.taken[0].refs[0] == "refs/heads/main");
        // Who has the secret that the body is checked with while it comes: those whom its begin names, or
        // all.
        BOOST_TEST_REQUIRE(told.asked.size() == 2U);
        BOOST_TEST(told.asked[0].size() == (repository_first ? 1U : 0U));
        BOOST_TEST(told.asked[1].size() == 1U);

        BOOST_TEST(send(request) == "409 this delivery was received before");
        request.what.body.back() = ' '; // what the signature is not of, at the very end
        request.what.body += '}';
        BOOST_TEST(send(request) == unverified);
    }
}

BOOST_AUTO_TEST_CASE(a_long_form_is_read_as_it_comes) {
    auto request = test::recorded("github_push_form");
    request.what.body = "other=1&payload=";
    for (const char c : long_push(8'000'000, false)) {
        request.what.body += c == '"'   ? std::string{"%22"}
                             : c == ' ' ? std::string{"+"}
                             : c == ',' ? std::string{"%2C"}
                                        : std::string{c};
    }
    request = test::signed_with(std::move(request), provider::github, secret);
    BOOST_TEST(send(request) == "202 accepted");
    BOOST_TEST_REQUIRE(told.taken.size() == 1U);
    BOOST_TEST(told.taken[0].urls[0] == "https://github.com/acme/deploy.git");
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_kept_is_checked_with_so_many_secrets_and_no_more) {
    told.known.clear();
    for (std::size_t i = 0; i < max_secrets_at_once; ++i) {
        told.known.push_back({"holdfast/r" + std::to_string(i), {"secret " + std::to_string(i)}});
    }
    told.known.back().secrets = {secret};
    auto request = test::recorded("github_push");
    request.what.body = long_push(2 * max_kept, false);
    request = test::signed_with(std::move(request), provider::github, secret);
    BOOST_TEST(send(request) == "202 accepted");
    told.known.push_back({"holdfast/another", {"one more"}});
    test::set_header(request, "X-GitHub-Delivery", "again");
    BOOST_TEST(send(request) == "413 a body of this length has to name its repository within the first MiB");
    BOOST_TEST(told.taken.size() == 1U);
    // With none it need not be read.
    told.known.clear();
    told.asked.clear();
    BOOST_TEST(send(request) == unverified);
    BOOST_TEST(told.asked.size() == 1U);
}

// A client that looks for the answer only when it has sent everything gets to see it all the same.
BOOST_AUTO_TEST_CASE(a_body_beyond_what_is_taken_is_answered_and_not_cut) {
    auto request = test::recorded("github_push");
    request.what.body = long_push(max_body + 1'000'000, true);
    request = test::signed_with(std::move(request), provider::github, secret);
    BOOST_TEST(send(request).starts_with("413"));
    auto chunked = "POST /hooks/push HTTP/1.1\r\nHost: h\r\nX-GitHub-Event: push\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n" +
                   std::string{"2000000\r\n{\""} + std::string(0x2000000 - 2, 'x') + "\r\n0\r\n\r\n";
    BOOST_TEST(short_form(say(chunked)).starts_with("413"));
    // The same for one that is refused at its begin.
    auto broken = test::recorded("github_push");
    broken.what.body = std::string(20'000'000, 'x');
    BOOST_TEST(send(broken).starts_with("400 the body must be JSON"));
    BOOST_TEST(told.taken.empty());
}

BOOST_AUTO_TEST_CASE(a_body_that_is_too_long_is_refused_before_it_is_read) {
    const auto before = resident_bytes();
    const auto large = say(
        "POST /hooks/push HTTP/1.1\r\nHost: h\r\nX-GitHub-Event: push\r\nContent-Length: 99999999999\r\n\r\n"
    );
    BOOST_TEST(short_form(large).starts_with("413"));
    const auto [sent, answer] =
        run(context, pour(
                         server->port(),
                         "POST /hooks/push HTTP/1.1\r\nHost: h\r\nX-GitHub-Event: push\r\nTransfer-Encoding: "
                         "chunked\r\n\r\n",
                         "10000\r\n" + std::string(0x10000, 'x') + "\r\n"
                     ));
    BOOST_TEST(sent < (std::size_t{64} << 20U)); // what the system's buffers take, and no more
    BOOST_TEST(resident_bytes() < before + (std::size_t{64} << 20U));
    const auto endless_header =
        run(context, pour(server->port(), "POST /hooks/push HTTP/1.1\r\nX: ", std::string(0x10000, 'x')));
    BOOST_TEST(endless_header.first < (std::size_t{64} << 20U));
    BOOST_TEST(send(genuine()) == "202 accepted");
}

BOOST_AUTO_TEST_CASE(who_sends_slowly_is_cut) {
    auto options = listen_options("127.0.0.1:0");
    BOOST_TEST((options.header_timeout <= 10s && options.body_timeout <= 30s && options.idle_timeout <= 60s));
    options.header_timeout = 200ms;
    options.body_timeout = 300ms;
    listen(std::move(options));
    BOOST_TEST(short_form(say("POST /hooks/push HTTP/1.1\r\nHost: h\r\nX-Git")).starts_with("408"));
    BOOST_TEST(short_form(say("POST /hooks/push HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{"))
                   .starts_with("408"));
}

BOOST_AUTO_TEST_CASE(connections_are_bounded_and_those_who_wait_get_their_turn) {
    auto options = listen_options("127.0.0.1:0");
    BOOST_TEST((options.max_connections > 0 && options.max_connections <= 256));
    options.max_connections = 2;
    options.header_timeout = 300ms;
    listen(std::move(options));
    std::vector<tcp::socket> idle;
    for (int i = 0; i < 5; ++i) {
        idle.emplace_back(context);
        idle.back().connect({asio::ip::address_v4::loopback(), server->port()});
    }
    BOOST_TEST(send(genuine()) == "202 accepted"); // once those who say nothing were cut
}

BOOST_AUTO_TEST_CASE(who_sends_too_much_is_told_when_to_come_again) {
    int refused = 0;
    std::string last;
    auto forged = test::signed_with(test::recorded("github_push"), provider::github, "wrong");
    for (int i = 0; i < 300 && refused == 0; ++i) {
        last = say(text_of(forged, "/hooks/push"));
        refused += last.find(" 429 ") != std::string::npos ? 1 : 0;
    }
    BOOST_TEST(refused == 1);
    BOOST_TEST(last.find("Retry-After: ") != std::string::npos, last);
    BOOST_TEST(told.outcomes[" limited"] == 1);
}

// All that come through one ingress have one address.
BOOST_AUTO_TEST_CASE(who_sends_what_is_wrong_keeps_out_nobody_at_the_same_address) {
    auto forged = test::signed_with(test::recorded("github_push"), provider::github, "wrong");
    int limited = 0;
    for (int i = 0; i < 600; ++i) {
        limited += say(text_of(forged, "/hooks/push")).find(" 429 ") != std::string::npos ? 1 : 0;
        if (i % 100 == 99) {
            auto good = genuine();
            for (auto& h : good.what.headers) {
                if (h.name == "X-GitHub-Delivery") {
                    h.value = "good-" + std::to_string(i);
                }
            }
            // Another body each time: a body is taken once.
            good.what.body.insert(good.what.body.find('{') + 1, "\"n\":" + std::to_string(i) + ",");
            good = test::signed_with(good, provider::github, secret);
            BOOST_TEST(say(text_of(good, "/hooks/push")).find(" 202 ") != std::string::npos, i);
        }
    }
    BOOST_TEST(limited > 400);
    BOOST_TEST(told.taken.size() == 6U);
    // Of those that are refused for that nobody is told each time.
    BOOST_TEST(told.refusals.size() + static_cast<std::size_t>(limited) == 600U);
    // What would cost more to verify is refused unseen.
    auto long_one = test::signed_with(test::recorded("github_push"), provider::github, "wrong");
    long_one.what.body += std::string(max_kept + 1, ' ');
    const auto asked = told.asked.size();
    BOOST_TEST(say(text_of(long_one, "/hooks/push")).find(" 429 ") != std::string::npos);
    BOOST_TEST(told.asked.size() == asked);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::push
