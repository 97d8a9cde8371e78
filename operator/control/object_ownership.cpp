// Whose an object is, is known before it is applied: two applications that want the same one do not both get
// it.

#include "control/application_access.hpp"
#include "control/object_writer.hpp"

namespace holdfast::control {

asio::awaitable<std::string>
object_writer::await_owners(record_ptr r, std::vector<sync::apply_action> objects) {
    std::set<kube::group_version_kind> kinds;
    for (const auto& action : objects) {
        if (const auto* w = r->compared.find(action.id); w != nullptr && !w->synthetic) {
            kinds.insert(w->gvk());
        }
    }
    const auto to = destination_of(with_.clusters, r->object);
    std::string listing;
    for (const auto& kind : kinds) {
        if (to->live().ready(kind)) {
            continue;
        }
        const auto state = co_await to->watch(kind);
        if (state.is_coming()) { // what else is in the way, applying says
            listing += (listing.empty() ? "" : ", ") + kind.to_string();
        }
    }
    if (listing.empty()) {
        co_return listing;
    }
    with_.triggers.when_kinds_are_listed(r->key());
    co_return "the cluster's objects are being listed: " + listing;
}

std::string object_writer::claim_of_another(
    const application_record& r, const kube::group_version_kind& kind, const sync::object_id& id
) const {
    const auto to = destination_of(with_.clusters, r.object);
    if (const auto* other = to->applier_of(id); other != nullptr && *other != r.ref()) {
        return "is being applied by the application " + to_string(*other) + ": take it out of one of the two";
    }
    const auto* record = to->live().find(kind, id.namespace_, id.name);
    if (record == nullptr) {
        return {};
    }
    auto live = *record;
    if (with_.others.is_void_mark(live, id)) {
        live.owner = {};
    }
    if (!with_.others.may_be_released(r, live)) {
        live.released_to = 0;
    }
    sync::plan_settings settings;
    settings.application = r.ref();
    settings.names = with_.config.names;
    if (with_.others.stand_of_owner(r, live.owner, id) == handover::owner_stand::gives_up) {
        settings.given_up.insert(id);
    }
    if (!with_.applications.find(live.owner.namespace_ + "/" + live.owner.name)) {
        settings.gone_owners.push_back(live.owner);
    }
    return sync::ownership_conflict(settings, id, live);
}

} // namespace holdfast::control
