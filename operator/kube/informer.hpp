#pragma once

#include "kube/client.hpp"
#include "kube/collection_changes.hpp"
#include "kube/informer_handler.hpp"
#include "kube/pulse.hpp"
#include "kube/reflector_fsm.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::kube {

struct informer_options {
    resource kind;
    selection what;
    reflector_fsm::settings reflector{};
    /// An event may not be longer.
    std::size_t max_line = watch_decoder::default_max_line;
    /// For a page, and for the head of a watch's answer.
    std::chrono::milliseconds request_deadline{60'000};
    /// How much longer than it was asked to last a watch may be silent.
    std::chrono::milliseconds grace{10'000};
    /// The longest silence while a streaming list sends its initial events.
    std::chrono::milliseconds initial_silence{30'000};
    /// Of what the backoff draws from; 0: a random one.
    std::uint32_t seed = 0;
};

/// For health checks and metrics.
struct informer_status {
    bool synced = false;
    /// The last event, bookmark or list; none: never.
    std::optional<std::chrono::steady_clock::time_point> last_contact;
    /// Why the last list or watch failed; none once one works again.
    std::optional<failure> last_failure;
    std::string resource_version;
    std::uint64_t lists = 0;
    std::uint64_t watches = 0;
    std::uint64_t events = 0;
};

/// Keeps a handler in step with a collection on the server, through whatever happens to the connection and
/// the server. Holds no objects: neither the list's nor the events'. On the loop's thread, which it gives
/// back in between when it has much to tell.
class informer {
public:
    /// `api` and `handler` must outlive it.
    informer(client& api, informer_options options, informer_handler& handler);

    /// Lists and watches until cancelled; never returns otherwise. Once; under the caller's task_group.
    boost::asio::awaitable<void> run();

    /// Returns when the handler has had the whole collection once. Not found, forbidden and the like do not
    /// end the informer, so a caller that cannot wait takes the deadline: then the error says why there is
    /// nothing yet.
    boost::asio::awaitable<reply<void>> wait_synced(std::chrono::milliseconds deadline);

    [[nodiscard]] const informer_status& status() const noexcept { return status_; }
    [[nodiscard]] const resource& kind() const noexcept { return options_.kind; }
    [[nodiscard]] const selection& wanted() const noexcept { return options_.what; }

private:
    boost::asio::awaitable<void> do_list(reflector_fsm::list what);
    boost::asio::awaitable<void> do_watch(reflector_fsm::watch what);
    /// False when the watch is over. Gives the loop back where there are many.
    boost::asio::awaitable<bool> take_events(watch_decoder& decoder, std::optional<failure>& broken);
    void failed(const failure& why);
    void works();
    void begin_list();
    void end_list();

    client& api_;
    informer_options options_;
    informer_handler& handler_;
    reflector_fsm fsm_;
    collection_changes changes_;
    informer_status status_;
    reflector_fsm::random_source random_;
    pulse synced_;
};

} // namespace holdfast::kube
