#pragma once

// PassSecret (ftsell.de/v1beta1): the way in which repositories for the kustomize function `kustomize-pass`
// name entries of a store. Here it becomes a Secret with references in place of values.

#include "base/error.hpp"
#include "render/manifest.hpp"
#include "secrets/store_index.hpp"

#include <boost/json/object.hpp>

#include <vector>

namespace holdfast::secrets {

namespace json = boost::json;

/// Whether an object is a PassSecret.
[[nodiscard]] bool is_pass_secret(const json::object& object) noexcept;

/// The Secret of a PassSecret, as kustomize-pass makes it, but that the values of `data` are references to
/// whole entries. With an index they carry the id of the entry's file, so that a name suffix hash follows the
/// entry. Errors: user, naming the PassSecret and the field: `data` missing or not texts, a key of
/// `plainData` that is in `data` too, a `behavior` or `source` that is none.
result<json::object> to_secret(const json::object& pass_secret, const store_index* index);

/// A call of the kustomize function: `text` is the ResourceList on standard input, YAML or JSON; gives the
/// one for standard output, as JSON. Errors: user.
result<std::string> run_function(std::string_view text, const store_index* index);

/// Turns every PassSecret among the objects of a build (of a plain directory, a chart, a plugin) into a
/// Secret in its place. `behavior: merge` and `replace` look for the Secret of the same name and namespace
/// among the objects before it, and it is an error when there is none. All errors at once. Cheap when there
/// is none. (kustomize has done it by then: nothing is left to do here.)
render::render_result<std::vector<render::manifest>>
expand_pass_secrets(std::vector<render::manifest> objects, const store_index* index);

} // namespace holdfast::secrets
