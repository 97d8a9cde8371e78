#pragma once

#include "base/error.hpp"
#include "git/credentials.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::git {

/// A JSON web token by which a GitHub App introduces itself: RS256, issued a minute before `now` (clocks
/// differ) and valid until nine minutes after. A user error when the key is no RSA key.
result<std::string> app_token(const github_app& app, std::chrono::system_clock::time_point now);

/// The tokens of GitHub App installations, kept until five minutes before they expire. Concurrent asks for
/// one share a request. All members on the thread of the executor.
class app_tokens {
public:
    virtual ~app_tokens() = default;
    /// A token for the installation, which is the password of the user "x-access-token". `c` gives the app,
    /// the authorities, and the proxy. Errors: forbidden when GitHub refuses the app, user for wrong keys and
    /// ids, transient else; none contains the token.
    virtual boost::asio::awaitable<result<std::string>> token(std::shared_ptr<const credentials> c) = 0;
    /// A server refused `token`: it is not given out again.
    virtual void forget(std::string_view token) = 0;
};

std::unique_ptr<app_tokens> make_app_tokens(boost::asio::any_io_executor executor);

} // namespace holdfast::git
