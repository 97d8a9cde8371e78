#pragma once

// What a build by another program (kustomize, helm, jsonnet, a plugin) is, before it is run: which files of
// which sources it is given, what is started, and the key that names its outcome. Planning is pure: it reads
// trees and gives a value. Running a plan is the same for every builder (run.hpp).

#include "base/error.hpp"
#include "crds/source.hpp"
#include "files/file_source.hpp"
#include "render/build_key.hpp"
#include "render/manifest.hpp"

#include <chrono>
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::builders {

/// Something that a build reads and that is in none of the application's sources: a remote base, a chart, a
/// file behind a URL. Whoever plans names it; whoever called gets it, with the credentials, proxies and
/// policies of the Repositories, and plans again. So what builds needs neither network nor credentials.
struct need {
    enum class kind {
        /// A Git repository at a revision.
        repository,
        /// A chart of a chart repository (https://…) or an OCI registry (oci://…).
        chart,
        /// One file behind an http or https URL.
        file,
    };
    kind what = kind::repository;
    /// Of the repository, the chart repository or registry (without the chart's name), or the file.
    /// "@stable": the chart repository or registry of the Repository object with this name.
    std::string url;
    /// Of the chart.
    std::string name;
    /// A branch, tag, commit or range of the repository (empty: its HEAD); a version or range of the chart
    /// (empty: the newest release).
    std::string revision;

    friend auto operator<=>(const need&, const need&) = default;
};

/// What a need turned out to be. Immutable.
struct supply {
    /// Of a repository.
    files::file_source at;
    /// A chart's archive (.tgz), or the file, on disk.
    std::string file;
    /// A chart: "sha256:…" of the archive; a file: of its content. The same identity is the same content.
    std::string identity;
    /// The version that a chart has.
    std::string version;
    /// Keeps `file` where it is.
    std::shared_ptr<const void> held;
};

using supplies = std::map<need, supply>;

/// A source that others name as $NAME, for value files.
struct referenced_source {
    std::string repo_url;
    files::file_source at;
};

/// One source of an application at its revision, with what its block and the override files beside it say.
struct build_source {
    crds::application_source spec;
    /// Of nothing where `spec.chart` is set: the chart is a need then.
    files::file_source at;
    /// What the build environment calls it: the commit in hexadecimal; of a chart its version.
    std::string revision;
    /// By name, without the '$'.
    std::map<std::string, referenced_source, std::less<>> refs;
};

/// What a build may know of its application and of the cluster. A key covers of it what the build can see.
struct build_facts {
    /// Of the Application object.
    std::string application;
    std::string namespace_;
    std::string project;
    std::string destination_namespace;
    /// "1.37.2".
    std::string kube_version;
    /// "v1", "v1/Pod", "apps/v1", "apps/v1/Deployment" …, sorted. Never null; shared by all builds that see
    /// the same cluster, and compared as such.
    std::shared_ptr<const std::vector<std::string>> api_versions =
        std::make_shared<const std::vector<std::string>>();
    /// The Application's annotation argocd.argoproj.io/manifest-generate-paths, for plugins.
    std::string generate_paths;
    /// The password stores that the application may read: changes when any of them does. Empty: none.
    std::string secrets_key;
    /// secrets::store_index::to_json of them; names and ids, nothing secret.
    std::string secrets_index;

    bool operator==(const build_facts&) const = default;
};

/// A directory or file of a source that the build is given a copy of.
struct tree_copy {
    files::file_source from;
    /// In the source; "" is all of it.
    std::string path;
    /// Below the workspace.
    std::string to;
};

/// A file on disk that the build is given a copy of, such as a chart's archive.
struct archive_copy {
    std::string file;
    std::string to;
    std::shared_ptr<const void> held;
};

/// A file that is written for the build, after the copies and in place of one of them.
struct written_file {
    std::string to;
    std::string text;
};

/// Stands for the absolute path of the workspace in arguments and environment.
inline constexpr std::string_view workspace_mark = "\x01workspace\x01";

/// One program to start, as sandbox::job has it.
struct command {
    /// For errors: "helm template".
    std::string name;
    std::vector<std::string> argv;
    /// "NAME=value".
    std::vector<std::string> environment;
    /// Relative to the workspace.
    std::string working_directory;
    std::string input;
    /// Directories outside of the workspace that it may read and run programs from.
    std::vector<std::string> read_only;
    /// Nothing else is run: sandbox::job::only_given_programs.
    bool only_given_programs = false;
    /// Only plugins, and only where their declaration says so.
    bool network = false;
    std::chrono::milliseconds deadline{60'000};
};

/// A build, ready to be run once `missing` is empty.
struct build_plan {
    /// All that decides about the outcome, unless something is missing.
    render::build_key key{};
    /// Everything that the build reads from elsewhere, there or not. Whoever builds follows these.
    std::set<need> needs;
    /// Those of `needs` that were not supplied. While there are any, nothing but the needs is right.
    std::set<need> missing;
    std::vector<tree_copy> trees;
    std::vector<archive_copy> archives;
    std::vector<written_file> files;
    /// One after another; the standard output of the last is YAML or JSON documents.
    std::vector<command> commands;
    /// The commands are to be given PASSWORD_STORE_DIR and GNUPGHOME of the application's default store. What
    /// they print may hold secrets: it is kept nowhere.
    bool password_store = false;
    /// How errors and origins call what is built: "overlays/prod", "chart nginx 15.1.0".
    std::string name;
    /// How the last command calls directories in what it prints ("# Source: web/charts/common/…", errors),
    /// and what they are in the repository ("libs/common"). The longest that fits a path holds.
    std::map<std::string, std::string> places;
    /// Directories of the workspace with what is from elsewhere ("remote/0"), and how messages call each.
    std::map<std::string, std::string> elsewhere;
    /// Sentences for the people who own the source.
    std::vector<std::string> warnings;
};

/// What was sure to be wrong before anything was run: all of it, with file and line where there is one.
using plan_result = render::render_result<build_plan>;

/// Where the programs are, and which they are. Paths are absolute.
struct programs {
    std::string kustomize;
    /// Holds the exec functions that kustomize may run, by name; nothing else is found.
    std::string functions;
    std::string helm;
    /// Kustomizations may have charts, which kustomize gives to helm (its --enable-helm).
    bool charts_in_kustomizations = false;
    /// holdfast-jsonnet.
    std::string jsonnet;
    /// holdfast-builder.
    std::string builder;
    /// Which files they are: part of the keys.
    std::string kustomize_identity;
    std::string helm_identity;
    /// "v5.8.0", for people; empty where the file does not say.
    std::string kustomize_version;
};

} // namespace holdfast::builders
