#pragma once

#include "base/task_group.hpp"
#include "kube/informer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace holdfast::control {

/// Tells when a Secret of a namespace changes, comes or goes. Keeps nothing of Secrets but their resource
/// version and the names of their keys: never a value. The releases of Helm and tokens of ServiceAccounts,
/// which are many and large, are not asked for. On the loop's thread.
class secret_watch : public kube::informer_handler {
public:
    /// Starts at once. `changed` is called with a Secret's name; not for those that are there at the
    /// beginning.
    secret_watch(
        boost::asio::any_io_executor executor, kube::client& api, const std::string& namespace_,
        std::function<void(const std::string& name)> changed
    );

    /// The names of a Secret's keys; nothing when there is no such Secret, or nobody knows yet.
    [[nodiscard]] std::optional<std::set<std::string>> keys(const std::string& name) const;

    /// Ends the watch. To be awaited before destruction.
    boost::asio::awaitable<void> stop();

    void begin_replace() override;
    void end_replace() override;
    void changed(const json::object& object) override;
    void deleted(const json::object& object) override;

private:
    std::function<void(const std::string&)> tell_;
    task_group tasks_;
    kube::informer informer_;
    struct seen {
        std::string version;
        std::set<std::string> keys;
    };
    std::map<std::string, seen> secrets_; // by name
    std::optional<std::map<std::string, seen>> next_;
    bool known_ = false;
};

} // namespace holdfast::control
