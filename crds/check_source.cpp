#include "crds/checks.hpp"
#include "crds/words.hpp"
#include "match/glob.hpp"
#include "match/revision.hpp"
#include "match/semver.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

namespace holdfast::crds {

namespace {

void check_revision(const application_source& source, const std::string& path, problem_list& problems) {
    const auto& revision = source.target_revision;
    const auto where = path + ".targetRevision";
    if (!source.chart.empty()) {
        if (revision.empty()) {
            problems.add(where, "is required where chart is set: the chart's version or a range of versions");
        } else if (!match::version_range::parse(revision)) {
            problems.add(
                where,
                fmt::format("must be a version or a range of versions such as 1.4.*, is {}", quoted(revision))
            );
        }
        return;
    }
    if (const auto read = match::revision::parse(revision); !read) {
        problems.add(where, read.error().message());
    }
}

void check_directory(const directory_options& directory, const std::string& path, problem_list& problems) {
    check_glob(directory.include, path + ".include", problems);
    check_glob(directory.exclude, path + ".exclude", problems);
    if (directory.jsonnet) {
        for (std::size_t i = 0; i < directory.jsonnet->libs.size(); ++i) {
            check_path(directory.jsonnet->libs[i], fmt::format("{}.jsonnet.libs[{}]", path, i), problems);
        }
    }
}

void check_helm(const helm_options& helm, const std::string& path, problem_list& problems) {
    for (std::size_t i = 0; i < helm.value_files.size(); ++i) {
        const auto& file = helm.value_files[i];
        const bool is_pattern =
            file.find_first_of("*?[") != std::string::npos && file.find("://") == std::string::npos;
        if (!is_pattern) continue;
        if (const auto wrong = match::glob_problem(match::glob_dialect::doublestar, file); !wrong.empty()) {
            problems.add(
                fmt::format("{}.valueFiles[{}]", path, i),
                fmt::format("is not a glob: {}, is {}", wrong, quoted(file))
            );
        }
    }
}

// As `kustomize edit set image` takes it, without what no name of an image can have.
bool is_image_override(std::string_view text) {
    static const re2::RE2 pattern{R"(^([^\s=]+=)?[^\s=]+$)"};
    return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, pattern);
}

void check_kustomize(const kustomize_options& kustomize, const std::string& path, problem_list& problems) {
    for (std::size_t i = 0; i < kustomize.patches.size(); ++i) {
        const auto& patch = kustomize.patches[i];
        if (patch.path.empty() == patch.patch.empty()) {
            problems.add(fmt::format("{}.patches[{}]", path, i), "exactly one of path and patch must be set");
        }
    }
    for (std::size_t i = 0; i < kustomize.images.size(); ++i) {
        if (!is_image_override(kustomize.images[i])) {
            problems.add(
                fmt::format("{}.images[{}]", path, i),
                fmt::format("must be [old=]new[:tag|@digest], is {}", quoted(kustomize.images[i]))
            );
        }
    }
}

void check_plugin(const plugin_options& plugin, const std::string& path, problem_list& problems) {
    for (std::size_t i = 0; i < plugin.parameters.size(); ++i) {
        const auto& one = plugin.parameters[i];
        if (int{one.string.has_value()} + int{one.array.has_value()} + int{one.map.has_value()} > 1) {
            problems.add(
                fmt::format("{}.parameters[{}]", path, i), "at most one of string, array and map may be set"
            );
        }
    }
}

} // namespace

void check_source(const application_source& source, const std::string& path, problem_list& problems) {
    if (source.path.empty() && source.chart.empty() && source.ref.empty()) {
        problems.add(path, "one of path, chart and ref must be set");
    }
    if (!source.path.empty() && !source.chart.empty()) {
        problems.add(
            path + ".path", "path and chart exclude each other: a chart is taken from a Helm repository, a "
                            "path from a Git repository"
        );
    }
    if (!source.ref.empty() && !source.chart.empty()) {
        problems.add(
            path + ".ref", "ref and chart exclude each other: a chart has no files for other sources"
        );
    }
    if (has_password(source.repo_url)) {
        problems.add(
            path + ".repoURL", "must not contain a password: put it into the Secret of a Repository object"
        );
    }
    const int builders = int{source.helm.has_value()} + int{source.kustomize.has_value()} +
                         int{source.directory.has_value()} + int{source.plugin.has_value()};
    if (builders > 1) {
        problems.add(path, "at most one of helm, kustomize, directory and plugin may be set");
    }
    check_path(source.path, path + ".path", problems);
    check_revision(source, path, problems);
    if (source.directory) check_directory(*source.directory, path + ".directory", problems);
    if (source.helm) check_helm(*source.helm, path + ".helm", problems);
    if (source.kustomize) check_kustomize(*source.kustomize, path + ".kustomize", problems);
    if (source.plugin) check_plugin(*source.plugin, path + ".plugin", problems);
}

bool has_password(std::string_view url) {
    static const re2::RE2 pattern{"^[a-z+]+://[^/@]*:[^/@]*@"};
    return re2::RE2::PartialMatch(re2::StringPiece{url.data(), url.size()}, pattern);
}

void check_path(std::string_view text, const std::string& path, problem_list& problems) {
    if (text.starts_with('/')) {
        problems.add(
            path, fmt::format("must be relative to the root of the repository, is {}", quoted(text))
        );
    }
    for (auto rest = text; !rest.empty();) {
        const auto segment = rest.substr(0, rest.find('/'));
        if (segment == "..") {
            return problems.add(path, fmt::format("must not leave the repository, is {}", quoted(text)));
        }
        rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    }
}

void check_glob(std::string_view pattern, const std::string& path, problem_list& problems) {
    if (const auto wrong = match::glob_problem(match::glob_dialect::gobwas, pattern); !wrong.empty()) {
        problems.add(path, fmt::format("is not a glob: {}, is {}", wrong, quoted(pattern)));
    }
}

void check_name_of_revision(std::string_view text, const std::string& path, problem_list& problems) {
    if (text.empty()) return;
    if (const auto read = match::revision::parse_without_ranges(text); !read) {
        problems.add(path, read.error().message());
    }
}

} // namespace holdfast::crds
