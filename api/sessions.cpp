#include "api/sessions.hpp"

#include "api/sealing.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace holdfast::api {

namespace json = boost::json;

namespace {

constexpr std::string_view purpose = "sessions of the page, 1";

std::int64_t seconds_of(wall_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::optional<wall_clock::time_point> time_in(const json::object& one, std::string_view key) {
    const auto* value = one.if_contains(key);
    if (value == nullptr || !value->is_int64()) {
        return std::nullopt;
    }
    return wall_clock::time_point{std::chrono::seconds{value->get_int64()}};
}

std::optional<session> session_in(const std::string& text) {
    boost::system::error_code ec;
    const auto read = json::parse(text, ec);
    const auto* fields = ec ? nullptr : read.if_object();
    const auto* token = fields != nullptr ? fields->if_contains("token") : nullptr;
    if (token == nullptr || !token->is_string()) {
        return std::nullopt;
    }
    const auto begun = time_in(*fields, "begun");
    const auto seen = time_in(*fields, "seen");
    if (!begun || !seen) {
        return std::nullopt;
    }
    return session{.token = std::string{token->get_string()}, .begun = *begun, .seen = *seen};
}

} // namespace

sessions::sessions(std::function<const std::string&()> secret, session_limits limits)
    : secret_{std::move(secret)}, limits_{limits}, own_key_{random_key()} {}

std::string sessions::shared_key() const {
    const auto& secret = secret_();
    return secret.empty() ? std::string{} : key_for(purpose, secret);
}

std::optional<std::string> sessions::write(const session& one) const {
    const json::object fields{
        {"token", one.token}, {"begun", seconds_of(one.begun)}, {"seen", seconds_of(one.seen)}
    };
    const auto shared = shared_key();
    auto sealed = seal(shared.empty() ? own_key_ : shared, json::serialize(fields));
    if (sealed.size() > longest_cookie) {
        return std::nullopt;
    }
    return sealed;
}

std::optional<session> sessions::read(std::string_view cookie, wall_clock::time_point now) const {
    if (cookie.empty() || cookie.size() > longest_cookie) {
        return std::nullopt;
    }
    std::optional<std::string> plain;
    if (const auto shared = shared_key(); !shared.empty()) {
        plain = unseal(shared, cookie);
    }
    if (!plain) {
        plain = unseal(own_key_, cookie);
    }
    auto found = plain ? session_in(*plain) : std::nullopt;
    if (!found || now - found->seen >= limits_.idle || now - found->begun >= limits_.whole) {
        return std::nullopt;
    }
    return found;
}

std::string set_cookie(std::string_view value) {
    return std::string{session_cookie} + "=" + std::string{value} +
           "; Path=/; Secure; HttpOnly; SameSite=Lax";
}

std::string remove_cookie() {
    return set_cookie("") + "; Max-Age=0";
}

std::string_view find_cookie(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const auto end = std::min(header.find(';'), header.size());
        auto one = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        if (one.starts_with(name) && one.substr(name.size()).starts_with('=')) {
            return one.substr(name.size() + 1);
        }
    }
    return {};
}

} // namespace holdfast::api
