#pragma once

#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/pending_looks.hpp"
#include "control/reconcile_triggers.hpp"
#include "control/wanted_index.hpp"
#include "sync/planner.hpp"

#include <map>
#include <string>
#include <vector>

namespace holdfast::control {

/// Objects that move from one application to another: the one leaves them, the other takes them, and neither
/// deletes them in between. Nothing is written down for it: the one leaves what the other wants, the other
/// takes what the one does not want any more, and both are known again after a restart. On the loop's thread.
class handover {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        const application_index& applications;
        cluster::destinations& clusters;
        const wanted_index& wants;
        pending_looks& looks;
        reconcile_triggers& triggers;
    };
    explicit handover(parts with) : with_{with} {}

    using objects = std::vector<cluster::live_objects::found>;

    /// Live objects of an application that its sources do not have (any more); no hooks. Valid until the next
    /// turn of the loop.
    [[nodiscard]] objects surplus_of(const application_record& r) const;
    /// Which of the objects that an application does not want (any more) another one wants, and may take.
    [[nodiscard]] std::map<sync::object_id, sync::application_ref>
    heirs_of(const application_record& r, const objects& left) const;
    /// Why nothing is to be deleted yet: another application may want it, that was not reconciled yet. Empty:
    /// it may be.
    [[nodiscard]] std::string too_early_to_delete(const application_record& r) const;

    enum class owner_stand {
        keeps,
        undecided, ///< it was not reconciled since a repository moved
        gives_up,
    };
    /// How the owner of an object stands to another application's taking it.
    [[nodiscard]] owner_stand stand_of_owner(
        const application_record& r, const sync::application_ref& owner, const sync::object_id& id
    ) const;
    /// Whether what a live object says of whom it is released to counts for this application. Whoever may
    /// write an object can say that: so it counts where the owner could have said it in its sources, for one
    /// that may take it anyway.
    [[nodiscard]] bool may_be_released(const application_record& r, const sync::live_record& live) const;
    /// Whether the application that a live object names as its owner may not have it: somebody else marked it so.
    [[nodiscard]] bool is_void_mark(const sync::live_record& live, const sync::object_id& id) const;
    /// What other applications want and give up, for the plan.
    void consider_others(const application_record& r, sync::plan_input& input) const;

    /// Where applications are that may want what this one has: what `pending_looks` takes for a namespace.
    [[nodiscard]] std::string place_of(const crds::application& a, const std::string& namespace_) const;
    /// It is not known what it wants until it is reconciled.
    void expect_reconcile(const application_record& r);
    /// Has those reconciled that want what this one does not want any more.
    void wake_heirs(const application_record& r);

private:
    /// Whether what the one owns may become the other's, when the one does not want it any more.
    [[nodiscard]] bool may_take_from(const application_record& taker, const application_record& owner) const;

    parts with_;
};

} // namespace holdfast::control
