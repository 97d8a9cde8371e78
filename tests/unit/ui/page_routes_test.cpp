#include "ui/page_routes.hpp"

#include "support/coroutine.hpp"
#include "ui/page_files.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace holdfast::ui {
namespace {

http::response get(std::string target, std::vector<http::header> headers = {}) {
    boost::asio::io_context context;
    http::request_info info;
    info.what.target = std::move(target);
    info.what.headers = std::move(headers);
    return test::run(context, http::make_router(make_routes())(std::move(info)));
}

const http::header packed{"Accept-Encoding", "gzip, deflate, br"};

// What a document, or a style, has loaded.
std::vector<std::string> loaded_by(std::string_view text) {
    std::vector<std::string> all;
    for (auto at = text.find("/assets/"); at != std::string_view::npos; at = text.find("/assets/", at + 1)) {
        all.emplace_back(text.substr(at, text.find_first_of("\"')", at) - at));
    }
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(ui_page)

BOOST_AUTO_TEST_CASE(a_first_look_takes_little) {
    constexpr std::size_t most = 70 * 1024; // on a bad line, half a second
    const auto index = get("/");
    BOOST_TEST_REQUIRE(index.status == 200U);
    auto sum = get("/", {packed}).body.size();
    const auto files = loaded_by(index.body);
    BOOST_TEST(std::ranges::any_of(files, [](const auto& one) { return one.ends_with(".js"); }));
    BOOST_TEST(std::ranges::any_of(files, [](const auto& one) { return one.ends_with(".css"); }));
    for (const auto& one : files) {
        const auto file = get(one, {packed});
        BOOST_TEST(file.status == 200U, one);
        BOOST_TEST(file.find("Content-Encoding").value_or("") == "gzip", one);
        sum += file.body.size();
    }
    BOOST_TEST(sum <= most);
    BOOST_TEST_MESSAGE("a first look takes " << sum << " bytes");
}

BOOST_AUTO_TEST_CASE(the_content_policy_lets_all_of_it_run) {
    const auto index = get("/").body;
    for (auto at = index.find("<script"); at != std::string::npos; at = index.find("<script", at + 1)) {
        BOOST_TEST(index.substr(at, index.find('>', at) - at).find(" src=\"/assets/") != std::string::npos);
    }
    BOOST_TEST(index.find("<style") == std::string::npos);
    BOOST_TEST(index.find(" style=") == std::string::npos);
    for (const auto& one : page_files()) {
        if (!one.path.ends_with(".txt")) {
            BOOST_TEST(one.plain.find("https://fonts") == std::string_view::npos, one.path);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_address_may_be_a_screen_and_a_file_that_is_not_there_is_none) {
    const auto index = get("/").body;
    for (const auto* path :
         {"/applications", "/applications/shop/web", "/applications?health=Degraded", "/index.html"}) {
        BOOST_TEST(get(path).body == index, path);
    }
    BOOST_TEST(get("/assets/none.js").status == 404U);
    BOOST_TEST(get("/assets/../index.html").status == 404U);
}

BOOST_AUTO_TEST_CASE(what_a_browser_has_is_not_sent_again) {
    for (const auto& one : page_files()) {
        const bool is_index = one.path == "/index.html";
        const std::string path{is_index ? "/" : one.path};
        const auto first = get(path);
        BOOST_TEST(first.body == one.plain, path);
        BOOST_TEST(first.find("Content-Type").value_or("") == one.type, path);
        BOOST_TEST(
            first.find("Cache-Control").value_or("") ==
                (one.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache"),
            path
        );
        const auto again = get(path, {{"If-None-Match", std::string{one.tag}}});
        BOOST_TEST(again.status == 304U, path);
        BOOST_TEST(again.body.empty(), path);
    }
}

BOOST_AUTO_TEST_CASE(the_licences_of_what_is_in_it_are_there) {
    const auto text = get("/licences.txt").body;
    for (const auto* name : {"preact ", "@preact/signals ", "@preact/signals-core "}) {
        BOOST_TEST(text.find(name) != std::string::npos, name);
    }
    BOOST_TEST(text.find("Permission is hereby granted") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::ui
