#include "webhook_servers.hpp"

#include "admission/validator.hpp"
#include "base/log.hpp"
#include "control/application_controller.hpp"
#include "http/router.hpp"
#include "push/receiver.hpp"
#include "serving_files.hpp"

namespace holdfast {

using namespace std::chrono_literals;

result<void> webhook_servers::open(
    const operator_options& options, const option_source& source, const std::string& own_namespace
) {
    if (!options.admission_listen.empty()) {
        if (auto listening = listen_for_reviews(options, source, own_namespace); !listening) {
            return listening.error();
        }
    }
    if (!options.listen.empty()) {
        if (auto listening = listen_for_pushes(options); !listening) {
            return listening.error();
        }
    }
    return {};
}

result<void> webhook_servers::listen_for_pushes(const operator_options& options) {
    auto listen = push::listen_options(options.listen);
    const serving_files files{options.listen_certificate, options.listen_key};
    if (!files.certificate.empty()) {
        auto tls = files.read();
        if (!tls) {
            return tls.error().within("--listen-certificate, --listen-key");
        }
        listen.tls = std::move(*tls);
    }
    const auto tls = listen.tls;
    target_.emplace(with_.repositories, with_.counters);
    auto server =
        http::listen(with_.executor, std::move(listen), http::make_router(push::make_routes(*target_)));
    if (!server) {
        return server.error().within("--listen " + options.listen);
    }
    pushes_ = std::move(*server);
    log::info(
        "push webhooks are taken", {{"port", std::to_string(pushes_->port())}, {"tls", tls ? "yes" : "no"}}
    );
    if (tls) {
        tasks_.spawn("follow the serving certificate", serving_files::follow(files, *tls, *pushes_));
    }
    return {};
}

result<void> webhook_servers::listen_for_reviews(
    const operator_options& options, const option_source& source, const std::string& own_namespace
) {
    admission::validator_settings judging;
    judging.installation = options.installation;
    judging.options = [source](std::string_view text) -> result<void> {
        auto as_read = source;
        as_read.file = "options.yaml";
        if (auto read = read_options(as_read, text); !read) {
            return read.error();
        }
        return {};
    };
    shown_ = admission::placeholder();
    const auto& authority = options.admission_client_ca;
    if (!authority.empty()) {
        auto pem = read_pem_file(authority);
        if (!pem) {
            return pem.error().within("--admission-client-ca");
        }
        shown_.client_ca = std::move(*pem);
        judging.told = admission::audience::api_server;
    }
    auto listen = admission::listen_options(options.admission_listen, judging);
    listen.tls = shown_;
    auto server = http::listen(
        with_.executor, std::move(listen),
        http::make_router(
            admission::make_routes(with_.executor, with_.around, with_.counters, readers_, std::move(judging))
        )
    );
    if (!server) {
        return server.error().within(
            authority.empty()
                ? "--admission-listen " + options.admission_listen
                : "--admission-listen " + options.admission_listen + ", --admission-client-ca " + authority
        );
    }
    admission_ = std::move(*server);
    if (authority.empty()) {
        log::info(
            "any client that reaches the port may ask for a review; the answers leave out all that needs a "
            "credential to know: see --admission-client-ca"
        );
    } else {
        tasks_.spawn(
            "follow the authority of API servers",
            follow_pem_file(
                authority, shown_.client_ca, "clients of admission",
                [this](const auto& pem) {
                    return show({.certificate = shown_.certificate, .key = shown_.key, .client_ca = pem});
                }
            )
        );
    }
    admission::certificate_settings settings;
    settings.namespace_ = own_namespace;
    settings.secret = options.admission_secret;
    if (options.installation != sync::default_installation) {
        settings.configuration += "-" + options.installation;
    }
    if (!options.admission_url.empty()) {
        settings.url = options.admission_url + "/validate";
    }
    certificates_.emplace(
        with_.executor, with_.api, std::move(settings),
        [this](const http::server_tls& tls) {
            with_.certified(tls);
            auto next = tls;
            next.client_ca = shown_.client_ca;
            if (auto replaced = show(std::move(next)); !replaced) {
                log::error(
                    "a certificate for admission cannot be used", {{"error", replaced.error().message()}}
                );
            }
        }
    );
    return {};
}

result<void> webhook_servers::show(http::server_tls next) {
    auto replaced = admission_->replace_tls(next);
    if (replaced) {
        shown_ = std::move(next);
    }
    return replaced;
}

void webhook_servers::start() {
    if (certificates_) {
        certificates_->start();
    }
}

asio::awaitable<void> webhook_servers::stop() {
    if (pushes_) {
        co_await pushes_->stop(1s);
    }
    if (admission_) {
        co_await admission_->stop(1s);
    }
    if (certificates_) {
        co_await certificates_->stop();
    }
    tasks_.cancel();
    co_await tasks_.join();
}

} // namespace holdfast
