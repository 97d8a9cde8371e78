#pragma once

#include "base/task_group.hpp"
#include "kube/client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::kube {

enum class event_severity { normal, warning };

/// What happened to an object. Reasons and actions are CamelCase words ("SyncFailed"), the note is for
/// people.
struct event_note {
    event_severity severity = event_severity::normal;
    std::string reason;
    std::string action;
    std::string note;
};

/// The object that an event speaks of.
struct object_reference {
    std::string api_version;
    std::string kind;
    std::string namespace_;
    std::string name;
    std::string uid;
    std::string resource_version;
};

[[nodiscard]] object_reference reference_to(const json::object& object);

struct event_settings {
    /// "holdfast.dev/operator"; and who of its replicas, at most 128 characters.
    std::string controller;
    std::string instance;
    /// The same event within this time is counted up instead of written anew.
    std::chrono::seconds series_window{600};
    /// A count is written at most so often.
    std::chrono::seconds series_interval{60};
    /// Per object: so many at once, and one more each `refill`.
    unsigned burst = 25;
    std::chrono::seconds refill{300};
    /// Remembered series and objects; the least recently used is forgotten.
    std::size_t max_keys = 4096;
    /// Events that wait to be sent; more are dropped and counted.
    std::size_t max_queued = 1000;
    std::chrono::milliseconds deadline{10'000};
};

struct event_counters {
    std::uint64_t written = 0;
    /// Counted up in a series rather than written.
    std::uint64_t folded = 0;
    /// For want of room in the queue, or beyond an object's rate.
    std::uint64_t dropped = 0;
    /// Refused by the server, or not delivered.
    std::uint64_t failed = 0;
};

/// Writes events.k8s.io/v1 Events, and forgets about them: nobody waits, nothing throws, and a server that is
/// down or a failure in a loop costs a bounded number of requests and bytes. On the loop's thread.
class event_recorder {
public:
    /// `api` must outlive it.
    event_recorder(boost::asio::any_io_executor executor, client& api, event_settings settings);
    ~event_recorder();
    event_recorder(const event_recorder&) = delete;
    event_recorder& operator=(const event_recorder&) = delete;

    /// Events of objects of the cluster are kept in "default", as everybody's are.
    void record(const object_reference& about, const event_note& what) noexcept;

    [[nodiscard]] const event_counters& counters() const noexcept;

    /// Sends what is queued, for at most `limit`, and stops.
    boost::asio::awaitable<void> close(std::chrono::milliseconds limit);

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace holdfast::kube
