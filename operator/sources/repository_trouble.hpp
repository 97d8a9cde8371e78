#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::sources {

/// Why nothing new comes from a repository that was read before, for those who go on with what they have.
struct repository_trouble {
    /// One word, as in the Ready condition of a Repository: "NotFound".
    std::string_view reason;
    /// A sentence that names the repository.
    std::string message;
};

/// "Unauthorised", "NotFound", "Unreachable" or "Failed": why a repository cannot be listed.
[[nodiscard]] std::string_view reason_of(const error& why) noexcept;

/// What there is to say of a repository whose refs could not be listed for so long. At once where somebody
/// has to do something about it (it is gone, or refuses the credentials); where the network or the server may
/// come back by itself, after five minutes. Nothing before that.
[[nodiscard]] std::optional<repository_trouble>
trouble_of(const error& why, steady_clock::duration failing_for);

} // namespace holdfast::sources
