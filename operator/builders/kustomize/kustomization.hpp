#pragma once

// A kustomization, as kustomize reads it: which fields it has, and which of them name something that is read.

#include "render/manifest.hpp"
#include "render/source_tree.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::builders {

namespace json = boost::json;

/// So many errors are enough: finding the line of each reads the file again.
inline constexpr std::size_t max_errors = 100;

/// One kustomization of a tree.
struct kustomization {
    /// Where it is really, symlinks followed.
    std::string directory;
    /// Its file's name: "kustomization.yaml".
    std::string name;
    /// How messages call the file.
    std::string shown;
    std::string text;
    /// Fields of the kustomization have their own names, however they were written (kustomize ignores case).
    json::object value;
    /// How such a field is written in the file, where that is not its name.
    std::map<std::string, std::string, std::less<>> spellings;
    /// JSON pointers to what is not from the file but from the Application, and how messages call that.
    std::map<std::string, std::string, std::less<>> added;
};

/// The names that a kustomization's file can have, in kustomize's order.
inline constexpr std::string_view kustomization_names[] = {
    "kustomization.yaml", "kustomization.yml", "Kustomization"
};

/// Reads that of a directory. `shown` is how messages call the directory ("" is the root). Errors: those of
/// the tree; user when there is none or several, when it is no YAML, no mapping or empty, and for fields that
/// kustomize does not know. `warnings` gets what kustomize would pass over silently.
render::render_result<kustomization> read_kustomization(
    render::source_tree& tree, const std::string& directory, const std::string& shown,
    std::vector<std::string>& warnings
);

/// A member of an object, as Go finds it: by its name, or else by its name in any case.
json::object::value_type* member(json::object& object, std::string_view name);
const json::object::value_type* member(const json::object& object, std::string_view name);

/// The text of a member; "" where it is none.
std::string_view text_member(const json::object& object, std::string_view name);

/// Something that a kustomization names.
struct reference {
    enum class kind {
        /// A file, a directory with a kustomization, or either behind a URL.
        resource,
        /// The same, or the text itself: of generators, transformers and validators.
        function,
        /// A directory with a kustomization, here or in a repository.
        component,
        /// A file in or below the directory, or behind a URL.
        file,
        /// The same, or the text of a patch.
        patch,
        /// The same, with "key=" before it or not.
        source,
    };
    kind what = kind::resource;
    /// In kustomization::value: to be read, or replaced.
    json::value* value = nullptr;
    /// In the text: "/resources/2".
    std::string pointer;
    /// "resources[2]".
    std::string shown;

    [[nodiscard]] std::string_view text() const { return value->get_string(); }
};

/// All that it names, in the order in which kustomize reads it. Entries that have to be texts and are none
/// are errors, of which there are at most `max_errors` with those that there were.
std::vector<reference> references_of(kustomization& k, std::vector<render::render_error>& errors);

/// An error at a place of a kustomization: with file and line, or naming the field of the Application.
render::render_error error_at(
    const kustomization& k, std::string_view pointer, std::string_view shown, std::string message,
    error_kind kind = error_kind::user
);

/// As JSON that every reader of YAML reads as the same: what YAML takes for line breaks or refuses is
/// escaped.
std::string to_yaml(const json::object& value);

} // namespace holdfast::builders
