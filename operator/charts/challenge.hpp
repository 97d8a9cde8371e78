#pragma once

// How a registry says who may come in (RFC 7235, and the token protocol of the distribution project). Pure.

#include "base/error.hpp"
#include "charts/address.hpp"
#include "http/client.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::charts {

/// One challenge of a WWW-Authenticate header.
struct challenge {
    /// In lower case: "bearer", "basic".
    std::string scheme;
    /// Names in lower case.
    std::map<std::string, std::string, std::less<>> parameters;

    /// Empty where there is none.
    [[nodiscard]] std::string_view find(std::string_view name) const;
};

/// Those of all WWW-Authenticate headers, in their order. What cannot be read ends the reading.
std::vector<challenge> challenges_of(const std::vector<http::header>& headers);

/// Where a token is asked for: realm, service and scope of a bearer challenge. `scope` is what is asked for
/// when the challenge names none. The realm must be https; a registry that is itself spoken to over http may
/// name one over http on its own host. Else a user error: the password goes there.
result<web_address> token_address(const challenge& c, const web_address& registry, std::string_view scope);

struct registry_token {
    std::string token;
    std::chrono::seconds lifetime{60};
};

/// The answer of a token server. Transient where it has no token.
result<registry_token> read_token(std::string_view body);

} // namespace holdfast::charts
