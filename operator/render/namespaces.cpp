#include "render/namespaces.hpp"

#include <fmt/format.h>

#include <map>
#include <unordered_map>
#include <utility>

namespace holdfast::render {

namespace {

std::string_view text_in(const json::object& object, std::string_view key) noexcept {
    const auto* value = object.if_contains(key);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

const json::object* object_in(const json::object& object, std::string_view key) noexcept {
    const auto* value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_object();
}

using group_kind = std::pair<std::string, std::string>;

/// The kinds that are defined among the objects themselves.
std::map<group_kind, scope> defined_kinds(const std::vector<manifest>& objects) {
    std::map<group_kind, scope> kinds;
    for (const manifest& m : objects) {
        const object_names names = names_of(m.object);
        if (names.kind != "CustomResourceDefinition" || names.group != "apiextensions.k8s.io") continue;
        const json::object* spec = object_in(m.object, "spec");
        const json::object* kind_names = spec == nullptr ? nullptr : object_in(*spec, "names");
        if (kind_names == nullptr) continue;
        const std::string_view where = text_in(*spec, "scope");
        if (where != "Namespaced" && where != "Cluster") continue; // the API server will refuse it
        kinds.insert_or_assign(
            group_kind{text_in(*spec, "group"), text_in(*kind_names, "kind")},
            where == "Namespaced" ? scope::namespaced : scope::cluster
        );
    }
    return kinds;
}

render_error error_at(const manifest& m, std::string message) {
    return {
        .kind = error_kind::user,
        .file = m.from.file,
        .document = m.from.document,
        .line = m.from.line,
        .message = std::move(message)
    };
}

std::string identity_of(const object_names& names) {
    std::string text;
    for (const std::string_view part : {names.group, names.kind, names.namespace_, names.name}) {
        text.append(part).push_back('\0');
    }
    return text;
}

} // namespace

render_result<placement> place(
    std::vector<manifest> objects, std::string_view destination_namespace, const scope_lookup& scope_of,
    const unknown_kind_rule& may_be_unknown
) {
    const auto defined = defined_kinds(objects);
    placement placed;
    render_errors errors;
    std::unordered_map<std::string, std::size_t> seen;
    std::map<std::pair<std::string, std::string>, std::optional<scope>> known; // by apiVersion and kind
    for (std::size_t i = 0; i < objects.size(); ++i) {
        manifest& m = objects[i];
        object_names names = names_of(m.object);
        const auto [entry, is_new] =
            known.try_emplace({std::string{text_in(m.object, "apiVersion")}, std::string{names.kind}});
        if (is_new) {
            const auto own = defined.find(group_kind{names.group, names.kind});
            entry->second =
                own != defined.end() ? own->second : scope_of(names.group, names.version, names.kind);
        }
        const bool is_guessed = !entry->second && may_be_unknown && may_be_unknown(m.object);
        if (!entry->second && !is_guessed) {
            errors.all.push_back(error_at(
                m, fmt::format(
                       "{}: the cluster has no kind {} in {}, and no CustomResourceDefinition for it is "
                       "among the manifests; where something makes it during the sync, the sync option "
                       "SkipDryRunOnMissingResource=true has this wait for it",
                       describe(names), names.kind, entry->first.first
                   )
            ));
            continue;
        }
        const bool is_namespaced = is_guessed ? !names.namespace_.empty() || !destination_namespace.empty()
                                              : *entry->second == scope::namespaced;
        // Inserting moves what the names look at, so it is done only where it has to be.
        json::value* field = m.object.if_contains("metadata");
        if (field == nullptr || !field->is_object()) {
            m.object["metadata"].emplace_object();
            field = m.object.if_contains("metadata");
            names = names_of(m.object);
        }
        json::object& metadata = field->get_object();
        if (!is_namespaced && metadata.contains("namespace")) {
            if (!names.namespace_.empty()) {
                placed.warnings.push_back(fmt::format(
                    "{}: {} has a namespace, but {} objects are in none; it is ignored", to_string(m.from),
                    describe(names), names.kind
                ));
            }
            metadata.erase("namespace");
        } else if (is_namespaced && names.namespace_.empty()) {
            if (destination_namespace.empty()) {
                errors.all.push_back(error_at(
                    m, fmt::format(
                           "{} has no namespace, and the application's destination has none either: set "
                           "metadata.namespace "
                           "or spec.destination.namespace",
                           describe(names)
                       )
                ));
                continue;
            }
            metadata["namespace"] = destination_namespace;
        }
        names = names_of(m.object);
        if (names.name.empty()) continue; // generateName: each one is another object
        const auto [first, is_first] = seen.try_emplace(identity_of(names), i);
        if (!is_first) {
            errors.all.push_back(error_at(
                m, fmt::format(
                       "{} is already defined in {}", describe(names), to_string(objects[first->second].from)
                   )
            ));
        }
    }
    if (!errors.all.empty()) return errors;
    placed.objects = std::move(objects);
    return placed;
}

} // namespace holdfast::render
