#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <string>

namespace holdfast {

/// Names one reconcile, so that all log lines that it causes can be found: the log adds it to each of them as
/// "reconcileID", through all layers, none of which knows of it. It goes along with a coroutine's executor,
/// and so with everything that is awaited; on_pool() takes it to the pool's threads. What is begun in a
/// task_group goes its own way, and bears none, unless it is spawned as part of what its caller does.
struct reconcile_id {
    /// 0: none.
    std::uint64_t number = 0;

    /// One that no other reconcile has, of this replica or another. From any thread.
    [[nodiscard]] static reconcile_id make();
    /// Of what this thread does now.
    [[nodiscard]] static reconcile_id current() noexcept;

    /// 16 hexadecimal digits.
    [[nodiscard]] std::string text() const;
    explicit operator bool() const noexcept { return number != 0; }
    friend bool operator==(const reconcile_id&, const reconcile_id&) = default;
};

/// What this thread does until the end of the scope is part of that reconcile. Not to be held over a
/// co_await: other coroutines run on the thread meanwhile.
class reconcile_scope {
public:
    explicit reconcile_scope(reconcile_id id) noexcept;
    ~reconcile_scope();
    reconcile_scope(const reconcile_scope&) = delete;
    reconcile_scope& operator=(const reconcile_scope&) = delete;

private:
    reconcile_id before_;
};

/// An executor that does what `executor` does, with everything as part of that reconcile: coroutines that are
/// spawned on it, and what they await. `executor` itself where it is none of an io_context, or where there
/// is no id.
[[nodiscard]] boost::asio::any_io_executor
executor_of(reconcile_id id, const boost::asio::any_io_executor& executor);

} // namespace holdfast
