#include "charts/web.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"
#include "git/http_route.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::charts {

namespace {

constexpr std::chrono::minutes most_patience{5};

bool is_redirect(unsigned status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Seconds; a date is not worth reading. Never longer than is sensible.
std::chrono::milliseconds retry_after(const http::response& r) {
    const auto text = r.find("Retry-After");
    unsigned seconds = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), seconds).ec != std::errc{}) {
        return {};
    }
    return std::min<std::chrono::milliseconds>(std::chrono::seconds{seconds}, most_patience);
}

std::string clipped(std::string_view text) {
    return std::string{text.substr(0, 200)};
}

} // namespace

std::string authorization_of(const shared_credentials& with) {
    if (with && with->bearer_token) {
        return "Bearer " + *with->bearer_token;
    }
    if (with && with->basic) {
        return "Basic " + base64_encode(with->basic->username + ":" + with->basic->password);
    }
    return {};
}

result<void> check_in_the_clear(const web_address& where, const shared_credentials& with) {
    if (!where.tls && with && (with->basic || with->bearer_token) && !with->insecure_plain_http) {
        return user_error(
            where.shown() +
            ": the password would travel in the clear: write https, or set insecure: \"true\" in the Secret"
        );
    }
    return {};
}

std::string fingerprint(const shared_credentials& with) {
    hasher h;
    if (with) {
        h.add(with->basic ? "basic" : "").add(with->basic ? with->basic->username : "");
        h.add(with->basic ? with->basic->password : "");
        h.add(with->bearer_token ? "bearer" : "").add(with->bearer_token.value_or(""));
        h.add(with->ca).add(with->client_certificate).add(with->client_key);
        h.add(with->proxy).add(with->no_proxy).add(with->reachable ? with->reachable->key : "");
        h.add(with->insecure_skip_tls_verify ? "1" : "0").add(with->insecure_plain_http ? "1" : "0");
    }
    return to_hex(h.finish());
}

error refusal(const web_answer& answer, bool had_credentials) {
    const auto status = answer.response.status;
    const auto what = answer.from.shown() + " answered " + std::to_string(status);
    switch (status) {
    case 401:
    case 403:
        if (had_credentials && answer.knew_us) {
            return {error_kind::forbidden, what + ": it refused the credentials of the repository's Secret"};
        }
        return {
            error_kind::forbidden,
            what + (had_credentials
                        ? ": it wants credentials, and those of the repository's Secret are for another host "
                          "(spec.source.helm.passCredentials would send them there too)"
                        : ": it wants credentials, and the repository has none: give it a Secret with "
                          "\"username\" and \"password\"")
        };
    case 404:
    case 410: return {error_kind::not_found, what + ": there is nothing"};
    case 407: return {error_kind::forbidden, what + ": the proxy wants other credentials"};
    case 408:
    case 425:
    case 429: return transient_error(what + ": it asks for patience");
    default: break;
    }
    if (status >= 500) {
        return transient_error(what);
    }
    return user_error(what);
}

result<web::host_pointer>
web::host_for(const web_address& where, const shared_credentials& with, trust much) {
    http::client_options options;
    options.url = where.origin();
    auto over = git::http_route_to({.tls = where.tls, .host = where.host, .port = where.port}, with.get());
    options.proxy = std::move(over.proxy);
    if (options.proxy.starts_with("socks")) {
        return user_error(
            "the proxy of " + where.origin() +
            " is a SOCKS proxy, which charts cannot be fetched through: use "
            "an http proxy"
        );
    }
    if (with && much != trust::none) {
        options.tls.ca = with->ca;
        options.tls.insecure_skip_verify = with->insecure_skip_tls_verify;
        if (much == trust::full) {
            options.tls.certificate = with->client_certificate;
            options.tls.key = with->client_key;
        }
    }
    options.max_connections = 8;
    const auto key = http::connection_key(options, over.guards);
    if (auto* known = hosts_.find(key)) {
        return *known;
    }
    auto client = http::make_client(executor_, std::move(options), std::move(over.guards));
    if (!client) {
        return client.error();
    }
    auto made = std::make_shared<host>(executor_);
    made->client = std::move(*client);
    hosts_.insert(key, made);
    return made;
}

asio::awaitable<result<http::response>> web::ask_once(host_pointer of, web_call call) {
    // Who waited here while the host died is told so, instead of finding out again.
    const auto place = co_await of->places.enter();
    if (auto known = of->failure.at(steady_clock::now())) {
        co_return *known;
    }
    http::request what;
    what.method = call.method;
    what.target = call.where.target();
    what.headers = call.headers;
    what.headers.push_back({"User-Agent", "holdfast"});
    if (!call.authorization.empty()) {
        what.headers.push_back({"Authorization", call.authorization});
    }
    http::send_options how;
    how.deadline = call.deadline.count() > 0 ? call.deadline : deadline_;
    how.max_body = call.max_body;
    auto answer = co_await of->client->send(std::move(what), how);
    const auto now = steady_clock::now();
    if (!answer) {
        if (answer.error().is_transient() || answer.error().kind() == error_kind::forbidden) {
            of->failure.failed(answer.error(), now);
        }
        co_return answer.error();
    }
    of->failure.succeeded();
    if (answer->status == 429 || answer->status == 503) {
        if (const auto patience = retry_after(*answer); patience.count() > 0) {
            web_answer said;
            said.response.status = answer->status;
            said.from = call.where;
            of->failure.failed(refusal(said, false), now, patience);
        }
    }
    co_return std::move(*answer);
}

asio::awaitable<result<web_answer>> web::ask(web_call call) {
    const auto started = call.where;
    for (unsigned hops = 0;; ++hops) {
        if (!call.authorization.empty()) {
            if (auto fine = check_in_the_clear(call.where, call.with); !fine) {
                co_return fine.error();
            }
        }
        auto host = host_for(call.where, call.with, call.much);
        if (!host) {
            co_return host.error();
        }
        auto response = co_await ask_once(*host, call);
        if (!response) {
            co_return response.error();
        }
        const auto location = response->find("Location");
        if (!is_redirect(response->status) || !location) {
            web_answer answer;
            answer.response = std::move(*response);
            answer.from = call.where;
            answer.knew_us = !call.authorization.empty() ||
                             (call.much == trust::full && call.with && !call.with->client_key.empty());
            co_return std::move(answer);
        }
        if (hops >= call.redirects) {
            co_return user_error(
                started.shown() + " was redirected more than " + std::to_string(call.redirects) + " times"
            );
        }
        auto next = call.where.resolve(*location);
        if (!next) {
            co_return user_error(
                call.where.shown() +
                " redirects to something that is not an http or https URL: " + next.error().message()
            );
        }
        if (call.where.tls && !next->tls) {
            co_return user_error(
                call.where.shown() + " redirects to http://" + clipped(next->host) +
                ", which would leave the protection of https"
            );
        }
        if (!same_place(call.where, *next)) {
            // For good: a place that is led back to by another is not to be trusted with what that one chose.
            call.authorization.clear();
            call.much = trust::none;
        }
        if (response->status == 303 && call.method != "HEAD") {
            call.method = "GET";
        }
        call.where = std::move(*next);
    }
}

void web::close_idle() {
    for (auto& [key, host] : hosts_) {
        host->client->close_idle();
    }
}

} // namespace holdfast::charts
