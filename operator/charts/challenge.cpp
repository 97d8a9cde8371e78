#include "charts/challenge.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace holdfast::charts {

namespace json = boost::json;

namespace {

constexpr std::size_t most_challenges = 8;
constexpr std::size_t most_parameters = 16;
constexpr std::size_t longest_token = std::size_t{32} << 10U;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
    return out;
}

bool is_token_character(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

class scanner {
public:
    explicit scanner(std::string_view text) : rest_{text} {}

    void blanks() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
            rest_.remove_prefix(1);
        }
    }
    bool take(char c) {
        blanks();
        if (rest_.empty() || rest_.front() != c) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    std::string token() {
        blanks();
        std::size_t end = 0;
        while (end < rest_.size() && is_token_character(rest_[end])) {
            ++end;
        }
        const std::string out{rest_.substr(0, end)};
        rest_.remove_prefix(end);
        return out;
    }
    std::optional<std::string> value() {
        blanks();
        if (!rest_.starts_with('"')) {
            return token();
        }
        std::string out;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '"') {
                rest_.remove_prefix(i + 1);
                return out;
            }
            if (rest_[i] == '\\' && i + 1 < rest_.size()) {
                ++i;
            }
            out += rest_[i];
        }
        return std::nullopt;
    }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_;
};

void read_challenges(std::string_view text, std::vector<challenge>& into) {
    scanner s{text};
    while (!s.at_end() && into.size() < most_challenges) {
        auto word = s.token();
        if (word.empty()) {
            if (!s.take(',')) {
                return;
            }
            continue;
        }
        // "name=" goes on with the challenge before; a word alone begins one.
        if (!s.take('=')) {
            into.push_back({.scheme = lower(word), .parameters = {}});
            continue;
        }
        auto value = s.value();
        if (into.empty() || !value) {
            return;
        }
        if (into.back().parameters.size() < most_parameters) {
            into.back().parameters.insert_or_assign(lower(word), std::move(*value));
        }
    }
}

} // namespace

std::string_view challenge::find(std::string_view name) const {
    const auto at = parameters.find(name);
    return at == parameters.end() ? std::string_view{} : std::string_view{at->second};
}

std::vector<challenge> challenges_of(const std::vector<http::header>& headers) {
    std::vector<challenge> all;
    for (const auto& h : headers) {
        if (lower(h.name) == "www-authenticate") {
            read_challenges(h.value, all);
        }
    }
    return all;
}

result<web_address> token_address(const challenge& c, const web_address& registry, std::string_view scope) {
    const auto context = "the registry " + registry.origin() + " names a token server that cannot be used";
    auto realm = web_address::parse(c.find("realm"));
    if (!realm) {
        return realm.error().within(context);
    }
    if (!realm->tls && (registry.tls || realm->host != registry.host)) {
        return user_error(context + ": " + realm->shown() + " is not https, and the password would go there");
    }
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            realm->query += (realm->query.empty() ? "" : "&") + query_pair(name, value);
        }
    };
    const auto asked = c.find("scope");
    add("service", c.find("service"));
    add("scope", asked.empty() ? scope : asked);
    return realm;
}

result<registry_token> read_token(std::string_view body) {
    boost::system::error_code ec;
    const auto value = json::parse(body, ec);
    registry_token t;
    if (!ec && value.is_object()) {
        const auto& object = value.as_object();
        for (const auto* name : {"token", "access_token"}) {
            const auto* token = object.if_contains(name);
            if (t.token.empty() && token != nullptr && token->is_string()) {
                t.token = token->as_string();
            }
        }
        const auto* lifetime = object.if_contains("expires_in");
        if (lifetime != nullptr && lifetime->is_number()) {
            const auto seconds =
                lifetime->is_double() ? lifetime->get_double() : lifetime->to_number<double>();
            // No token is believed for longer than an hour, nor asked for more often than every ten seconds.
            t.lifetime = std::chrono::seconds{static_cast<int>(std::clamp(seconds, 10.0, 3600.0))};
        }
    }
    const bool fine = !t.token.empty() && t.token.size() <= longest_token &&
                      std::ranges::all_of(t.token, [](char c) { return c > ' ' && c < 0x7f; });
    if (!fine) {
        return transient_error("the answer has no token in it");
    }
    return t;
}

} // namespace holdfast::charts
