#pragma once

#include "base/error.hpp"
#include "http/router.hpp"
#include "push/delivery.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::push {

/// A delivery with a longer body is refused. GitHub sends up to 25 MB, and offers to send that as a form,
/// which makes it longer.
inline constexpr std::size_t max_body = std::size_t{25} << 20U;
inline constexpr std::size_t max_form = 2 * max_body;
/// So much of a body is in memory; what is longer is read as it comes.
inline constexpr std::size_t max_kept = std::size_t{1} << 20U;
/// With so many secrets at most is a body checked that is not kept, and names its repository only later.
inline constexpr std::size_t max_secrets_at_once = 32;

/// Who may say that a repository moved: a Repository object with a webhook secret.
struct holder {
    /// "namespace/name".
    std::string repository;
    /// All that are valid now.
    std::vector<std::string> secrets;
};

/// What the receiver needs of the operator. All on the loop's thread.
class target {
public:
    virtual ~target() = default;
    /// Those who serve one of these addresses; with no address, all there are. A transient error when the
    /// secrets cannot be read now.
    virtual boost::asio::awaitable<result<std::vector<holder>>> holders(std::vector<std::string> urls) = 0;
    /// A genuine delivery: what it says is to be looked at. Returns at once.
    virtual void accepted(const std::vector<std::string>& repositories, const claim& what) = 0;
    /// A delivery for these Repositories that is not believed, and why: a sentence for the administrator.
    virtual void
    refused(const std::vector<std::string>& repositories, const claim& what, std::string_view why) = 0;
    /// How a delivery ended: "accepted", "ping", "ignored", "unverified", "replayed", "malformed", "unknown",
    /// "limited" or "unavailable". `from` is empty when nobody knows whose it was.
    virtual void counted(std::string_view from, std::string_view outcome) = 0;
};

/// The routes that take deliveries: /hooks/push, and /api/webhook where webhooks for Argo CD point. `to`
/// outlives them. They answer before any work is done.
std::vector<http::route> make_routes(target& to);

/// The options of a server for these routes, at an address: bounds and deadlines for what strangers send.
http::listen_options listen_options(std::string address);

} // namespace holdfast::push
