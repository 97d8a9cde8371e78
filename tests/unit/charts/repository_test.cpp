// Charts of repositories that do what they are told.
#include "base/async.hpp"
#include "fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>

namespace holdfast::charts::test {
namespace {

struct with_repository : fixture {
    imposter server;
    std::string url = server.url() + "/charts";
    std::string web_1 = chart_tgz("web", "1.0.0");
    std::string web_2 = chart_tgz("web", "1.1.0");

    void serve_index(imposter& at, const std::vector<std::string>& entries, const std::string& headers = {}) {
        at.when("GET", "/charts/index.yaml").always(answer(200, index_of("web", entries), headers));
    }
    void serve_index() {
        serve_index(
            server, {index_entry("1.1.0", digest_of(web_2), {"web-1.1.0.tgz"}),
                     index_entry("1.0.0", "sha256:" + digest_of(web_1), {url + "/web-1.0.0.tgz"}),
                     index_entry("2.0.0-rc.1", digest_of(web_2), {"web-2.0.0-rc.1.tgz"})}
        );
    }
    void serve_archives() {
        server.when("GET", "/charts/web-1.0.0.tgz").always(answer(200, web_1));
        server.when("GET", "/charts/web-1.1.0.tgz").always(answer(200, web_2));
    }
    [[nodiscard]] std::size_t seen(const imposter& at, std::string_view target) const {
        std::size_t count = 0;
        for (const auto& r : at.requests()) {
            count += r.target.starts_with(target) ? 1U : 0U;
        }
        return count;
    }
    chart_request web(const std::string& version, const git::credentials& with = {}) const {
        return request(url, "web", version, with);
    }

