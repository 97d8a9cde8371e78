#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace holdfast::secrets {

/// Looks at one line of an age key file (age-keygen): "AGE-SECRET-KEY-1…", or "AGE-SECRET-KEY-PQ-1…" for the
/// post-quantum keys of age 1.3. Gives the recipient that belongs to it ("age1…"), which is public; empty for
/// a post-quantum key, whose recipient is not worked out here. Errors: user, for what is no such key and for
/// one with a mistyped character; nothing of the line is in them.
result<std::string> age_recipient_of(std::string_view identity);

} // namespace holdfast::secrets
