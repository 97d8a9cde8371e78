#include "operator.hpp"
#include "application_handlers.hpp"
#include "argocd_service.hpp"
#include "base/worker_pool.hpp"

#include "base/log.hpp"
#include "base/loop_watch.hpp"
#include "base/memory.hpp"
#include "base/open_files.hpp"
#include "base/task_group.hpp"
#include "build_parts.hpp"
#include "cluster/destinations.hpp"
#include "control/application_controller.hpp"
#include "control/projects.hpp"
#include "git/store.hpp"
#include "health_checking.hpp"
#include "http/guard.hpp"
#include "http/server.hpp"
#include "kube/config.hpp"
#include "kube/connect.hpp"
#include "kube/events.hpp"
#include "match/own_cluster.hpp"
#include "memory_plan.hpp"
#include "observe/cluster_metrics.hpp"
#include "observe/metrics.hpp"
#include "option_watch.hpp"
#include "page.hpp"
#include "policy/foundation.hpp"
#include "policy/own_kinds.hpp"
#include "replica.hpp"
#include "rights/watch.hpp"
#include "set_clusters.hpp"
#include "sets/render_templates.hpp"
#include "sets_control/set_controller.hpp"
#include "sources/file_journal.hpp"
#include "sources/repositories.hpp"
#include "state_key.hpp"
#include "webhook_servers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <span>
#include <thread>

namespace holdfast {

using namespace std::chrono_literals;

namespace {

// Within what a pod is given before it is killed (terminationGracePeriodSeconds, 30 by default).
constexpr auto grace = 20s;
// Another replica takes over within two seconds of SIGTERM.
constexpr auto work_hand_over = 1'000ms;
constexpr auto repositories_hand_over = 200ms;
// A write that is under way; the next leader does the rest.
constexpr auto sets_hand_over = 200ms;
constexpr auto projects_hand_over = 100ms;
constexpr auto argocd_hand_over = 500ms;
// To the API server: so many keep a small one busy, however many applications are worked on.
constexpr std::size_t most_connections = 40;
// The same of each other cluster.
constexpr std::size_t most_connections_elsewhere = 16;
// For which clusters there are. What is not known by then concerns only who is deployed elsewhere.
constexpr auto secrets_wait = 5s;

// Of metrics and probes. Few, since whoever takes the metrics slowly holds a copy of them.
constexpr std::size_t most_watchers = 64;
// To make the text of thousands of applications takes its time: whoever asks more often gets the same again.
constexpr auto metrics_age = 500ms;

// 200 watched kinds, the servers' connections, and children with their pipes.
constexpr std::uint64_t least_open_files = 4'096;

// A connection for each watched kind: what a process gets by default is soon used up.
void allow_open_files() {
    const auto files = raise_open_file_limit();
    log::info(
        "files and connections that may be open at once",
        {{"limit", std::to_string(files.now)}, {"was", std::to_string(files.before)}}
    );
    if (files.now < least_open_files) {
        log::warn(
            "few files and connections may be open at once: each watched kind takes one; raise the hard "
            "limit "
            "of open files (RLIMIT_NOFILE, of the container runtime)",
            {{"limit", std::to_string(files.now)}, {"wanted", std::to_string(least_open_files)}}
        );
    }
}

// Where builds and repositories may lead.
result<std::shared_ptr<const http::address_rules>>
address_rules_of(const operator_options& options, const std::string& own_namespace) {
    auto allowed = http::address_list::parse(options.private_addresses, /*with_names=*/true);
    if (!allowed) {
        return allowed.error().within("--private-addresses");
    }
    auto cluster = http::address_list::parse(options.cluster_addresses, /*with_names=*/false);
    if (!cluster) {
        return cluster.error().within("--cluster-addresses");
    }
    auto made = std::make_shared<http::address_rules>();
    made->allowed = std::move(*allowed);
    made->cluster = std::move(*cluster);
    const auto ours = "a Repository for the host in the namespace " + own_namespace;
    made->way_to_private = "To allow it, make a Repository for this URL in the application's namespace, or " +
                           ours + ", or name it in --private-addresses";
    made->way_to_local = "To allow it, make " + ours + ", or name it in --private-addresses";
    return std::shared_ptr<const http::address_rules>{std::move(made)};
}

// Of the pool, for one tenant's work: all the processors. There is a thread more, on which the others' work
// goes on.
std::size_t places_per_tenant() {
    return std::clamp(std::thread::hardware_concurrency(), 2U, 8U);
}

// The rights of an operator that is for one namespace end there, but for what the cluster's administrator gave.
cluster::scope watched_scope(const operator_options& options) {
    cluster::scope made;
    if (!options.watch_namespace.empty()) {
        made.namespaces.push_back(options.watch_namespace);
    }
    return made;
}

memory_plan plan_memory_here() {
    const auto limit = memory_limit();
    const auto made = plan_memory(std::thread::hardware_concurrency(), limit);
    const auto mebibytes = [](std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; };
    log::info(
        "memory of builds and of git",
        {{"limit", limit ? mebibytes(*limit) : "none"},
         {"builds", std::to_string(made.jobs) + " × " + mebibytes(made.job_bytes)},
         {"git", std::to_string(made.git_processes) + " × " + mebibytes(made.git_bytes)},
         {"together_at_most", mebibytes(made.most())}}
    );
    if (limit && made.most() + own_memory > *limit) {
        log::warn(
            "the container's limit of memory is low: builds of many large sources at once can have it killed",
            {{"limit", mebibytes(*limit)}, {"enough", mebibytes(made.most() + own_memory)}}
        );
    }
    return made;
}

std::vector<std::string_view> former_managers(const operator_options& options) {
    std::vector<std::string_view> all{sync::usual_former_managers.begin(), sync::usual_former_managers.end()};
    all.insert(all.end(), options.former_managers.begin(), options.former_managers.end());
    return all;
}

sync::dialect names_with(std::span<const std::string_view> former_managers) {
    auto names = sync::holdfast_dev();
    names.former_managers = former_managers;
    return names;
}

// All of a set's Go templates in one run of the program that knows jq, too.
sets_control::renderer renderer_of(const sources::jq_tools& with) {
    if (with.program.empty()) {
        return {};
    }
    return [with](sets::template_requests wanted) {
        return sets::render_templates(with.sandbox, with.pool, with.program, std::move(wanted));
    };
}

/// Everything that runs, in the order in which one part needs the other.
class running_operator {
public:
    /// `end` is called when this run is to end for a reason of its own.
    running_operator(
        asio::io_context& context, loop_watch& loop, operator_options options, const option_source& source,
        std::function<void(outcome)> end
    )
        : context_{context},
          loop_{loop},
          options_{std::move(options)},
          source_{source},
          end_{std::move(end)},
          own_namespace_{own_namespace(options_.own_namespace)},
          former_managers_{former_managers(options_)},
          names_{names_with(former_managers_)},
          tasks_{context.get_executor()},
          pool_{places_per_tenant() + 1} {
        loop_.tell([this](loop_watch::silence found) {
            metrics_.loop_silent(found.busy, found.without_processor);
        });
    }

