#pragma once

// What a piece of work on the pool may take. Trees and texts are other people's, and a small one can ask for
// work without an end: whatever looks something up says so here, and is told when it is enough.

#include "base/error.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast {

/// Says that work is no longer wanted. Any thread.
class work_stop {
public:
    work_stop() = default;
    /// Is also requested when `above`, which may be null, is.
    explicit work_stop(std::shared_ptr<const work_stop> above) : above_{std::move(above)} {}

    void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool requested() const noexcept {
        return requested_.load(std::memory_order_relaxed) || (above_ && above_->requested());
    }

private:
    std::atomic<bool> requested_{false};
    std::shared_ptr<const work_stop> above_;
};

struct work_limits {
    /// A look is a name looked up in a directory, or what takes about as long: some tenths of a microsecond.
    std::uint64_t looks = 2'000'000;
    /// On a clock: a net for what is slow without looking much.
    std::chrono::milliseconds time{60'000};
};

/// The budget of one piece of work. All but `stop` belongs to the thread that does the work.
class work_budget {
public:
    /// `what` says in messages what is done: "planning apps/web of https://…". The time begins now.
    explicit work_budget(
        std::string what, work_limits limits = {}, std::shared_ptr<const work_stop> stop = {}
    );
    work_budget(const work_budget&) = delete;
    work_budget& operator=(const work_budget&) = delete;

    /// Takes so many looks, at `where` (a path, for the message). Errors, the first of which stays: cancelled
    /// when the work was stopped, user when there are no looks left, transient when the time is over.
    result<void> spend(std::uint64_t looks, std::string_view where);

    [[nodiscard]] std::uint64_t spent() const noexcept { return spent_; }
    /// Why the work was ended. Who did it may have taken that for an answer (a file that is not there): what
    /// it made is worth nothing then.
    [[nodiscard]] const std::optional<error>& over() const noexcept { return over_; }

    /// While one lives, what its thread does is done under the budget. The innermost counts.
    class scope {
    public:
        explicit scope(work_budget& budget) noexcept;
        ~scope();
        scope(const scope&) = delete;
        scope& operator=(const scope&) = delete;

    private:
        work_budget* before_;
    };

private:
    std::string what_;
    work_limits limits_;
    std::shared_ptr<const work_stop> stop_;
    std::chrono::steady_clock::time_point begin_;
    std::uint64_t spent_ = 0;
    std::uint64_t next_check_ = 0;
    std::optional<error> over_;
};

/// Takes looks of the budget that this thread works under; without one there is no bound. To be called where
/// work goes on for as long as its input wants.
result<void> spend_looks(std::uint64_t looks, std::string_view where = {});

} // namespace holdfast
