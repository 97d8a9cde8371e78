#include "api/request_rules.hpp"

#include "base/ascii.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <utility>

namespace holdfast::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

bool changes_something(std::string_view method) {
    return method != "GET" && method != "HEAD";
}

bool is_of_another_site(const http::request_info& request) {
    if (const auto site = request.find("Sec-Fetch-Site")) {
        return *site != "same-origin";
    }
    // Of browsers that do not send it, and of what is none.
    const auto origin = request.find("Origin");
    return origin && *origin != "https://" + std::string{request.find("Host").value_or("")};
}

bool is_json(std::string_view type) {
    const auto plain = ascii_lower(type.substr(0, type.find(';')));
    return plain == "application/json";
}

constexpr std::array<std::pair<const char*, const char*>, 6> safety{{
    {"Content-Security-Policy",
     "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
     "form-action 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
}};

asio::awaitable<http::response> answer_safely(http::handler handle, http::request_info request) {
    auto answer = co_await handle(std::move(request));
    for (const auto& [name, value] : safety) {
        answer.headers.push_back({name, value});
    }
    co_return answer;
}

} // namespace

std::optional<http::response> refusal_of(const http::request_info& request) {
    if (!changes_something(request.what.method)) {
        return std::nullopt;
    }
    if (is_of_another_site(request)) {
        return refuse(403, "OtherSite", "this request comes from another site's page");
    }
    if (!is_json(request.find("Content-Type").value_or(""))) {
        return refuse(415, "UnsupportedMediaType", "Content-Type must be application/json");
    }
    return std::nullopt;
}

std::string_view bearer_token(const http::request_info& request) {
    constexpr std::string_view scheme = "bearer ";
    const auto said = request.find("Authorization").value_or("");
    return ascii_lower(said.substr(0, scheme.size())) == scheme ? said.substr(scheme.size())
                                                                : std::string_view{};
}

http::handler with_security_headers(http::handler handle) {
    return [handle = std::move(handle)](http::request_info request) {
        return answer_safely(handle, std::move(request));
    };
}

http::response json_response(unsigned status, std::string body) {
    http::response made;
    made.status = status;
    made.headers.push_back({"Content-Type", "application/json"});
    made.headers.push_back({"Cache-Control", "no-store"});
    made.body = std::move(body);
    return made;
}

http::response
refuse(unsigned status, std::string_view code, std::string_view message, std::string_view missing) {
    json::object said{{"code", code}, {"message", message}};
    if (!missing.empty()) {
        said["missing"] = missing;
    }
    return json_response(status, json::serialize(said));
}

} // namespace holdfast::api
