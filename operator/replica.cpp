#include "replica.hpp"

#include "control/application_controller.hpp"

#include <array>
#include <random>
#include <utility>

#include <unistd.h>

namespace holdfast {

namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()}
                                                            : std::string{"holdfast"};
}

kube::client_settings settings_with(kube::observer& observer, std::function<bool()> may_write) {
    kube::client_settings settings;
    settings.observer = &observer;
    settings.may_write = std::move(may_write);
    return settings;
}

} // namespace

const std::string& replica_name(const operator_options& options) {
    static const auto generated = [] {
        std::random_device random;
        return host_name().substr(0, 100) + "_" + std::to_string(::getpid()) + "_" + std::to_string(random());
    }();
    return options.replica.empty() ? generated : options.replica;
}

replica::replica(
    boost::asio::any_io_executor executor, http::client& connection, kube::observer& observer,
    const operator_options& options, const std::string& own_namespace,
    kube::leader_election::elected_handler elected, kube::leader_election::lost_handler lost
)
    : api_{connection, settings_with(observer, [this] { return leads(); })},
      open_api_{
          connection,
          settings_with(observer, [this] { return !renounced_ && (!election_ || !election_->is_deposed()); })
      },
      lease_api_{connection, settings_with(observer, {})} {
    if (!options.leader_elect) {
        return;
    }
    kube::leader_election_settings settings;
    settings.namespace_ = own_namespace;
    settings.name = "holdfast";
    if (options.installation != control::default_installation) {
        settings.name += "-" + options.installation;
    }
    settings.rules.identity = replica_name(options);
    election_.emplace(
        std::move(executor), lease_api_, std::move(settings), std::move(elected), std::move(lost)
    );
}

void replica::stand() {
    if (election_) {
        election_->start();
    }
}

boost::asio::awaitable<void> replica::stop() {
    if (election_) {
        co_await election_->stop();
    }
}

} // namespace holdfast
