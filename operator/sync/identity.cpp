#include "sync/identity.hpp"

#include <cstddef>

namespace holdfast::sync {

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

std::optional<tracking_id> owner_of(const json::object& live, const dialect& names) {
    const auto text = kube::annotation(live, names.tracking_annotation);
    if (!text) return std::nullopt;
    auto id = parse_tracking_id(*text);
    if (!id || id->object != kube::key_of(live)) return std::nullopt;
    return id;
}

} // namespace holdfast::sync
