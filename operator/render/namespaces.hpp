#pragma once

#include "render/manifest.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::render {

/// Whether the objects of a kind are in a namespace.
enum class scope { cluster, namespaced };

/// What discovery knows of a kind; nothing when it does not know the kind.
using scope_lookup = std::function<
    std::optional<scope>(std::string_view group, std::string_view version, std::string_view kind)>;

/// Objects in their places.
struct placement {
    std::vector<manifest> objects;
    std::vector<std::string> warnings;
};

/// Whether an object may be of a kind that nobody knows: something brings it while the objects are applied.
using unknown_kind_rule = std::function<bool(const json::object& object)>;

/// Gives each object its place in the cluster: a namespaced object without a namespace gets
/// `destination_namespace`, a cluster-scoped one loses the namespace it has (with a warning: the API server
/// would refuse it). A kind that a CustomResourceDefinition among the objects defines has that definition's
/// scope, whatever `scope_of` says: the definition is applied before its objects. Of a kind that nobody
/// knows, where that may be, it is taken that its objects are in namespaces, if there is one for them: most
/// are.
///
/// Errors, all of them at once: kinds that nobody knows, namespaced objects that have no namespace when there
/// is no `destination_namespace`, and two objects with the same group, kind, namespace and name (naming both
/// files; versions do not tell objects apart). Objects with generateName are never the same. Any thread.
render_result<placement> place(
    std::vector<manifest> objects, std::string_view destination_namespace, const scope_lookup& scope_of,
    const unknown_kind_rule& may_be_unknown = {}
);

} // namespace holdfast::render
