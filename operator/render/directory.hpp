#pragma once

#include "render/manifest.hpp"
#include "render/source_tree.hpp"
#include "render/yaml.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace holdfast::render {

/// How a directory of plain manifests is read: spec.source.path and spec.source.directory of an Application,
/// with Argo CD's names and meaning.
struct directory_options {
    /// Relative to the root of the repository; "" and "." are the root.
    std::string path;
    /// Directories below are read too.
    bool recurse = false;
    /// Globs (match/glob.hpp) over the path of a file relative to `path`; "" is none. Exclude is looked at
    /// first.
    std::string include;
    std::string exclude;
    /// Reads files of every name, not just *.yaml, *.yml, *.json and *.jsonnet.
    bool disable_extension_filter = false;
    /// What *.jsonnet files evaluate to, as JSON text, by their paths from the root of the repository. Not in
    /// the key of the directory: who evaluates them has a key for that (builders/jsonnet.hpp).
    std::map<std::string, std::string> evaluated;
};

/// What a build may take. A build that asks for more is refused with a sentence that says which limit.
struct directory_limits {
    std::size_t max_file_bytes = std::size_t{10} << 20U;
    /// Of all files that are read, together: Argo CD's 10M.
    std::size_t max_total_bytes = std::size_t{10} << 20U;
    /// Files that are looked at, read or not.
    std::size_t max_files = 50'000;
    std::size_t max_objects = 20'000;
    /// Of one object as JSON: what etcd takes by default, 1.5 MiB. The largest of public custom resource
    /// definitions have more than one.
    std::size_t max_object_bytes = std::size_t{3} << 19U;
    /// Of all objects as JSON, together.
    std::size_t max_output_bytes = std::size_t{64} << 20U;
    /// Of memory, for the values of all files together. `yaml.max_memory` holds for each file.
    std::size_t max_memory = std::size_t{128} << 20U;
    /// Errors that are collected before reading stops.
    std::size_t max_errors = 100;
    yaml_limits yaml{.repeated = yaml_limits::repeated_keys::refused_in_manifest};
};

/// Builds the manifests of a directory: every object of every file in the order of paths, documents and list
/// items, normalised (normalise.hpp). All errors are collected, each with its file, document and line; one is
/// enough for there to be no output. Kinds: not_found when the path is not in the tree, user for what is
/// wrong in it, transient when the tree cannot be read. No objects is not an error here: it is a warning.
///
/// The objects of a *.jsonnet file are those of its result in options.evaluated: one object, or an array of
/// them in which null is nothing. A file without a result is an error.
///
/// Not read: `.argocd-source.yaml` and `.argocd-source-NAME.yaml`, which are about the source; files whose
/// text contains "+argocd:skip-file-rendering" or "+holdfast:skip-file-rendering" (silently); submodules,
/// symlinks that lead nowhere, and YAML that is no manifest (with a warning). A key that is given twice below
/// an object's own fields is a warning, and the last one counts. Refused: symlinks that leave the repository,
/// or run in circles, pointers to files in LFS, and documents that are no Kubernetes objects in a file that
/// looks like manifests.
///
/// Blocking and CPU-bound: for the pool. Any thread, with a tree of its own.
render_result<render_output>
render_directory(source_tree& tree, const directory_options& options, const directory_limits& limits = {});

} // namespace holdfast::render
