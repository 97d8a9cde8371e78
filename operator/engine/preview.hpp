#pragma once

#include "base/async.hpp"
#include "base/hash.hpp"
#include "sync/live_record.hpp"
#include "sync/planner.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Our watches are filtered by our label, so they tell nothing of what somebody else made. Where an
// application waits for somebody to sync it, those of its objects are looked at one by one: what there is,
// how it fares, and what a sync would change.

namespace holdfast::engine {

/// No more objects of one application are looked at.
inline constexpr std::size_t most_looked_at = 300;

/// A wanted object of which our watches tell nothing, as it was found when it was looked at.
struct outside_object {
    enum class standing : std::uint8_t {
        absent,
        there,
        foreign,     ///< another application's
        unreadable,  ///< nobody knows
        passed_over, ///< there are too many: nobody looked
    };

    /// Of what was wanted then.
    sha256_digest hash{};
    standing is = standing::absent;
    /// Where it is there.
    sync::live_record live;
    /// Identifies all of it but its status: the same means that an apply would change the same.
    sha256_digest content{};
    /// It was found out what an apply would change, or why it would be refused.
    bool is_tried = false;
    /// It would not be applied, but replaced as a whole.
    bool is_replaced = false;
    /// The first few fields that an apply would change; empty: none but the marks that make it ours.
    std::string changes;
    /// The same with their values, as far as they may be shown.
    std::string differs;
    /// Why the server would refuse an apply, why it cannot be read, or whose it is.
    std::string why;
};

/// A wanted object, and what is known of it.
struct look_candidate {
    /// Outlives the call, as `seen` does.
    const sync::planned_object* plan = nullptr;
    /// Our watches tell of it.
    bool has_record = false;
    /// As it was found before; null: it was not looked at.
    const outside_object* seen = nullptr;
};

/// Which objects to look at now: those that are to be applied, that no watch tells of, and that were not
/// looked at since what is wanted of them changed; `anew`: those, too, that were. At most `most_looked_at` of
/// an application, always the same.
[[nodiscard]] std::vector<sync::object_id>
objects_to_look_at(std::span<const look_candidate> wanted, bool anew);

/// When the objects of an application are looked at. Kept between reconciles, lost with the process.
struct look_pace {
    /// The desired state for which they were looked at.
    std::string build_key;
    steady_clock::time_point last = steady_clock::time_point::min();
    steady_clock::time_point next{};
    /// How often in a row nothing else was the reason than that time had passed.
    std::uint32_t looks = 0;

    friend bool operator==(const look_pace&, const look_pace&) = default;
};

enum class look : std::uint8_t {
    none,
    at_new, ///< at what was not looked at for this desired state
    at_all,
};
/// What to look at now. `asked` is since when older knowledge does not do.
[[nodiscard]] look look_due(
    const look_pace& pace, std::string_view build_key, steady_clock::time_point asked,
    steady_clock::time_point now
) noexcept;
/// The pace after that look: nobody tells when such an object changes, so it is looked at again after a
/// minute, then after twice as long each time, up to an hour.
[[nodiscard]] look_pace
after_look(const look_pace& pace, look what, std::string_view build_key, steady_clock::time_point now);

/// What a sync would do to an object that no watch tells of, as a sentence without its name.
[[nodiscard]] std::string change_of(const outside_object& seen);

} // namespace holdfast::engine
