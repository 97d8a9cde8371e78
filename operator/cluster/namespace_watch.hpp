#pragma once

#include "kube/client.hpp"
#include "kube/informer.hpp"
#include "kube/object_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace holdfast::cluster {

/// Which Namespaces there are, whoever's they are, for applications that have theirs made. They bear no label
/// of ours, so `live_objects` does not see them. Of each just enough is kept to see that it changed. On the
/// loop's thread.
class namespace_watch {
public:
    struct entry {
        std::string uid;
        std::string resource_version;
        bool deleting = false;
    };
    /// A Namespace came, went or changed. Called on the loop's thread; must not throw.
    using change_handler = std::function<void(const std::string& name)>;
    /// All are known now, for the first time, or what is in the way of that changed.
    using ready_handler = std::function<void()>;

    /// `api` outlives it. Nothing is watched before start().
    namespace_watch(
        boost::asio::any_io_executor executor, kube::client& api, change_handler changed, ready_handler ready
    );
    ~namespace_watch();
    namespace_watch(const namespace_watch&) = delete;
    namespace_watch& operator=(const namespace_watch&) = delete;

    /// From now on they are watched; nothing when they are already.
    void start();
    /// True once all are known.
    [[nodiscard]] bool ready() const;
    /// Why they are not known, or not any more; nothing while they are on their way, and when they are.
    [[nodiscard]] std::optional<kube::failure> trouble() const;
    /// Null where there is none of that name. Valid until the next turn of the loop.
    [[nodiscard]] const entry* find(const std::string& name) const;
    /// The server's answer to a write of ours: the watch may tell of it later.
    void note(const json::object& live);

    /// Ends the watch, and returns when it has ended.
    boost::asio::awaitable<void> stop();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace holdfast::cluster
