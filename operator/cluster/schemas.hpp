#pragma once

#include "kube/client.hpp"
#include "kube/pulse.hpp"
#include "sync/openapi.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::cluster {

/// The server's schemas of the kinds in use, fetched when first needed. On the loop's thread.
class schemas {
public:
    /// `api` outlives it.
    explicit schemas(kube::client& api) : api_{api} {}

    /// Makes sure that the schemas of these kinds are there, as far as the server has them. Callers at the
    /// same time share a fetch. Errors are the server's.
    boost::asio::awaitable<result<void>> load(std::vector<kube::group_version_kind> kinds);
    /// Some are being fetched.
    [[nodiscard]] bool busy() const noexcept { return busy_; }
    /// Those that were loaded so far, as they were then.
    [[nodiscard]] const sync::schema_set& all() const noexcept { return set_; }
    /// The server's kinds changed: what is asked for next is fetched anew where the server says it is another
    /// document.
    void invalidate() noexcept { index_valid_ = false; }

private:
    using group_version = std::pair<std::string, std::string>;

    boost::asio::awaitable<result<void>> refresh_index();

    kube::client& api_;
    sync::schema_set set_;
    std::map<group_version, std::set<std::string>> loaded_; // kinds that were asked for, there or not
    std::map<std::string, kube::openapi_document> index_;   // by path
    bool index_valid_ = false;
    bool busy_ = false;
    kube::pulse free_;
};

} // namespace holdfast::cluster
