#include "control/application_record.hpp"

#include <algorithm>

namespace holdfast::control {

namespace {

// `wanted` as it is or const, and what it finds likewise.
template <class Wanted>
auto find_in(Wanted& wanted, const sync::object_id& id) noexcept -> decltype(&wanted->front()) {
    if (!wanted) {
        return nullptr;
    }
    const auto found = std::lower_bound(
        wanted->begin(), wanted->end(), id,
        [](const sync::planned_object& w, const auto& key) { return w.id < key; }
    );
    return found == wanted->end() || found->id != id ? nullptr : &*found;
}

} // namespace

sync::planned_object* comparison_state::find(const sync::object_id& id) noexcept {
    return find_in(wanted, id);
}

const sync::planned_object* comparison_state::find(const sync::object_id& id) const noexcept {
    return find_in(wanted, id);
}

bool application_record::prune_confirmed() const {
    const auto& pending = object.status.pending_prune;
    const auto said = object.metadata.annotations.find("holdfast.dev/confirm-prune");
    return pending && said != object.metadata.annotations.end() && said->second == pending->token;
}

} // namespace holdfast::control
