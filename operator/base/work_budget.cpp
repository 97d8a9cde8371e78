#include "base/work_budget.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

namespace holdfast {

namespace {

// Looks between two readings of the clock and of the stop.
constexpr std::uint64_t check_every = 256;

thread_local work_budget* current = nullptr;

std::string at(std::string_view where) {
    constexpr std::size_t longest = 300;
    if (where.empty()) return {};
    std::string shown;
    for (const char c : where.substr(0, longest)) {
        shown.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    }
    return fmt::format("; it was at \"{}\"", shown);
}

} // namespace

work_budget::work_budget(std::string what, work_limits limits, std::shared_ptr<const work_stop> stop)
    : what_{std::move(what)},
      limits_{limits},
      stop_{std::move(stop)},
      begin_{std::chrono::steady_clock::now()} {}

result<void> work_budget::spend(std::uint64_t looks, std::string_view where) {
    if (over_) return *over_;
    spent_ += looks;
    if (spent_ > limits_.looks) {
        over_ = user_error(fmt::format(
            "{} takes more than {} look-ups in the repository, the limit for one source{}", what_,
            limits_.looks, at(where)
        ));
        return *over_;
    }
    if (spent_ < next_check_) return {};
    next_check_ = spent_ + check_every;
    if (stop_ && stop_->requested()) {
        over_ = error{error_kind::cancelled, what_ + " was stopped: it is no longer wanted"};
        return *over_;
    }
    if (std::chrono::steady_clock::now() - begin_ > limits_.time) {
        over_ = transient_error(
            fmt::format("{} takes longer than {}{}", what_, format_duration(limits_.time), at(where))
        );
        return *over_;
    }
    return {};
}

work_budget::scope::scope(work_budget& budget) noexcept : before_{std::exchange(current, &budget)} {}

work_budget::scope::~scope() {
    current = before_;
}

result<void> spend_looks(std::uint64_t looks, std::string_view where) {
    return current == nullptr ? result<void>{} : current->spend(looks, where);
}

} // namespace holdfast
