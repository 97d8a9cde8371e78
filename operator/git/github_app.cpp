#include "git/github_app.hpp"

#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "base/base64.hpp"
#include "base/timestamp.hpp"
#include "http/guard.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <map>
#include <tuple>
#include <vector>

namespace holdfast::git {

namespace json = boost::json;

namespace {

constexpr std::chrono::minutes renew_before{5};

struct free_bio {
    void operator()(BIO* p) const noexcept { BIO_free(p); }
};
struct free_key {
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
};
struct free_context {
    void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};

// A PEM with a passphrase must not make OpenSSL ask for it on a terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

std::string body_message(const std::string& body) {
    boost::system::error_code ec;
    const auto value = json::parse(body, ec);
    if (!ec && value.is_object()) {
        if (const auto* message = value.as_object().if_contains("message");
            message != nullptr && message->is_string()) {
            return " (it says: " + std::string{message->as_string().subview(0, 200)} + ")";
        }
    }
    return {};
}

struct kept_token {
    std::string token;
    wall_clock::time_point renew_at;
};

result<kept_token> read_token(const std::string& body, const std::string& doing) {
    boost::system::error_code ec;
    const auto value = json::parse(body, ec);
    if (!ec && value.is_object()) {
        const auto* token = value.as_object().if_contains("token");
        const auto* expires = value.as_object().if_contains("expires_at");
        if (token != nullptr && token->is_string() && !token->as_string().empty()) {
            kept_token kept;
            kept.token = token->as_string();
            auto until =
                expires != nullptr && expires->is_string() ? parse_time(expires->as_string()) : std::nullopt;
            kept.renew_at = until.value_or(wall_clock::now() + std::chrono::hours{1}) - renew_before;
            return kept;
        }
    }
    return transient_error(doing + ": the answer has no token in it");
}

class cached_app_tokens final : public app_tokens {
public:
    explicit cached_app_tokens(asio::any_io_executor executor) : executor_{std::move(executor)} {}

    asio::awaitable<result<std::string>> token(std::shared_ptr<const credentials> c) override {
        if (!c || !c->app) {
            co_return internal_error("no GitHub App to ask a token for");
        }
        const auto& app = *c->app;
        const auto key = std::make_tuple(app.api_url, app.app_id, app.installation_id);
        auto& slot = slots_[key];
        if (!slot) {
            slot = std::make_shared<entry>(executor_);
        }
        const auto mine = slot;
        // One request at a time for one installation: who waited finds the token that the first one got.
        const auto turn = co_await mine->turn.enter();
        const auto now = wall_clock::now();
        if (!mine->kept.token.empty() && now < mine->kept.renew_at && mine->private_key == app.private_key) {
            co_return mine->kept.token;
        }
        auto fresh = co_await request(c);
        if (!fresh) {
            co_return fresh.error();
        }
        mine->kept = std::move(*fresh);
        mine->private_key = app.private_key;
        co_return mine->kept.token;
    }

    void forget(std::string_view token) override {
        for (auto& [key, slot] : slots_) {
            if (slot->kept.token == token) {
                slot->kept = {};
            }
        }
        // Installations that nobody asks for any more do not pile up.
        std::erase_if(slots_, [](const auto& s) {
            return s.second.use_count() == 1 && s.second->kept.renew_at < wall_clock::now();
        });
    }

private:
    struct entry {
        explicit entry(const asio::any_io_executor& executor) : turn{executor, 1} {}
        async_semaphore turn;
        kept_token kept;
        std::string private_key;
    };

