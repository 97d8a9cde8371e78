#pragma once

#include "kube/client.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace holdfast {

/// The key of what statuses tell of values (control/status_report.hpp), in the Secret `holdfast-state-key` of
/// the operator's namespace: the same for all replicas and after restarts, and readable by none of those who
/// may read statuses. It is made where there is none. Without it, or with another one, applications are
/// compared once more after a restart, and nothing else is different. On the loop's thread.
class state_key {
public:
    /// `api` outlives it.
    state_key(kube::client& api, std::string own_namespace);

    /// Reads the key, and makes it where it is not there: a few tries within a second. False: there is none
    /// yet, and what is in the way is in the log.
    boost::asio::awaitable<bool> load();
    /// The same until there is one, with longer and longer waits: rights may be given later.
    boost::asio::awaitable<void> keep_loading();
    /// Returns when the key is known that another replica uses; makes none. For a replica that does not lead.
    boost::asio::awaitable<void> wait_for_another();
    /// Empty: there is none.
    [[nodiscard]] const std::string& now() const noexcept { return key_; }

private:
    boost::asio::awaitable<kube::reply<std::string>> read_or_make();

    kube::client& api_;
    std::string namespace_;
    std::string key_;
};

} // namespace holdfast
