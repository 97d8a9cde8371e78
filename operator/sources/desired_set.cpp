// From finished builds to what an application wants: objects of all sources merged, placed and prepared.

#include "sources/desired_set.hpp"

#include "render/namespaces.hpp"
#include "secrets/sensitive.hpp"
#include "sync/annotations.hpp"

#include <algorithm>
#include <map>
#include <optional>

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
    for (const auto& output : outputs) {
        made.warnings.insert(made.warnings.end(), output->warnings.begin(), output->warnings.end());
        const auto first = objects.size();
        for (auto& m : render::unpack(*output)) {
            if (sync::is_helm_test(m.object)) {
                continue;
            }
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
    auto placed = render::place(std::move(objects), target.namespace_, scope_of);
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
    made->objects.reserve(placed.objects.size());
    for (auto& m : placed.objects) {
        auto from = render::to_string(m.from);
        auto prepared = sync::make_desired(std::move(m.object), target.who);
        if (!prepared) {
            return prepared.error().within(from);
        }
        const auto gvk = kube::make_gvk(prepared->api_version, prepared->id.kind);
        if (catalog.find(gvk) == nullptr) {
            made->new_kinds.insert(gvk);
        }
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
    return std::shared_ptr<const desired_set>{std::move(made)};
}

} // namespace holdfast::sources
