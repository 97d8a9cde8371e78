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

class lease_journal : public sources::build_journal {
public:
    explicit lease_journal(kube::leader_election& election) : election_{election} {}

    [[nodiscard]] std::string left() const override { return election_.note(); }
    [[nodiscard]] bool ended_uncleanly() const override { return !election_.predecessor().empty(); }
    [[nodiscard]] std::string process() const override { return process_name(); }
    asio::awaitable<bool> write(std::string text) override { return election_.keep_note(std::move(text)); }

private:
    kube::leader_election& election_;
};

} // namespace

const std::string& process_name() {
    static const auto generated = [] {
        std::random_device random;
        return host_name().substr(0, 100) + "_" + std::to_string(::getpid()) + "_" + std::to_string(random());
    }();
    return generated;
}

const std::string& replica_name(const operator_options& options) {
    return options.replica.empty() ? process_name() : options.replica;
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
    if (options.installation != sync::default_installation) {
        settings.name += "-" + options.installation;
    }
    settings.rules.identity = replica_name(options);
    election_.emplace(
        std::move(executor), lease_api_, std::move(settings), std::move(elected), std::move(lost)
    );
    journal_ = std::make_unique<lease_journal>(*election_);
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
