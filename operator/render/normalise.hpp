#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace holdfast::render {

/// Turns an object from a file into what can be applied server-side and compared afterwards, in place:
///
/// - a Secret's `stringData` becomes `data`, base64-encoded and winning over a key that is in both, as the
/// API
///   server does it when it stores the object (pkg/apis/core/v1/conversion.go). Left as it is, server-side
///   apply would own stringData.x, which is never stored, and the owned fields of the live object would never
///   match;
/// - in `metadata` what the API server writes itself (uid, resourceVersion, generation, selfLink,
///   creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, managedFields) is dropped: with
///   managedFields or a foreign uid or resourceVersion an apply is refused, with the rest it claims fields
///   that are not the manifest's. All of it comes from exports of live objects ("kubectl get -o yaml").
///   Whether their `status` is the server's depends on the kind (sync/desired.hpp);
/// - null labels and annotations, `labels: null`, and null values in a Secret's or ConfigMap's data are
/// dropped.
///   Elsewhere a null stays: in server-side apply it is a value of its own for a nullable field, and the API
///   server drops it where the schema is not nullable.
///
/// The `stringData` of an object that SOPS encrypted is left as it is: SOPS binds each value to its field.
///
/// Gives sentences about what was dropped and was not empty, and about what cannot be right (stringData that
/// is no string). They name fields, never values.
std::vector<std::string> normalise(boost::json::object& object);

/// Whether an object is encrypted by SOPS: it has a top-level `sops`, where SOPS puts its metadata.
[[nodiscard]] bool is_encrypted(const boost::json::object& object) noexcept;

} // namespace holdfast::render
