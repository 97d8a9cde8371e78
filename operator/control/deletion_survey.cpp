// What an operator before this one made without having written it down.

#include "control/application_access.hpp"
#include "control/deletions.hpp"

namespace holdfast::control {

using namespace std::chrono_literals;

asio::awaitable<void> deletions::survey() {
    for (const auto& [key, r] : with_.applications.all()) {
        if (!r->foreign) {
            watch_kinds_of(r->object); // as looks at them would
        }
    }
    const auto looked = [this](bool found_more) {
        for (const auto& [key, r] : with_.applications.all()) {
            if (r->deleting()) {
                with_.triggers.reconcile(key);
            } else if (found_more) {
                with_.triggers.when_kinds_are_listed(key); // some of them may have more than they know
            }
        }
    };
    co_await with_.clusters.survey(looked);
}

watching deletions::know_all_of(const application_record& r) {
    using stand = cluster::completeness::stand;
    watching seen;
    // Of what a sync that has ended did, the status names the kinds.
    const auto& last = r.object.status.operation_state;
    const bool has_ended = (last && last->finished_at) || !r.object.status.sync.applied_build_key.empty();
    auto known = destination_of(with_.clusters, r.object)->knows_all(has_ended);
    switch (known.now) {
    case stand::complete: return seen;
    case stand::surveying: // it is looked at again when that is done
        seen.found.waiting = std::move(known.why);
        break;
    case stand::listing:
        with_.triggers.when_kinds_are_listed(r.key());
        seen.found.waiting = std::move(known.why);
        break;
    case stand::unlisted:
        seen.found.problems["DeletionError"] = std::move(known.why);
        seen.found.requeue(engine::recheck::refused);
        break;
    }
    seen.complete = false;
    return seen;
}

void deletions::watch_kinds_of(const crds::application& a) {
    const auto to = destination_of(with_.clusters, a);
    for (const auto& resource : a.status.resources) {
        to->watch_known({resource.group, resource.version, resource.kind});
    }
}

} // namespace holdfast::control