    asio::awaitable<result<kept_token>> request(std::shared_ptr<const credentials> c) {
        const auto& app = *c->app;
        const auto doing =
            "asking " + app.api_url + " for a token of installation " + std::to_string(app.installation_id);
        const auto jwt = app_token(app, std::chrono::system_clock::now());
        if (!jwt) {
            co_return jwt.error().within(doing);
        }
        http::client_options options;
        options.url = app.api_url;
        options.tls.ca = c->ca;
        options.tls.insecure_skip_verify = c->insecure_skip_tls_verify;
        options.proxy = c->proxy;
        options.max_connections = 1;
        http::guards by;
        if (c->reachable) {
            by.server = {c->reachable->rules, c->reachable->named};
            by.proxy = by.server;
        }
        const auto client = http::make_client(executor_, options, by);
        if (!client) {
            co_return client.error().within(doing);
        }
        http::request what;
        what.method = "POST";
        what.target = "/app/installations/" + std::to_string(app.installation_id) + "/access_tokens";
        what.headers = {
            {"Authorization", "Bearer " + *jwt},
            {"Accept", "application/vnd.github+json"},
            {"X-GitHub-Api-Version", "2022-11-28"},
            {"User-Agent", "holdfast"},
        };
        http::send_options limits;
        limits.deadline = std::chrono::seconds{30};
        limits.max_body = std::size_t{1} << 20U;
        const auto answer = co_await (*client)->send(std::move(what), limits);
        if (!answer) {
            co_return answer.error().within(doing);
        }
        switch (answer->status) {
        case 200:
        case 201: co_return read_token(answer->body, doing);
        case 401:
            co_return error{
                error_kind::forbidden,
                doing + ": GitHub refused the app: check githubAppID and githubAppPrivateKey, and the clock" +
                    body_message(answer->body)
            };
        case 403:
            co_return error{
                error_kind::forbidden, doing + ": GitHub forbids it" + body_message(answer->body)
            };
        case 404:
            co_return error{
                error_kind::forbidden,
                doing + ": GitHub knows no such installation of the app: check githubAppInstallationID" +
                    body_message(answer->body)
            };
        default:
            co_return transient_error(
                doing + ": GitHub answered " + std::to_string(answer->status) + body_message(answer->body)
            );
        }
    }

    asio::any_io_executor executor_;
    std::map<std::tuple<std::string, std::uint64_t, std::uint64_t>, std::shared_ptr<entry>> slots_;
};

} // namespace

result<std::string> app_token(const github_app& app, std::chrono::system_clock::time_point now) {
    const std::unique_ptr<BIO, free_bio> bio{
        BIO_new_mem_buf(app.private_key.data(), static_cast<int>(app.private_key.size()))
    };
    const std::unique_ptr<EVP_PKEY, free_key> key{
        PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr)
    };
    if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
        return user_error(
            "the private key of GitHub App " + std::to_string(app.app_id) +
            " cannot be read: githubAppPrivateKey must be the RSA key in PEM that GitHub gave out"
        );
    }
    const auto seconds = [&](std::chrono::seconds offset) {
        return std::chrono::duration_cast<std::chrono::seconds>((now + offset).time_since_epoch()).count();
    };
    json::object claims{
        {"iat", seconds(std::chrono::seconds{-60})},
        {"exp", seconds(std::chrono::minutes{9})},
        {"iss", std::to_string(app.app_id)},
    };
    auto text =
        base64url_encode(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url_encode(json::serialize(claims));
    const std::unique_ptr<EVP_MD_CTX, free_context> context{EVP_MD_CTX_new()};
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data()); // NOLINT: OpenSSL's bytes
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
        return internal_error("cannot sign for GitHub App " + std::to_string(app.app_id));
    }
    std::vector<unsigned char> signature(size);
    if (EVP_DigestSign(context.get(), signature.data(), &size, bytes, text.size()) != 1) {
        return internal_error("cannot sign for GitHub App " + std::to_string(app.app_id));
    }
    // NOLINTNEXTLINE: bytes to characters
    text += "." + base64url_encode(std::string_view{reinterpret_cast<const char*>(signature.data()), size});
    return text;
}

std::unique_ptr<app_tokens> make_app_tokens(asio::any_io_executor executor) {
    return std::make_unique<cached_app_tokens>(std::move(executor));
}

} // namespace holdfast::git
