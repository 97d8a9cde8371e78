#pragma once

// What a kustomization reads, followed through the repositories that it leads to.

#include "builders/kustomize/kustomization.hpp"
#include "builders/plan.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace holdfast::builders {

/// A repository at a revision, of which directories are read.
struct read_repository {
    files::file_source at;
    std::unique_ptr<render::source_tree> tree;
    /// Where its root is in the workspace: "repo", "remote/0".
    std::string to;
    /// How messages call its root: "" for the source's own.
    std::string shown;
    /// Directories with kustomizations that the build reads.
    std::set<std::string> roots;
};

/// A kustomization that names things from elsewhere by what they are called in the workspace.
struct closure {
    /// The source's own first; each has a tree.
    std::vector<read_repository> repositories;
    std::set<need> needs;
    std::set<need> missing;
    std::vector<archive_copy> archives;
    /// Identities of these files, beside `archives`.
    std::vector<std::string> identities;
    /// Kustomizations that were changed.
    std::vector<written_file> files;
    /// Exec functions that it runs.
    std::set<std::string, std::less<>> functions;
    /// There are charts, which helm makes objects of.
    bool has_charts = false;
    /// What runs may only be known when it runs: a directory makes the functions.
    bool functions_unknown = false;
    std::vector<std::string> warnings;
};

/// Follows what the kustomization of the directory `start` (real, in `own`) names. `edit` is called with that
/// first one before its references are looked at; it says whether it changed something. Bounds: 1000
/// kustomizations, 64 of them one leading to the other, 100 needs, 32 MiB of charts. All errors at once.
render::render_result<closure> follow_kustomizations(
    read_repository own, const std::string& start, const supplies& supplied,
    const std::vector<std::string>& functions, bool with_charts,
    const std::function<bool(kustomization&, render::source_tree&, std::vector<render::render_error>&)>& edit
);

} // namespace holdfast::builders
