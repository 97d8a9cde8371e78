#pragma once

#include "base/error.hpp"
#include "base/hash.hpp"
#include "sync/annotations.hpp"
#include "sync/identity.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::sync {

/// JSON with the members of every object in the order of their names and numbers in one form: equal values
/// give equal bytes.
std::string canonical_json(const json::value& value);
/// SHA-256 over the canonical form, without making it as a whole.
sha256_digest canonical_hash(const json::value& value);

/// One object of a desired state, ready to be applied.
struct desired_object {
    object_id id;
    /// As in the manifest; kinds are watched and applied in this version.
    std::string api_version;
    /// With the marks of its dialect; Secrets with `data` only; without what only the
    /// server may say (managedFields, uid, resourceVersion …, a `status` that is a subresource) and without
    /// what a controller of Kubernetes fills in (the rules of an aggregated ClusterRole).
    json::object manifest;
    /// canonical_hash of the manifest.
    sha256_digest hash{};
    directives orders;
    /// Neither the server knows its kind nor is it defined among the objects: something brings it during the
    /// sync (SkipDryRunOnMissingResource). Until then it is taken to be of a namespace where it may be.
    bool has_unknown_kind = false;
    /// Where it comes from, for messages: "apps/web.yaml:12". Empty where no source has it.
    std::string from;
};

/// Who applies: what goes into the tracking id and the label.
struct ownership {
    application_ref application;
    /// The id of this installation of Holdfast; a valid label value.
    std::string installation;
    dialect_ref names;
    /// Where the application's objects go that name no namespace.
    std::string destination_namespace = {};
};

/// Whose the field `status` of a kind is.
enum class status_field : std::uint8_t {
    of_the_server,   ///< a subresource: an apply of the object does not touch it
    of_the_manifest, ///< a field like others, but for that drift of it is nobody's concern
};
/// As a CustomResourceDefinition has it for a version of its kind; nothing where it has no such version.
std::optional<status_field> status_defined(const json::object& definition, std::string_view version);

/// Prepares a rendered object. Its namespace must already be what it shall be (empty for a cluster-scoped
/// kind). Errors (user): no apiVersion, kind or name; metadata, labels or annotations of a wrong type; a
/// Secret's stringData that is not of strings.
result<desired_object>
make_desired(json::object manifest, const ownership& who, status_field status = status_field::of_the_server);

/// The Namespace that `CreateNamespace=true` stands for. It carries no tracking id: whoever deletes an
/// application does not lose a namespace with what others keep there.
desired_object make_namespace(
    std::string_view name, const std::map<std::string, std::string>& labels,
    const std::map<std::string, std::string>& annotations
);

} // namespace holdfast::sync
