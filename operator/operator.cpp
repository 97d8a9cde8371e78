#include "operator.hpp"

#include "admission/certificates.hpp"
#include "admission/registration.hpp"
#include "admission/validator.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "build_programs.hpp"
#include "charts/chart_store.hpp"
#include "control/application_controller.hpp"
#include "control/builder.hpp"
#include "control/live_objects.hpp"
#include "control/metrics.hpp"
#include "control/repositories.hpp"
#include "control/schemas.hpp"
#include "control/secret_stores.hpp"
#include "control/supplier.hpp"
#include "git/store.hpp"
#include "http/server.hpp"
#include "kube/client.hpp"
#include "kube/config.hpp"
#include "kube/connect.hpp"
#include "kube/discovery.hpp"
#include "kube/events.hpp"
#include "push_target.hpp"
#include "sandbox/sandbox.hpp"
#include "secrets/decrypt.hpp"
#include "serving_files.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace holdfast {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t cache_bytes = std::size_t{16} << 20U;
// Within what a pod is given before it is killed (terminationGracePeriodSeconds, 30 by default).
constexpr auto grace = 20s;

std::string own_namespace(const operator_options& options) {
    if (!options.own_namespace.empty()) {
        return options.own_namespace;
    }
    std::ifstream file{"/var/run/secrets/kubernetes.io/serviceaccount/namespace"};
    std::string name;
    file >> name;
    return name.empty() ? "holdfast" : name;
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()}
                                                            : std::string{"holdfast"};
}

bool is_label_value(const std::string& text) {
    const auto alphanumeric = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    return !text.empty() && text.size() <= 63 && alphanumeric(text.front()) && alphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return alphanumeric(c) || c == '-' || c == '_' || c == '.';
           });
}

/// Everything that runs, in the order in which one part needs the other.
class running_operator {
public:
    running_operator(asio::io_context& context, operator_options options)
        : context_{context},
          options_{std::move(options)},
          own_namespace_{own_namespace(options_)},
          tasks_{context.get_executor()},
          pool_{std::clamp(std::thread::hardware_concurrency(), 2U, 8U)} {}

    ~running_operator() {
        pool_.stop();
        pool_.join();
    }
    running_operator(const running_operator&) = delete;
    running_operator& operator=(const running_operator&) = delete;

    result<void> wire() {
        kube::config_choice choice;
        choice.path = options_.kubeconfig;
        auto config = kube::find_config(choice, kube::config_environment::current());
        if (!config) {
            return config.error();
        }
        log::info(
            "starting", {{"version", HOLDFAST_VERSION},
                         {"cluster", config->origin},
                         {"server", config->http.url},
                         {"namespace", own_namespace_},
                         {"cache", options_.cache_directory}}
        );
        config->http.max_connections = std::max<std::size_t>(options_.concurrency + 8, 16);
        const auto executor = context_.get_executor();
        auto connection = kube::connect(executor, std::move(*config));
        if (!connection) {
            return connection.error();
        }
        connection_ = std::move(*connection);
        api_.emplace(*connection_);
        discovery_.emplace(*api_);
        kube::event_settings event_options;
        event_options.controller = "holdfast.dev/operator";
        event_options.instance = host_name().substr(0, 120);
        events_.emplace(executor, *api_, std::move(event_options));

        git::store_manager_options stores;
        stores.directory = options_.cache_directory;
        auto manager = git::make_store_manager(executor, pool_, std::move(stores));
        if (!manager) {
            return manager.error();
        }
        stores_ = std::move(*manager);

        schemas_.emplace(*api_);
        live_.emplace(
            executor, *api_, options_.installation,
            [this](const sync::application_ref& owner) { applications_->object_changed(owner); },
            [this] { applications_->kind_ready(); }
        );
        repositories_.emplace(
            executor, *api_, *stores_, *events_, metrics_,
            control::repositories::settings{.own_namespace = own_namespace_, .default_interval = 3min},
            [this](const std::string& url) { applications_->repository_moved(url); }
        );
        if (auto ready = wire_builds(); !ready) {
            return ready.error();
        }
        applications_.emplace(
            executor,
            control::application_controller::parts{
                *api_, *discovery_, *live_, *repositories_, *supplier_, *secret_stores_, *builder_, *schemas_,
                *events_, metrics_
            },
            control::application_controller::settings{
                .own_namespace = own_namespace_,
                .installation = options_.installation,
                .concurrency = options_.concurrency
            }
        );
        if (!options_.metrics_listen.empty()) {
            http::listen_options listen;
            listen.address = options_.metrics_listen;
            auto server = http::listen(executor, std::move(listen), [this](http::request_info request) {
                return serve(std::move(request));
            });
            if (!server) {
                return server.error().within("--metrics-listen " + options_.metrics_listen);
            }
            server_ = std::move(*server);
        }
        repositories_->judge_in(applications_->around());
        if (!options_.admission_listen.empty()) {
            if (auto listening = listen_for_reviews(); !listening) {
                return listening.error();
            }
        }
        if (!options_.listen.empty()) {
            if (auto listening = listen_for_pushes(); !listening) {
                return listening.error();
            }
        }
        tasks_.spawn("start", start(this));
        return {};
    }

