#pragma once

#include "control/application_record.hpp"
#include "control/application_settings.hpp"
#include "kube/client.hpp"
#include "kube/events.hpp"
#include "observe/metrics.hpp"
#include "runtime/work_queue.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::control {

/// Writes what applications' statuses say to the server, a moment after they changed and once for what
/// follows at once, and sends the events that go with it. The only one that reads and writes the records'
/// `reported`. On the loop's thread.
class status_writer {
public:
    /// What it asks of the applications; all may be called at any time until stop() was awaited.
    struct applications {
        /// Null: there is none of that key (any more).
        std::function<std::shared_ptr<application_record>(const std::string& key)> find;
        /// How many wait for their reconcile: objects go before words about them.
        std::function<std::size_t()> waiting;
        /// Others may have waited for what the status of this one says now.
        std::function<void(const std::string& key)> settled;
    };

    /// `api`, `events`, `counters` and `config` outlive it. Held until release().
    status_writer(
        asio::any_io_executor executor, kube::client& api, kube::event_recorder& events,
        observe::metrics& counters, const application_settings& config, applications all
    );

    /// What the object has for a status, as it comes new from the server; `r.object` is that object.
    void begin(application_record& r, const json::object& object) const;

    /// Somebody else has set the phase of the operation that `reported` has to Terminating.
    static void note_termination(application_record& r);

    /// Has the status written soon where it is otherwise than what the server has.
    void due(application_record& r);
    /// The status may have changed since it was `before`: has it written soon, and tells of what is
    /// otherwise.
    void changed(application_record& r, const crds::application_status& before);
    /// Sends the events that wait.
    void send_events();

    void forget(const std::string& key) { queue_.forget(key); }
    void release() { queue_.release(); }
    /// Writes what waits now, for at most `limit`, and nothing afterwards.
    asio::awaitable<void> hand_over(steady_clock::duration limit);
    asio::awaitable<void> stop() { return queue_.stop(); }

private:
    asio::awaitable<void> write(std::string key);
    /// Remembers what the object has for a status, where `written` does not say it all.
    void note(application_record& r, const json::object& object) const;
    /// The patch of the object that makes it say what it shall. Empty where it does.
    [[nodiscard]] json::object patch_of(const application_record& r) const;
    asio::awaitable<kube::reply<json::object>> send(const application_record& r, json::object patch);
    asio::awaitable<kube::reply<void>> reread(std::shared_ptr<application_record> r);
    asio::awaitable<void> take_operation(std::shared_ptr<application_record> r);
    void tell(
        const application_record& r, kube::event_severity severity, std::string reason, std::string action,
        std::string note
    );

    kube::client& api_;
    kube::event_recorder& events_;
    observe::metrics& counters_;
    const application_settings& config_;
    applications all_;
    runtime::work_queue queue_;
    bool handing_over_ = false;
    std::vector<std::pair<kube::object_reference, kube::event_note>> untold_; // events that wait
};

} // namespace holdfast::control
