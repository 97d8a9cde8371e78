#include "builders/helm.hpp"

#include "builders/helm/arguments.hpp"
#include "builders/helm/chart_archive.hpp"
#include "builders/helm/dependencies.hpp"
#include "builders/helm/values.hpp"
#include "builders/helm/work.hpp"
#include "crds/words.hpp"
#include "render/links.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_release_name = 53;                  // as helm has it
constexpr std::size_t max_argument = std::size_t{100} << 10U; // the kernel takes 128 KiB
constexpr std::size_t max_arguments = std::size_t{1} << 20U;
constexpr std::size_t max_values = std::size_t{4} << 20U;

const crds::helm_options& options_of(const build_source& source) {
    static const crds::helm_options none;
    return source.spec.helm ? *source.spec.helm : none;
}

void check_version(helm_work& work, const std::string& version) {
    if (version.empty() || version == "3" || version == "v3") return;
    const bool is_two = version == "2" || version == "v2";
    work.fail(fmt::format(
        "spec.source.helm.version: {} {}; leave it out, or write v3", crds::quoted(version),
        is_two ? "cannot be used: Helm 2 charts are rendered by helm 3, which reads most of them"
               : "is not known"
    ));
}

std::string release_name(helm_work& work, const crds::helm_options& options, const build_facts& facts) {
    const bool is_given = !options.release_name.empty();
    const auto& name = is_given ? options.release_name : facts.application;
    if (name.size() > max_release_name && name.find("{{") == std::string::npos) {
        work.fail(fmt::format(
            "{} {} has {} characters, and helm takes no release name of more than {}{}",
            is_given ? "spec.source.helm.releaseName:" : "the application's name", name, name.size(),
            max_release_name, is_given ? "" : ": set spec.source.helm.releaseName"
        ));
    }
    return name;
}

std::string kube_version(helm_work& work, const crds::helm_options& options, const build_facts& facts) {
    const auto& written = options.kube_version.empty() ? facts.kube_version : options.kube_version;
    if (written.empty()) return {};
    auto plain = plain_kube_version(written);
    if (plain.empty()) {
        work.fail(fmt::format(
            "spec.source.helm.kubeVersion: {} is not a version of Kubernetes: \"1.30.2\" would be",
            crds::quoted(written)
        ));
    }
    return plain;
}

/// Of parameters with the same name the last one counts, as in Argo CD.
void add_parameters(helm_work& work, const crds::helm_options& options, helm_arguments& arguments) {
    for (std::size_t i = 0; i < options.parameters.size(); ++i) {
        const auto& parameter = options.parameters[i];
        if (parameter.name.empty()) {
            work.fail(fmt::format("spec.source.helm.parameters[{}] needs a name", i));
            continue;
        }
        auto value = work.environment.substitute(parameter.value);
        if (value.size() + parameter.name.size() > max_argument) {
            work.fail(fmt::format(
                "spec.source.helm.parameters[{}]: the value of {} has more than {} KiB: put it into "
                "valuesObject",
                i, parameter.name, max_argument >> 10U
            ));
            continue;
        }
        auto& list = parameter.force_string ? arguments.set_string : arguments.set;
        std::erase_if(list, [&](const auto& other) { return other.first == parameter.name; });
        list.emplace_back(parameter.name, std::move(value));
    }
}

/// The values of the specification itself, which win over all files.
void add_own_values(helm_work& work, const crds::helm_options& options, helm_arguments& arguments) {
    const char* const field =
        options.values_object ? "spec.source.helm.valuesObject" : "spec.source.helm.values";
    auto text = options.values_object ? values_text(*options.values_object) : options.values;
    if (text.empty()) return;
    if (text.size() > max_values) {
        return work.fail(fmt::format("{} has more than {} MiB", field, max_values >> 20U));
    }
    const std::string to = "values/application.yaml";
    work.copies.written(std::move(text), to);
    work.plan.places[to] = field;
    arguments.values.push_back(to);
}

/// The chart out of a chart repository; nothing while it is missing or when it cannot be read.
std::optional<chart_archive> fetch_chart(helm_work& work, helm_arguments& arguments) {
    const auto& spec = work.source.spec;
    work.plan.name = fmt::format("chart {} {}", spec.chart, work.source.revision);
    const auto* found = work.need({
        .what = need::kind::chart,
        .url = spec.repo_url,
        .name = spec.chart,
        .revision = spec.target_revision,
    });
    if (found == nullptr) return std::nullopt;
    work.plan.name = fmt::format("chart {} {}", spec.chart, found->version);
    arguments.chart = "charts/" + archive_name(spec.chart, found->version);
    work.copies.archive(*found, arguments.chart);
    if (!work.source.spec.helm ||
        (work.source.spec.helm->value_files.empty() && work.source.spec.helm->file_parameters.empty())) {
        return std::nullopt;
    }
    auto archive = chart_archive::open(found->file);
    if (!archive) {
        work.fail(archive.error().within(work.plan.name));
        return std::nullopt;
    }
    return std::move(*archive);
}

