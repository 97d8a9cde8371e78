#include "crds/application_set.hpp"
#include "crds/checks.hpp"
#include "crds/words.hpp"
#include "match/glob.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace holdfast::crds {

namespace {

/// A matrix or a merge may be in another, but not in one that is in another itself.
constexpr std::size_t deepest = 2;
constexpr std::string_view served = "served are clusters, git, list, matrix and merge";

/// It still has parameters in it, so that nobody knows yet what it says.
bool has_parameters(std::string_view text) {
    return text.find("{{") != std::string_view::npos;
}

void check_selector(const label_selector& selector, const std::string& path, problem_list& problems) {
    for (std::size_t i = 0; i < selector.match_expressions.size(); ++i) {
        const auto& one = selector.match_expressions[i];
        const bool compares =
            one.operator_ == selector_operator::in || one.operator_ == selector_operator::not_in;
        if (compares == one.values.empty()) {
            problems.add(
                fmt::format("{}.matchExpressions[{}].values", path, i),
                fmt::format(
                    "{} be empty with the operator {}", compares ? "must not" : "must",
                    to_string(one.operator_)
                )
            );
        }
    }
}

void check_git(const git_generator& git, const std::string& path, problem_list& problems) {
    if (has_password(git.repo_url)) {
        problems.add(
            path + ".repoURL", "must not contain a password: put it into the Secret of a Repository object"
        );
    }
    if (git.directories.empty() && git.files.empty()) {
        problems.add(path, "one of directories and files must say which paths are meant");
    }
    for (std::size_t i = 0; i < git.directories.size(); ++i) {
        const auto& pattern = git.directories[i].path;
        if (has_parameters(pattern)) continue;
        if (const auto wrong = match::glob_problem(match::glob_dialect::go_path, pattern); !wrong.empty()) {
            problems.add(
                fmt::format("{}.directories[{}].path", path, i),
                fmt::format("is not a pattern: {}, is {}", wrong, quoted(pattern))
            );
        }
    }
}

void check_generator(
    const set_generator& value, const std::string& path, std::size_t depth, problem_list& problems
);

void check_children(
    const std::vector<json::object>& generators, const std::string& path, std::size_t depth,
    problem_list& problems
) {
    for (std::size_t i = 0; i < generators.size(); ++i) {
        const auto where = fmt::format("{}.generators[{}]", path, i);
        const auto read = examine_set_generator(generators[i], where);
        if (read.problems.empty()) check_generator(read.value, where, depth, problems);
    }
}

void check_matrix(
    const matrix_generator& matrix, const std::string& path, std::size_t depth, problem_list& problems
) {
    constexpr std::size_t exactly = 2;
    if (matrix.generators.size() != exactly) {
        problems.add(
            path + ".generators", fmt::format(
                                      "{}: a matrix has exactly two, is {}",
                                      matrix.generators.size() > exactly
                                          ? "found more than two generators, Matrix support only two"
                                          : "found less than two generators, Matrix support only two",
                                      matrix.generators.size()
                                  )
        );
    }
    check_children(matrix.generators, path, depth + 1, problems);
}

void check_merge(
    const merge_generator& merge, const std::string& path, std::size_t depth, problem_list& problems
) {
    constexpr std::size_t at_least = 2;
    if (merge.merge_keys.empty()) {
        problems.add(
            path + ".mergeKeys", "must name the parameters by which results belong together, is empty"
        );
    }
    if (merge.generators.size() < at_least) {
        problems.add(
            path + ".generators", fmt::format("must have at least two, has {}", merge.generators.size())
        );
    }
    check_children(merge.generators, path, depth + 1, problems);
}

void refuse(
    const std::optional<json::object>& there, std::string_view name, const std::string& path,
    problem_list& problems
) {
    if (there) {
        problems.add(
            fmt::format("{}.{}", path, name),
            fmt::format("the generator {} is not served by this version; {}", name, served)
        );
    }
}

void check_generator(
    const set_generator& value, const std::string& path, std::size_t depth, problem_list& problems
) {
    refuse(value.scm_provider, "scmProvider", path, problems);
    refuse(value.pull_request, "pullRequest", path, problems);
    refuse(value.plugin, "plugin", path, problems);
    refuse(value.cluster_decision_resource, "clusterDecisionResource", path, problems);
    const bool refused =
        value.scm_provider || value.pull_request || value.plugin || value.cluster_decision_resource;
    const bool nests = value.matrix || value.merge;
    if (!value.list && !value.clusters && !value.git && !nests && !refused) {
        problems.add(path, fmt::format("must have a generator; {}", served));
    }
    if (nests && depth >= deepest) {
        problems.add(path, "is too deep: a matrix or a merge may stand in one other, and that one in none");
        return;
    }
    if (value.selector) check_selector(*value.selector, path + ".selector", problems);
    if (value.clusters) check_selector(value.clusters->selector, path + ".clusters.selector", problems);
    if (value.git) check_git(*value.git, path + ".git", problems);
    if (value.matrix) check_matrix(*value.matrix, path + ".matrix", depth, problems);
    if (value.merge) check_merge(*value.merge, path + ".merge", depth, problems);
}

void check_options(const std::vector<std::string>& options, problem_list& problems) {
    constexpr std::array<std::string_view, 4> known{
        "missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error"
    };
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (std::ranges::find(known, options[i]) == known.end()) {
            problems.add(
                fmt::format("spec.goTemplateOptions[{}]", i),
                fmt::format("must be {}, is {}", enumerated(known, " or "), quoted(options[i]))
            );
        }
    }
}

