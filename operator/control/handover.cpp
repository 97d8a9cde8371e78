// Objects that move from one application to another: the one leaves them, the other takes them, and neither
// deletes them in between. Nothing is written down for it: the one leaves what the other wants, the other
// takes what the one does not want any more, and both are known again after a restart.

#include "control/handover.hpp"

#include "control/application_access.hpp"
#include "control/application_sources_of.hpp"
#include "control/owned_objects.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::control {

namespace {

bool applies(const sync::planned_object& w) {
    return w.orders.is_applied() && !w.synthetic;
}

} // namespace

// An application of another cluster wants nothing of this one: nobody waits for it.
std::string handover::place_of(const crds::application& a, const std::string& namespace_) const {
    const auto cluster = cluster_id_of(with_.clusters, a);
    return cluster.empty() ? namespace_ : cluster + " " + namespace_;
}

// An application that acts as somebody else may own only what that one may make: otherwise a tenant could
// keep a RoleBinding, say, that is taken away from him, by wanting it. So it must be the same one, or the
// operator.
bool handover::may_take_from(const application_record& taker, const application_record& owner) const {
    if (taker.foreign || owner.foreign || taker.deleting() || !taker.unreadable.empty()) {
        return false;
    }
    const auto as = identity_of(taker, with_.config);
    return as.empty() || as == identity_of(owner, with_.config);
}

handover::objects handover::surplus_of(const application_record& r) const {
    auto owned = owned_by(*destination_of(with_.clusters, r.object), r).known;
    std::erase_if(owned, [&](const cluster::live_objects::found& o) {
        return o.record->hook || r.compared.find(o.id) != nullptr;
    });
    return owned;
}

std::map<sync::object_id, sync::application_ref>
handover::heirs_of(const application_record& r, const objects& left) const {
    std::map<sync::object_id, sync::application_ref> heirs;
    const auto cluster = cluster_id_of(with_.clusters, r.object);
    for (const auto& object : left) {
        for (const auto& key : with_.wants.wanting(cluster, object.id)) {
            const auto other = with_.applications.find(key);
            if (!other || other.get() == &r || !may_take_from(*other, r) ||
                cluster_id_of(with_.clusters, other->object) != cluster) {
                continue;
            }
            // What it wants may just not be at hand: then nothing speaks against what it wanted last.
            const auto* w = other->compared.find(object.id);
            if (!other->compared.wanted || (w != nullptr && applies(*w))) {
                heirs.emplace(object.id, other->ref());
                break;
            }
        }
    }
    return heirs;
}

std::string handover::too_early_to_delete(const application_record& r) const {
    const auto awaited = with_.looks.awaited(
        repositories_of(r),
        {place_of(r.object, r.object.metadata.namespace_), place_of(r.object, with_.config.own_namespace)},
        r.key(), steady_clock::now()
    );
    if (!awaited) {
        return {};
    }
    const std::string why = ", which may need the objects to be deleted";
    return awaited->empty() ? "waiting to learn which applications a changed repository concerns" + why
                            : "waiting until the application " + *awaited +
                                  " is reconciled: it shares a repository with this one" + why;
}

bool handover::may_be_released(const application_record& r, const sync::live_record& live) const {
    const auto owner = with_.applications.find(live.owner);
    return live.released_to == 0 || !owner || owner.get() == &r || may_take_from(r, *owner);
}

bool handover::is_void_mark(const sync::live_record& live, const sync::object_id& id) const {
    const auto owner = with_.applications.find(live.owner);
    return owner && !owner->foreign && !owner->granted.why_not(id).empty();
}

void handover::consider_others(const application_record& r, sync::plan_input& input) const {
    const auto surplus = surplus_of(r);
    if (!surplus.empty()) {
        input.heirs = heirs_of(r, surplus);
        input.settings.too_early = too_early_to_delete(r);
    }
    for (const auto& [id, live] : input.live) {
        switch (stand_of_owner(r, live.owner, id)) {
        case owner_stand::keeps: break;
        case owner_stand::undecided: input.settings.undecided_owners.insert(live.owner); break;
        case owner_stand::gives_up: input.settings.given_up.insert(id); break;
        }
    }
}

handover::owner_stand handover::stand_of_owner(
    const application_record& r, const sync::application_ref& owner, const sync::object_id& id
) const {
    if (owner.name.empty() || owner == r.ref()) {
        return owner_stand::keeps;
    }
    const auto other = with_.applications.find(owner.namespace_ + "/" + owner.name);
    if (!other || !may_take_from(r, *other)) {
        return owner_stand::keeps;
    }
    // Who may write Applications in another namespace has no say against the operator's own.
    const auto is_own = [this](const application_record& one) {
        return one.object.metadata.namespace_ == with_.config.own_namespace;
    };
    if (other->deleting() || (is_own(r) && !is_own(*other))) {
        return owner_stand::gives_up;
    }
    const auto now = steady_clock::now();
    if (with_.looks.is_pending(other->key(), now) || with_.looks.is_moving(repositories_of(r), now)) {
        return owner_stand::undecided;
    }
    // What it had in another cluster than that which it is deployed to now, it does not want any more.
    const bool is_here =
        cluster_id_of(with_.clusters, other->object) == cluster_id_of(with_.clusters, r.object);
    const bool is_wanted =
        is_here && (!other->compared.wanted || std::as_const(*other).compared.find(id) != nullptr);
    return is_wanted ? owner_stand::keeps : owner_stand::gives_up;
}

void handover::expect_reconcile(const application_record& r) {
    for (const auto& url : repositories_of(r)) {
        with_.looks.expect(
            url, place_of(r.object, r.object.metadata.namespace_), r.key(), steady_clock::now()
        );
    }
}

// Whoever was refused an object that this one owns need not wait for its next try.
void handover::wake_heirs(const application_record& r) {
    for (const auto& [id, heir] : heirs_of(r, surplus_of(r))) {
        const auto key = heir.namespace_ + "/" + heir.name;
        const auto other = with_.applications.find(key);
        if (other) {
            other->operation.paced.hurry();
        }
        with_.triggers.reconcile(key);
    }
}

} // namespace holdfast::control
