#pragma once

#include "api/access.hpp"
#include "api/actions.hpp"
#include "api/board.hpp"
#include "api/event_stream.hpp"
#include "api/sessions.hpp"
#include "crds/application.hpp"
#include "http/router.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::api {

/// A change that somebody asked for, with what is told of it.
struct requested_change {
    action what = action::sync;
    change made;
    told_action told;
};

struct service_parts {
    /// What is shown. It, and `asked`, outlive the service.
    board& shown;
    authority& asked;
    /// An Application as it is now; null where there is none. Valid until the next turn of the loop.
    std::function<const crds::application*(const application_name&)> find;
    /// Why admission would refuse the object as it would be (the second) in place of the one that is; empty: it
    /// would not.
    std::function<std::string(const crds::application&, const crds::application&)> judge;
    /// Writes it to the cluster, and tells of it there.
    std::function<asio::awaitable<result<void>>(requested_change)> write;
    /// As sessions take it.
    std::function<const std::string&()> secret;
    /// Of the operator.
    std::string version;
};

struct service_limits {
    access_limits access;
    session_limits session;
    event_stream::settings stream;
    std::size_t most_streams = 200;
    std::size_t most_streams_of_one = 20;
};

/// Answers /api/holdfast/v1: docs/page.md lists the routes. Nothing is told to anybody who is not logged in, and of
/// Applications only what they may get or list by the API server's own rules. On the loop's thread.
class service {
public:
    service(const asio::any_io_executor& executor, service_parts parts, service_limits limits = {});
    ~service();
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    /// They keep what they need of the service.
    [[nodiscard]] std::vector<http::route> routes() const;
    /// Ends all streams, and begins no more.
    void close();

    struct state;

private:
    std::shared_ptr<state> state_;
};

/// The longest body that a request may have: a token, or a few fields.
inline constexpr std::size_t longest_body = std::size_t{16} << 10U;

} // namespace holdfast::api
