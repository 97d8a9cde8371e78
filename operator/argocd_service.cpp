#include "argocd_service.hpp"

#include "application_handlers.hpp"
#include "base/log.hpp"
#include "crds/application_api.hpp"
#include "policy/foundation.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <utility>

namespace holdfast {

using namespace std::chrono_literals;

namespace {

// Three small requests: in between Argo CD's controller may come and not be seen.
constexpr auto look_interval = 5s;
constexpr auto secrets_wait = 5s;

// What Argo CD itself stands on, and what is read here: an Application over Argo CD's own manifests that ceases to
// have them must not take all other Applications with it.
constexpr std::array<std::string_view, 7> settings_of_argo_cd{
    "argocd-cm",          "argocd-cmd-params-cm",      "argocd-rbac-cm", "argocd-tls-certs-cm",
    "argocd-gpg-keys-cm", "argocd-ssh-known-hosts-cm", "argocd-secret"
};

} // namespace

argocd_service::argocd_service(asio::any_io_executor executor, parts p, settings s)
    : executor_{std::move(executor)},
      with_{p},
      config_{std::move(s)},
      names_{sync::argoproj_io(serving_.marks)},
      tasks_{executor_} {}

void argocd_service::start() {
    tasks_.spawn("serve Argo CD's Applications", run());
}

void argocd_service::lead(bool after_another) {
    leads_ = true;
    after_another_ = after_another;
    if (is_started_) {
        tasks_.spawn("lead Argo CD's Applications", begin_to_lead());
    }
}

asio::awaitable<void> argocd_service::begin_to_lead() {
    co_await applications_->lead(after_another_);
    projects_->lead();
}

asio::awaitable<argocd::serving> argocd_service::find_out() {
    std::string said;
    for (;;) {
        auto found = co_await argocd::read_serving(with_.home, config_.namespace_);
        if (found) {
            co_return std::move(*found);
        }
        if (std::exchange(said, found.error().message()) != found.error().message()) {
            log::error(
                "the Applications of argoproj.io are not worked on",
                {{"namespace", config_.namespace_}, {"error", found.error().message()}}
            );
        }
        co_await sleep_for(look_interval);
    }
}

asio::awaitable<void> argocd_service::run() {
    serving_ = co_await find_out();
    log::info(
        "works on the Applications of argoproj.io",
        {{"namespace", config_.namespace_},
         {"marks", serving_.marks.how == sync::marking::by_label ? serving_.marks.instance_label
                                                                 : "argocd.argoproj.io/tracking-id"},
         {"those",
          serving_.has_controller
              ? "annotated with argocd.argoproj.io/skip-reconcile: \"true\" alone, since Argo CD's own "
                "application controller runs"
              : "all, since no application controller of Argo CD runs"}}
    );
    wire();
    co_await journal_->open();
    co_await in_cluster_->start();
    clusters_->start();
    co_await clusters_->wait_known(secrets_wait);
    projects_->start();
    applications_->start();
    is_started_ = true;
    if (leads_) {
        co_await begin_to_lead();
    }
    co_await follow();
}

// What cannot be read just now stays as it was: to be without its settings is no news of them.
asio::awaitable<void> argocd_service::follow() {
    std::string said;
    for (;;) {
        co_await sleep_for(look_interval);
        const auto found = co_await argocd::read_serving(with_.home, config_.namespace_);
        if (found && *found == serving_) {
            said.clear();
        } else if (found) {
            log::info(
                "Argo CD is set otherwise, or its application controller came or went: starting again",
                {{"namespace", config_.namespace_}}
            );
            config_.begin_anew(/*is_void=*/false);
            co_return;
        } else if (std::exchange(said, found.error().message()) != found.error().message()) {
            log::warn("how Argo CD is set cannot be read", {{"error", found.error().message()}});
        }
    }
}

asio::awaitable<void> argocd_service::hand_over(steady_clock::duration limit) {
    if (is_started_) {
        co_await applications_->hand_over(limit);
    }
}

asio::awaitable<void> argocd_service::stop() {
    tasks_.cancel();
    co_await tasks_.join();
    if (projects_) {
        co_await projects_->stop();
    }
    if (applications_) {
        co_await applications_->stop();
    }
    if (journal_) {
        co_await journal_->close();
    }
    if (clusters_) {
        co_await clusters_->stop();
    }
    if (in_cluster_) {
        co_await in_cluster_->stop();
    }
}

std::set<std::string> argocd_service::take_own(std::set<std::string>& users) {
    std::set<std::string> own;
    auto at = users.lower_bound(std::string{user_prefix});
    while (at != users.end() && at->starts_with(user_prefix)) {
        own.insert(at->substr(user_prefix.size()));
        at = users.erase(at);
    }
    return own;
}

void argocd_service::repository_moved(const git::url& repository, std::set<std::string>& users) {
    if (const auto own = take_own(users); is_started_) {
        applications_->repository_moved(repository, own);
    }
}

void argocd_service::charts_moved(std::set<std::string>& users) {
    if (const auto own = take_own(users); is_started_ && !own.empty()) {
        applications_->charts_moved(own);
    }
}

std::size_t argocd_service::watched_objects() const {
    return clusters_ ? clusters_->watched_objects() : 0;
}

bool argocd_service::is_left_to_argo_cd(const json::object& application) {
    const bool is_left = serving_.has_controller &&
                         kube::annotation(application, crds::argocd_skip_annotation).value_or("") != "true";
    std::string name{kube::name_of(application)};
    if (!is_left) {
        left_.erase(name);
    } else if (left_.insert(name).second) {
        log::info(
            "an Application is left to Argo CD's own application controller, which runs: to have it worked on "
            "here, annotate it with argocd.argoproj.io/skip-reconcile=true, or scale that to 0",
            {{"application", config_.namespace_ + "/" + name}}
        );
    }
    return is_left;
}

bool argocd_service::is_kept(const sync::object_id& id) const {
    return policy::is_foundation(id, config_.own_namespace) ||
           (id.group.empty() && id.namespace_ == config_.namespace_ &&
            (id.kind == "ConfigMap" || id.kind == "Secret") &&
            std::ranges::find(settings_of_argo_cd, id.name) != settings_of_argo_cd.end());
}

cluster::remote_cluster::settings argocd_service::settings_of_each() const {
    return {
        .of_destination =
            {.id = {},
             .names = names_,
             .installation = config_.installation,
             .is_foundation = [this](const sync::object_id& id) { return is_kept(id); },
             .within = {}},
        .may_write = config_.may_write,
        .observer = &with_.counters,
        .max_connections = config_.connections_elsewhere
    };
}

void argocd_service::wire() {
    names_ = sync::argoproj_io(serving_.marks);
    names_.former_managers = config_.former_managers;
    in_cluster_.emplace(
        executor_, with_.home,
        cluster::destination::settings{
            .id = {},
            .names = names_,
            .installation = config_.installation,
            .is_foundation = [this](const sync::object_id& id) { return is_kept(id); },
            .within = {}
        },
        handlers_of_own_cluster(applications_), with_.counters
    );
    clusters_.emplace(
        executor_, with_.home, *in_cluster_,
        cluster::destinations::settings{.own_namespace = config_.namespace_, .of_each = settings_of_each()},
        handlers_of_other_clusters(applications_), with_.counters
    );
    projects_.emplace(
        executor_, with_.home, with_.events, with_.counters, config_.namespace_,
        control::projects::handlers{
            .changed = [this](const std::string& project) { applications_->project_changed(project); },
            .all_are_known = [this] { applications_->projects_are_known(); },
            .usage_of = [](const std::string&) { return control::projects::usage{}; }
        },
        crds::application_api::argoproj_io
    );
    const auto directory = std::filesystem::path{config_.cache_directory} / "argocd";
    std::error_code ignored; // a journal that cannot be written says so itself
    std::filesystem::create_directories(directory, ignored);
    journal_.emplace(with_.pool, directory, config_.process);
    applications_.emplace(
        executor_,
        control::application_controller::parts{
            with_.home, *clusters_, with_.sources, with_.supplies, with_.secrets, with_.build, with_.events,
            with_.counters, *journal_, projects_->known(),
            [this](const std::string& project) { projects_->usage_changed(project); }
        },
        control::application_controller::settings{
            .own_namespace = config_.namespace_,
            .watch_namespace = config_.namespace_,
            .installation = config_.installation,
            .names = names_,
            .api = crds::application_api::argoproj_io,
            .user_prefix = std::string{user_prefix},
            .concurrency = config_.concurrency,
            .store_went_back = [this] { config_.begin_anew(/*is_void=*/true); },
            .is_left_to_others = [this](const json::object& one) { return is_left_to_argo_cd(one); }
        }
    );
    clusters_->on_facts_changed([this] { applications_->declarations_changed(); });
}

} // namespace holdfast
