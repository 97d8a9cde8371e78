#pragma once

#include "crds/application_set.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// From an ApplicationSet to the Applications that it stands for: a pure function of the set and of what is
/// known around it. It reads nothing itself. What it still has to know it says (`needs`); whoever calls it
/// finds that out, puts it beside what was known before, and calls again. What a set needs can depend on what
/// was learned (the second generator of a matrix has the results of the first in its texts), so there may be
/// several rounds, at most `most_rounds`.
///
///     sets::knowledge known;
///     for (std::size_t round = 0; round < sets::most_rounds; ++round) {
///         auto made = sets::generate(set, known);
///         if (made.missing.empty()) return made;
///         // trees: listings and contents; clusters; templates: co_await sets::render_templates(…)
///     }
namespace holdfast::sets {

namespace json = boost::json;

inline constexpr std::size_t most_rounds = 24;

/// One revision of a repository, as a generator names it; an empty revision is HEAD.
struct tree_id {
    std::string repo_url;
    std::string revision;

    auto operator<=>(const tree_id&) const = default;
};

/// What is known of a tree. Where `error` says why it could not be read, the generators that need it fail
/// with it.
struct known_tree {
    std::string error;
    /// Paths of all files and symlinks from the root, in the order of their bytes; directories are what they
    /// lie in. Null is not allowed without an error.
    std::shared_ptr<const std::vector<std::string>> files;
    /// Of those that `needs::files` asked for. Nothing in place of a content: `unreadable` says why.
    std::map<std::string, std::string> contents;
    /// Files that were asked for and cannot be used, such as a symlink out of the tree, with the reason.
    std::map<std::string, std::string> unreadable;
};

/// A cluster that Applications can be brought to: its Secret in Argo CD's shape. The cluster that Holdfast
/// runs in needs none: it is added where Argo CD adds it.
struct cluster_facts {
    std::string name;
    std::string server;
    std::string project;
    crds::string_map labels;
    crds::string_map annotations;
};

/// A value whose texts, names of members included, are templates of Go, to be filled with parameters.
struct template_request {
    std::vector<std::string> options;
    std::shared_ptr<const json::value> value;
    std::shared_ptr<const json::object> parameters;
};

/// What came of one: an error, or the value.
struct rendered {
    std::string error;
    json::value value;
};

/// Identifies a request by what is in it.
using template_key = std::string;

struct knowledge {
    std::map<tree_id, known_tree> trees;
    std::optional<std::vector<cluster_facts>> clusters;
    /// Not empty: why it cannot be said which there are. Generators of clusters fail with it: an empty list would have
    /// their Applications deleted.
    std::string clusters_error;
    std::map<template_key, rendered> templates;
};

struct needs {
    /// Listings.
    std::set<tree_id> trees;
    /// Contents of files of trees whose listing is known.
    std::map<tree_id, std::set<std::string>> files;
    bool clusters = false;
    /// To be rendered together, in one run (render_templates.hpp).
    std::map<template_key, template_request> templates;

    [[nodiscard]] bool empty() const noexcept {
        return trees.empty() && files.empty() && !clusters && templates.empty();
    }
};

/// An Application as it is to be: apiVersion, kind, metadata (name, namespace, labels, annotations,
/// finalizers) and spec.
struct generated {
    /// Position in spec.generators of the one that it comes from.
    std::size_t generator = 0;
    std::string name;
    json::object application;
};

/// How far a generator came, in the words of Argo CD's conditions.
enum class failed_step {
    /// ApplicationGenerationFromParamsError
    parameters,
    /// RenderTemplateParamsError
    rendering,
};

struct generator_failure {
    /// Position in spec.generators.
    std::size_t generator = 0;
    failed_step step = failed_step::parameters;
    /// Begins with the generator's path: "spec.generators[0].git: …".
    std::string message;
};

/// Several results that would be one Application.
struct repeated_name {
    std::string name;
    /// Positions in `generation::applications`.
    std::vector<std::size_t> applications;
};

struct generation {
    /// While there is something missing the rest is what could be said without it.
    needs missing;
    /// In the order of the generators and their results, the same for the same input. Those of a name that is
    /// there several times are all in it: `repeated` names them.
    std::vector<generated> applications;
    /// A generator that failed gives no Applications; the others are not touched by it. What it made before
    /// is to be left as it is.
    std::vector<generator_failure> failures;
    std::vector<repeated_name> repeated;
    /// Sentences for people: what Argo CD does in silence, and would surprise.
    std::vector<std::string> warnings;
    /// Everything that the result depends on, whether known already or not: what is to be subscribed to.
    std::set<tree_id> trees;
    bool depends_on_clusters = false;
};

/// What a set may ask for; what is above is an error of its generator.
struct generate_limits {
    std::size_t results = 10'000;
    /// Of all parameters of one generator, and of all Applications of the set, as JSON.
    std::size_t bytes = std::size_t{64} << 20U;
    /// Files of all trees whose contents are asked for.
    std::size_t files = 10'000;
    /// What generators of matrices may take together, whatever comes of it: a path that is compared with a
    /// pattern is one, a result in between 250, ten bytes of a generator that parameters are put into one.
    /// About a second each 10 million.
    std::size_t work = 50'000'000;
};

/// What differs between the kinds of holdfast.dev and those of argoproj.io.
struct set_dialect {
    std::string_view api_version = "holdfast.dev/v1alpha1";
    /// What Applications get that have no finalizers in the template: with it they take along what they
    /// deployed.
    std::string_view cascade_finalizer = "holdfast.dev/resources-finalizer";
};

/// `set` was read without problems. Any thread; takes time with the number of results, so that large sets
/// belong on the pool.
generation generate(
    const crds::application_set& set, const knowledge& known, const set_dialect& dialect = {},
    const generate_limits& limits = {}
);

} // namespace holdfast::sets
