#include "engine/conditions.hpp"

#include "base/bounded_text.hpp"
#include "engine/not_served.hpp"
#include "engine/request.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace holdfast::engine {

namespace {

// Problem types that come and go with what a reconcile finds. Kept in Argo CD's names.
constexpr std::array<std::string_view, 8> problem_types{"ComparisonError",  "DeletionError",
                                                        "InvalidSpecError", not_served_type,
                                                        "RepositoryError",  "SyncError",
                                                        "UnknownError",     "Warning"};

constexpr std::size_t longest_warning = 4096;
/// Of Ready, which is for tables: what it is about in full is in the conditions beside it.
constexpr std::size_t longest_line = 256;

// Why Ready is not true, where no problem decides it.
struct reading {
    std::string reason;
    std::string message;
};

class writer {
public:
    writer(const condition_view& view, wall_clock::time_point now)
        : view_{view}, now_{now}, all_{view.status.conditions} {
        const auto& last = view.status.operation_state;
        synced_ = view.status.sync.status == crds::sync_code::synced;
        operating_ = is_operating(view.status);
        failed_ = last && !operating_ && last->phase != crds::operation_phase::succeeded && !synced_;
        if (!view.found.problems.empty()) {
            std::tie(problem_type_, problem_) = *view.found.problems.begin();
        }
    }

    std::vector<crds::condition> write() {
        problems();
        reconciling();
        stalled();
        ready();
        return std::move(all_);
    }

private:
    void set(std::string type, bool value, std::string reason, std::string message) {
        crds::set_condition(
            all_, {.type = std::move(type),
                   .status = value ? "True" : "False",
                   .observed_generation = view_.generation,
                   .last_transition_time = now_,
                   .reason = std::move(reason),
                   .message = std::move(message)}
        );
    }

    [[nodiscard]] std::string reason_or(std::string_view other) const {
        return view_.found.reason.empty() ? std::string{other} : view_.found.reason;
    }

    void problems() {
        const auto& found = view_.found.problems;
        const auto& last = view_.status.operation_state;
        for (const auto& [type, message] : found) {
            set(type, true, reason_or(type), message);
        }
        std::set<std::string_view> keep;
        if (failed_ && !found.contains("SyncError")) {
            set("SyncError", true, "OperationFailed", last->message);
            keep.insert("SyncError");
        } else if (operating_ && last->retry_count > 0 && !found.contains("SyncError")) {
            keep.insert("SyncError"); // why it is tried again
        }
        if (!view_.warnings.empty()) {
            std::string text;
            for (const auto& warning : view_.warnings) {
                text += (text.empty() ? "" : "; ") + warning;
            }
            set("Warning", true, "SourceWarnings", cut_to_characters(text, longest_warning));
            keep.insert("Warning");
        }
        if (!view_.ownership.empty()) {
            set(std::string{ownership_type}, true, "MarkedByOthers",
                cut_to_characters(view_.ownership, longest_warning));
        } else {
            crds::remove_condition(all_, ownership_type);
        }
        if (!view_.found.orphans.empty()) {
            set(std::string{orphans_type}, true, "NotInAnyApplication",
                cut_to_characters(view_.found.orphans, longest_warning));
        } else {
            crds::remove_condition(all_, orphans_type);
        }
        for (const auto type : problem_types) {
            if (!found.contains(std::string{type}) && !keep.contains(type)) {
                crds::remove_condition(all_, type);
            }
        }
    }

    void reconciling() {
        const auto& found = view_.found;
        if (!operating_ && found.waiting.empty() && !view_.deleting) {
            crds::remove_condition(all_, "Reconciling");
            return;
        }
        const auto* reason = view_.deleting ? "Deleting" : operating_ ? "Syncing" : "Waiting";
        std::string message = found.waiting;
        if (message.empty() && operating_) {
            message = view_.status.operation_state->message;
        }
        set("Reconciling", true, reason, said_once(std::move(message)));
    }

    void stalled() {
        if (view_.found.stalled && !operating_) {
            set("Stalled", true, reason_or("Failed"),
                problem_.empty() ? "" : "is not tried again before something is changed: see " + problem_type_
            );
        } else {
            crds::remove_condition(all_, "Stalled");
        }
    }

    void ready() {
        const auto& status = view_.status;
        const bool healthy = status.health.status == crds::health_code::healthy;
        if (synced_ && healthy && !operating_ && view_.found.problems.empty() && !view_.deleting) {
            set("Ready", true, "Ready", "Synced to " + status.sync.short_revision + " and healthy");
            return;
        }
        auto why = why_not_ready();
        set("Ready", false, std::move(why.reason), one_line(why.message, longest_line));
    }

    /// What a problem's condition says already is not said again.
    [[nodiscard]] std::string said_once(std::string message) const {
        const auto says_it = [&](const crds::condition& c) {
            return c.message == message && std::ranges::find(problem_types, c.type) != problem_types.end();
        };
        const auto said = std::ranges::find_if(all_, says_it);
        return message.empty() || said == all_.end() ? message : "see " + said->type;
    }

    [[nodiscard]] reading why_not_ready() const {
        const auto& status = view_.status;
        const auto said = problem_.empty() ? view_.found.waiting : problem_;
        if (!view_.found.reason.empty()) {
            return {view_.found.reason, said};
        }
        if (operating_) {
            return {"Syncing", status.operation_state->message};
        }
        if (failed_) {
            return {"SyncFailed", status.operation_state->message};
        }
        if (status.sync.status == crds::sync_code::unknown) {
            return {"Unknown", said};
        }
        if (!synced_) {
            return {"OutOfSync", said.empty() ? std::string{view_.out_of_sync} : said};
        }
        return {std::string{crds::to_string(status.health.status)}, status.health.message};
    }

    const condition_view& view_;
    wall_clock::time_point now_;
    std::vector<crds::condition> all_;
    bool synced_ = false;
    bool operating_ = false;
    bool failed_ = false; // the last operation, and what it was for is still to be done
    /// The first of the problems, and the condition that tells it.
    std::string problem_type_;
    std::string problem_;
};

} // namespace

std::vector<crds::condition> conditions_of(const condition_view& view, wall_clock::time_point now) {
    return writer{view, now}.write();
}

} // namespace holdfast::engine