    ~running_operator() {
        loop_.tell({});
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
        config->http.max_connections =
            std::clamp<std::size_t>(options_.concurrency + 8, 16, most_connections);
        const auto executor = context_.get_executor();
        auto connection = kube::connect(executor, std::move(*config));
        if (!connection) {
            return connection.error();
        }
        connection_ = std::move(*connection);
        metrics_.build(HOLDFAST_VERSION);
        replica_.emplace(
            executor, *connection_, home_requests_, options_, own_namespace_,
            [this] { tasks_.spawn("lead", lead(this, /*after_another=*/true)); },
            [this](const std::string& why) {
                log::error("this replica lost the lead: it starts again as a standby", {{"why", why}});
                end_(outcome::again);
            }
        );
        auto& home = replica_->api();
        state_key_.emplace(home, own_namespace_);
        rights_.emplace(
            replica_->open_api(), own_namespace_,
            rights::needed(
                {.one_namespace = !options_.watch_namespace.empty(),
                 .webhook = !options_.admission_listen.empty(),
                 .page = !options_.page_listen.empty(),
                 .election = options_.leader_elect}
            ),
            [this](std::size_t missing) { metrics_.missing_rights(missing); }
        );
        kube::event_settings event_options;
        event_options.controller = "holdfast.dev/operator";
        event_options.instance = replica_name(options_).substr(0, 120);
        events_.emplace(executor, replica_->open_api(), std::move(event_options));

        git::store_manager_options stores;
        stores.directory = options_.cache_directory;
        const auto memory = plan_memory_here();
        stores.max_processes = memory.git_processes;
        stores.process_memory = memory.git_bytes;
        auto manager = git::make_store_manager(executor, pool_, std::move(stores));
        if (!manager) {
            return manager.error();
        }
        stores_ = std::move(*manager);

        in_cluster_.emplace(
            executor, replica_->api(),
            cluster::destination::settings{
                .id = {},
                .names = names_,
                .installation = options_.installation,
                .is_foundation = [this](const sync::object_id& id
                                 ) { return policy::is_foundation(id, own_namespace_); },
                .within = watched_scope(options_),
                .checks = checks_of_applications()
            },
            handlers_of_own_cluster(applications_), metrics_
        );
        wire_other_clusters();
        auto addresses = address_rules_of(options_, own_namespace_);
        if (!addresses) {
            return addresses.error();
        }
        repositories_.emplace(
            executor, home, replica_->open_api(), *stores_, *events_, metrics_,
            sources::repositories::settings{
                .own_namespace = own_namespace_,
                .addresses = std::move(*addresses),
                .watch_namespace = options_.watch_namespace,
                .default_interval = 3min,
                .replica = replica_name(options_)
            },
            [this](const git::url& repository, std::set<std::string> users) {
                if (argocd_) {
                    argocd_->repository_moved(repository, users);
                }
                applications_->repository_moved(repository, users);
                sets_->repository_moved(users);
            },
            [this](std::set<std::string> users) {
                if (argocd_) {
                    argocd_->charts_moved(users);
                }
                applications_->charts_moved(users);
            }
        );
        const build_parts::surroundings around{executor,       pool_,    home,
                                               *repositories_, metrics_, places_per_tenant(),
                                               memory};
        if (auto opened = builds_.open(around, options_); !opened) {
            return opened.error();
        }
        repositories_->verify_with(*builds_.sandbox, pool_);
        if (!replica_->is_elected()) {
            file_journal_.emplace(pool_, options_.cache_directory, process_name());
        }
        projects_.emplace(
            executor, home, *events_, metrics_, own_namespace_,
            control::projects::handlers{
                .changed =
                    [this](const std::string& project) {
                        applications_->project_changed(project);
                        sets_->clusters_changed();
                    },
                .all_are_known =
                    [this] {
                        applications_->projects_are_known();
                        sets_->clusters_changed();
                    },
                .usage_of =
                    [this](const std::string& project) {
                        const auto use = applications_->usage_of(project);
                        return control::projects::usage{use.applications, use.forbidden};
                    }
            }
        );
        applications_.emplace(
            executor,
            control::application_controller::parts{
                home, *clusters_, *repositories_, *builds_.supplies, *builds_.secrets, *builds_.build,
                *events_, metrics_,
                file_journal_ ? static_cast<sources::build_journal&>(*file_journal_) : replica_->journal(),
                projects_->known(), [this](const std::string& project) { projects_->usage_changed(project); }
            },
            control::application_controller::settings{
                .own_namespace = own_namespace_,
                .watch_namespace = options_.watch_namespace,
                .installation = options_.installation,
                .names = names_,
                .concurrency = options_.concurrency,
                .store_went_back =
                    [this] {
                        log::error(
                            "the API server's store was restored to an older state: this replica starts again"
                        );
                        replica_->renounce();
                        end_(outcome::again);
                    },
                .application_told =
                    [this](const json::object& one) {
                        sets_->application_told(one);
                        page_->application_told(one);
                    },
                .application_gone =
                    [this](const kube::object_name& name) {
                        sets_->application_gone(name);
                        page_->application_gone(name);
                    },
                .state_key = [this]() -> const std::string& { return state_key_->now(); }
            }
        );
        if (!options_.argocd_namespace.empty()) {
            wire_argocd();
        }
        sets_.emplace(
            executor,
            sets_control::set_controller::parts{
                .home = home,
                .sources = *repositories_,
                .pool = pool_,
                .events = *events_,
                .counters = metrics_,
                .around = applications_->around(),
                .applications_are_known = [this] { return applications_->ready(); },
                .clusters =
                    [this](const std::string& namespace_) {
                        return clusters_for_sets(namespace_, *clusters_, projects_->known(), own_namespace_);
                    },
                .render = renderer_of(builds_.build->jq())
            },
            sets_control::set_controller::settings{
                .watch_namespace = options_.watch_namespace, .installation = options_.installation
            }
        );
        clusters_->on_facts_changed([this] {
            sets_->clusters_changed();
            applications_->declarations_changed();
        });
        if (!options_.metrics_listen.empty()) {
            http::listen_options listen;
            listen.address = options_.metrics_listen;
            listen.max_connections = most_watchers;
            listen.idle_timeout = 30s;
            auto server = http::listen(executor, std::move(listen), [this](http::request_info request) {
                return serve(std::move(request));
            });
            if (!server) {
                return server.error().within("--metrics-listen " + options_.metrics_listen);
            }
            server_ = std::move(*server);
        }
        repositories_->judge_in(applications_->around());
        page_.emplace(page::surroundings{
            .executor = executor,
            .api = replica_->open_api(),
            .events = *events_,
            .around = applications_->around(),
            .names = names_,
            .secret = [this]() -> const std::string& { return state_key_->now(); }
        });
        if (auto opened = page_->open(options_); !opened) {
            return opened.error();
        }
        webhooks_.emplace(webhook_servers::surroundings{
            executor, replica_->open_api(), *repositories_, applications_->around(), metrics_,
            [this](const http::server_tls& tls) { page_->use_certificate(tls); }
        });
        if (auto opened = webhooks_->open(options_, source_, own_namespace_); !opened) {
            return opened.error();
        }
        tasks_.spawn("start", start(this));
        tasks_.spawn("follow the options", follow_options(source_, options_, [this](const auto& now) {
                         options_changed(now);
                     }));
        return {};
    }

