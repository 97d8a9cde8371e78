#include "control/owned_objects.hpp"

#include "engine/inventory.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace holdfast::control {

namespace {

using pairs = std::vector<std::pair<sync::object_id, const sync::live_record*>>;

pairs pairs_of(const std::vector<cluster::live_objects::found>& objects) {
    pairs made;
    made.reserve(objects.size());
    for (const auto& o : objects) {
        made.emplace_back(o.id, o.record);
    }
    return made;
}

std::string confirmation_of(const application_record& r) {
    const auto said = r.object.metadata.annotations.find("holdfast.dev/confirm-prune");
    return said == r.object.metadata.annotations.end() ? std::string{} : said->second;
}

} // namespace

owned_objects owned_by(cluster::destination& to, const application_record& r) {
    owned_objects owned{.known = to.live().owned_by(r.ref()), .unproven = {}};
    // What it may not have is not its own, whatever it says of itself.
    if (!r.granted.permits_everything()) {
        std::erase_if(owned.known, [&](const cluster::live_objects::found& o) {
            return !r.granted.why_not(o.id).empty();
        });
    }
    std::optional<engine::inventory> inventory; // most of the time nobody asks it
    const auto is_known = [&](const cluster::live_objects::found& o) {
        if (o.record->in_inventory || r.compared.find(o.id) != nullptr) {
            return true;
        }
        if (r.untold_until && o.record->is_mark_ours) {
            to.live().remember(o.kind, o.id);
            return true;
        }
        if (!inventory) {
            inventory.emplace(r.object.status);
        }
        return inventory->has(o.id, *o.record);
    };
    const auto first_unproven = std::stable_partition(owned.known.begin(), owned.known.end(), is_known);
    owned.unproven.assign(first_unproven, owned.known.end());
    owned.known.erase(first_unproven, owned.known.end());
    const auto confirmed = owned.unproven.empty() ? std::string{} : confirmation_of(r);
    if (!confirmed.empty() && confirmed == engine::adoption_token(pairs_of(owned.unproven))) {
        for (const auto& o : owned.unproven) {
            to.live().remember(o.kind, o.id);
        }
        owned.known.insert(owned.known.end(), owned.unproven.begin(), owned.unproven.end());
        owned.unproven.clear();
        std::ranges::sort(owned.known, {}, &cluster::live_objects::found::id);
    }
    return owned;
}

std::string adoption_question_of(
    const application_record& r, const std::vector<cluster::live_objects::found>& unproven,
    const application_settings& config
) {
    if (unproven.empty()) {
        return {};
    }
    const auto objects = pairs_of(unproven);
    return engine::adoption_question(
        objects, config.names.get().annotate_command(
                     r.object.metadata.namespace_, r.object.metadata.name,
                     "--overwrite holdfast.dev/confirm-prune=" + engine::adoption_token(objects)
                 )
    );
}

std::vector<sync::object_id>
hold_on_to(cluster::destination& to, const application_record& r, const sync::dialect& names) {
    std::vector<sync::object_id> remarked;
    if (!r.compared.wanted) {
        return remarked;
    }
    std::optional<engine::inventory> inventory;
    for (const auto& w : *r.compared.wanted) {
        const auto* live = w.synthetic ? nullptr : to.live().find(w.gvk(), w.id.namespace_, w.id.name);
        if (live == nullptr || (live->in_inventory && !live->is_remarked) ||
            r.compared.forbidden.contains(w.id)) {
            continue;
        }
        if (live->owner.name.empty() && names.leaves_unmarked(w.id.group, w.id.kind)) {
            to.live().claim(w.gvk(), w.id, r.ref());
            continue;
        }
        if (live->owner == r.ref()) {
            if (live->is_remarked) {
                remarked.push_back(w.id);
            }
            to.live().remember(w.gvk(), w.id);
            continue;
        }
        // Since before this process began: our own writes are told from others' by their manager alone.
        if (!live->in_inventory && !live->is_mark_ours) {
            if (!inventory) {
                inventory.emplace(r.object.status);
            }
            if (inventory->had(w.id)) {
                to.live().reclaim(w.gvk(), w.id, r.ref());
                remarked.push_back(w.id);
            }
        }
    }
    return remarked;
}

} // namespace holdfast::control
