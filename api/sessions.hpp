#pragma once

#include "base/timestamp.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::api {

/// The browser sends it back over TLS only, to this host only, and shows it to no script.
inline constexpr std::string_view session_cookie = "__Host-holdfast";

/// A login. The token is asked about again and again (access.hpp), so a session ends with its token at the
/// latest.
struct session {
    std::string token;
    wall_clock::time_point begun;
    wall_clock::time_point seen;
};

struct session_limits {
    /// Without a request.
    std::chrono::seconds idle{std::chrono::hours{1}};
    std::chrono::seconds whole{std::chrono::hours{12}};
    /// A cookie older than this is replaced by one that says when it was used.
    std::chrono::seconds renewed{std::chrono::minutes{5}};
};

/// What browsers keep of a cookie with its name and attributes.
inline constexpr std::size_t longest_cookie = 4'000;

/// Makes cookies of sessions, and reads them. Nothing is kept here: a cookie is the session, sealed.
class sessions {
public:
    /// `secret` gives what all replicas have in common, empty while it is not known: then a key of this process
    /// seals, and such sessions are read until it ends.
    explicit sessions(std::function<const std::string&()> secret, session_limits limits = {});

    /// The cookie's value; nothing where it would be longer than browsers take.
    [[nodiscard]] std::optional<std::string> write(const session& one) const;
    /// Nothing for what is no session of ours, or is over at `now`.
    [[nodiscard]] std::optional<session> read(std::string_view cookie, wall_clock::time_point now) const;
    [[nodiscard]] bool is_due(const session& one, wall_clock::time_point now) const {
        return now - one.seen >= limits_.renewed;
    }

private:
    [[nodiscard]] std::string shared_key() const;

    std::function<const std::string&()> secret_;
    session_limits limits_;
    std::string own_key_;
};

/// The Set-Cookie header of a session, and the one that takes it away.
[[nodiscard]] std::string set_cookie(std::string_view value);
[[nodiscard]] std::string remove_cookie();

/// The value of a cookie in a Cookie header; empty where there is none. Of two with one name, the first.
[[nodiscard]] std::string_view find_cookie(std::string_view header, std::string_view name);

} // namespace holdfast::api
