#include "serving_files.hpp"

#include "base/log.hpp"

#include <fstream>
#include <sstream>

namespace holdfast {

using namespace std::chrono_literals;

namespace {

constexpr auto pace = 5s;
constexpr std::size_t most = std::size_t{1} << 20U;

} // namespace

result<std::string> read_pem_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text(most, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    if (text.empty()) {
        return user_error(path + " cannot be read, or is empty");
    }
    return text;
}

asio::awaitable<void> follow_pem_file(
    std::string path, std::string first, std::string what, std::function<result<void>(const std::string&)> use
) {
    auto used = std::move(first);
    std::string complained;
    for (;;) {
        co_await sleep_for(pace);
        auto now = read_pem_file(path);
        if (now && *now == used) {
            continue;
        }
        const auto taken = now ? use(*now) : result<void>{now.error()};
        if (taken) {
            used = std::move(*now);
            complained.clear();
            log::info("a file that changed is in use", {{"file", path}, {"for", what}});
        } else if (complained != taken.error().message()) {
            complained = taken.error().message();
            log::warn(
                "a file that changed cannot be used", {{"file", path}, {"for", what}, {"error", complained}}
            );
        }
    }
}

result<http::server_tls> serving_files::read() const {
    auto chain = read_pem_file(certificate);
    if (!chain) {
        return chain.error();
    }
    auto secret = read_pem_file(key);
    if (!secret) {
        return secret.error();
    }
    return http::server_tls{.certificate = std::move(*chain), .key = std::move(*secret), .client_ca = {}};
}

asio::awaitable<void>
serving_files::follow(serving_files files, http::server_tls first, http::server& server) {
    auto shown = std::move(first);
    std::string complained;
    for (;;) {
        co_await sleep_for(pace);
        auto now = files.read();
        if (now && now->certificate == shown.certificate && now->key == shown.key) {
            continue;
        }
        // Between the writing of one file and the other they do not fit: the next look finds them as they
        // are to be.
        auto replaced = now ? server.replace_tls(*now) : result<void>{now.error()};
        if (replaced) {
            shown = std::move(*now);
            complained.clear();
            log::info("a new serving certificate is in use", {{"certificate", files.certificate}});
        } else if (complained != replaced.error().message()) {
            complained = replaced.error().message();
            log::warn("a new serving certificate cannot be used", {{"error", complained}});
        }
    }
}

} // namespace holdfast
