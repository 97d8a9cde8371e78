#include "kube/connect.hpp"

#include "base/log.hpp"
#include "kube/small_file.hpp"

#include <algorithm>

namespace holdfast::kube {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::minutes files_reread{5};
constexpr std::chrono::seconds files_retry{10};

bool has_authorization(const http::request& what) {
    static constexpr std::string_view name = "authorization";
    return std::ranges::any_of(what.headers, [](const http::header& h) {
        return std::ranges::equal(h.name, name, [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
        });
    });
}

// Any http::client, with credentials: its own retry is for 401 only.
class transport final : public http::client {
public:
    transport(
        std::unique_ptr<http::client> inner, std::unique_ptr<credential_source> source,
        connection_config config, credential_clock clock
    )
        : inner_{std::move(inner)},
          source_{std::move(source)},
          config_{std::move(config)},
          clock_{std::move(clock)},
          next_reread_{clock_.steady() + files_reread} {}

    asio::awaitable<result<http::response>> send(http::request what, http::send_options how) override {
        // A second try needs the request once more.
        std::optional<http::request> spare;
        if (source_->can_change()) {
            spare = what;
        }
        auto used = co_await prepare();
        if (!used) {
            co_return used.error();
        }
        auto answer = co_await inner_->send(with_credentials(std::move(what), *used), how);
        if (!spare || !answer || (*answer).status != 401 || !source_->rejected(*used)) {
            co_return answer;
        }
        auto others = co_await prepare();
        if (!others) {
            co_return others.error();
        }
        co_return co_await inner_->send(with_credentials(std::move(*spare), *others), how);
    }

    asio::awaitable<result<std::unique_ptr<http::body_stream>>>
    open(http::request what, std::chrono::milliseconds head_deadline) override {
        std::optional<http::request> spare;
        if (source_->can_change()) {
            spare = what;
        }
        auto used = co_await prepare();
        if (!used) {
            co_return used.error();
        }
        auto opened = co_await inner_->open(with_credentials(std::move(what), *used), head_deadline);
        if (!spare || !opened || (*opened)->head().status != 401 || !source_->rejected(*used)) {
            co_return opened;
        }
        auto others = co_await prepare();
        if (!others) {
            co_return others.error();
        }
        co_return co_await inner_->open(with_credentials(std::move(*spare), *others), head_deadline);
    }

    result<void> replace_tls(http::tls_options tls) override {
        auto done = inner_->replace_tls(tls);
        if (done) {
            config_.http.tls = std::move(tls);
        }
        return done;
    }

    void close_idle() override { inner_->close_idle(); }

private:
    asio::awaitable<result<credentials>> prepare() {
        if (clock_.steady() >= next_reread_) {
            reread_files();
        }
        auto got = co_await source_->get();
        if (!got) {
            co_return got.error().within("credentials of " + config_.origin);
        }
        const auto& tls = config_.http.tls;
        if (!(*got).certificate.empty() && ((*got).certificate != tls.certificate || (*got).key != tls.key)) {
            auto next = tls;
            next.certificate = (*got).certificate;
            next.key = (*got).key;
            if (auto done = replace_tls(std::move(next)); !done) {
                co_return done.error().within("credentials of " + config_.origin);
            }
        }
        co_return got;
    }

    [[nodiscard]] http::request with_credentials(http::request what, const credentials& used) const {
        if (!has_authorization(what)) {
            what.headers.insert(what.headers.end(), used.headers.begin(), used.headers.end());
        }
        what.headers.insert(what.headers.end(), config_.impersonation.begin(), config_.impersonation.end());
        return what;
    }

    // Files are replaced under us when certificates rotate. Through their paths each time: what is mounted
    // into a pod changes by a symbolic link. What cannot be read, or does not fit (yet), leaves the old in
    // force.
    void reread_files() {
        next_reread_ = clock_.steady() + files_reread;
        auto next = config_.http.tls;
        const auto read = [](const std::string& path, std::string& into) -> result<void> {
            if (path.empty()) {
                return {};
            }
            auto text = read_small_file(path);
            if (!text) {
                return text.error();
            }
            into = std::move(*text);
            return {};
        };
        auto done = read(config_.ca_file, next.ca);
        if (done) done = read(config_.certificate_file, next.certificate);
        if (done) done = read(config_.key_file, next.key);
        const auto& now = config_.http.tls;
        const bool changed = next.ca != now.ca || next.certificate != now.certificate || next.key != now.key;
        if (done && changed) {
            done = replace_tls(std::move(next));
        }
        if (!done) {
            next_reread_ = clock_.steady() + files_retry;
            log::warn(
                "certificates cannot be reread", {{"of", config_.origin}, {"error", done.error().message()}}
            );
        }
    }

    std::unique_ptr<http::client> inner_;
    std::unique_ptr<credential_source> source_;
    connection_config config_;
    credential_clock clock_;
    std::chrono::steady_clock::time_point next_reread_;
};

} // namespace

result<std::unique_ptr<http::client>>
connect(asio::any_io_executor executor, connection_config config, credential_clock clock) {
    auto inner = http::make_client(executor, config.http);
    if (!inner) {
        return inner.error().within(config.origin);
    }
    auto source = make_credential_source(executor, config.credentials, clock);
    return std::unique_ptr<http::client>{
        std::make_unique<transport>(std::move(*inner), std::move(source), std::move(config), std::move(clock))
    };
}

} // namespace holdfast::kube