void check_ignored(const std::vector<set_ignored_difference>& ignored, problem_list& problems) {
    for (std::size_t i = 0; i < ignored.size(); ++i) {
        const auto path = fmt::format("spec.ignoreApplicationDifferences[{}]", i);
        const auto& one = ignored[i];
        if (one.json_pointers.empty() && one.jq_path_expressions.empty()) {
            problems.add(path, "one of jsonPointers and jqPathExpressions must name the ignored fields");
        }
        for (std::size_t k = 0; k < one.json_pointers.size(); ++k) {
            if (!one.json_pointers[k].starts_with('/')) {
                problems.add(
                    fmt::format("{}.jsonPointers[{}]", path, k),
                    fmt::format(
                        "must begin with '/', such as /spec/source/targetRevision, is {}",
                        quoted(one.json_pointers[k])
                    )
                );
            }
        }
        for (std::size_t k = 0; k < one.jq_path_expressions.size(); ++k) {
            if (one.jq_path_expressions[k].empty()) {
                problems.add(fmt::format("{}.jqPathExpressions[{}]", path, k), "must not be empty");
            }
        }
    }
}

void check_strategy(const json::object& strategy, problem_list& problems) {
    const auto* type = strategy.if_contains("type");
    const bool at_once =
        type == nullptr ||
        (type->is_string() && (type->get_string() == "AllAtOnce" || type->get_string().empty()));
    if (!at_once) {
        problems.add(
            "spec.strategy.type",
            fmt::format("{} is not served by this version; served is AllAtOnce", named(*type))
        );
    }
    for (const auto& member : strategy) {
        if (member.key() != "type") {
            problems.add(
                fmt::format("spec.strategy.{}", std::string_view{member.key()}),
                "is not served by this version; served is the type AllAtOnce alone"
            );
        }
    }
}

} // namespace

std::vector<problem> check(const set_generator& value, const std::string& path, std::size_t depth) {
    problem_list problems;
    check_generator(value, path, depth, problems);
    return problems.take();
}

std::vector<problem> check(const application_set& value) {
    const auto& spec = value.spec;
    problem_list problems;
    check_options(spec.go_template_options, problems);
    for (std::size_t i = 0; i < spec.generators.size(); ++i) {
        check_generator(spec.generators[i], fmt::format("spec.generators[{}]", i), 0, problems);
    }
    if (spec.template_.metadata.name.empty()) {
        problems.add("spec.template.metadata.name", "must not be empty");
    }
    check_ignored(spec.ignore_application_differences, problems);
    if (spec.strategy) check_strategy(*spec.strategy, problems);
    return problems.take();
}

} // namespace holdfast::crds
