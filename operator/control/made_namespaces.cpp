#include "control/made_namespaces.hpp"

#include "base/log.hpp"
#include "control/application_access.hpp"

namespace holdfast::control {

std::optional<sync::desired_object> made_namespace_of(const crds::application_spec& spec) {
    std::vector<std::string> ignored;
    const auto options = sync::parse_sync_options(spec.sync_policy.sync_options, ignored);
    if (!options.create_namespace.value_or(false) || spec.destination.namespace_.empty()) {
        return std::nullopt;
    }
    const auto& managed = spec.sync_policy.managed_namespace_metadata;
    const crds::string_map none;
    return sync::make_namespace(
        spec.destination.namespace_, managed ? managed->labels : none, managed ? managed->annotations : none
    );
}

sync::namespace_standing made_namespaces::stand_of(
    const application_record& r, const sync::desired_object& made, const json::object& live
) const {
    return sync::stand_of_namespace(
        made, live, r.ref(), with_.config.names,
        [this](const sync::application_ref& other) {
            return with_.applications.find(other.namespace_ + "/" + other.name) != nullptr;
        }
    );
}

asio::awaitable<bool> made_namespaces::is_as_wanted(record_ptr r, sync::desired_object made) {
    const auto& name = made.id.name;
    const auto to = destination_of(with_.clusters, r->object);
    made_in_[{to->id(), name}].insert(r->key());
    const auto* known = to->namespaces().find(name);
    if (known == nullptr || known->deleting) {
        co_return false;
    }
    if (r->compared.made_namespace && r->compared.made_namespace->hash == made.hash &&
        r->compared.made_namespace->resource_version == known->resource_version) {
        co_return r->compared.made_namespace->as_wanted;
    }
    const auto access = co_await to->enter(call_as(*r, with_.config));
    const auto live = co_await access.get(kube::resources::namespaces(), {}, name);
    if (!live) {
        co_return false; // applying says why
    }
    const bool was = r->compared.made_namespace && r->compared.made_namespace->as_wanted &&
                     r->compared.made_namespace->hash == made.hash;
    const bool is = stand_of(*r, made, *live).is_as_wanted();
    r->compared.made_namespace = {made.hash, std::string{kube::resource_version_of(*live)}, is};
    if (was && !is) {
        with_.counters.drift_seen();
        log::info("an object drifted", {{"application", r->key()}, {"object", sync::to_string(made.id)}});
    }
    co_return is;
}

asio::awaitable<kube::reply<void>>
made_namespaces::apply(record_ptr r, const cluster::access& access, sync::object_id id, bool dry_run) {
    const auto made = made_namespace_of(r->object.spec);
    if (!made || made->id != id) {
        co_return kube::reply<void>{}; // the Application has changed: it is looked at again
    }
    const auto kind = kube::resources::namespaces();
    const auto live = co_await access.get(kind, {}, id.name);
    sync::namespace_standing stand{.to_apply = true};
    if (live) {
        stand = stand_of(*r, *made, *live);
    } else if (!live.error().is_not_found()) {
        co_return live.error();
    }
    if (stand.leaving) {
        co_return kube::failure{transient_error(sync::describe(id) + " is being deleted")};
    }
    if (!stand.conflict.empty()) {
        co_return kube::failure{user_error(stand.conflict)};
    }
    cluster::apply_request wanted;
    wanted.kind = kind;
    wanted.dry_run = dry_run;
    auto now = live ? *live : json::object{};
    if (stand.to_release && !dry_run) {
        // It is no object of the application's sources any more: it stays when the application goes.
        wanted.manifest = sync::make_namespace(id.name, {}, {}).manifest;
        auto answer = co_await access.apply(wanted);
        if (!answer) {
            co_return answer.error();
        }
        now = std::move(*answer);
        stand = stand_of(*r, *made, now);
    }
    if (stand.to_apply) {
        wanted.field_manager = sync::namespace_manager(r->ref(), with_.config.names);
        wanted.manifest = made->manifest;
        auto answer = co_await access.apply(wanted);
        if (!answer) {
            co_return answer.error();
        }
        now = std::move(*answer);
    }
    if (!dry_run) {
        r->compared.made_namespace = {
            made->hash, std::string{kube::resource_version_of(now)}, stand_of(*r, *made, now).is_as_wanted()
        };
    }
    co_return kube::reply<void>{};
}

void made_namespaces::changed(const std::string& cluster, const std::string& name) {
    const auto users = made_in_.find({cluster, name});
    if (users == made_in_.end()) {
        return;
    }
    std::erase_if(users->second, [&](const std::string& key) {
        const auto r = with_.applications.find(key);
        const auto made = r ? made_namespace_of(r->object.spec) : std::nullopt;
        if (!made || made->id.name != name || cluster_id_of(with_.clusters, r->object) != cluster) {
            return true;
        }
        with_.triggers.reconcile(key);
        return false;
    });
    if (users->second.empty()) {
        made_in_.erase(users);
    }
}

} // namespace holdfast::control
