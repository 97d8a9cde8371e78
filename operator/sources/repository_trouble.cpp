#include "sources/repository_trouble.hpp"

namespace holdfast::sources {

namespace {

// Git hosts restart, and networks have their moments: what is over soon is worth no status of each
// application.
constexpr std::chrono::minutes patience{5};

} // namespace

std::string_view reason_of(const error& why) noexcept {
    switch (why.kind()) {
    case error_kind::forbidden: return "Unauthorised";
    case error_kind::not_found: return "NotFound";
    default: return why.is_transient() ? "Unreachable" : "Failed";
    }
}

std::optional<repository_trouble> trouble_of(const error& why, steady_clock::duration failing_for) {
    if (why.kind() == error_kind::cancelled || (why.is_transient() && failing_for < patience)) {
        return std::nullopt;
    }
    return repository_trouble{
        .reason = reason_of(why),
        .message = why.message() + "; the last revision that was read stays in use until this works again"
    };
}

} // namespace holdfast::sources
