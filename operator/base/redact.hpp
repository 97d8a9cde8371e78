#pragma once

#include <string>
#include <string_view>

namespace holdfast {

/// A text as people may read it: without the credentials of the URLs in it. Of "https://user:token@host/x" it
/// keeps "https://…@host/x", of an ssh URL the user without a password, of a query only what names a revision
/// ("?ref=main"): the rest may be a signature. What is put into statuses, events and logs goes through this.
[[nodiscard]] std::string without_credentials(std::string_view text);

} // namespace holdfast
