#include "crds/application.hpp"
#include "crds/checks.hpp"
#include "crds/words.hpp"
#include "match/sync_option.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace holdfast::crds {

namespace {

void check_sources(const application_spec& spec, problem_list& problems) {
    if (spec.source.has_value() == !spec.sources.empty()) {
        problems.add("spec", "exactly one of source and sources must be set");
    }
    if (spec.source) {
        check_source(*spec.source, "spec.source", problems);
        if (spec.source->path.empty() && spec.source->chart.empty() && !spec.source->ref.empty()) {
            problems.add("spec.source", "a single source needs a path or a chart");
        }
    }
    std::set<std::string> refs;
    for (std::size_t i = 0; i < spec.sources.size(); ++i) {
        const auto& source = spec.sources[i];
        const auto path = fmt::format("spec.sources[{}]", i);
        check_source(source, path, problems);
        if (!source.ref.empty() && !refs.insert(source.ref).second) {
            problems.add(
                path + ".ref", fmt::format("{} is the ref of an earlier source already", quoted(source.ref))
            );
        }
    }
    const auto check_file = [&](const std::string& file, const std::string& path) {
        if (!file.starts_with('$')) return;
        const auto ref = file.substr(1, file.find('/') - 1);
        if (!refs.contains(ref)) {
            problems.add(
                path, fmt::format("no source has the ref {}, which {} needs", quoted(ref), quoted(file))
            );
        }
    };
    const auto all = spec.all_sources();
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].helm) continue;
        const auto path =
            (spec.sources.empty() ? std::string{"spec.source"} : fmt::format("spec.sources[{}]", i)) +
            ".helm";
        for (std::size_t k = 0; k < all[i].helm->value_files.size(); ++k) {
            check_file(all[i].helm->value_files[k], fmt::format("{}.valueFiles[{}]", path, k));
        }
        for (std::size_t k = 0; k < all[i].helm->file_parameters.size(); ++k) {
            check_file(
                all[i].helm->file_parameters[k].path, fmt::format("{}.fileParameters[{}].path", path, k)
            );
        }
    }
}

void check_destination(const application_destination& destination, problem_list& problems) {
    if (destination.server.empty() == destination.name.empty()) {
        problems.add("spec.destination", "exactly one of server and name must be set");
    }
    if (!destination.server.empty() && !destination.server.starts_with("https://") &&
        !destination.server.starts_with("http://")) {
        problems.add(
            "spec.destination.server",
            fmt::format(
                "must be a URL such as https://kubernetes.default.svc, is {}", quoted(destination.server)
            )
        );
    }
}

void check_retry(
    const std::optional<retry_strategy>& retry, const std::string& path, problem_list& problems
) {
    if (retry && retry->backoff.max_duration.value < retry->backoff.duration.value) {
        problems.add(
            path + ".backoff.maxDuration", fmt::format(
                                               "must not be shorter than duration, which is {}, is {}",
                                               retry->backoff.duration.text, retry->backoff.max_duration.text
                                           )
        );
    }
}

bool makes_the_namespace(const std::string& option) {
    const auto given = match::read_sync_option(option);
    return given && given->option->name == "CreateNamespace" && given->value == "true";
}

void check_policy(const sync_policy& policy, problem_list& problems) {
    check_sync_options(policy.sync_options, "spec.syncPolicy.syncOptions", problems);
    check_retry(policy.retry, "spec.syncPolicy.retry", problems);
    if (policy.managed_namespace_metadata && std::ranges::none_of(policy.sync_options, makes_the_namespace)) {
        problems.add(
            "spec.syncPolicy.managedNamespaceMetadata",
            "needs the sync option CreateNamespace=true: without it the namespace is not Holdfast's"
        );
    }
}

void check_ignored(const std::vector<ignored_difference>& ignored, problem_list& problems) {
    for (std::size_t i = 0; i < ignored.size(); ++i) {
        const auto& one = ignored[i];
        const auto path = fmt::format("spec.ignoreDifferences[{}]", i);
        if (one.json_pointers.empty() && one.jq_path_expressions.empty() &&
            one.managed_fields_managers.empty()) {
            problems.add(
                path,
                "one of jsonPointers, jqPathExpressions and managedFieldsManagers must name the ignored fields"
            );
        }
        for (std::size_t k = 0; k < one.json_pointers.size(); ++k) {
            if (!one.json_pointers[k].starts_with('/')) {
                problems.add(
                    fmt::format("{}.jsonPointers[{}]", path, k),
                    fmt::format(
                        "must begin with '/', such as /spec/replicas, is {}", quoted(one.json_pointers[k])
                    )
                );
            }
        }
        for (std::size_t k = 0; k < one.jq_path_expressions.size(); ++k) {
            if (one.jq_path_expressions[k].empty()) {
                problems.add(fmt::format("{}.jqPathExpressions[{}]", path, k), "must not be empty");
            }
        }
        check_glob(one.group, path + ".group", problems);
        check_glob(one.kind, path + ".kind", problems);
    }
}

