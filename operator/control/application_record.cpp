#include "control/application_record.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::control {

wanted_object* application_record::find_wanted(const sync::object_id& id) noexcept {
    return const_cast<wanted_object*>(std::as_const(*this).find_wanted(id)); // NOLINT: ours, and not const
}

const wanted_object* application_record::find_wanted(const sync::object_id& id) const noexcept {
    if (!wanted) {
        return nullptr;
    }
    const auto found =
        std::lower_bound(wanted->begin(), wanted->end(), id, [](const wanted_object& w, const auto& key) {
            return w.plan.id < key;
        });
    return found == wanted->end() || found->plan.id != id ? nullptr : &*found;
}

bool application_record::prune_confirmed() const {
    const auto& pending = object.status.pending_prune;
    const auto said = object.metadata.annotations.find("holdfast.dev/confirm-prune");
    return pending && said != object.metadata.annotations.end() && said->second == pending->token;
}

} // namespace holdfast::control