    asio::awaitable<void> stop() {
        stopping_ = true;
        // Another replica goes on as soon as this one has written down where it is.
        if (applications_) {
            co_await sets_->hand_over(sets_hand_over);
            co_await applications_->hand_over(work_hand_over);
            if (argocd_) {
                co_await argocd_->hand_over(argocd_hand_over);
            }
            co_await repositories_->hand_over(repositories_hand_over);
            co_await sets_->stop();
            co_await projects_->hand_over(projects_hand_over);
            co_await projects_->stop();
            co_await applications_->stop();
            if (argocd_) {
                co_await argocd_->stop();
            }
        }
        if (file_journal_) {
            co_await file_journal_->close();
        }
        if (replica_) {
            co_await replica_->stop();
        }
        if (webhooks_) {
            co_await webhooks_->stop();
        }
        if (page_) {
            co_await page_->stop();
        }
        tasks_.cancel();
        co_await tasks_.join();
        if (repositories_) {
            co_await repositories_->stop();
        }
        if (clusters_) {
            co_await clusters_->stop();
        }
        if (in_cluster_) {
            co_await in_cluster_->stop();
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
    // What of them is not said by their Secrets is as in the operator's own cluster.
    cluster::health_checks checks_of_applications() {
        return {
            .of = [this](
                      const std::string& cluster, const sync::application_ref& owner,
                      const kube::group_kind& kind
                  ) { return applications_->health_check_of(cluster, owner, kind); },
            .run = [this](
                       std::string script, std::shared_ptr<const json::object> live
                   ) { return checking_.run(std::move(script), std::move(live)); }
        };
    }

    void wire_other_clusters() {
        cluster::remote_cluster::settings of_each{
            .of_destination =
                {.id = {},
                 .names = names_,
                 .installation = options_.installation,
                 // It may be the operator's own cluster by another address.
                 .is_foundation = [this](const sync::object_id& id
                                  ) { return policy::is_foundation(id, own_namespace_); },
                 .within = {},
                 .checks = checks_of_applications()},
            .may_write = [this] { return replica_->leads(); },
            .observer = &metrics_,
            .max_connections = most_connections_elsewhere
        };
        clusters_.emplace(
            context_.get_executor(), replica_->api(), *in_cluster_,
            cluster::destinations::settings{.own_namespace = own_namespace_, .of_each = std::move(of_each)},
            handlers_of_other_clusters(applications_), metrics_
        );
    }

    void wire_argocd() {
        argocd_.emplace(
            context_.get_executor(),
            argocd_service::parts{
                .home = replica_->api(),
                .sources = *repositories_,
                .supplies = *builds_.supplies,
                .secrets = *builds_.secrets,
                .build = *builds_.build,
                .events = *events_,
                .counters = metrics_,
                .pool = pool_
            },
            argocd_service::settings{
                .namespace_ = options_.argocd_namespace,
                .own_namespace = own_namespace_,
                .installation = options_.installation,
                .concurrency = options_.concurrency,
                .cache_directory = options_.cache_directory,
                .process = process_name(),
                .former_managers = former_managers_,
                .connections_elsewhere = most_connections_elsewhere,
                .may_write = [this] { return replica_->leads(); },
                .begin_anew =
                    [this](bool is_void) {
                        if (is_void) {
                            replica_->renounce();
                        }
                        end_(outcome::again);
                    }
            }
        );
    }

    static asio::awaitable<void> lead(running_operator* self, bool after_another) {
        if (!co_await self->state_key_->load()) {
            self->tasks_.spawn("load the key for digests", self->state_key_->keep_loading());
        }
        co_await self->applications_->lead(after_another);
        self->sets_->lead();
        self->repositories_->lead();
        self->projects_->lead();
        if (self->argocd_) {
            self->argocd_->lead(after_another);
        }
    }

    void options_changed(const operator_options& now) {
        auto like_before = now;
        like_before.log_level = options_.log_level;
        like_before.log_format = options_.log_format;
        log::configure(now.log_level, now.log_format);
        const bool only_the_log = like_before == options_;
        options_ = now;
        if (only_the_log) {
            log::info("the options changed: log level or format");
        } else {
            log::info("the options changed: starting again with them");
            end_(outcome::again);
        }
    }

    [[nodiscard]] bool is_ready() const {
        return !stopping_ && applications_->ready() && repositories_->ready() &&
               projects_->known().are_known() && webhooks_->ready();
    }

    // Until our own kinds are there.
    static asio::awaitable<void> wait_for_home(running_operator* self) {
        auto wait = 500ms;
        for (;;) {
            kube::selection where;
            where.namespace_ = self->options_.watch_namespace;
            where.metadata_only = true;
            const kube::page_request one{.resource_version = {}, .limit = 1, .continue_token = {}};
            const auto seen =
                co_await self->replica_->api().list_some(policy::application_kind(), where, one);
            if (seen || seen.error().kind() == error_kind::forbidden) {
                co_return; // who watches them tells what is forbidden
            }
            log::warn(
                "waiting for the API server",
                {{"error", seen.error().is_not_found()
                               ? std::string{"the custom resources are not installed: "
                                             "kubectl apply --server-side -f crds"}
                               : seen.error().message()}}
            );
            co_await sleep_for(wait);
            wait = std::min<std::chrono::milliseconds>(wait * 2, 10s);
        }
    }

    // Waits for the API server, however long that takes, and then starts everything.
    static asio::awaitable<void> start(running_operator* self) {
        co_await wait_for_home(self);
        co_await self->in_cluster_->start();
        self->clusters_->start();
        co_await self->clusters_->wait_known(secrets_wait);
        self->webhooks_->start();
        self->tasks_.spawn("see which rights are missing", self->rights_->run());
        self->repositories_->start();
        self->projects_->start();
        self->applications_->start();
        self->sets_->start();
        if (self->argocd_) {
            self->argocd_->start();
        }
        self->tasks_.spawn("housekeeping", housekeeping(self));
        log::info("started");
        if (!self->options_.page_listen.empty() && self->replica_->is_elected()) {
            self->tasks_.spawn("learn the key of the page's sessions", self->state_key_->wait_for_another());
        }
        if (!self->replica_->is_elected()) {
            co_await self->file_journal_->open();
            co_await lead(self, /*after_another=*/false);
            co_return;
        }
        // A replica that cannot do the work does not stand for it: of two versions the old one goes on.
        while (!self->is_ready()) {
            co_await sleep_for(50ms);
        }
        self->replica_->stand();
    }

    static asio::awaitable<void> housekeeping(running_operator* self) {
        for (;;) {
            co_await sleep_for(5min);
            co_await self->stores_->housekeeping();
            co_await self->builds_.housekeeping();
        }
    }

    const std::string& metrics_text() {
        const auto now = steady_clock::now();
        if (metrics_text_.empty() || now - metrics_made_ >= metrics_age) {
            metrics_.watched_objects(
                clusters_->watched_objects() + (argocd_ ? argocd_->watched_objects() : 0)
            );
            metrics_.leader(replica_->leads());
            const auto* own = clusters_->known().home();
            std::vector<observe::cluster_view> clusters{
                {.name =
                     own == nullptr || own->name.empty() ? std::string{match::own_cluster_name} : own->name,
                 .server = std::string{match::own_cluster_server},
                 .is_reachable = true, // else nobody asks: nothing is ready then
                 .watched_objects = in_cluster_->live().size(),
                 .failed_requests = home_requests_.failed()}
            };
            for (auto& one : clusters_->states()) {
                clusters.push_back(
                    {.name = std::move(one.name),
                     .server = std::move(one.server),
                     .is_reachable = one.stands.now == cluster::contact::stand::reachable,
                     .watched_objects = one.watched_objects,
                     .failed_requests = one.failed_requests}
                );
            }
            metrics_text_ = metrics_.text() + sets_->metrics_text() + observe::text_of(clusters);
            metrics_made_ = now;
        }
        return metrics_text_;
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
            answer.headers.front().value = "text/plain; version=0.0.4; charset=utf-8";
            answer.body = metrics_text();
        } else if (path == "/healthz") {
            answer.body = "ok\n";
        } else if (path == "/readyz") {
            const bool ready = is_ready();
            answer.status = ready ? 200 : 503;
            answer.body =
                ready
                    ? "ok\n"
                    : "not ready: the cluster's Applications, Projects and Repositories are not known yet, or "
                      "the admission webhook has no certificate yet\n";
            if (!rights_->missing().empty()) {
                answer.body += "the operator lacks rights: " + rights_->missing() + "\n";
            }
        } else {
            answer.status = 404;
            answer.body = "there are /metrics, /healthz and /readyz\n";
        }
        co_return answer;
    }

    asio::io_context& context_;
    loop_watch& loop_;
    operator_options options_;
    option_source source_;
    std::function<void(outcome)> end_;
    std::string own_namespace_;
    std::vector<std::string_view> former_managers_; // of options_
    sync::dialect names_;
    task_group tasks_;
    worker_pool pool_;
    health_checking checking_;
    observe::metrics metrics_;
    cluster::request_counter home_requests_{&metrics_};
    std::string metrics_text_;
    steady_clock::time_point metrics_made_;
    std::unique_ptr<http::client> connection_;
    std::optional<replica> replica_;
    std::optional<state_key> state_key_;
    std::optional<rights::watch> rights_;
    std::optional<kube::event_recorder> events_;
    std::unique_ptr<git::store_manager> stores_;
    std::optional<cluster::destination> in_cluster_;
    std::optional<cluster::destinations> clusters_;
    std::optional<sources::repositories> repositories_;
    build_parts builds_;
    std::optional<sources::file_journal> file_journal_;
    std::optional<control::projects> projects_;
    std::optional<control::application_controller> applications_;
    std::optional<argocd_service> argocd_; // where its namespace is given
    std::optional<sets_control::set_controller> sets_;
    std::unique_ptr<http::server> server_;
    std::optional<page> page_;
    std::optional<webhook_servers> webhooks_;
    bool stopping_ = false;
};

asio::awaitable<outcome>
run(asio::io_context& context, loop_watch& loop, operator_options options, const option_source& source) {
    asio::signal_set signals{context, SIGTERM, SIGINT};
    std::optional<outcome> reason;
    running_operator all{context, loop, std::move(options), source, [&](outcome why) {
                             if (!reason) {
                                 reason = why;
                                 signals.cancel();
                             }
                         }};
    if (auto wired = all.wire(); !wired) {
        log::error("cannot start", {{"error", wired.error().message()}});
        reason = outcome::failed;
    } else {
        const auto [ec, signal] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        if (!ec) {
            reason = outcome::ended;
            log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
        }
        signals.async_wait([&reason](boost::system::error_code failed, int) {
            if (failed) {
                return;
            }
            if (reason == outcome::ended) {
                std::_Exit(1);
            }
            reason = outcome::ended; // it was about to begin anew
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
    co_return reason.value_or(outcome::ended);
}

} // namespace

outcome run_operator(operator_options options, const option_source& source) {
    std::signal(SIGPIPE, SIG_IGN); // NOLINT: a closed connection is an error code, not an end
    log::configure(options.log_level, options.log_format);
    allow_open_files();
    asio::io_context context{1};
    loop_watch loop{context};
    auto how = outcome::failed;
    asio::co_spawn(
        context, run(context, loop, std::move(options), source),
        [&](std::exception_ptr failure, outcome o) {
            how = o;
            if (failure) {
                try {
                    std::rethrow_exception(failure);
                } catch (const std::exception& e) {
                    log::error("a defect ended the operator", {{"error", e.what()}});
                }
                how = outcome::failed;
            }
        }
    );
    loop.run();
    return how;
}

} // namespace holdfast
