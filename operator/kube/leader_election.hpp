#pragma once

#include "kube/client.hpp"
#include "kube/lease_fsm.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

namespace holdfast::kube {

struct leader_election_settings {
    /// Of the Lease.
    std::string namespace_;
    std::string name;
    lease_fsm::settings rules;
};

/// Stands for the office of the one replica that works, and holds it while it can. On the loop's thread.
class leader_election {
public:
    /// Called once when this replica leads.
    using elected_handler = std::function<void()>;
    /// Called once when it led and does not any more: nothing may be written from here on.
    using lost_handler = std::function<void(const std::string& why)>;

    /// `api` outlives it; it must not be one that only the leader may write with.
    leader_election(
        boost::asio::any_io_executor executor, client& api, leader_election_settings settings,
        elected_handler elected, lost_handler lost
    );
    ~leader_election();
    leader_election(const leader_election&) = delete;
    leader_election& operator=(const leader_election&) = delete;

    /// Stands from now on.
    void start();

    /// Whether this replica may write now. Asked before each write, so that one that was frozen and is awake
    /// again knows before its timers do.
    [[nodiscard]] bool leads() const noexcept;
    /// It led and may not write any more, ever.
    [[nodiscard]] bool is_deposed() const noexcept;
    /// Who leads as far as is known; may be empty.
    [[nodiscard]] const std::string& holder() const noexcept;
    /// Who was in the Lease when this replica took it; empty where it had been let go of.
    [[nodiscard]] const std::string& predecessor() const noexcept;
    /// What the one before left in the Lease, or what was kept there since.
    [[nodiscard]] const std::string& note() const noexcept;
    /// Writes a note into the Lease for the next one who leads: true when it is there. False when this
    /// replica does not lead, or the API server did not take it within some seconds. At most
    /// `max_note_bytes`.
    boost::asio::awaitable<bool> keep_note(std::string note);
    static constexpr std::size_t max_note_bytes = std::size_t{32} << 10U;

    /// Lets go of the Lease, where it is held, so that another replica takes over at once; and ends. What
    /// writes has been stopped before.
    boost::asio::awaitable<void> stop();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace holdfast::kube
