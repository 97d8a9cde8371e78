#include "cluster/kind_surveyor.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::cluster {

using namespace std::chrono_literals;

kind_surveyor::kind_surveyor(
    kube::client& api, kube::discovery& kinds, live_objects& live, survey_settings settings
)
    : api_{api}, kinds_{kinds}, live_{live}, settings_{std::move(settings)} {}

asio::awaitable<void> kind_surveyor::run(std::function<void(bool found_more)> looked) {
    std::set<kube::group_kind> known;
    for (std::chrono::milliseconds wait = 2s;; wait = std::min<std::chrono::milliseconds>(wait * 2, 60s)) {
        for (const auto& kind : live_.kinds()) {
            known.insert({kind.group, kind.kind});
        }
        auto seen = co_await survey_kinds(api_, kinds_to_survey(kinds_.catalog(), known), settings_);
        for (const auto& kind : seen.found) {
            log::info("objects of a kind are found again", {{"kind", kind.gvk().to_string()}});
            live_.watch(kind);
            found_.insert(kind.gvk());
        }
        known.merge(seen.seen);
        unlisted_ = std::move(seen.unlisted);
        for (const auto& stale : kinds_.catalog().stale()) {
            unlisted_.push_back(stale + ": it does not answer");
        }
        done_ = true;
        looked(!seen.found.empty());
        if (unlisted_.empty()) {
            co_return;
        }
        co_await sleep_for(wait);
    }
}

completeness kind_surveyor::knows_all(bool is_written_down) const {
    using stand = completeness::stand;
    if (!done_) {
        return {stand::surveying, "all kinds are being looked through for its objects"};
    }
    if (!is_written_down && !unlisted_.empty()) {
        return {
            stand::unlisted,
            "no sync of it has ended, so it may have objects of any kind, and not all can be listed: " +
                unlisted_.front() +
                (unlisted_.size() > 1 ? "; and " + std::to_string(unlisted_.size() - 1) + " more" : "")
        };
    }
    for (const auto& kind : live_.kinds()) {
        if (live_.ready(kind)) {
            continue;
        }
        const auto trouble = live_.trouble(kind);
        const bool holds_ours = found_.contains(kind);
        if (trouble && !trouble->is_transient()) {
            if (!holds_ours) {
                continue;
            }
            return {stand::unlisted, "watching " + kind.to_string() + ": " + trouble->message()};
        }
        if (trouble && is_written_down && !holds_ours) {
            continue;
        }
        return {
            stand::listing, "the cluster's objects are being listed: " + kind.to_string() +
                                (trouble ? ": " + trouble->message() : std::string{})
        };
    }
    return {};
}

} // namespace holdfast::cluster
