#pragma once

#include "base/error.hpp"
#include "git/url.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::git {

/// Where the server said to ask instead: its last Location in what git prints with GIT_TRACE_CURL.
[[nodiscard]] std::optional<std::string> location_in(std::string_view trace);

/// The repository that a redirect leads to, asked for `from`'s refs: a renamed repository, or ".git" at the
/// end of the path. With credentials it is a user error when it leads to another place than the same scheme,
/// host and port (or https on the same host), where they must not go; without, when it leads from https to
/// http. Always when it leads to no repository.
[[nodiscard]] result<url> follow(const url& from, std::string_view location, bool with_credentials = true);

} // namespace holdfast::git
