#pragma once

#include "base/error.hpp"

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::http {
struct response;
}

namespace holdfast::kube {

/// One thing that the server found wrong (metav1.StatusCause).
struct cause {
    /// "spec.replicas"; may be empty.
    std::string field;
    std::string message;
    /// "FieldValueInvalid", …
    std::string reason;
};

/// Why the API server did not do it: an `error` (what may be done about it, and a sentence that names the
/// object and every cause) and what the server's metav1.Status said, for those who must tell cases apart.
///
/// Kinds: 401, 403 forbidden · 404 not_found · 409, 410, 412 conflict · 400, 413, 415, 422 and other 4xx user
/// · 408, 429, 5xx and whatever the network did transient. Slices into `error`, so `co_return reply.error();`
/// works in a function of result<T>.
class failure : public error {
public:
    failure() = default;
    /// Of the way to the server, not of the server's answer.
    explicit failure(error e) : error{std::move(e)} {}
    failure(error e, unsigned status, std::string reason)
        : error{std::move(e)}, status_{status}, reason_{std::move(reason)} {}

    /// The HTTP status; 0 when there was no answer.
    [[nodiscard]] unsigned status() const noexcept { return status_; }
    /// metav1.Status.reason: "NotFound", "AlreadyExists", "Expired"; may be empty.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
    [[nodiscard]] const std::vector<cause>& causes() const noexcept { return causes_; }
    /// How long the server asked to be left alone.
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const noexcept {
        return retry_after_;
    }

    [[nodiscard]] bool is_not_found() const noexcept { return status_ == 404; }
    [[nodiscard]] bool is_already_exists() const noexcept { return reason_ == "AlreadyExists"; }
    [[nodiscard]] bool is_conflict() const noexcept { return status_ == 409 && !is_already_exists(); }
    /// 410: the resource version or continue token is too old; list anew.
    [[nodiscard]] bool is_expired() const noexcept {
        return status_ == 410 || reason_ == "Expired" || reason_ == "Gone";
    }
    [[nodiscard]] bool is_invalid() const noexcept { return status_ == 422; }
    [[nodiscard]] bool is_unauthorized() const noexcept { return status_ == 401; }
    [[nodiscard]] bool is_too_many_requests() const noexcept { return status_ == 429; }
    /// No answer at all: refused, reset, timed out.
    [[nodiscard]] bool is_network() const noexcept { return status_ == 0 && is_transient(); }
    /// The server has not (or not yet) seen the resource version that was asked for.
    [[nodiscard]] bool is_too_large_resource_version() const noexcept;
    /// Deleting or creating in a namespace that is going away.
    [[nodiscard]] bool is_namespace_terminating() const noexcept;

    /// The same failure with `context` and a colon before its sentence.
    [[nodiscard]] failure within(std::string_view context) const;

    void set_retry_after(std::chrono::milliseconds delay) { retry_after_ = delay; }
    void set_causes(std::vector<cause> causes) { causes_ = std::move(causes); }

private:
    unsigned status_ = 0;
    std::string reason_;
    std::vector<cause> causes_;
    std::optional<std::chrono::milliseconds> retry_after_;
};

/// A value or a failure: what every call to an API server gives. Converts to result<T>.
template <class T>
using reply = boost::system::result<T, failure>;

/// From a metav1.Status object, as answered or as carried by a watch's ERROR event. `what` says what was
/// asked for
/// ("apply apps/Deployment shop/web").
[[nodiscard]] failure failure_from_status(const boost::json::object& status, std::string_view what);

/// From an answer whose status is not 2xx, whatever its body is.
[[nodiscard]] failure failure_from_response(const http::response& answer, std::string_view what);

} // namespace holdfast::kube
