#pragma once

#include "base/task_group.hpp"
#include "cluster/cluster_secret.hpp"
#include "cluster/destination.hpp"
#include "cluster/exchangeable_connection.hpp"
#include "kube/observer.hpp"
#include "kube/pulse.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace holdfast::cluster {

/// How it stands with a cluster.
struct contact {
    enum class stand {
        connecting, ///< it has not answered yet, and there is no reason to think that it does not
        reachable,
        failed, ///< it does not answer, or refuses us
    };
    stand now = stand::connecting;
    /// Of `failed`: a sentence.
    std::string why;
    friend bool operator==(const contact&, const contact&) = default;
};

/// Counts what is asked of one cluster and fails, and passes all on.
class request_counter final : public kube::observer {
public:
    /// `inner` may be null, else it outlives this.
    explicit request_counter(kube::observer* inner) : inner_{inner} {}
    void answered(std::string_view verb, unsigned status, std::chrono::nanoseconds took) override;
    void watch_opened() override;
    void watch_ended(std::string_view why) override;
    /// Nobody answered, or the server failed (5xx), or it refused us (401).
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }

private:
    kube::observer* inner_;
    std::uint64_t failed_ = 0;
};

/// A cluster other than the operator's own: its connection, and what is known of it. Nothing waits for it: it is
/// tried until it answers, and asked every few seconds whether it still does. On the loop's thread.
class remote_cluster {
public:
    struct settings {
        destination::settings of_destination;
        /// As kube::client_settings has it.
        std::function<bool()> may_write;
        kube::observer* observer = nullptr;
        std::size_t max_connections = 16;
        /// Between two questions whether it still answers, and how long an answer may take.
        std::chrono::milliseconds question_interval{10'000};
        std::chrono::milliseconds answer_limit{10'000};
        /// The longest wait between two tries to reach it.
        std::chrono::milliseconds longest_wait{30'000};
    };

    /// `contact_changed`: called on the loop's thread; must not throw.
    remote_cluster(
        asio::any_io_executor executor, const cluster_secret& declared, settings s,
        destination::handlers told, write_observer& counters, std::function<void()> contact_changed
    );
    remote_cluster(const remote_cluster&) = delete;
    remote_cluster& operator=(const remote_cluster&) = delete;

    /// Begins to reach for it. Once.
    void start();
    /// Other credentials, from the next request on.
    void connect_with(const cluster_secret& declared);
    /// From now on every request fails with this.
    void close(error why);
    /// destination::survey, when it is reached. Once.
    void survey(std::function<void(bool found_more)> looked);
    /// Returns when nothing of it runs any more.
    asio::awaitable<void> stop();

    [[nodiscard]] destination& to() noexcept { return to_; }
    [[nodiscard]] const destination& to() const noexcept { return to_; }
    [[nodiscard]] const contact& stands() const noexcept { return contact_; }
    [[nodiscard]] const std::string& connection_key() const noexcept { return connection_key_; }
    [[nodiscard]] std::uint64_t failed_requests() const noexcept { return counter_.failed(); }

private:
    static asio::awaitable<void> keep_contact(remote_cluster* self);
    asio::awaitable<kube::reply<void>> ask();
    void note(contact now);

    asio::any_io_executor executor_;
    settings settings_;
    std::function<void()> contact_changed_;
    exchangeable_connection connection_;
    request_counter counter_;
    kube::client api_;
    destination to_;
    contact contact_;
    std::string called_;
    std::string connection_key_;
    bool is_started_ = false; // `to_` is
    kube::pulse started_;
    kube::pulse changed_; // the connection is another one
    task_group tasks_;
};

} // namespace holdfast::cluster
