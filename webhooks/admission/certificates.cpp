#include "admission/certificates.hpp"

#include "admission/registration.hpp"
#include "base/backoff.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "kube/object.hpp"
#include "kube/object_watch.hpp"
#include "kube/pulse.hpp"

#include <algorithm>
#include <map>

namespace holdfast::admission {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view managed_by = "app.kubernetes.io/managed-by";
constexpr std::string_view us = "holdfast";
// Its own, so that whoever applies the configuration and we each keep our fields.
constexpr std::string_view field_manager = "holdfast-admission";

kube::resource configurations() {
    return {
        .group = "admissionregistration.k8s.io",
        .version = "v1",
        .plural = "validatingwebhookconfigurations",
        .kind = "ValidatingWebhookConfiguration",
        .namespaced = false,
        .verbs = {},
        .subresources = {}
    };
}

std::optional<secret_data> data_of(const std::optional<json::object>& secret) {
    if (!secret) {
        return std::nullopt;
    }
    secret_data data;
    if (const auto* encoded = kube::find_object(*secret, {"data"})) {
        for (const auto& [key, value] : *encoded) {
            if (const auto* text = value.if_string()) {
                data.emplace(key, base64_decode(*text).value_or(""));
            }
        }
    }
    return data;
}

} // namespace

struct certificates::state {
    state(asio::any_io_executor ex, kube::client& a, certificate_settings s, serve w)
        : api{a},
          settings{std::move(s)},
          with{std::move(w)},
          tasks{std::move(ex)},
          secret{a, kube::resources::secrets(), settings.namespace_, settings.secret, moved},
          configuration{a, configurations(), {}, settings.configuration, moved} {}

    kube::client& api;
    certificate_settings settings;
    serve with;
    task_group tasks;
    kube::pulse moved;
    kube::object_watch secret;
    kube::object_watch configuration;
    backoff retries{{.base = 500ms, .cap = 30s, .factor = 2.0, .jitter = 0.3}};
    std::optional<issued> serves;
    std::optional<std::map<std::string, wall_clock::time_point>> published; // as rotation_input has it
    bool good = false;
    std::string complained;

    static asio::awaitable<void> run(std::shared_ptr<state> self) {
        for (;;) {
            auto until = steady_clock::now() + 10s;
            std::string trouble;
            if (self->secret.known() && self->configuration.known()) {
                auto looked = co_await self->look();
                if (looked) {
                    self->retries.reset();
                    const auto rest = *looked - wall_clock::now();
                    until = steady_clock::now() + std::max<steady_clock::duration>(rest, 100ms);
                } else {
                    trouble = looked.error().message();
                    until = steady_clock::now() + self->retries.next();
                }
            } else {
                trouble = self->secret.known() ? self->configuration.trouble() : self->secret.trouble();
            }
            self->complain(trouble);
            co_await self->moved.wait_until(until);
        }
    }

    void complain(const std::string& trouble) {
        if (trouble != complained && !trouble.empty()) {
            log::warn("the admission webhook is not set up", {{"error", trouble}});
        }
        complained = trouble;
    }

    [[nodiscard]] bool is_ours() const {
        const auto& now = secret.now();
        return !now || kube::label(*now, managed_by) == us;
    }

    [[nodiscard]] std::vector<std::string> names() const {
        if (!settings.url.empty()) {
            return {host_of(settings.url).value_or("localhost")};
        }
        auto found = configuration.now() ? names_in(*configuration.now()) : std::vector<std::string>{};
        if (found.empty()) {
            found = {"holdfast." + settings.namespace_ + ".svc"};
        }
        return found;
    }

    /// Whom API servers are told to trust, and since when, as far as we saw it.
    void note_publication() {
        const auto told = configuration.now() ? trusted_by(*configuration.now()) : std::nullopt;
        if (!told) {
            published.reset();
            return;
        }
        std::map<std::string, wall_clock::time_point> now;
        for (const auto& one : *told) {
            const auto before = published ? published->find(one) : now.end();
            const bool known = published && before != published->end();
            now.emplace(one, known ? before->second : wall_clock::now());
        }
        published = std::move(now);
    }

