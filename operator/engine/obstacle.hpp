#pragma once

#include "engine/decide.hpp"
#include "engine/retry.hpp"

#include <optional>
#include <string>

namespace holdfast::engine {

/// Why what an operation is to bring cannot be had: its sources give an error, it asks for what is wrong by
/// itself, or a kind of its objects cannot be watched.
struct obstacle {
    std::string why;
    /// Time does not help: somebody has to change something.
    bool is_lasting = false;
    /// What it is to bring is at hand from before all the same.
    bool is_held = false;
};

/// What becomes of the operation that is asked for, or runs.
struct obstructed {
    /// What is asked for takes the place of the operation that the status describes.
    bool begins = false;
    /// How it ends; nothing: it goes on, or is tried again.
    std::optional<finish> end;
    /// This try has failed, and counts.
    std::optional<after_failure> again;
    /// When to look again although nothing changed.
    std::optional<steady_clock::duration> requeue_after;
    /// To be kept.
    pace paced;
};

/// What a person asks for fails, by the obstacle's words, where that lasts; else it is tried again as the
/// strategies say, a few times where none says anything. An operation of our own goes on with what is held,
/// and is superseded once there is something newer. None goes beyond its time.
[[nodiscard]] obstructed decide_obstructed(const decide_view& view, const obstacle& in_the_way, instant now);

} // namespace holdfast::engine
