#pragma once

#include "base/async.hpp"
#include "base/timestamp.hpp"
#include "crds/application.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace holdfast::engine {

/// A moment, on both clocks: what is written down counts by the wall's, what is waited for here by the other.
struct instant {
    wall_clock::time_point wall;
    steady_clock::time_point steady;
};

/// What paces an application's own operations. Kept between reconciles, lost with the process.
struct pace {
    /// When an automatic operation that did not succeed may begin again for the same build; the greatest
    /// value: not before something changes.
    steady_clock::time_point resume_at{};
    /// A pruning waits for a person, whatever `resume_at` says. Drift is taken back all the same.
    bool up_to_a_person = false;
    /// How often in a row drift of this build was taken back, and when the next time may be.
    std::string healed_key;
    std::uint32_t heals = 0;
    steady_clock::time_point heal_at{};

    void rest_until(steady_clock::time_point when) {
        resume_at = when;
        up_to_a_person = false;
    }
    /// The application is another one: what stopped it may be just what was changed.
    void resume_at_once() { rest_until({}); }
    /// What it failed for may be over. Where somebody stopped it, that does not count.
    void hurry() {
        if (resume_at != steady_clock::time_point::max()) {
            resume_at = {};
        }
    }
};

/// How long an automatic operation rests that ended without success.
inline constexpr steady_clock::duration least_rest = std::chrono::minutes{3};

/// The pace of an application of which only the status is known, as after a restart.
[[nodiscard]] pace pace_of(const crds::application_status& status, std::int64_t generation);

/// How long it takes until drift is taken back once more, when that was done `heals` times in a row before: 2
/// s, then three times as long each time, up to 5 minutes.
[[nodiscard]] steady_clock::duration heal_delay(std::uint32_t heals) noexcept;

/// What the sync windows of a project say to an operation.
struct window_ruling {
    bool is_allowed = true;
    /// A sentence: what forbids it, and until when.
    std::string why;
    /// When that may be otherwise.
    std::optional<wall_clock::time_point> until;
};

/// The same for each kind of operation.
struct window_rulings {
    window_ruling automatic;
    /// What is asked for.
    window_ruling asked;
    /// The operation that the status describes.
    window_ruling running;
};

/// What the decision depends on. `spec` and `status` outlive it.
struct decide_view {
    const crds::application_spec& spec;
    const crds::application_status& status;
    /// The object's `operation`, where the status does not describe it yet; null: none.
    const crds::operation* asked = nullptr;
    /// Of the desired state.
    std::string_view build_key;
    /// The wanted objects were compared. Else they are as they were when the application was last synced.
    bool is_compared = false;
    /// One of them is not as wanted.
    bool out_of_sync = false;
    /// There are objects to delete, or to ask about, for which to begin: none with IgnoreExtraneous.
    bool has_surplus = false;
    /// Some of those are left to other applications that want them.
    bool leaves_to_heirs = false;
    /// The first application of spec.dependsOn that is not Synced and Healthy, as namespace/name; empty:
    /// none.
    std::string not_ready;
    /// By default everything is allowed.
    window_rulings windows;
    /// A person has confirmed just the pruning that waits.
    bool prune_confirmed = false;
    pace paced;
};

/// Whether the decision goes by how the objects compare: what is said of them in the view counts for nothing
/// else, so who makes it need not find that out.
[[nodiscard]] bool is_about_differences(const decide_view& view) noexcept;

/// Nothing begins and nothing ends.
struct stay {};

/// A new operation takes the place of the one that the status describes.
struct begin {
    crds::operation operation;
    /// It is the object's `operation`.
    bool is_asked = false;
};

/// The operation that runs ends.
struct finish {
    crds::operation_phase phase = crds::operation_phase::failed;
    std::string message;
};

struct decision {
    std::variant<stay, begin, finish> step;
    /// What is waited for, as a sentence; empty: nothing.
    std::string waiting;
    /// When to decide anew although nothing changed.
    std::optional<steady_clock::duration> requeue_after;
    /// Nothing is done before the sync windows say otherwise: `waiting` is about them.
    bool awaits_window = false;
    /// What the status asks a person about is settled: what was to go has come back, or went otherwise.
    bool question_is_void = false;
    /// To be kept.
    pace paced;
};

/// How an operation ends that runs for longer than spec.syncPolicy.timeout; nothing: it has time left.
[[nodiscard]] std::optional<finish>
out_of_time(const crds::application_spec& spec, const crds::operation_state& running, instant now);

/// Whether to begin an operation, or to end the one that runs: what is asked for first, then supersession,
/// termination and time-out of the one that runs, then automatic sync with its rests, then self-healing with
/// its backoff. What sync windows forbid waits for them, but for a dry run; nothing keeps an operation from being
/// ended.
[[nodiscard]] decision decide(decide_view view, instant now);

} // namespace holdfast::engine