    asio::awaitable<result<wall_clock::time_point>> look() {
        note_publication();
        const rotation_input known{
            .secret = data_of(secret.now()),
            .ours = is_ours(),
            .names = names(),
            .published = published,
            .serves = serves
        };
        auto step = next_step(known, settings.rotation, wall_clock::now());
        if (step.write) {
            auto written = co_await write(*step.write, step.reason);
            if (!written) {
                co_return written.error();
            }
            co_return wall_clock::now(); // with what is there now
        }
        if (!step.serve) {
            co_return user_error(
                "Secret " + settings.namespace_ + "/" + settings.secret + ": " + step.reason
            );
        }
        if (!serves || step.serve->certificate != serves->certificate) {
            with({.certificate = step.serve->certificate, .key = step.serve->key, .client_ca = {}});
            serves = step.serve;
            log::info("a serving certificate for admission is in use", {{"secret", settings.secret}});
        }
        auto registered = co_await publish(step.bundle);
        if (!registered) {
            co_return registered.error();
        }
        good = true;
        note_publication();
        if (published != known.published) {
            co_return wall_clock::now(); // the time of what is new begins to run
        }
        co_return step.look_again;
    }

    asio::awaitable<result<bool>> write(secret_data data, std::string reason) {
        json::object encoded;
        for (const auto& [key, value] : data) {
            encoded[key] = base64_encode(value);
        }
        json::object object{
            {"apiVersion", "v1"},
            {"kind", "Secret"},
            {"metadata",
             {{"name", settings.secret},
              {"namespace", settings.namespace_},
              {"labels", {{managed_by, us}, {"app.kubernetes.io/part-of", us}}}}},
            {"type", "kubernetes.io/tls"},
            {"data", std::move(encoded)}
        };
        const auto& now = secret.now();
        if (now) {
            // Of just the state that was decided upon: another replica may have been faster.
            object["metadata"].as_object()["resourceVersion"] = kube::resource_version_of(*now);
            if (const auto* type = now->if_contains("type")) {
                object["type"] = *type;
            }
        }
        auto written = now ? co_await api.update(kube::resources::secrets(), object, field_manager)
                           : co_await api.create(kube::resources::secrets(), object, field_manager);
        if (!written) {
            if (written.error().is_conflict() || written.error().is_already_exists()) {
                // Somebody else did; the watch tells in a moment what.
                co_await moved.wait_until(steady_clock::now() + 1s);
                co_return false;
            }
            co_return written.error();
        }
        log::info("certificates for admission are written", {{"secret", settings.secret}, {"why", reason}});
        secret.note(std::move(*written));
        co_return true;
    }

    asio::awaitable<result<bool>> publish(std::string bundle) {
        std::optional<json::object> wanted;
        const auto& live = configuration.now();
        if (!settings.url.empty()) {
            wanted = configuration_for(settings.configuration, settings.url, bundle);
            if (live && has_all(json::value{*live}, json::value{*wanted})) {
                wanted.reset();
            }
        } else if (live) {
            wanted = with_bundle(*live, bundle);
        }
        if (!wanted) {
            co_return false;
        }
        kube::apply_options how;
        how.field_manager = std::string{field_manager};
        how.force = true;
        auto applied = co_await api.apply(configurations(), *wanted, how);
        if (!applied) {
            co_return applied.error();
        }
        log::info("the admission webhook is registered", {{"configuration", settings.configuration}});
        configuration.note(std::move(*applied));
        co_return true;
    }
};

certificates::certificates(
    asio::any_io_executor executor, kube::client& api, certificate_settings settings, serve with
)
    : state_{std::make_shared<state>(std::move(executor), api, std::move(settings), std::move(with))} {}

certificates::~certificates() = default;

void certificates::start() {
    state_->tasks.spawn("watch the admission secret", kube::object_watch::run(&state_->secret));
    state_->tasks.spawn("watch the admission configuration", kube::object_watch::run(&state_->configuration));
    state_->tasks.spawn("keep the admission certificates", state::run(state_));
}

bool certificates::ready() const noexcept {
    return state_->good;
}

asio::awaitable<void> certificates::stop() {
    const auto s = state_;
    s->tasks.cancel();
    co_await s->tasks.join();
}

http::server_tls placeholder() {
    const auto now = wall_clock::now();
    const auto made = make_authority("holdfast is starting", {now - 1h, now + 24h});
    return {.certificate = made.certificate, .key = made.key, .client_ca = {}};
}

} // namespace holdfast::admission
