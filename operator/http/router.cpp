#include "http/router.hpp"

#include <memory>
#include <utility>

namespace holdfast::http {

namespace asio = boost::asio;

response text_response(unsigned status, std::string body) {
    response r;
    r.status = status;
    r.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    r.body = std::move(body);
    return r;
}

namespace {

bool fits(const route& r, std::string_view path) {
    return r.path.ends_with('/') ? path.starts_with(r.path) : path == r.path;
}

asio::awaitable<response> look_up(std::shared_ptr<const std::vector<route>> routes, request_info info) {
    std::size_t longest = 0;
    const route* found = nullptr;
    std::string allowed;
    for (const auto& r : *routes) {
        if (!fits(r, info.path()) || r.path.size() < longest) {
            continue;
        }
        if (r.path.size() > longest) {
            longest = r.path.size();
            found = nullptr;
            allowed.clear();
        }
        allowed += (allowed.empty() ? "" : ", ") + r.method + (r.method == "GET" ? ", HEAD" : "");
        if (r.method == info.what.method || (r.method == "GET" && info.what.method == "HEAD")) {
            found = &r;
        }
    }
    if (found != nullptr) {
        co_return co_await found->handle(std::move(info));
    }
    if (longest == 0) {
        co_return text_response(404, "not found\n");
    }
    auto refusal = text_response(405, "this path has other methods: " + allowed + "\n");
    refusal.headers.push_back({"Allow", allowed});
    co_return refusal;
}

} // namespace

handler make_router(std::vector<route> routes) {
    return [shared = std::make_shared<const std::vector<route>>(std::move(routes))](request_info info) {
        return look_up(shared, std::move(info));
    };
}

} // namespace holdfast::http
