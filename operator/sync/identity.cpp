#include "sync/identity.hpp"

#include <cstddef>

namespace holdfast::sync {

namespace {

/// "apps/Deployment:", as tracking ids have it.
std::string group_kind_of(const object_id& id) {
    return id.group + "/" + id.kind + ":";
}

} // namespace

std::string to_string(const object_id& id) {
    return id.group + "/" + id.kind + ":" + id.namespace_ + "/" + id.name;
}

std::string describe(const object_id& id) {
    std::string text = id.kind + " \"";
    if (!id.namespace_.empty()) {
        text += id.namespace_ + "/";
    }
    return text + id.name + "\"";
}

std::string to_string(const application_ref& application) {
    return application.namespace_ + "/" + application.name;
}

std::string to_string(const tracking_id& id) {
    return to_string(id.application) + ":" + to_string(id.object);
}

std::optional<tracking_id> parse_tracking_id(std::string_view text) {
    // The name of an object may hold colons (RBAC), the parts before it may not.
    const auto first = text.find(':');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = text.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto application = text.substr(0, first);
    const auto kind = text.substr(first + 1, second - first - 1);
    const auto name = text.substr(second + 1);
    const auto split = [](std::string_view part) -> std::optional<std::pair<std::string, std::string>> {
        const auto slash = part.find('/');
        if (slash == std::string_view::npos) return std::nullopt;
        return std::pair{std::string{part.substr(0, slash)}, std::string{part.substr(slash + 1)}};
    };
    auto owner = split(application);
    auto group = split(kind);
    auto object = split(name);
    if (!owner || !group || !object || owner->first.empty() || owner->second.empty() ||
        group->second.empty() || object->second.empty()) {
        return std::nullopt;
    }
    return tracking_id{
        {std::move(owner->first), std::move(owner->second)},
        {std::move(group->first), std::move(group->second), std::move(object->first),
         std::move(object->second)}
    };
}

namespace {

bool has_owner_references(const json::object& live) {
    const auto* owners = kube::find_array(live, {"metadata", "ownerReferences"});
    return owners != nullptr && !owners->empty();
}

/// What Argo CD reads of its marks: controllers copy labels and annotations to what they make, which has owners.
std::optional<tracking_id> argocd_owner_of(const json::object& live, const dialect& names) {
    if (has_owner_references(live)) return std::nullopt;
    tracking_id made{{std::string{names.application_namespace}, {}}, kube::key_of(live)};
    if (!names.writes_annotation()) {
        const auto name = kube::label(live, names.installation_label);
        if (!name || name->empty()) return std::nullopt;
        made.application.name = *name;
        return made;
    }
    const auto text = kube::annotation(live, names.tracking_annotation);
    if (!text ||
        kube::annotation(live, argocd_installation_annotation).value_or("") != names.argocd_installation) {
        return std::nullopt;
    }
    const auto& id = made.object;
    const auto first = text->find(':');
    const auto object = group_kind_of(id);
    if (first == std::string_view::npos || first == 0 || !text->substr(first + 1).starts_with(object)) {
        return std::nullopt;
    }
    const auto place = text->substr(first + 1 + object.size()); // "<namespace>/<name>"
    const auto slash = place.find('/');
    if (slash == std::string_view::npos || place.substr(slash + 1) != id.name) return std::nullopt;
    // Of what is in no namespace it has that of the application's destination.
    if (!id.namespace_.empty() && place.substr(0, slash) != id.namespace_) return std::nullopt;
    made.application.name = text->substr(0, first);
    // "<namespace>_<name>" is an application outside of Argo CD's namespace.
    if (made.application.name.find_first_of("_/") != std::string::npos) return std::nullopt;
    return made;
}

} // namespace

std::string argocd_tracking_id(
    std::string_view application, const object_id& id, std::string_view destination_namespace
) {
    return std::string{application} + ":" + group_kind_of(id) +
           std::string{id.namespace_.empty() ? destination_namespace : std::string_view{id.namespace_}} +
           "/" + id.name;
}

std::optional<tracking_id> owner_of(const json::object& live, const dialect& names) {
    if (names.marks != marking::by_installation) return argocd_owner_of(live, names);
    const auto text = kube::annotation(live, names.tracking_annotation);
    if (!text) return std::nullopt;
    auto id = parse_tracking_id(*text);
    if (!id || id->object != kube::key_of(live)) return std::nullopt;
    return id;
}

} // namespace holdfast::sync