    // Starts all of them at once and waits for all.
    template <class T>
    std::vector<T> together(std::vector<boost::asio::awaitable<T>> calls) {
        std::vector<T> outcomes;
        const auto count = calls.size();
        for (auto& call : calls) {
            boost::asio::co_spawn(context, std::move(call), [&](const std::exception_ptr& e, T outcome) {
                BOOST_TEST(!e);
                outcomes.push_back(std::move(outcome));
            });
        }
        context.restart();
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (outcomes.size() < count && context.run_one_until(end) > 0) {
        }
        BOOST_REQUIRE(outcomes.size() == count);
        return outcomes;
    }
};

BOOST_FIXTURE_TEST_SUITE(charts_repository, with_repository)

BOOST_AUTO_TEST_CASE(a_range_is_resolved_and_its_archive_fetched) {
    serve_index();
    serve_archives();
    const auto version = resolve(web("^1"));
    REQUIRE_OK(version);
    BOOST_TEST(*version == "1.1.0");
    const auto c = fetch(web(*version));
    REQUIRE_OK(c);
    BOOST_TEST(c->name == "web");
    BOOST_TEST(c->version == "1.1.0");
    BOOST_TEST(c->digest == "sha256:" + digest_of(web_2));
    BOOST_TEST(read_file(c->file) == web_2);
    REQUIRE_OK(fetch(web("1.0.0"))); // by an absolute URL
    BOOST_TEST(*resolve(web("")) == "1.1.0");
    BOOST_TEST(*resolve(web(">=2.0.0-0")) == "2.0.0-rc.1");
    BOOST_TEST(seen(server, "/charts/index.yaml") == 1U);
    REQUIRE_OK(fetch(web("1.1.0")));
    BOOST_TEST(seen(server, "/charts/web-1.1.0.tgz") == 1U);
}

BOOST_AUTO_TEST_CASE(an_index_is_asked_for_anew_only_when_it_is_too_old_and_only_if_it_changed) {
    const auto entry = index_entry("1.0.0", {}, {"a"});
    server.when("GET", "/charts/index.yaml")
        .then(answer(200, index_of("web", {entry}), "ETag: \"one\"\r\nLast-Modified: yesterday\r\n"))
        .then(answer(304, ""))
        .then(answer(200, index_of("web", {entry, index_entry("1.2.0", {}, {"b"})})));
    BOOST_TEST(*resolve(web("*")) == "1.0.0");
    BOOST_TEST(*resolve(web("*"), 1h) == "1.0.0");
    BOOST_TEST(*resolve(web("*"), std::chrono::milliseconds::max()) == "1.0.0");
    BOOST_TEST(server.requests().size() == 1U);
    BOOST_TEST(server.requests()[0].header("If-None-Match") == "");
    BOOST_TEST(*resolve(web("*"), 0ms) == "1.0.0");
    BOOST_TEST(server.requests()[1].header("If-None-Match") == "\"one\"");
    BOOST_TEST(server.requests()[1].header("If-Modified-Since") == "yesterday");
    BOOST_TEST(*resolve(web("*"), 0ms) == "1.2.0");
}

// A version may be published in the second in which the index was answered.
BOOST_AUTO_TEST_CASE(an_index_that_changed_in_the_second_of_its_answer_is_asked_for_as_a_whole) {
    const auto entry = index_entry("1.0.0", {}, {"a"});
    server.when("GET", "/charts/index.yaml")
        .then(answer(200, index_of("web", {entry}), "Last-Modified: just now\r\nDate: just now\r\n"))
        .then(answer(200, index_of("web", {entry, index_entry("1.2.0", {}, {"b"})})));
    BOOST_TEST(*resolve(web("*")) == "1.0.0");
    BOOST_TEST(*resolve(web("*"), 0ms) == "1.2.0");
    BOOST_TEST(server.requests()[1].header("If-Modified-Since") == "");
}

BOOST_AUTO_TEST_CASE(concurrent_calls_share_one_exchange) {
    open();
    server.when("GET", "/charts/index.yaml")
        .then(script{}.hold("index").send(
            "HTTP/1.1 200 OK\r\nContent-Length: " +
            std::to_string(index_of("web", {index_entry("1.0.0", digest_of(web_1), {"web-1.0.0.tgz"})}).size()
            ) +
            "\r\n\r\n" + index_of("web", {index_entry("1.0.0", digest_of(web_1), {"web-1.0.0.tgz"})})
        ));
    serve_archives();
    std::vector<boost::asio::awaitable<result<std::string>>> asks;
    for (int i = 0; i < 50; ++i) {
        asks.push_back(store->resolve(web(i % 2 == 0 ? "*" : "1.0.0"), 0ms));
    }
    server.open("index");
    for (const auto& version : together(std::move(asks))) {
        REQUIRE_OK(version);
        BOOST_TEST(*version == "1.0.0");
    }
    std::vector<boost::asio::awaitable<result<chart>>> fetches;
    for (int i = 0; i < 50; ++i) {
        fetches.push_back(store->fetch(web("1.0.0")));
    }
    for (const auto& c : together(std::move(fetches))) {
        REQUIRE_OK(c);
    }
    BOOST_TEST(seen(server, "/charts/index.yaml") == 1U);
    BOOST_TEST(seen(server, "/charts/web-1.0.0.tgz") == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_said_with_what_is) {
    serve_index();
    REQUIRE_ERROR(
        resolve(web("1.5.0")), error_kind::not_found, "nearest versions are 1.1.0, 2.0.0-rc.1, 1.0.0"
    );
    REQUIRE_ERROR(
        fetch(web("1.5.0")), error_kind::not_found, "nearest versions are 1.1.0, 2.0.0-rc.1, 1.0.0"
    );
    REQUIRE_ERROR(resolve(web("^7")), error_kind::not_found, "the highest versions are 1.1.0, 1.0.0");
    REQUIRE_ERROR(resolve(request(url, "wbe", "1.0.0")), error_kind::not_found, "nearest is web");
    REQUIRE_ERROR(resolve(web("not a range")), error_kind::user, "not a version range");
    BOOST_TEST(seen(server, "/") == 1U);
    REQUIRE_ERROR(
        resolve(request(server.url() + "/nothing", "web", "*")), error_kind::not_found, "oci://host/path"
    );
    REQUIRE_ERROR(resolve(request("ftp://h/x", "web", "*")), error_kind::user, "https://");
    REQUIRE_ERROR(resolve(request(url, "../web", "*")), error_kind::user, "name of a chart");
}

BOOST_AUTO_TEST_CASE(what_was_published_since_is_found_although_the_index_is_young_enough) {
    limits.absence = 1ms;
    server.when("GET", "/charts/index.yaml")
        .then(answer(200, index_of("web", {index_entry("1.0.0", digest_of(web_1), {"web-1.0.0.tgz"})})))
        .then(answer(200, index_of("web", {index_entry("1.1.0", digest_of(web_2), {"web-1.1.0.tgz"})})));
    serve_archives();
    BOOST_TEST(*resolve(web("*"), 1h) == "1.0.0");
    context.restart();
    context.run_for(5ms);
    BOOST_TEST(*resolve(web("1.1.0"), 1h) == "1.1.0");
    REQUIRE_OK(fetch(web("1.1.0")));
}

BOOST_AUTO_TEST_CASE(an_archive_with_another_digest_is_not_kept_and_the_index_is_asked_again) {
    server.when("GET", "/charts/index.yaml")
        .then(answer(200, index_of("web", {index_entry("1.0.0", digest_of(web_2), {"web-1.0.0.tgz"})})))
        .then(answer(200, index_of("web", {index_entry("1.0.0", digest_of(web_1), {"web-1.0.0.tgz"})})));
    serve_archives();
    REQUIRE_OK(resolve(web("1.0.0"), 1h));
    REQUIRE_ERROR(fetch(web("1.0.0")), error_kind::transient, "instead of sha256:" + digest_of(web_2));
    BOOST_TEST(files_in(directory / "charts/sha256").empty());
    BOOST_TEST(files_in(directory / "charts/temporary").empty());
    REQUIRE_OK(resolve(web("1.0.0"), 1h));
    REQUIRE_OK(fetch(web("1.0.0")));
}

BOOST_AUTO_TEST_CASE(what_is_there_needs_no_index_that_cannot_be_read) {
    server.when("GET", "/charts/index.yaml")
        .then(answer(
            200, index_of(
                     "web", {index_entry("1.0.0", digest_of(web_1), {"web-1.0.0.tgz"}),
                             index_entry("1.1.0", digest_of(web_1), {"web-1.1.0.tgz"})}
                 )
        ))
        .always(answer(500, "no"));
    serve_archives();
    REQUIRE_OK(fetch(web("1.0.0")));
    REQUIRE_ERROR(fetch(web("1.1.0")), error_kind::transient, "instead of"); // so the index is doubted
    REQUIRE_OK(fetch(web("1.0.0")));
    BOOST_TEST(seen(server, "/charts/index.yaml") == 2U);
    REQUIRE_ERROR(fetch(web("1.1.0")), error_kind::transient, "500");
}

BOOST_AUTO_TEST_CASE(a_version_that_was_published_again_is_fetched_again) {
    const auto again = chart_tgz("web", "1.0.0", "again");
    server.when("GET", "/charts/index.yaml")
        .then(answer(200, index_of("web", {index_entry("1.0.0", digest_of(web_1), {"web-1.0.0.tgz"})})))
        .then(answer(200, index_of("web", {index_entry("1.0.0", digest_of(again), {"web-1.0.0.tgz"})})));
    server.when("GET", "/charts/web").then(answer(200, web_1)).then(answer(200, again));
    BOOST_TEST(fetch(web("1.0.0"))->digest == "sha256:" + digest_of(web_1));
    REQUIRE_OK(resolve(web("1.0.0"), 0ms));
    BOOST_TEST(fetch(web("1.0.0"))->digest == "sha256:" + digest_of(again));
}

BOOST_AUTO_TEST_CASE(a_body_that_ends_early_is_transient) {
    serve_index();
    server.when("GET", "/charts/web-1.0.0.tgz")
        .always(script{}.head(200, "Content-Length: 100000\r\n").send(web_1).close());
    REQUIRE_ERROR(fetch(web("1.0.0")), error_kind::transient, "before the end of the answer");
    server.when("GET", "/cut/index.yaml")
        .always(script{}.head(200, "Content-Length: 100\r\n").send("entries:").close());
    REQUIRE_ERROR(
        resolve(request(server.url() + "/cut", "web", "*")), error_kind::transient, "before the end"
    );
}

BOOST_AUTO_TEST_CASE(a_second_url_is_tried_when_the_first_fails) {
    serve_index(server, {index_entry("1.0.0", digest_of(web_1), {"gone.tgz", "web-1.0.0.tgz"})});
    serve_archives();
    REQUIRE_OK(fetch(web("1.0.0")));
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_refused) {
    limits.max_index_bytes = 2000;
    limits.max_archive_bytes = 1000;
    serve_index();
    server.when("GET", "/charts/web-1.1.0.tgz").always(answer(200, std::string(1001, 'x')));
    server.when("GET", "/charts/web-1.0.0.tgz")
        .always(script{}
                    .head(200, "Transfer-Encoding: chunked\r\n")
                    .chunk(std::string(600, 'x'))
                    .chunk(std::string(600, 'x'))
                    .last_chunk());
    REQUIRE_ERROR(fetch(web("1.1.0")), error_kind::user, "longer than 1000 bytes");
    REQUIRE_ERROR(fetch(web("1.0.0")), error_kind::user, "longer than 1000 bytes");
    server.when("GET", "/large/index.yaml").always(answer(200, "entries:\n" + std::string(3000, '#')));
    REQUIRE_ERROR(
        resolve(request(server.url() + "/large", "web", "*")), error_kind::user, "longer than 2000 bytes"
    );
}

BOOST_AUTO_TEST_CASE(what_is_no_index_and_what_is_no_chart_is_said) {
    server.when("GET", "/page/index.yaml").always(answer(200, "<html><a b: c></html>"));
    REQUIRE_ERROR(resolve(request(server.url() + "/page", "web", "*")), error_kind::user, "not an index");
    const auto page = std::string{"<html>sign in</html>"};
    const auto other = chart_tgz("other", "1.1.0");
    const auto hostile = tgz(
        {{.path = "web/Chart.yaml", .content = "name: web\nversion: 3.0.0\n", .link = {}},
         {.path = "web/../../../etc/cron.d/x", .content = "x", .link = {}}}
    );
    serve_index(
        server,
        {index_entry("1.0.0", {}, {"page.tgz"}), index_entry("1.1.0", digest_of(other), {"other.tgz"}),
         index_entry("3.0.0", digest_of(hostile), {"hostile.tgz"}), index_entry("4.0.0", "md5:abc", {"x"}),
         index_entry("5.0.0", {}, {}), index_entry("6.0.0", {}, {"file:///etc/passwd"})}
    );
    server.when("GET", "/charts/page.tgz").always(answer(200, page));
    server.when("GET", "/charts/other.tgz").always(answer(200, other));
    server.when("GET", "/charts/hostile.tgz").always(answer(200, hostile));
    REQUIRE_ERROR(fetch(web("1.0.0")), error_kind::user, "not a .tgz");
    REQUIRE_ERROR(fetch(web("1.1.0")), error_kind::user, "the chart \"other\" in it");
    REQUIRE_ERROR(fetch(web("3.0.0")), error_kind::user, "leads out of the archive");
    REQUIRE_ERROR(fetch(web("4.0.0")), error_kind::user, "not a sha256");
    REQUIRE_ERROR(fetch(web("5.0.0")), error_kind::user, "no URL");
    REQUIRE_ERROR(fetch(web("6.0.0")), error_kind::user, "https://");
    BOOST_TEST(files_in(directory / "charts/sha256").empty());
}

BOOST_AUTO_TEST_CASE(a_failure_is_believed_for_a_moment) {
    server.when("GET", "/charts/index.yaml")
        .then(answer(500, "no"))
        .always(answer(200, index_of("web", {index_entry("1.0.0", {}, {"a"})})));
    for (int i = 0; i < 20; ++i) {
        REQUIRE_ERROR(resolve(web("*"), 0ms), error_kind::transient, "answered 500");
    }
    BOOST_TEST(seen(server, "/") == 1U);
    const auto end = std::chrono::steady_clock::now() + 20s;
    auto outcome = resolve(web("*"), 0ms);
    while (!outcome && std::chrono::steady_clock::now() < end) {
        settle();
        outcome = resolve(web("*"), 0ms);
    }
    REQUIRE_OK(outcome);
    BOOST_TEST(seen(server, "/") == 2U);
}

BOOST_AUTO_TEST_CASE(a_host_that_does_not_answer_is_not_asked_for_every_chart) {
    imposter dead;
    for (int i = 0; i < 30; ++i) {
        dead.on_connect(script{}.close());
    }
    std::vector<boost::asio::awaitable<result<std::string>>> asks;
    open();
    for (int i = 0; i < 30; ++i) {
        asks.push_back(store->resolve(request(dead.url() + "/" + std::to_string(i), "web", "*"), 0ms));
    }
    for (const auto& outcome : together(std::move(asks))) {
        BOOST_TEST((outcome.error().kind() == error_kind::transient));
    }
    BOOST_TEST(dead.connections() <= 8U); // those that were on their way when the first failed
}

BOOST_AUTO_TEST_CASE(who_asks_for_patience_gets_it) {
    server.when("GET", "/charts/index.yaml").always(answer(429, "", "Retry-After: 60\r\n"));
    server.when("GET", "/other/index.yaml").always(answer(200, "entries: {}"));
    REQUIRE_ERROR(resolve(web("*"), 0ms), error_kind::transient, "patience");
    REQUIRE_ERROR(
        resolve(request(server.url() + "/other", "web", "*"), 0ms), error_kind::transient, "patience"
    );
    BOOST_TEST(seen(server, "/") == 1U);
}

BOOST_AUTO_TEST_CASE(indices_that_nobody_uses_go) {
    limits.max_indices = 2;
    for (const auto* path : {"/a", "/b", "/c"}) {
        server.when("GET", std::string{path} + "/index.yaml")
            .always(answer(200, index_of("web", {index_entry("1.0.0", {}, {"x"})})));
    }
    for (const auto* path : {"/a", "/b", "/c", "/b", "/a"}) {
        REQUIRE_OK(resolve(request(server.url() + path, "web", "*"), 1h));
    }
    BOOST_TEST(seen(server, "/a/") == 2U);
    BOOST_TEST(seen(server, "/b/") == 1U);
    limits.max_indices = 32;
    limits.max_index_memory = 1;
    open();
    REQUIRE_OK(resolve(request(server.url() + "/a", "web", "*"), 1h));
    REQUIRE_OK(resolve(request(server.url() + "/b", "web", "*"), 1h));
    REQUIRE_OK(resolve(request(server.url() + "/a", "web", "*"), 1h));
    BOOST_TEST(seen(server, "/a/") == 4U);
}

BOOST_AUTO_TEST_CASE(a_caller_that_goes_does_not_take_the_exchange_with_it) {
    open();
    server.when("GET", "/charts/index.yaml")
        .then(script{}.hold("go").head(200, "Content-Length: 12\r\n").send("entries: {}\n"));
    const auto outcome =
        holdfast::test::run(context, with_deadline(50ms, "asking", store->resolve(web("*"), 1h)));
    REQUIRE_ERROR(outcome, error_kind::transient, "asking");
    server.open("go");
    REQUIRE_ERROR(resolve(web("*"), 1h), error_kind::not_found, "which has none");
    BOOST_TEST(seen(server, "/") == 1U);
}

BOOST_AUTO_TEST_CASE(a_store_that_goes_tells_those_who_wait) {
    open();
    server.when("GET", "/charts/index.yaml").always(script{}.stall());
    std::optional<result<std::string>> outcome;
    boost::asio::co_spawn(
        context, store->resolve(web("*"), 1h),
        [&](const std::exception_ptr& e, result<std::string> r) {
            BOOST_TEST(!e);
            outcome = std::move(r);
        }
    );
    context.restart();
    context.run_for(100ms);
    BOOST_REQUIRE(!outcome);
    store.reset();
    context.restart();
    context.run_for(1s);
    BOOST_REQUIRE(outcome.has_value());
    BOOST_TEST((outcome->error().kind() == error_kind::cancelled));
}

BOOST_AUTO_TEST_CASE(nothing_takes_longer_than_the_deadline) {
    limits.deadline = 300ms;
    server.when("GET", "/charts/index.yaml").always(script{}.head(200, "Content-Length: 100\r\n").stall());
    REQUIRE_ERROR(resolve(web("*")), error_kind::transient, "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts::test
