#include "kube/failure.hpp"

#include "http/client.hpp"
#include "kube/json.hpp"
#include "kube/object.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>

namespace holdfast::kube {

namespace {

/// Longer than what the server says in earnest; a proxy's page of HTML is longer.
constexpr std::size_t max_sentence = 4096;
constexpr std::size_t max_foreign_text = 200;
constexpr std::size_t max_causes = 50;
constexpr std::chrono::seconds max_retry_after{300};

error_kind kind_of_status(unsigned status) noexcept {
    switch (status) {
    case 401:
    case 403: return error_kind::forbidden;
    case 404: return error_kind::not_found;
    case 409:
    case 410:
    case 412: return error_kind::conflict;
    case 408:
    case 429: return error_kind::transient;
    default: break;
    }
    if (status >= 500) {
        return error_kind::transient;
    }
    return status >= 400 ? error_kind::user : error_kind::internal;
}

std::string cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) {
        return std::string{text};
    }
    // Not within a character.
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) {
        --limit;
    }
    return std::string{text.substr(0, limit)} + "…";
}

std::vector<cause> causes_of(const json::object& status) {
    std::vector<cause> causes;
    if (const auto* list = find_array(status, {"details", "causes"})) {
        for (const auto& entry : *list) {
            if (const auto* object = entry.if_object(); object != nullptr && causes.size() < max_causes) {
                causes.push_back(
                    {std::string{find_text(*object, {"field"})}, std::string{find_text(*object, {"message"})},
                     std::string{find_text(*object, {"reason"})}}
                );
            }
        }
    }
    return causes;
}

std::string sentence_of(std::string_view what, std::string message, const std::vector<cause>& causes) {
    if (message.empty()) {
        message = "the server gave no reason";
    }
    for (const auto& c : causes) {
        // The server's message usually has them all already.
        if (c.message.empty() || message.find(c.message) != std::string::npos) {
            continue;
        }
        message += "; ";
        if (!c.field.empty()) {
            message += c.field + ": ";
        }
        message += c.message;
    }
    auto text = cut(message, max_sentence);
    return what.empty() ? text : std::string{what} + ": " + text;
}

std::optional<std::chrono::milliseconds> retry_after_of(const http::response& answer) {
    const auto header = answer.find("Retry-After");
    if (!header) {
        return std::nullopt;
    }
    // Kubernetes sends seconds; the other form, a date, nobody sends.
    std::uint32_t seconds = 0;
    const auto [end, code] = std::from_chars(header->data(), header->data() + header->size(), seconds);
    if (code != std::errc{} || end != header->data() + header->size()) {
        return std::nullopt;
    }
    return std::min<std::chrono::milliseconds>(std::chrono::seconds{seconds}, max_retry_after);
}

std::string words_for(unsigned status) {
    switch (status) {
    case 401: return "the server did not accept the credentials";
    case 403: return "the server forbids it";
    case 404: return "the server has no such resource";
    case 408:
    case 504: return "the server took too long";
    case 413: return "the request is too large for the server";
    case 429: return "the server has too much to do";
    case 502:
    case 503: return "the server is not available";
    default: return "the server answered with status " + std::to_string(status);
    }
}

} // namespace

bool failure::is_too_large_resource_version() const noexcept {
    return std::any_of(
               causes_.begin(), causes_.end(),
               [](const cause& c) { return c.reason == "ResourceVersionTooLarge"; }
           ) ||
           (status_ == 504 && message().find("Too large resource version") != std::string::npos);
}

bool failure::is_namespace_terminating() const noexcept {
    return std::any_of(causes_.begin(), causes_.end(), [](const cause& c) {
        return c.reason == "NamespaceTerminating";
    });
}

failure failure::within(std::string_view context) const {
    failure copy{*this};
    static_cast<error&>(copy) = error::within(context);
    return copy;
}

failure failure_from_status(const json::object& status, std::string_view what) {
    const auto* code_value = find_path(status, {"code"});
    const auto code = code_value != nullptr && code_value->is_int64() && code_value->get_int64() >= 100 &&
                              code_value->get_int64() < 1000
                          ? static_cast<unsigned>(code_value->get_int64())
                          : 0U;
    auto reason = std::string{find_text(status, {"reason"})};
    auto causes = causes_of(status);
    auto sentence = sentence_of(what, std::string{find_text(status, {"message"})}, causes);
    auto kind = kind_of_status(code);
    if (code == 0 && (reason == "Expired" || reason == "Gone")) {
        kind = error_kind::conflict;
    }
    failure f{error{kind, std::move(sentence)}, code, std::move(reason)};
    f.set_causes(std::move(causes));
    if (const auto* seconds = find_path(status, {"details", "retryAfterSeconds"});
        seconds != nullptr && seconds->is_int64() && seconds->get_int64() > 0) {
        f.set_retry_after(
            std::chrono::seconds{std::min<std::int64_t>(seconds->get_int64(), max_retry_after.count())}
        );
    }
    return f;
}

failure failure_from_response(const http::response& answer, std::string_view what) {
    boost::system::error_code code;
    const auto body = json::parse(answer.body, code, {}, server_json());
    const auto* object = code ? nullptr : body.if_object();
    auto f = [&] {
        if (object != nullptr && kind_of(*object) == "Status") {
            auto status = *object;
            // The line of the answer decides: a body may leave it out.
            status["code"] = static_cast<std::int64_t>(answer.status);
            return failure_from_status(status, what);
        }
        auto text = words_for(answer.status);
        // A proxy or the server's own filters answer in plain text; a page of HTML helps nobody.
        const auto first = answer.body.find_first_not_of(" \t\r\n");
        if (first != std::string::npos && answer.body[first] != '<') {
            auto said = cut(std::string_view{answer.body}.substr(first), max_foreign_text);
            said.erase(said.find_last_not_of(" \t\r\n") + 1);
            std::replace(said.begin(), said.end(), '\n', ' ');
            text += " (" + said + ")";
        }
        return failure{
            error{
                kind_of_status(answer.status),
                what.empty() ? std::move(text) : std::string{what} + ": " + std::move(text)
            },
            answer.status, ""
        };
    }();
    if (const auto after = retry_after_of(answer)) {
        f.set_retry_after(*after);
    }
    return f;
}

} // namespace holdfast::kube
