#pragma once

#include "git/url.hpp"

#include <string>
#include <string_view>

namespace holdfast::git {

/// A form that the addresses of one repository share which a host gives out for different protocols and
/// purposes: in lower case, without scheme, user, port and ".git", and without what hosts put around the
/// name ("/scm/" and "/projects/…/repos/…" of Bitbucket Data Center, "/_git/" and the three hosts of Azure
/// DevOps, the hosts for ssh over port 443). It recognises which repository somebody speaks of; two
/// repositories may share it (on two ports of a host, or differing in case), so it decides nothing else.
/// Registries ("oci://host/path", or without a scheme) have one too.
/// Empty when `address` is no address. That of a group's prefix covers() those of its repositories.
[[nodiscard]] std::string address_key(std::string_view address);

} // namespace holdfast::git
