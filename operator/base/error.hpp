#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast {

/// What may be done about an error. It is part of the error and decided where the error is made, so that no
/// caller has to guess from a text or a number.
enum class error_kind {
    /// The other side or the way to it failed (refused connection, 503, timeout). The same call may succeed
    /// later;
    /// retry it with backoff.
    transient,
    /// The input is wrong (a broken file, an unknown revision, a refused object). Retrying without a change
    /// of the
    /// input is pointless, though a slow recheck is not: whoever owns the input has to act.
    user,
    /// The object of the call was changed or removed under the caller (409, 410, a moved ref). Look again and
    /// decide
    /// anew, at once.
    conflict,
    /// The object of the call does not exist (404, unknown path or revision).
    not_found,
    /// The credentials were refused or lack the right (401, 403).
    forbidden,
    /// The caller was cancelled, by shutdown or by something newer. Leave; do not report it as a failure.
    cancelled,
    /// A defect of ours, or of the other side's protocol.
    internal,
};

/// The name of a kind, as used in logs and metrics.
[[nodiscard]] std::string_view to_string(error_kind kind) noexcept;

/// Why a call did not give what was asked for: what may be done about it and a sentence for people. The
/// sentence names the thing (file, field, object, URL), what was wrong, and where it can be said what would
/// be right. It never contains a secret.
class error {
public:
    error() = default;
    error(error_kind kind, std::string message) : kind_{kind}, message_{std::move(message)} {}

    [[nodiscard]] error_kind kind() const noexcept { return kind_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    /// True where the same call may succeed later without anybody's doing.
    [[nodiscard]] bool is_transient() const noexcept { return kind_ == error_kind::transient; }

    /// The same error with `context` and a colon before its message: said by each caller that knows more of
    /// what was being done.
    [[nodiscard]] error within(std::string_view context) const;

    friend bool operator==(const error&, const error&) = default;

private:
    error_kind kind_ = error_kind::internal;
    std::string message_;
};

/// Thrown by `result<T>::value()` on an error: only ever a defect of the caller, who did not look.
class bad_result : public std::logic_error {
public:
    explicit bad_result(const error& e) : std::logic_error{e.message()} {}
};

[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

/// A value or the reason why there is none. Everything that can go wrong in the world outside is returned
/// this way; exceptions are for defects.
template <class T>
using result = boost::system::result<T, error>;

/// Shorthands for the errors made most often.
[[nodiscard]] inline error user_error(std::string message) {
    return {error_kind::user, std::move(message)};
}
[[nodiscard]] inline error transient_error(std::string message) {
    return {error_kind::transient, std::move(message)};
}
[[nodiscard]] inline error internal_error(std::string message) {
    return {error_kind::internal, std::move(message)};
}

} // namespace holdfast
