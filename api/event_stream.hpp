#pragma once

#include "api/access.hpp"
#include "api/board.hpp"
#include "http/server.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::api {

/// What a stream tells of.
struct topics {
    /// The rows of the list.
    bool applications = false;
    /// All that is shown of these.
    std::vector<application_name> opened;
};

/// "applications,application:shop/web". User error for what is none of these, and for too many.
[[nodiscard]] result<topics> read_topics(std::string_view text);

/// One event of a stream (the EventSource standard): `id` may be empty, and `data` is one line.
[[nodiscard]] std::string event_text(std::string_view event, std::string_view id, std::string_view data);

/// Whose stream it is.
struct viewer {
    identity who;
    std::string token;
    std::string peer;
};

/// Tells one viewer what changes: "applications" {upsert, remove}, "application" {a detail, or what is gone},
/// "reset" where the viewer has to load anew, "session" when the login is over, which ends the stream. Nothing
/// waits for a viewer: what changed is looked up when the last piece has been sent, so a slow one gets less.
class event_stream final : public http::answer_stream {
public:
    struct parts {
        board& shown;
        api::access& rights;
        /// The detail of an Application for somebody, as JSON; nothing where there is none, or they may not see it.
        std::function<asio::awaitable<result<std::optional<std::string>>>(identity, application_name)> detail;
        /// It is to end: the operator stops.
        std::function<bool()> is_over;
    };
    struct settings {
        /// Between two pieces.
        std::chrono::milliseconds pace{200};
        /// How often the login is looked at, and something is sent in any case.
        std::chrono::milliseconds check{15'000};
        /// How often the server may look for the viewer.
        std::chrono::milliseconds look{1'000};
    };

    /// `after`: what the viewer knows; nothing: they have to load anew. `place` is given back with the stream.
    event_stream(
        parts with, settings how, viewer whose, topics wanted, std::optional<change_number> after,
        std::shared_ptr<void> place
    );

    asio::awaitable<std::optional<std::string>> next() override;

private:
    struct event {
        std::string_view name;
        std::string data;
    };

    asio::awaitable<std::string> changes();
    // Whether the viewer still is who they were, and sees what they saw.
    asio::awaitable<std::string> check();
    [[nodiscard]] std::string reset();
    // Empty: nothing that the viewer may see.
    [[nodiscard]] std::string rows_of(const board::changes& what, const visibility& seen) const;

    parts with_;
    settings how_;
    viewer whose_;
    topics wanted_;
    std::optional<change_number> after_;
    std::shared_ptr<void> place_;
    // At the last check, and of which namespaces.
    std::optional<visibility> seen_;
    std::set<std::string, std::less<>> namespaces_;
    steady_clock::time_point sent_{};
    steady_clock::time_point checked_;
    bool has_begun_ = false;
    bool is_ended_ = false;
};

} // namespace holdfast::api
