#pragma once

#include "base/task_group.hpp"
#include "kube/informer.hpp"
#include "kube/object_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>

namespace holdfast::sources {

/// Tells when a Secret of a namespace changes, comes or goes. Keeps nothing of Secrets but their resource
/// version and the names of their keys: never a value. The releases of Helm and tokens of ServiceAccounts,
/// which are many and large, are not asked for. On the loop's thread.
class secret_watch {
public:
    /// Starts at once. `own_namespace` is the operator's. `changed` is called with a Secret's name; not for those that are there at the
    /// beginning.
    secret_watch(
        boost::asio::any_io_executor executor, kube::client& api, const std::string& namespace_,
        const std::string& own_namespace, std::function<void(const std::string& name)> changed
    );

    /// The names of a Secret's keys; nothing when there is no such Secret, or nobody knows yet.
    [[nodiscard]] std::optional<std::set<std::string>> keys(const std::string& name) const;

    /// Ends the watch. To be awaited before destruction.
    boost::asio::awaitable<void> stop();

private:
    void tell(const kube::object_name& secret) const;
    /// Says once in the log that a Secret is Argo CD's, and not read here.
    void name_unserved(const json::object& secret);

    std::function<void(const std::string&)> changed_;
    std::string namespace_;
    std::string own_namespace_;
    std::set<std::string> unserved_; // whose names were told
    bool known_ = false;             // those that are there at the beginning
    kube::object_store<std::set<std::string>> secrets_;
    task_group tasks_;
    kube::informer informer_;
};

} // namespace holdfast::sources
