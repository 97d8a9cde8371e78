#include "http/router.hpp"

#include "http/query.hpp"

#include <algorithm>
#include <limits>
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

using parameters = std::map<std::string, std::string, std::less<>>;

// How well a path fits; 0 where it does not. What segments in braces stand for is taken from there.
struct fit {
    std::size_t rank = 0;
    parameters found;
};

constexpr auto itself = std::numeric_limits<std::size_t>::max();

std::string_view take_segment(std::string_view& path) {
    const auto end = std::min(path.find('/', 1), path.size());
    const auto segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool is_name(std::string_view segment) {
    return segment.starts_with("/{") && segment.ends_with('}');
}

fit fit_by_segments(std::string_view pattern, std::string_view path) {
    parameters found;
    while (!pattern.empty() && !path.empty()) {
        const auto wanted = take_segment(pattern);
        const auto there = take_segment(path);
        if (!is_name(wanted)) {
            if (wanted != there) {
                return {};
            }
            continue;
        }
        auto value = percent_decode(there.substr(1));
        if (!value || value->empty()) {
            return {};
        }
        found.emplace(wanted.substr(2, wanted.size() - 3), std::move(*value));
    }
    if (!pattern.empty() || !path.empty()) {
        return {};
    }
    return {.rank = itself - 1, .found = std::move(found)};
}

fit fit_of(const route& r, std::string_view path) {
    if (path == r.path) {
        return {.rank = itself, .found = {}};
    }
    if (r.path.find('{') != std::string::npos) {
        return fit_by_segments(r.path, path);
    }
    return {.rank = r.path.ends_with('/') && path.starts_with(r.path) ? r.path.size() : 0, .found = {}};
}

asio::awaitable<response> look_up(std::shared_ptr<const std::vector<route>> routes, request_info info) {
    std::size_t best = 0;
    const route* found = nullptr;
    std::string allowed;
    for (const auto& r : *routes) {
        auto one = fit_of(r, info.path());
        if (one.rank == 0 || one.rank < best) {
            continue;
        }
        if (one.rank > best) {
            best = one.rank;
            found = nullptr;
            allowed.clear();
        }
        allowed += (allowed.empty() ? "" : ", ") + r.method + (r.method == "GET" ? ", HEAD" : "");
        if (r.method == info.what.method || (r.method == "GET" && info.what.method == "HEAD")) {
            found = &r;
            info.parameters = std::move(one.found);
        }
    }
    if (found != nullptr) {
        co_return co_await found->handle(std::move(info));
    }
    if (best == 0) {
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
