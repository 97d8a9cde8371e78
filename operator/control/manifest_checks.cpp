#include "control/manifest_checks.hpp"

#include "base/counted_list.hpp"
#include "control/application_access.hpp"
#include "engine/operation_rows.hpp"
#include "policy/foundation.hpp"
#include "sync/definition_change.hpp"

namespace holdfast::control {

namespace {

constexpr std::size_t most_problems = 20;
constexpr std::size_t most_losses = 10;
constexpr std::string_view unknown_fields_advice =
    ". What the server does not know has to go from the manifests, or is left out with the sync option "
    "Validate=false";

// What the definitions among the objects say of their kinds, where they are not in the cluster like this yet.
// Of the kinds that are asked for: schemas are long.
result<sync::schema_set>
schemas_brought(const application_record& r, const std::set<kube::group_version_kind>& kinds) {
    std::vector<const json::object*> definitions;
    for (const auto& w : *r.compared.wanted) {
        const bool is_needed = w.defines && !w.in_sync && std::ranges::any_of(kinds, [&](const auto& kind) {
                                   return kind.group == w.defines->first && kind.kind == w.defines->second;
                               });
        if (const auto* m = is_needed ? r.compared.full->find(w.id) : nullptr) {
            definitions.push_back(&m->manifest);
        }
    }
    sync::schema_set brought;
    if (auto added = brought.add_definitions(definitions); !added) {
        return added.error();
    }
    return brought;
}

} // namespace

std::string schema_problems(
    std::span<const sync::planned_object> wanted, const sources::desired_set& objects,
    const sync::sync_options& options, const sync::schema_set& served, const sync::schema_set& brought
) {
    counted_list all{most_problems};
    bool has_unknown_fields = false;
    for (const auto& w : wanted) {
        if (w.in_sync || w.synthetic || sync::merged(options, w.orders.options).validate == false) {
            continue;
        }
        const auto* m = objects.find(w.id);
        if (m == nullptr) {
            continue;
        }
        const bool is_brought = brought.has({w.id.group, w.version, w.id.kind});
        for (const auto& problem : (is_brought ? brought : served).check(m->manifest)) {
            all.add([&] { return m->from + ": " + sync::describe(w.id) + ": " + sync::to_string(problem); });
            has_unknown_fields = has_unknown_fields || sync::is_about_unknown_field(problem);
        }
    }
    return all.text() + (has_unknown_fields ? std::string{unknown_fields_advice} : std::string{});
}

asio::awaitable<result<void>> manifest_checks::check(record_ptr r) const {
    const auto hooks =
        std::ranges::count_if(*r->compared.wanted, [](const auto& w) { return w.orders.is_run(); });
    auto checked = engine::check_hook_count(static_cast<std::size_t>(hooks));
    if (checked) {
        checked = co_await check_schemas(r);
    }
    if (checked) {
        checked = co_await check_definitions(r);
    }
    co_return checked;
}

asio::awaitable<result<void>> manifest_checks::check_schemas(record_ptr r) const {
    std::set<kube::group_version_kind> kinds;
    for (const auto& w : *r->compared.wanted) {
        if (!w.in_sync) {
            kinds.insert(w.gvk());
        }
    }
    std::vector<kube::group_version_kind> list{kinds.begin(), kinds.end()};
    const auto held = r->compared.full; // what `wanted` is part of
    const auto brought = schemas_brought(*r, kinds);
    if (!brought) {
        co_return brought.error();
    }
    const auto to = destination_of(with_.clusters, r->object);
    auto& schema = to->schema();
    std::string problems;
    // Somebody may have changed a definition, which nobody tells of: what is wrong is wrong by the newest.
    for (const bool anew : {false, true}) {
        if (anew) {
            schema.invalidate();
        }
        auto loaded = co_await schema.load(list);
        if (!loaded) {
            co_return loaded.error().within("reading the server's schemas");
        }
        if (r->compared.full != held || !r->compared.wanted) {
            co_return transient_error("the desired objects changed while they were checked");
        }
        const auto options =
            sync_options_of(r->object.spec, request_of(r->object.status.operation_state->operation));
        problems = schema_problems(*r->compared.wanted, *held, options, schema.all(), *brought);
        if (problems.empty()) {
            co_return result<void>{};
        }
    }
    co_return user_error(problems);
}

asio::awaitable<result<void>> manifest_checks::check_definitions(record_ptr r) const {
    const auto to = destination_of(with_.clusters, r->object);
    counted_list lost{most_losses}; // "Application shop/web: spec.hold: unknown field; …"
    for (const auto& w : *r->compared.wanted) {
        const auto* m =
            w.in_sync || !policy::is_own_definition(w.id) ? nullptr : r->compared.full->find(w.id);
        if (m == nullptr) {
            continue;
        }
        const auto held = r->compared.full; // what `wanted` is part of
        const auto& wanted = m->manifest;
        const auto definitions = kube::resources::custom_resource_definitions();
        kube::reply<json::object> live = json::object{};
        {
            const auto access = co_await to->enter(call_as(*r, with_.config));
            live = co_await access.get(definitions, {}, w.id.name);
        }
        if (!live) {
            if (live.error().is_not_found()) {
                continue;
            }
            co_return live.error();
        }
        sync::definition_change change{*live, wanted};
        for (const auto& loss : change.losses()) {
            lost.add(sync::describe(w.id) + ": " + loss);
        }
        if (!change.losses().empty() || change.keeps_schemas()) {
            continue;
        }
        const auto catalog = to->catalog();
        const auto* kind = catalog->find(kube::group_kind{
            std::string{crds::group}, std::string{kube::find_text(*live, {"spec", "names", "kind"})}
        });
        if (kind == nullptr) {
            continue; // not served, so there is none
        }
        const auto resource = *kind;
        const kube::call_options as_ourselves;
        const auto ourselves = co_await to->enter(as_ourselves);
        const auto stored = co_await ourselves.list(resource, with_.ours);
        if (!stored) {
            co_return stored.error();
        }
        for (const auto& object : stored->items) {
            const auto problems = change.check(object, resource.version);
            if (!problems) {
                co_return problems.error().within(sync::describe(w.id));
            }
            for (const auto& problem : *problems) {
                lost.add(
                    resource.kind + " " + std::string{kube::namespace_of(object)} + "/" +
                    std::string{kube::name_of(object)} + ": " + sync::to_string(problem)
                );
            }
        }
    }
    if (!lost.empty()) {
        co_return user_error("stored objects would not fit the changed definitions: " + lost.text());
    }
    co_return result<void>{};
}

} // namespace holdfast::control