void check_dependencies(const application& value, problem_list& problems) {
    std::set<std::pair<std::string, std::string>> seen;
    for (std::size_t i = 0; i < value.spec.depends_on.size(); ++i) {
        const auto& one = value.spec.depends_on[i];
        const auto path = fmt::format("spec.dependsOn[{}]", i);
        const auto& name_space = one.namespace_.empty() ? value.metadata.namespace_ : one.namespace_;
        if (one.name == value.metadata.name && name_space == value.metadata.namespace_) {
            problems.add(path, "an application must not depend on itself");
        } else if (!seen.emplace(name_space, one.name).second) {
            problems.add(path, fmt::format("{} is there twice", quoted(name_space + "/" + one.name)));
        }
    }
}

void check_secrets(const std::vector<secret_source>& secrets, problem_list& problems) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        const auto path = fmt::format("spec.secrets[{}]", i);
        const auto& pass = secrets[i].pass;
        if (pass.has_value() == secrets[i].sops.has_value()) {
            problems.add(path, "exactly one of pass and sops must be set");
            continue;
        }
        if (!pass) {
            continue;
        }
        check_path(pass->path, path + ".pass.path", problems);
        if (has_password(pass->repo_url)) {
            problems.add(
                path + ".pass.repoURL",
                "must not contain a password: put it into the Secret of a Repository object"
            );
        }
        check_name_of_revision(pass->target_revision, path + ".pass.targetRevision", problems);
        if (!seen.insert(pass->repo_url + "\n" + pass->path).second) {
            problems.add(path, "is the same store as an earlier one");
        }
    }
}

void check_operation(const operation& value, problem_list& problems) {
    check_retry(value.retry, "operation.retry", problems);
    if (!value.sync) {
        return;
    }
    check_sync_options(value.sync->sync_options, "operation.sync.syncOptions", problems);
    if (value.sync->sync_strategy && value.sync->sync_strategy->apply && value.sync->sync_strategy->hook) {
        problems.add("operation.sync.syncStrategy", "at most one of apply and hook may be set");
    }
    if (value.sync->source && !value.sync->sources.empty()) {
        problems.add("operation.sync", "at most one of source and sources may be set");
    }
    if (value.sync->source) check_source(*value.sync->source, "operation.sync.source", problems);
    for (std::size_t i = 0; i < value.sync->sources.size(); ++i) {
        check_source(value.sync->sources[i], fmt::format("operation.sync.sources[{}]", i), problems);
    }
}

} // namespace

void check_sync_options(
    const std::vector<std::string>& options, const std::string& path, problem_list& problems
) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const auto where = fmt::format("{}[{}]", path, i);
        const auto given = match::read_sync_option(options[i]);
        if (!given) {
            problems.add(where, given.error().message());
        } else if (!seen.insert(given->option->name).second) {
            problems.add(where, fmt::format("{} is there twice", given->option->name));
        }
    }
}

std::vector<problem> check(const application& value) {
    const auto& spec = value.spec;
    problem_list problems;
    check_sources(spec, problems);
    check_destination(spec.destination, problems);
    check_policy(spec.sync_policy, problems);
    check_ignored(spec.ignore_differences, problems);
    check_dependencies(value, problems);
    check_name_of_revision(spec.hold, "spec.hold", problems);
    check_secrets(spec.secrets, problems);
    std::set<std::pair<std::string, std::string>> kinds;
    for (std::size_t i = 0; i < spec.health_checks.size(); ++i) {
        const auto& one = spec.health_checks[i];
        if (!kinds.emplace(one.group, one.kind).second) {
            problems.add(
                fmt::format("spec.healthChecks[{}]", i),
                fmt::format("the kind {} is there twice", quoted(one.kind))
            );
        }
    }
    if (value.operation) check_operation(*value.operation, problems);
    return problems.take();
}

} // namespace holdfast::crds
