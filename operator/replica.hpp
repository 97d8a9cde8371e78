#pragma once

#include "kube/client.hpp"
#include "kube/leader_election.hpp"
#include "options.hpp"
#include "sources/build_journal.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace holdfast {

/// Which of several replicas this is: the same through all runs of this process, and unlike any other's.
[[nodiscard]] const std::string& replica_name(const operator_options& options);

/// This process, unlike any other's, whatever the replica is called.
[[nodiscard]] const std::string& process_name();

/// What this replica may write to the cluster, and when: all of it where there is no election.
class replica {
public:
    /// `connection` and `observer` outlive it.
    replica(
        boost::asio::any_io_executor executor, http::client& connection, kube::observer& observer,
        const operator_options& options, const std::string& own_namespace,
        kube::leader_election::elected_handler elected, kube::leader_election::lost_handler lost
    );

    /// Of the controllers: writes while this replica leads.
    [[nodiscard]] kube::client& api() noexcept { return api_; }
    /// For what every replica does (certificates, handing on deliveries, events): writes until this one has
    /// been deposed.
    [[nodiscard]] kube::client& open_api() noexcept { return open_api_; }

    [[nodiscard]] bool is_elected() const noexcept { return election_.has_value(); }
    [[nodiscard]] bool leads() const noexcept { return !renounced_ && (!election_ || election_->leads()); }
    /// From now on it writes nothing: what it knows is void.
    void renounce() noexcept { renounced_ = true; }
    /// What whoever leads leaves to the next one, in the Lease. Only where there is an election.
    [[nodiscard]] sources::build_journal& journal() noexcept { return *journal_; }
    /// From now on it stands for election; where there is one.
    void stand();
    /// Lets another one go on.
    boost::asio::awaitable<void> stop();

private:
    kube::client api_;
    kube::client open_api_;
    kube::client lease_api_;
    std::optional<kube::leader_election> election_;
    bool renounced_ = false;
    std::unique_ptr<sources::build_journal> journal_;
};

} // namespace holdfast
