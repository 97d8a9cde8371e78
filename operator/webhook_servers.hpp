#pragma once

#include "admission/certificates.hpp"
#include "base/task_group.hpp"
#include "base/worker_pool.hpp"
#include "http/server.hpp"
#include "kube/client.hpp"
#include "observe/metrics.hpp"
#include "options.hpp"
#include "policy/surroundings.hpp"
#include "push_target.hpp"
#include "sources/repositories.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace holdfast {

/// What others call: Git providers after a push, API servers before they store an object. Each where the
/// options say so.
class webhook_servers {
public:
    /// What they work with; all outlive them.
    struct surroundings {
        boost::asio::any_io_executor executor;
        /// For the certificates, which every replica keeps.
        kube::client& api;
        sources::repositories& repositories;
        /// What is asked about is judged in it.
        const policy::surroundings& around;
        observe::metrics& counters;
        /// Told of the certificate that admission has, at each that it gets.
        std::function<void(const http::server_tls&)> certified;
    };

    explicit webhook_servers(const surroundings& with) : with_{with}, tasks_{with.executor} {}
    webhook_servers(const webhook_servers&) = delete;
    webhook_servers& operator=(const webhook_servers&) = delete;

    /// Listens. Once. User errors name the option that is wrong. `source` is what an option file in a
    /// ConfigMap is judged with.
    result<void>
    open(const operator_options& options, const option_source& source, const std::string& own_namespace);
    /// The API server can be reached: sees to the certificates for admission.
    void start();
    /// Whether API servers can call it, where they are to.
    [[nodiscard]] bool ready() const { return !certificates_ || certificates_->ready(); }
    /// Ends what runs and returns when it has ended.
    boost::asio::awaitable<void> stop();

private:
    result<void> listen_for_pushes(const operator_options& options);
    result<void> listen_for_reviews(
        const operator_options& options, const option_source& source, const std::string& own_namespace
    );

    // Serves admission with these from now on; where that fails, with what it was.
    result<void> show(http::server_tls next);

    surroundings with_;
    task_group tasks_;
    // Of its own, so that builds that keep the others busy stop no review; one at a time.
    worker_pool readers_{1};
    http::server_tls shown_;
    std::unique_ptr<http::server> admission_;
    std::optional<admission::certificates> certificates_;
    std::optional<push_target> target_;
    std::unique_ptr<http::server> pushes_;
};

} // namespace holdfast
