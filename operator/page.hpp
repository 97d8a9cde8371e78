#pragma once

#include "api/board.hpp"
#include "api/kube_authority.hpp"
#include "api/service.hpp"
#include "base/task_group.hpp"
#include "http/server.hpp"
#include "kube/client.hpp"
#include "kube/events.hpp"
#include "options.hpp"
#include "policy/surroundings.hpp"
#include "sync/dialect.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace holdfast {

/// The page of this replica, and its API: every replica answers, whichever leads. Off where options.page_listen is
/// empty; then all of this does nothing.
class page {
public:
    /// What it works with; all outlive it.
    struct surroundings {
        boost::asio::any_io_executor executor;
        /// One that writes while another replica leads, too: what people ask for, and the questions who they are.
        kube::client& api;
        kube::event_recorder& events;
        const policy::surroundings& around;
        sync::dialect_ref names;
        /// What all replicas have in common and nobody else knows; empty while that is not known.
        std::function<const std::string&()> secret;
    };

    explicit page(surroundings with);
    page(const page&) = delete;
    page& operator=(const page&) = delete;

    /// Listens. Once. User errors name the option that is wrong.
    result<void> open(const operator_options& options);
    /// Serves with this certificate from now on, unless the options name another one.
    void use_certificate(const http::server_tls& tls);

    /// What the watch of Applications tells, once it is known in the surroundings.
    void application_told(const json::object& one);
    void application_gone(const kube::object_name& name);

    boost::asio::awaitable<void> stop();

private:
    [[nodiscard]] std::string judge(const crds::application& before, const crds::application& now) const;
    asio::awaitable<result<void>> write(api::requested_change wanted);

    surroundings with_;
    std::string installation_;
    bool has_own_certificate_ = false;
    task_group tasks_;
    api::board board_;
    api::kube_authority authority_;
    std::optional<api::service> service_;
    std::unique_ptr<http::server> server_;
};

} // namespace holdfast