/// The chart's directory as it is written, and where it really is; nothing, and an error said, where it is
/// not.
struct chart_directory {
    std::string written;
    std::string real;
};

std::optional<chart_directory> open_repository(helm_work& work) {
    auto view = source_view::of(work.source.at, work.source.spec.repo_url);
    if (!view) {
        work.fail(view.error());
        return std::nullopt;
    }
    work.repository = std::make_unique<source_view>(std::move(*view));
    const auto path = render::clean_path(work.source.spec.path);
    if (!path) {
        work.fail(path.error().within("spec.source.path"));
        return std::nullopt;
    }
    const auto found = work.repository->find(*path);
    if (!found) {
        auto said = found.error();
        if (said.kind() == error_kind::not_found) {
            said = {said.kind(), said.message() + what_is_there(*work.repository, *path)};
        }
        work.fail(said.within("spec.source.path"));
        return std::nullopt;
    }
    if (found->mode != files::entry_mode::tree) {
        work.fail(fmt::format("spec.source.path: {} is a file, not the directory of a chart", *path));
        return std::nullopt;
    }
    work.plan.name = render::name_of_directory(*path);
    return chart_directory{.written = *path, .real = found->name};
}

command template_command(const helm_arguments& arguments, const programs& with) {
    command run{.name = "helm template", .argv = {with.helm}};
    const auto rest = to_argv(arguments);
    run.argv.insert(run.argv.end(), rest.begin(), rest.end());
    // All that helm keeps anywhere is in the workspace, and nothing of it is there before: no plugins, no
    // repositories, no registries.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 10> homes{{
        {"HELM_CACHE_HOME", "cache"},
        {"HELM_CONFIG_HOME", "config"},
        {"HELM_DATA_HOME", "data"},
        {"HELM_PLUGINS", "plugins"},
        {"HELM_REGISTRY_CONFIG", "registry.json"},
        {"HELM_REPOSITORY_CACHE", "repositories"},
        {"HELM_REPOSITORY_CONFIG", "repositories.yaml"},
        {"XDG_CACHE_HOME", "cache"},
        {"XDG_CONFIG_HOME", "config"},
        {"XDG_DATA_HOME", "data"},
    }};
    for (const auto& [name, place] : homes) {
        run.environment.push_back(fmt::format("{}={}/helm/{}", name, workspace_mark, place));
    }
    run.environment.emplace_back("KUBECONFIG=/dev/null");
    return run;
}

void name_build(helm_work& work, const programs& with) {
    hasher key;
    key.add("helm").add(std::to_string(render::renderer_version)).add(with.helm_identity);
    key.add(std::to_string(work.copies.identities().size()));
    for (const auto& identity : work.copies.identities()) {
        key.add(identity);
    }
    // What the application, the cluster and the options say is in the arguments, as far as helm sees it.
    const auto& argv = work.plan.commands.front().argv;
    for (std::size_t i = 1; i < argv.size(); ++i) {
        key.add(argv[i]);
    }
    work.plan.key = key.finish();
}

} // namespace

plan_result plan_helm(
    const build_source& source, const build_facts& facts, const supplies& supplied, const programs& with
) {
    helm_work work{source, facts, supplied};
    const auto& options = options_of(source);
    helm_arguments arguments{
        .namespace_ = options.namespace_.empty() ? facts.destination_namespace : options.namespace_,
        .api_versions = options.api_versions.empty() ? *facts.api_versions : options.api_versions,
        .skip_crds = options.skip_crds,
        .skip_tests = options.skip_tests,
        .skip_schema_validation = options.skip_schema_validation,
    };
    check_version(work, options.version);
    arguments.release_name = release_name(work, options, facts);
    arguments.kube_version = kube_version(work, options, facts);
    add_parameters(work, options, arguments);

    values_base base;
    std::optional<chart_archive> archive;
    if (!source.spec.chart.empty()) {
        archive = fetch_chart(work, arguments);
        if (archive) base.archive = &*archive;
    } else if (const auto directory = open_repository(work)) {
        base.chart_path = directory->written;
        arguments.chart = render::join_path("repo", directory->written);
        place_chart(work, directory->real, arguments.chart);
    }
    const bool has_base = work.repository != nullptr || !source.spec.chart.empty();
    if (source.spec.helm && has_base) {
        arguments.values = place_value_files(work, base);
        arguments.set_file = place_file_parameters(work, base);
    }
    add_own_values(work, options, arguments);

    work.plan.commands.push_back(template_command(arguments, with));
    const auto& argv = work.plan.commands.front().argv;
    const auto total =
        std::accumulate(argv.begin(), argv.end(), std::size_t{0}, [](std::size_t sum, const auto& one) {
            return sum + one.size() + 1;
        });
    if (total > max_arguments) {
        work.fail(fmt::format(
            "the parameters and API versions take {} KiB of arguments, and helm can be given {}: use "
            "valuesObject",
            total >> 10U, max_arguments >> 10U
        ));
    }
    if (!work.errors.all.empty()) return std::move(work.errors);
    name_build(work, with);
    return std::move(work.plan);
}

} // namespace holdfast::builders
