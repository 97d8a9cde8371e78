// From finished builds to what an application wants: objects of all sources merged, placed and prepared.

#include "sources/desired_set.hpp"

#include "render/namespaces.hpp"
#include "secrets/sensitive.hpp"
#include "sources/output_places.hpp"
#include "sync/annotations.hpp"
#include "sync/order.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace holdfast::sources {

namespace {

// Applications outside the operator's own namespace reach no further than their own.
std::optional<error>
check_confined(const std::vector<render::manifest>& objects, const std::string& namespace_) {
    std::string all;
    for (const auto& m : objects) {
        const auto names = render::names_of(m.object);
        if (names.namespace_ != namespace_) {
            all += (all.empty() ? "" : "; ") + render::to_string(m.from) + ": " + render::describe(names);
        }
    }
    if (all.empty()) {
        return std::nullopt;
    }
    return user_error(
        "an Application in namespace \"" + namespace_ +
        "\" may only have objects of that namespace; these are not: " + all
    );
}

using defined_statuses = std::map<kube::group_version_kind, sync::status_field>;

// As the definitions among the objects have it.
defined_statuses statuses_defined(const std::vector<render::manifest>& objects) {
    defined_statuses all;
    for (const auto& m : objects) {
        const auto defined = sync::defined_kind(m.object);
        const auto* versions = kube::find_array(m.object, {"spec", "versions"});
        if (!defined || versions == nullptr) {
            continue;
        }
        for (const auto& item : *versions) {
            const std::string version{
                item.is_object() ? kube::find_text(item.get_object(), {"name"}) : std::string_view{}
            };
            if (const auto status = sync::status_defined(m.object, version)) {
                all.emplace(kube::group_version_kind{defined->first, version, defined->second}, *status);
            }
        }
    }
    return all;
}

// What the cluster does not have yet may be defined here. Else nobody can say.
sync::status_field status_of(
    const kube::group_version_kind& kind, const defined_statuses& definitions,
    const kube::api_catalog& catalog
) {
    if (const auto defined = definitions.find(kind); defined != definitions.end()) {
        return defined->second;
    }
    const auto* known = catalog.find(kind);
    return known == nullptr || known->has_subresource("status") ? sync::status_field::of_the_server
                                                                : sync::status_field::of_the_manifest;
}

} // namespace

desired_set::~desired_set() {
    for (auto& one : objects) {
        secrets::wipe(one.manifest);
    }
}

const sync::desired_object* desired_set::find(const sync::object_id& id) const noexcept {
    const auto found = std::lower_bound(
        objects.begin(), objects.end(), id,
        [](const sync::desired_object& m, const auto& key) { return m.id < key; }
    );
    return found == objects.end() || found->id != id ? nullptr : &*found;
}

result<placed_objects> place_objects(
    const std::vector<std::shared_ptr<const render::packed_output>>& outputs, const build_target& target,
    const kube::api_catalog& catalog
) {
    placed_objects made;
    std::vector<render::manifest> objects;
    // Of two sources with the same object the later wins.
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto& output = outputs[i];
        const auto directory = i < target.directories.size() ? target.directories[i] : std::string{};
        for (const auto& warning : output->warnings) {
            made.warnings.push_back(in_directory(warning, directory));
        }
        const auto first = objects.size();
        for (auto& m : render::unpack(*output)) {
            if (sync::is_helm_test(m.object)) {
                continue;
            }
            m.from.file = in_directory(std::move(m.from.file), directory);
            const auto names = render::names_of(m.object);
            auto key = render::describe(names) + "\n" + std::string{names.group};
            const auto [known, added] = seen.emplace(std::move(key), objects.size());
            if (!added && known->second < first && !names.name.empty()) {
                made.warnings.push_back(
                    render::to_string(m.from) + ": " + render::describe(names) +
                    " is also in an earlier source (" + render::to_string(objects[known->second].from) +
                    "); the later one is used"
                );
                objects[known->second] = std::move(m);
            } else {
                objects.push_back(std::move(m));
            }
        }
    }
    const auto scope_of = [&catalog](
                              std::string_view group, std::string_view version, std::string_view kind
                          ) -> std::optional<render::scope> {
        const auto* r =
            catalog.find(kube::group_version_kind{std::string{group}, std::string{version}, std::string{kind}}
            );
        if (r == nullptr) {
            return std::nullopt;
        }
        return r->namespaced ? render::scope::namespaced : render::scope::cluster;
    };
    // Nobody needs to know the kind of what is applied at no time.
    std::erase_if(objects, [&](const render::manifest& m) {
        const auto names = render::names_of(m.object);
        if (!sync::is_never_applied(m.object) || scope_of(names.group, names.version, names.kind)) {
            return false;
        }
        made.warnings.push_back(
            render::to_string(m.from) + ": " + render::describe(names) +
            " is of a kind that the cluster does not have, and left out: it is a hook that is never run"
        );
        return true;
    });
    const auto may_be_unknown = [&target](const json::object& object) {
        const auto own = sync::read_directives(object).options;
        return sync::merged(target.options, own).skip_dry_run_on_missing.value_or(false);
    };
    auto placed = render::place(std::move(objects), target.namespace_, scope_of, may_be_unknown);
    if (!placed) {
        return placed.error().summary(20);
    }
    made.warnings.insert(made.warnings.end(), placed->warnings.begin(), placed->warnings.end());
    if (!target.confined_to.empty()) {
        if (auto outside = check_confined(placed->objects, target.confined_to)) {
            return *outside;
        }
    }
    made.objects = std::move(placed->objects);
    return made;
}

result<std::shared_ptr<const desired_set>>
prepare_objects(placed_objects placed, const build_target& target, const kube::api_catalog& catalog) {
    auto made = std::make_shared<desired_set>();
    made->warnings = std::move(placed.warnings);
    made->mask = std::move(placed.mask);
    made->objects.reserve(placed.objects.size());
    std::set<std::pair<std::string, std::string>> defined; // by what is among the objects
    for (const auto& m : placed.objects) {
        if (auto kind = sync::defined_kind(m.object)) {
            defined.insert(std::move(*kind));
        }
    }
    const auto definitions = statuses_defined(placed.objects);
    for (auto& m : placed.objects) {
        auto from = render::to_string(m.from);
        const auto status = status_of(kube::gvk_of(m.object), definitions, catalog);
        auto prepared = sync::make_desired(std::move(m.object), target.who, status);
        if (!prepared) {
            return prepared.error().within(from);
        }
        const auto gvk = kube::make_gvk(prepared->api_version, prepared->id.kind);
        prepared->has_unknown_kind = catalog.find(gvk) == nullptr && !defined.contains({gvk.group, gvk.kind});
        for (const auto& warning : prepared->orders.warnings) {
            made->warnings.push_back(from + ": " + warning);
        }
        prepared->from = std::move(from);
        made->objects.push_back(std::move(*prepared));
    }
    std::sort(
        made->objects.begin(), made->objects.end(),
        [](const sync::desired_object& a, const sync::desired_object& b) { return a.id < b.id; }
    );
    if (made->mask) {
        for (auto& warning : made->warnings) {
            warning = made->mask->blank(std::move(warning));
        }
    }
    return std::shared_ptr<const desired_set>{std::move(made)};
}

} // namespace holdfast::sources
