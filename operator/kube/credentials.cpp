#include "kube/credentials.hpp"

#include "base/base64.hpp"
#include "base/log.hpp"
#include "base/trim.hpp"
#include "kube/exec_credentials.hpp"
#include "kube/small_file.hpp"

namespace holdfast::kube {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::minutes token_reread{1};

http::header bearer(const std::string& token) {
    return {"Authorization", "Bearer " + token};
}

class fixed_source final : public credential_source {
public:
    explicit fixed_source(credentials c) : credentials_{std::move(c)} {}
    asio::awaitable<result<credentials>> get() override { co_return credentials_; }
    bool rejected(const credentials& /*used*/) override { return false; }
    [[nodiscard]] bool can_change() const noexcept override { return false; }

private:
    credentials credentials_;
};

class token_file_source final : public credential_source {
public:
    token_file_source(std::string path, credential_clock clock)
        : path_{std::move(path)}, clock_{std::move(clock)} {}

    asio::awaitable<result<credentials>> get() override {
        if (current_.round == 0 || clock_.steady() >= next_read_) {
            if (auto done = reread(); !done) {
                if (current_.round == 0) {
                    co_return done.error();
                }
                // The old one may well be good still; the server will say.
                log::warn("a token cannot be reread", {{"file", path_}, {"error", done.error().message()}});
            }
        }
        co_return current_;
    }

    bool rejected(const credentials& used) override {
        if (used.round != current_.round) {
            return true;
        }
        return reread().has_value() && used.round != current_.round;
    }

    [[nodiscard]] bool can_change() const noexcept override { return true; }

private:
    result<void> reread() {
        next_read_ = clock_.steady() + token_reread;
        auto text = read_small_file(path_);
        if (!text) {
            return text.error();
        }
        const std::string token{trimmed(*text)};
        if (token.empty()) {
            return user_error("the token file " + path_ + " is empty");
        }
        if (current_.round == 0 || token != token_) {
            token_ = token;
            current_.headers.assign(1, bearer(token_));
            ++current_.round;
        }
        return {};
    }

    std::string path_;
    credential_clock clock_;
    std::string token_;
    credentials current_;
    std::chrono::steady_clock::time_point next_read_;
};

std::unique_ptr<credential_source> fixed(std::vector<http::header> headers) {
    credentials c;
    c.headers = std::move(headers);
    return std::make_unique<fixed_source>(std::move(c));
}

} // namespace

std::unique_ptr<credential_source>
make_credential_source(asio::any_io_executor executor, credential_spec spec, credential_clock clock) {
    if (const auto* token = std::get_if<token_credentials>(&spec)) {
        return fixed({bearer(token->token)});
    }
    if (auto* file = std::get_if<token_file_credentials>(&spec)) {
        return std::make_unique<token_file_source>(std::move(file->path), std::move(clock));
    }
    if (const auto* basic = std::get_if<basic_credentials>(&spec)) {
        return fixed({{"Authorization", "Basic " + base64_encode(basic->username + ":" + basic->password)}});
    }
    if (auto* exec = std::get_if<exec_credentials>(&spec)) {
        return make_exec_source(executor, std::move(*exec), std::move(clock));
    }
    return fixed({});
}

} // namespace holdfast::kube
