#pragma once

#include "base/error.hpp"
#include "crds/project.hpp"
#include "match/cron.hpp"
#include "match/glob.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Whether a sync may begin or go on, by the sync windows of a Project. Pure: the time is given.
namespace holdfast::policy {

/// With which offset from UTC a window's schedule is read.
enum class window_clock {
    /// That of each start, as the clocks of its zone show it then: a window that begins at nine begins at nine in
    /// summer and winter, and lasts as long as it says.
    at_start,
    /// That of now, also for starts of before, as Argo CD does it. A zone that nobody knows is UTC.
    at_now,
};

/// A window that can be asked. Immutable.
struct compiled_window {
    crds::window_kind kind = crds::window_kind::allow;
    /// As it stands in the Project, for messages.
    std::string text;
    match::cron starts;
    std::chrono::nanoseconds duration{0};
    /// By whose clocks the schedule is read; with `at_now` UTC, most often, since the time is put ahead before.
    match::time_zone schedule_zone;
    match::time_zone zone;
    window_clock clock = window_clock::at_start;
    bool manual_sync = false;
    bool sync_overrun = false;
};

/// What is wrong with a window.
struct window_flaw {
    /// Of the window: "schedule".
    std::string field;
    std::string message;
};

/// Compiles a window, or fills in the flaw and gives nothing. Asked by admission and by who uses the window.
std::optional<compiled_window>
compile(const crds::sync_window& window, window_clock clock, window_flaw& flaw);

/// What windows look at in an application.
struct window_facts {
    std::string application;
    /// spec.destination, as it is written there.
    std::string cluster_name;
    std::string server;
    std::string namespace_;
};

/// All windows of a Project, compiled once. One that is wrong forbids what it is for. A window is for an
/// application whose name, cluster (its name or its URL, whichever the destination has) or namespace is in one of
/// its lists; with andOperator in every list that is not empty.
class sync_windows {
public:
    sync_windows() = default;
    /// `prefix` leads to the windows in messages: "spec.syncWindows".
    sync_windows(
        const std::vector<crds::sync_window>& windows, window_clock clock,
        std::string prefix = "spec.syncWindows"
    );

    struct question {
        /// Somebody asked for the sync; else it is automatic.
        bool manual = false;
        /// When the operation began, for one that runs already.
        std::optional<std::chrono::system_clock::time_point> started;
    };

    struct answer {
        bool allowed = true;
        /// When the answer is another one, if nothing else changes; nothing where none is in sight (35 days).
        std::optional<std::chrono::system_clock::time_point> until;
        /// A sentence for people, where it is not allowed: which window, and until when.
        std::string why;
    };

    [[nodiscard]] bool empty() const noexcept { return windows_.empty(); }
    [[nodiscard]] answer
    ask(const window_facts& facts, std::chrono::system_clock::time_point now, question about) const;
    /// What is wrong with them, each naming the window; for admission.
    [[nodiscard]] const std::vector<crds::problem>& problems() const noexcept { return problems_; }

private:
    struct entry {
        std::optional<compiled_window> window; // none: it has a flaw
        std::string flaw;
        std::vector<match::glob> applications;
        std::vector<match::glob> namespaces;
        std::vector<match::glob> clusters;
        bool and_operator = false;
        bool has_flawed_lists = false; // nobody can say whom it is for: it is for all
    };
    struct ruling {
        bool allowed = true;
        std::string because;
    };
    static bool is_for(const entry& one, const window_facts& facts);
    static ruling
    rule(std::span<const entry* const> those, std::chrono::system_clock::time_point now, question about);

    std::vector<entry> windows_;
    std::vector<crds::problem> problems_;
};

/// What is right about windows and means something else than most people think, each at its field: a window for
/// nobody, one that never opens, one that never closes.
[[nodiscard]] std::vector<crds::problem> surprises_of(
    const std::vector<crds::sync_window>& windows, window_clock clock,
    std::chrono::system_clock::time_point now
);

/// Whether a start of it lies less than its duration before `now`. At the very moments of start and end it is
/// not active.
[[nodiscard]] bool is_active(const compiled_window& window, std::chrono::system_clock::time_point now);

/// The moment from which on is_active is another one; nothing where none is in sight (35 days).
[[nodiscard]] std::optional<std::chrono::system_clock::time_point>
next_change(const compiled_window& window, std::chrono::system_clock::time_point now);

} // namespace holdfast::policy
