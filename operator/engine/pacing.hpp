#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <optional>

namespace holdfast::engine {

/// Why an application is looked at again although nothing told of a change. What is told (a commit, a live
/// object, the Application itself) has it looked at at once, whatever waits here.
enum class recheck : std::uint8_t {
    start_up,      ///< the Repositories or Applications are not all known yet
    look_left,     ///< something newer made the look pointless
    conflict,      ///< a newer version of the object is on its way here
    answer,        ///< what was asked for (a deletion) is done in a moment, and nobody may tell
    refused,       ///< the server refuses, or does not answer
    kind,          ///< the cluster serves a new kind when it is ready to
    health,        ///< the watch tells of it; this is for the case that it does not
    heirs,         ///< another application may cease to want an object
    dependents,    ///< what others have in a Namespace may go
    untold_source, ///< chart repositories and files behind URLs: nobody tells of a change
    untold_secret, ///< a Secret of the application's namespace, after a failure
};

/// How long after that the application is looked at again.
[[nodiscard]] steady_clock::duration delay_of(recheck why) noexcept;

/// How long after an error the same is tried again, after `tries` tries that failed before in a row: 2 s at
/// first, then twice as long each time, up to 5 minutes. Nothing where only a change of the input helps,
/// which is told.
[[nodiscard]] std::optional<steady_clock::duration>
retry_delay(error_kind kind, std::uint32_t tries) noexcept;

} // namespace holdfast::engine
