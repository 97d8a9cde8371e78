#pragma once

#include "cluster/scope.hpp"
#include "kube/client.hpp"
#include "kube/discovery.hpp"
#include "kube/resource.hpp"
#include "sync/dialect.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

// Which kinds hold objects of ours that nobody wrote down: an operator that is killed has made objects that
// no status tells of. So who begins to lead asks the server itself, once.

namespace holdfast::cluster {

/// The kinds that may hold objects of ours, each in the version that the server prefers: those that can be
/// listed, watched and deleted. Without `known`, and without Events, which are many and no part of an
/// application.
[[nodiscard]] std::vector<kube::resource>
kinds_to_survey(const kube::api_catalog& catalog, const std::set<kube::group_kind>& known);

struct kind_survey {
    /// They hold an object with our tracking id.
    std::vector<kube::resource> found;
    /// Looked through: nothing is there that is not in `found`. Those that we may not list are among them:
    /// nothing is applied before its kind was listed.
    std::set<kube::group_kind> seen;
    /// Why the others could not be looked through, one "KIND: WHY" each. Worth another try.
    std::vector<std::string> unlisted;
};

struct survey_settings {
    /// How our objects are marked.
    sync::dialect_ref names;
    /// The value of the label by which our objects are found.
    std::string installation;
    /// Only here is anything looked for.
    scope within;
    /// Of one page.
    std::chrono::milliseconds deadline{30'000};
};

/// Looks through the kinds, one after the other, in pages of metadata. `api` outlives it.
[[nodiscard]] boost::asio::awaitable<kind_survey>
survey_kinds(kube::client& api, std::vector<kube::resource> kinds, survey_settings settings);

} // namespace holdfast::cluster