    asio::awaitable<void> stop() {
        stopping_ = true;
        if (push_server_) {
            co_await push_server_->stop(1s);
        }
        if (admission_server_) {
            co_await admission_server_->stop(1s);
        }
        if (certificates_) {
            co_await certificates_->stop();
        }
        if (applications_) {
            co_await applications_->stop();
        }
        tasks_.cancel();
        co_await tasks_.join();
        if (repositories_) {
            co_await repositories_->stop();
        }
        if (live_) {
            co_await live_->stop();
        }
        if (stores_) {
            co_await stores_->close();
        }
        if (events_) {
            co_await events_->close(2s);
        }
        if (server_) {
            co_await server_->stop(1s);
        }
    }

private:
    // What makes manifests: the sandbox, the programs in it, what they read from elsewhere, the caches.
    result<void> wire_builds() {
        const auto executor = context_.get_executor();
        sandbox::settings sandboxing;
        sandboxing.directory = options_.build_directory.empty() ? options_.cache_directory + "/builds"
                                                                : options_.build_directory;
        sandboxing.concurrency = std::clamp(std::thread::hardware_concurrency(), 2U, 16U);
        sandboxing.mode =
            options_.require_sandbox ? sandbox::strictness::required : sandbox::strictness::best_effort;
        auto runner = sandbox::open(executor, pool_, std::move(sandboxing));
        if (!runner) {
            return runner.error();
        }
        sandbox_ = std::move(*runner);
        for (const auto& lack : sandbox_->confinement().missing) {
            log::warn("the kernel does not let builds be confined fully", {{"why", lack}});
        }
        charts::chart_store_options charting;
        charting.directory = options_.cache_directory + "/charts";
        auto charts = charts::make_chart_store(executor, pool_, std::move(charting));
        if (!charts) {
            return charts.error();
        }
        charts_ = std::move(*charts);
        supplier_.emplace(
            executor, pool_, *repositories_, *charts_,
            control::supplier::settings{
                .directory = options_.cache_directory, .allowed = options_.remote_inputs
            }
        );
        secret_stores_.emplace(*api_, *repositories_, pool_, own_namespace_);
        control::builder::settings building;
        building.builds.programs = find_programs();
        if (!options_.plugins.empty()) {
            auto plugins = read_plugins_file(options_.plugins);
            if (!plugins) {
                return plugins.error().within("--plugins " + options_.plugins);
            }
            building.builds.plugins = std::move(*plugins);
        }
        building.cache_bytes = cache_bytes;
        building.cache_directory = options_.cache_directory + "/manifests";
        builder_.emplace(
            control::builder::parts{executor, pool_, *sandbox_, *secret_stores_}, std::move(building)
        );
        return {};
    }

    result<void> listen_for_pushes() {
        auto listen = push::listen_options(options_.listen);
        const serving_files files{options_.listen_certificate, options_.listen_key};
        if (!files.certificate.empty()) {
            auto tls = files.read();
            if (!tls) {
                return tls.error().within("--listen-certificate, --listen-key");
            }
            listen.tls = std::move(*tls);
        }
        const auto tls = listen.tls;
        pushes_.emplace(*repositories_, metrics_);
        auto server = http::listen(
            context_.get_executor(), std::move(listen), http::make_router(push::make_routes(*pushes_))
        );
        if (!server) {
            return server.error().within("--listen " + options_.listen);
        }
        push_server_ = std::move(*server);
        log::info(
            "push webhooks are taken",
            {{"port", std::to_string(push_server_->port())}, {"tls", tls ? "yes" : "no"}}
        );
        if (tls) {
            tasks_.spawn("follow the serving certificate", serving_files::follow(files, *tls, *push_server_));
        }
        return {};
    }

