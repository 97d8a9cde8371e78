#pragma once

#include "argocd/check.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "kube/client.hpp"
#include "sync/dialect.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace holdfast::argocd {

/// What of an installation of Argo CD decides how its Applications are worked on in its place.
struct serving {
    sync::argocd_marks marks;
    /// Its own application controller runs, or is to run: what that is not told to leave alone is its own.
    bool has_controller = false;

    friend bool operator==(const serving&, const serving&) = default;
};

/// Of an installation's argocd-cm and its workloads. User error: nothing tells how it marks its objects, or that
/// way is not known; then nobody may work on them, since none of them would be found.
[[nodiscard]] result<serving> serving_of(const installation& found);

/// Reads what that needs, and nothing else; changes nothing. Errors: those of the API server, with what was read;
/// not_found where there is no argocd-cm; and those of serving_of.
asio::awaitable<result<serving>> read_serving(kube::client& api, std::string namespace_);

} // namespace holdfast::argocd
