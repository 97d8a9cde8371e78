#pragma once

#include "base/async.hpp"
#include "cluster/kind_survey.hpp"
#include "cluster/live_objects.hpp"
#include "kube/client.hpp"
#include "kube/discovery.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::cluster {

/// Whether all that an application has in a cluster is known.
struct completeness {
    enum class stand {
        complete,
        surveying, ///< all kinds are being looked through
        listing,   ///< the objects of a kind are on their way
        unlisted,  ///< a kind cannot be listed: to be tried again
    };
    stand now = stand::complete;
    /// What is in the way, as a sentence; empty when all is known.
    std::string why;
};

/// Looks through all kinds for objects of ours that no status tells of, and knows how far that has come. On
/// the loop's thread.
class kind_surveyor {
public:
    /// All outlive it.
    kind_surveyor(kube::client& api, kube::discovery& kinds, live_objects& live, survey_settings settings);

    /// Once, after the kinds that statuses name are watched: what it finds is watched from then on. Each time
    /// that it has looked through the kinds it calls `looked`, with whether there are more of them; ends when
    /// all could be listed.
    asio::awaitable<void> run(std::function<void(bool found_more)> looked);

    /// `is_written_down`: a sync of the application has ended, so its status names the kinds that it has
    /// objects of. A kind that nobody can list then holds up no more than it must.
    [[nodiscard]] completeness knows_all(bool is_written_down) const;

private:
    kube::client& api_;
    kube::discovery& kinds_;
    live_objects& live_;
    survey_settings settings_;
    bool done_ = false;
    std::set<kube::group_version_kind> found_;
    std::vector<std::string> unlisted_; // "KIND: WHY"
};

} // namespace holdfast::cluster