    result<void> listen_for_reviews() {
        admission::validator_settings judging;
        judging.installation = options_.installation;
        auto listen = admission::listen_options(options_.admission_listen, judging);
        listen.tls = admission::placeholder();
        auto server = http::listen(
            context_.get_executor(), std::move(listen),
            http::make_router(
                admission::make_routes(applications_->around(), metrics_, pool_, std::move(judging))
            )
        );
        if (!server) {
            return server.error().within("--admission-listen " + options_.admission_listen);
        }
        admission_server_ = std::move(*server);
        admission::certificate_settings settings;
        settings.namespace_ = own_namespace_;
        settings.secret = options_.admission_secret;
        if (options_.installation != control::default_installation) {
            settings.configuration += "-" + options_.installation;
        }
        if (!options_.admission_url.empty()) {
            settings.url = options_.admission_url + "/validate";
        }
        certificates_.emplace(
            context_.get_executor(), *api_, std::move(settings),
            [this](const http::server_tls& tls) {
                if (auto replaced = admission_server_->replace_tls(tls); !replaced) {
                    log::error(
                        "a certificate for admission cannot be used", {{"error", replaced.error().message()}}
                    );
                }
            }
        );
        return {};
    }

    // Waits for the API server, however long that takes, and then starts everything.
    static asio::awaitable<void> start(running_operator* self) {
        auto wait = 500ms;
        for (;;) {
            const auto refreshed = co_await self->discovery_->refresh();
            if (refreshed && self->discovery_->catalog().find(kube::group_kind{"holdfast.dev", "Application"}
                             ) != nullptr) {
                break;
            }
            log::warn(
                "waiting for the API server",
                {{"error", refreshed ? std::string{"the custom resources are not installed: kubectl apply "
                                                   "--server-side -f config/crds"}
                                     : refreshed.error().message()}}
            );
            co_await sleep_for(wait);
            wait = std::min<std::chrono::milliseconds>(wait * 2, 10s);
        }
        std::string kube_version;
        for (;;) {
            const auto version = co_await self->api_->version();
            if (version) {
                kube_version = version->git_version.substr(version->git_version.starts_with('v') ? 1 : 0);
                break;
            }
            co_await sleep_for(wait);
        }
        self->tasks_.spawn("follow kinds", follow_kinds(self));
        self->tasks_.spawn("follow definitions", [](running_operator* s) -> asio::awaitable<void> {
            co_await s->discovery_->follow();
        }(self));
        if (self->certificates_) {
            self->certificates_->start();
        }
        self->repositories_->start();
        self->applications_->start(std::move(kube_version));
        self->tasks_.spawn("housekeeping", housekeeping(self));
        log::info("started");
    }

    static asio::awaitable<void> follow_kinds(running_operator* self) {
        auto seen = self->discovery_->generation();
        for (;;) {
            co_await self->discovery_->wait_changed(seen);
            seen = self->discovery_->generation();
            for (const auto& kind : self->live_->kinds()) {
                if (self->discovery_->catalog().find(kind) == nullptr &&
                    !self->discovery_->catalog().is_stale(kind.group)) {
                    self->live_->unwatch(kind);
                }
            }
            self->applications_->kinds_changed();
        }
    }

    static asio::awaitable<void> housekeeping(running_operator* self) {
        for (;;) {
            co_await sleep_for(5min);
            co_await self->stores_->housekeeping();
            co_await self->supplier_->housekeeping();
            co_await self->builder_->housekeeping();
        }
    }

