#include "ui/page_routes.hpp"

#include "ui/page_files.hpp"

#include <algorithm>
#include <string>

namespace holdfast::ui {

namespace asio = boost::asio;

namespace {

constexpr std::string_view index_path = "/index.html";

const page_file* find(std::string_view path) {
    const auto all = page_files();
    const auto at = std::ranges::find(all, path, &page_file::path);
    return at == all.end() ? nullptr : &*at;
}

bool takes_gzip(const http::request_info& request) {
    return request.find("Accept-Encoding").value_or("").find("gzip") != std::string_view::npos;
}

http::response answer_with(const page_file& one, const http::request_info& request) {
    http::response made;
    // Whose name says what is in it.
    const bool is_for_ever = one.path.starts_with("/assets/");
    made.headers = {
        {"Content-Type", std::string{one.type}},
        {"ETag", std::string{one.tag}},
        {"Vary", "Accept-Encoding"},
        {"Cache-Control", is_for_ever ? "public, max-age=31536000, immutable" : "no-cache"}
    };
    if (request.find("If-None-Match").value_or("") == one.tag) {
        made.status = 304;
        return made;
    }
    made.status = 200;
    if (takes_gzip(request)) {
        made.headers.push_back({"Content-Encoding", "gzip"});
        made.body = one.packed;
    } else {
        made.body = one.plain;
    }
    return made;
}

asio::awaitable<http::response> screen(http::request_info request) {
    co_return answer_with(*find(index_path), request);
}

asio::awaitable<http::response> file(http::request_info request) {
    const auto* one = find(request.path());
    co_return one != nullptr ? answer_with(*one, request)
                             : http::text_response(404, "there is no such file\n");
}

} // namespace

std::vector<http::route> make_routes() {
    return {{"GET", "/assets/", file}, {"GET", "/licences.txt", file}, {"GET", "/", screen}};
}

} // namespace holdfast::ui
