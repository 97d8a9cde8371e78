#include "sync/made_namespace.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>

namespace holdfast::sync {

namespace {

constexpr std::size_t longest_manager = 128;
constexpr std::array<std::string_view, 2> sections{"labels", "annotations"};

bool is_applied(const json::object& entry) {
    return kube::find_text(entry, {"operation"}) == "Apply" &&
           kube::find_text(entry, {"subresource"}).empty();
}

/// The fields of one section that an entry of managedFields holds; null where none.
const json::object* held_fields(const json::object& entry, std::string_view section) {
    return kube::find_object(entry, {"fieldsV1", "f:metadata", "f:" + std::string{section}});
}

/// Names of fields begin with "f:"; others (".") stand for the map itself.
std::string_view key_of_field(std::string_view field) {
    return field.starts_with("f:") ? field.substr(2) : std::string_view{};
}

template <class F>
void for_each_entry(const json::object& live, F see) {
    const auto* entries = kube::find_array(live, {"metadata", "managedFields"});
    if (entries == nullptr) return;
    for (const auto& each : *entries) {
        if (const auto* entry = each.if_object(); entry != nullptr && is_applied(*entry)) see(*entry);
    }
}

bool holds(
    const json::object& live, std::string_view manager, std::string_view section, std::string_view key
) {
    bool found = false;
    for_each_entry(live, [&](const json::object& entry) {
        if (kube::find_text(entry, {"manager"}) != manager) return;
        const auto* fields = held_fields(entry, section);
        found = found || (fields != nullptr && fields->contains("f:" + std::string{key}));
    });
    return found;
}

/// The application that a manager of managedNamespaceMetadata stands for; nothing where its name was too
/// long.
std::optional<application_ref> application_of(std::string_view manager, const dialect& names) {
    const auto name = manager.substr(names.namespace_manager_prefix.size());
    const auto slash = name.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return application_ref{std::string{name.substr(0, slash)}, std::string{name.substr(slash + 1)}};
}

/// Which other application set a field; empty where none did.
std::string holder_of(
    const json::object& live, std::string_view section, std::string_view key, const application_ref& self,
    const dialect& names, const std::function<bool(const application_ref&)>& exists
) {
    const auto owner = owner_of(live, names);
    std::string holder;
    for_each_entry(live, [&](const json::object& entry) {
        const auto* fields = held_fields(entry, section);
        if (!holder.empty() || fields == nullptr || !fields->contains("f:" + std::string{key})) return;
        const auto manager = kube::find_text(entry, {"manager"});
        if (manager == names.field_manager) {
            if (owner && owner->application != self && exists(owner->application)) {
                holder = "the application " + to_string(owner->application);
            }
        } else if (manager.starts_with(names.namespace_manager_prefix) &&
                   manager != namespace_manager(self, names)) {
            const auto application = application_of(manager, names);
            if (!application) {
                holder = "another application (field manager " + std::string{manager} + ")";
            } else if (exists(*application)) {
                holder = "the application " + to_string(*application);
            }
        }
    });
    return holder;
}

} // namespace

std::string namespace_manager(const application_ref& application, const dialect& names) {
    const std::string prefix{names.namespace_manager_prefix};
    auto name = prefix + to_string(application);
    if (name.size() > longest_manager) {
        name = prefix + to_hex(hasher{}.add(to_string(application)).finish());
    }
    return name;
}

namespace_standing stand_of_namespace(
    const desired_object& made, const json::object& live, const application_ref& application,
    const dialect& names, const std::function<bool(const application_ref&)>& exists
) {
    namespace_standing stand;
    stand.leaving = kube::deletion_timestamp(live).has_value();
    const auto owner = owner_of(live, names);
    stand.to_release = owner && owner->application == application;
    const auto manager = namespace_manager(application, names);
    for (const auto section : sections) {
        const auto* wanted = kube::find_object(made.manifest, {"metadata", section});
        const auto* there = kube::find_object(live, {"metadata", section});
        if (wanted != nullptr) {
            for (const auto& [key, value] : *wanted) {
                const auto* now = there != nullptr ? there->if_contains(key) : nullptr;
                if (now != nullptr && *now == value) {
                    stand.to_apply = stand.to_apply || !holds(live, manager, section, key);
                    continue;
                }
                stand.to_apply = true;
                if (now == nullptr || !stand.conflict.empty()) continue;
                const auto holder = holder_of(live, section, key, application, names, exists);
                if (!holder.empty()) {
                    stand.conflict = fmt::format(
                        "the {} {} of {} is set to another value by {}: take it out of that one, or out of "
                        "spec.syncPolicy.managedNamespaceMetadata",
                        section.substr(0, section.size() - 1), std::string_view{key}, describe(made.id),
                        holder
                    );
                }
            }
        }
        for_each_entry(live, [&](const json::object& entry) {
            const auto* fields = held_fields(entry, section);
            if (fields == nullptr || kube::find_text(entry, {"manager"}) != manager) return;
            for (const auto& field : *fields) {
                const auto key = key_of_field(field.key());
                stand.to_apply =
                    stand.to_apply || (!key.empty() && (wanted == nullptr || !wanted->contains(key)));
            }
        });
    }
    return stand;
}

} // namespace holdfast::sync
