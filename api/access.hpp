#pragma once

#include "api/row.hpp"
#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/lru.hpp"
#include "http/rate_limit.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::api {

/// Somebody, as the API server knows them.
struct identity {
    std::string user;
    std::string uid;
    std::vector<std::string> groups;
    std::map<std::string, std::vector<std::string>> extra;

    friend bool operator==(const identity&, const identity&) = default;
};

/// One verb on Applications.
struct right {
    std::string verb;
    /// "status"; mostly empty.
    std::string subresource;
    /// Empty: in all.
    std::string namespace_;
    /// Empty: any.
    std::string name;

    friend auto operator<=>(const right&, const right&) = default;
};

/// "patch applications.holdfast.dev/status in the namespace shop".
[[nodiscard]] std::string describe(const right& one);

/// Whether somebody has a right. No bool: a result of one is easily taken for its value.
enum class verdict { denied, allowed };

/// Who knows people and their rights.
class authority {
public:
    virtual ~authority() = default;
    /// Whose token it is; nothing: it is nobody's.
    virtual asio::awaitable<result<std::optional<identity>>> who(std::string token) = 0;
    virtual asio::awaitable<result<verdict>> may(identity who, right what) = 0;
};

struct access_limits {
    /// How long an answer of the authority is gone by. What is taken from somebody is gone after that.
    std::chrono::seconds token{60};
    std::chrono::seconds right{30};
    std::size_t most_tokens = 2'000;
    std::size_t most_rights = 20'000;
    /// Questions at once.
    std::size_t at_once = 16;
    /// Tokens that are nobody's, of one address.
    http::rate_limit::settings failures{.per_second = 0.1, .burst = 10, .most_sources = 10'000};
};

/// In which namespaces somebody may list Applications.
struct visibility {
    bool everywhere = false;
    std::set<std::string, std::less<>> namespaces;

    [[nodiscard]] bool sees(std::string_view namespace_) const {
        return everywhere || namespaces.contains(namespace_);
    }
    friend bool operator==(const visibility&, const visibility&) = default;
};

/// Whom a token stands for.
struct login {
    /// Nothing: it stands for nobody.
    std::optional<identity> who;
    /// Set: there were too many such from the address, and this one was not asked about.
    std::optional<std::chrono::seconds> wait;
};

/// Asks the authority, and remembers its answers for a short while. Errors are the authority's, and are not
/// remembered. On the loop's thread.
class access {
public:
    /// `asked` outlives it.
    access(const asio::any_io_executor& executor, authority& asked, access_limits limits = {});

    /// `peer`: the address it came from, with its port.
    asio::awaitable<result<login>> who(std::string token, std::string peer);
    asio::awaitable<result<verdict>> may(identity who, right what);
    /// Which of these namespaces somebody sees; all, where they may list in all of the cluster.
    asio::awaitable<result<visibility>> visible(identity who, std::set<std::string, std::less<>> namespaces);

private:
    [[nodiscard]] std::optional<verdict> known(const identity& who, const right& what);
    // Both outlive it.
    asio::awaitable<void>
    look_up(const identity& who, right what, visibility& made, std::optional<error>& failed);

    template <class T>
    struct remembered {
        T value;
        steady_clock::time_point until;
    };

    authority& asked_;
    access_limits limits_;
    async_semaphore places_;
    lru_map<std::string, remembered<identity>> tokens_;
    lru_map<std::string, remembered<verdict>> rights_;
    http::rate_limit failures_;
};

} // namespace holdfast::api