    asio::awaitable<http::response> serve(http::request_info request) {
        http::response answer;
        const auto path = request.path();
        answer.status = 200;
        answer.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
        if (request.what.method != "GET" && request.what.method != "HEAD") {
            answer.status = 405;
            answer.headers.push_back({"Allow", "GET, HEAD"});
        } else if (path == "/metrics") {
            metrics_.watched_objects(live_->size());
            answer.headers.front().value = "text/plain; version=0.0.4; charset=utf-8";
            answer.body = metrics_.text();
        } else if (path == "/healthz") {
            answer.body = "ok\n";
        } else if (path == "/readyz") {
            const bool ready = !stopping_ && applications_->ready() && repositories_->ready() &&
                               (!certificates_ || certificates_->ready());
            answer.status = ready ? 200 : 503;
            answer.body =
                ready ? "ok\n"
                      : "not ready: the cluster's Applications and Repositories are not known yet, or the "
                        "admission webhook has no certificate yet\n";
        } else {
            answer.status = 404;
            answer.body = "there are /metrics, /healthz and /readyz\n";
        }
        co_return answer;
    }

    asio::io_context& context_;
    operator_options options_;
    std::string own_namespace_;
    task_group tasks_;
    asio::thread_pool pool_;
    control::metrics metrics_;
    std::unique_ptr<http::client> connection_;
    std::optional<kube::client> api_;
    std::optional<kube::discovery> discovery_;
    std::optional<kube::event_recorder> events_;
    std::unique_ptr<git::store_manager> stores_;
    std::optional<control::schemas> schemas_;
    std::optional<control::live_objects> live_;
    std::optional<control::repositories> repositories_;
    std::unique_ptr<sandbox::runner> sandbox_;
    std::unique_ptr<charts::chart_store> charts_;
    std::optional<control::supplier> supplier_;
    std::optional<control::secret_stores> secret_stores_;
    std::optional<control::builder> builder_;
    std::optional<control::application_controller> applications_;
    std::unique_ptr<http::server> server_;
    std::unique_ptr<http::server> admission_server_;
    std::optional<admission::certificates> certificates_;
    std::optional<push_target> pushes_;
    std::unique_ptr<http::server> push_server_;
    bool stopping_ = false;
};

asio::awaitable<int> run(asio::io_context& context, operator_options options) {
    asio::signal_set signals{context, SIGTERM, SIGINT};
    running_operator all{context, std::move(options)};
    int status = 0;
    if (auto wired = all.wire(); !wired) {
        log::error("cannot start", {{"error", wired.error().message()}});
        status = 1;
    } else {
        const auto signal = co_await signals.async_wait(asio::use_awaitable);
        log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
        signals.async_wait([](boost::system::error_code ec, int) {
            if (!ec) {
                std::_Exit(1);
            }
        });
    }
    auto stopped =
        co_await with_deadline(grace, "stopping", [](running_operator* o) -> asio::awaitable<result<bool>> {
            co_await o->stop();
            co_return true;
        }(&all));
    if (!stopped) {
        log::error("something does not stop; leaving anyway");
        std::_Exit(1);
    }
    log::info("stopped");
    co_return status;
}

} // namespace

std::string check(const operator_options& options) {
    if (options.cache_directory.empty()) {
        return "--cache-dir: must be a directory that can be written";
    }
    if (options.listen_certificate.empty() != options.listen_key.empty()) {
        return "--listen-certificate and --listen-key: both are needed, or none";
    }
    if (!options.admission_url.empty() &&
        (options.admission_listen.empty() || !admission::host_of(options.admission_url) ||
         options.admission_url.find('/', std::string_view{"https://"}.size()) != std::string::npos)) {
        return "--admission-url: must be https://HOST:PORT, and --admission-listen must say where that leads";
    }
    if (!is_label_value(options.installation)) {
        return "--installation: must be a label value (letters, digits, '-', '_' and '.', at most 63), is "
               "\"" +
               options.installation + "\"";
    }
    return {};
}

int run_operator(operator_options options) {
    std::signal(SIGPIPE, SIG_IGN); // NOLINT: a closed connection is an error code, not an end
    asio::io_context context{1};
    int status = 1;
    asio::co_spawn(context, run(context, std::move(options)), [&](std::exception_ptr failure, int s) {
        status = s;
        if (failure) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                log::error("a defect ended the operator", {{"error", e.what()}});
            }
            status = 1;
        }
    });
    context.run();
    return status;
}

} // namespace holdfast
