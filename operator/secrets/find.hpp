#pragma once

#include "base/error.hpp"
#include "render/manifest.hpp"
#include "secrets/reference.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::secrets {

/// Where references may stand.
enum class places {
    /// In the `data` and `stringData` of Secrets; one elsewhere is an error.
    secrets_only,
    /// In every text of every object: for applications that ask for it.
    everywhere,
};

/// One text with references in it.
struct found_text {
    /// Which object.
    std::size_t object = 0;
    /// Where in it: {"data", "password"}, or the keys and indices to somewhere else.
    std::vector<std::string> path;
    /// In `data`, what was there was base64 (a chart's `b64enc`, kustomize's secretGenerator, a `stringData`
    /// that was normalised), and the pieces are of what it encodes.
    std::vector<piece> pieces;
};

/// Finds every reference in the objects of an application, with all errors at once, each with the object's
/// file and document: a reference that is written wrong, one in a map's key, one where it may not stand. Not
/// looked into: CustomResourceDefinitions (their texts talk about fields), and Applications and
/// ApplicationSets, whose references are for their own builds. Pure; costs a look at each text.
render::render_result<std::vector<found_text>>
find_references(const std::vector<render::manifest>& objects, places where = places::secrets_only);

/// Whether find_references would find something, or an error: to leave alone what needs nothing.
[[nodiscard]] bool has_references(const boost::json::object& object);

/// "Secret prod/creds, data.password": for messages.
std::string place_of(const render::manifest& manifest, const std::vector<std::string>& path);

/// An error at an object: with its file, document and line, and the place before the message.
render::render_error
error_at(const render::manifest& manifest, const std::vector<std::string>& path, const error& what);

/// What a reference stands for. What it views lives until put_in has returned.
using value_of = std::function<std::string_view(const reference&)>;

/// Puts the values in: in a Secret as base64 in `data` (a `stringData` key with a reference moves there,
/// since values need not be UTF-8), elsewhere as text. Values are not looked through for references again.
/// Errors, all at once: a value that is no UTF-8 outside of a Secret.
render::render_result<void>
put_in(std::vector<render::manifest>& objects, const std::vector<found_text>& found, const value_of& values);

} // namespace holdfast::secrets
