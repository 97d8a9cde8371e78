#include "builders/kustomize.hpp"

#include "base/hash.hpp"
#include "builders/kustomize/closure.hpp"
#include "builders/kustomize/copies.hpp"
#include "builders/kustomize/functions.hpp"
#include "builders/kustomize/glob.hpp"
#include "builders/kustomize/options.hpp"
#include "render/file_tree.hpp"
#include "render/links.hpp"
#include "secrets/store_index.hpp"

#include <fmt/format.h>

#include <utility>

namespace holdfast::builders {

namespace {

constexpr std::string_view pass_function = "kustomize-pass";
constexpr std::string_view index_file = "pass-index.json";

render::render_errors one_error(const error& e, std::string file = {}) {
    render::render_errors errors;
    errors.all.push_back({.kind = e.kind(), .file = std::move(file), .message = e.message()});
    return errors;
}

class planner {
public:
    planner(
        const build_source& source, const build_facts& facts, const supplies& supplied, const programs& with
    )
        : source_{source}, facts_{facts}, supplied_{supplied}, with_{with} {}

    plan_result run() {
        auto path = render::clean_path(source_.spec.path);
        if (!path) return one_error(path.error());
        plan_.name = render::name_of_directory(*path);
        auto own = open();
        if (!own) return one_error(own.error());
        const auto start = render::follow(*own->tree, *path);
        if (!start) return one_error(start.error());
        if (start->entry.kind != render::entry_kind::directory) {
            return one_error(
                user_error(fmt::format("{} is not a directory in {}", plan_.name, own->tree->describe()))
            );
        }
        start_ = start->path;
        const auto edit = [&](kustomization& k, render::source_tree& tree, auto& errors) {
            return edit_first(k, tree, errors);
        };
        auto followed = follow_kustomizations(
            std::move(*own), start_, supplied_, functions_in(with_.functions), with_.charts_in_kustomizations,
            edit
        );
        if (!followed) return followed.error();
        plan_.needs = std::move(followed->needs);
        plan_.missing = std::move(followed->missing);
        plan_.warnings.insert(plan_.warnings.end(), followed->warnings.begin(), followed->warnings.end());
        if (!plan_.missing.empty()) return std::move(plan_);
        return finish(*followed);
    }

private:
    result<read_repository> open() {
        auto reader = source_.at.read();
        if (!reader) return reader.error();
        return read_repository{
            .at = source_.at,
            .tree = render::make_file_tree(std::move(*reader), source_.spec.repo_url),
            .to = "repo",
        };
    }

    bool edit_first(kustomization& k, render::source_tree& tree, std::vector<render::render_error>& errors) {
        if (!source_.spec.kustomize) return false;
        const auto& options = *source_.spec.kustomize;
        if (auto warning = version_warning(options.version, with_.kustomize_version); !warning.empty()) {
            plan_.warnings.push_back(std::move(warning));
        }
        const auto before = k.value;
        const auto glob = [&](std::string_view pattern) { return matching_paths(tree, start_, pattern); };
        apply_options(k, options, build_environment{source_, facts_}, glob, errors, plan_.warnings);
        return k.value != before;
    }

    plan_result finish(closure& followed) {
        hasher key;
        key.add("kustomize").add(std::to_string(render::renderer_version)).add(with_.kustomize_identity);
        const auto working = render::join_path("repo", start_);
        for (auto& repository : followed.repositories) {
            if (repository.roots.empty()) continue;
            if (!repository.shown.empty()) plan_.elsewhere.emplace(repository.to, repository.shown);
            auto reader = repository.at.read();
            if (!reader) return one_error(reader.error());
            const auto copies = copies_of(**reader, repository.roots);
            if (!copies) return one_error(copies.error());
            for (const auto& copy : *copies) {
                auto to = render::join_path(repository.to, copy.path);
                // Where it is to whoever builds, not where in the repository: moved together, nothing
                // changes.
                key.add("tree").add(relative_path(working, to)).add(copy.id.hex());
                plan_.trees.push_back({repository.at, copy.path, std::move(to)});
            }
        }
        for (std::size_t i = 0; i < followed.archives.size(); ++i) {
            key.add("file").add(relative_path(working, followed.archives[i].to)).add(followed.identities[i]);
        }
        for (const auto& file : followed.files) {
            key.add("written").add(relative_path(working, file.to)).add(file.text);
        }
        plan_.archives = std::move(followed.archives);
        plan_.files = std::move(followed.files);
        if (followed.has_charts) key.add("helm").add(with_.helm_identity);
        plan_.commands.push_back(build_command(working, followed.has_charts));
        // References to entries of password stores carry what identifies the entries.
        if (followed.functions_unknown || followed.functions.contains(pass_function)) {
            key.add("secrets").add(facts_.secrets_key);
            if (!facts_.secrets_index.empty()) {
                plan_.files.push_back({std::string{index_file}, facts_.secrets_index});
                plan_.commands.back().environment.push_back(
                    fmt::format("{}={}/{}", secrets::store_index_variable, workspace_mark, index_file)
                );
            }
        }
        plan_.key = key.finish();
        return std::move(plan_);
    }

    [[nodiscard]] command build_command(const std::string& working, bool has_charts) const {
        command build;
        build.name = "kustomize build";
        build.argv = {with_.kustomize, "build", "--enable-alpha-plugins", "--enable-exec"};
        if (has_charts) {
            build.argv.insert(build.argv.end(), {"--enable-helm", "--helm-command", with_.helm});
            build.read_only.push_back(with_.helm);
        }
        build.argv.emplace_back(".");
        // Neither git nor a shell, and helm for charts only: what is not there is not run.
        build.environment = {"PATH=" + with_.functions};
        build.working_directory = working;
        build.read_only.push_back(with_.functions);
        build.only_given_programs = true;
        return build;
    }

    const build_source& source_;
    const build_facts& facts_;
    const supplies& supplied_;
    const programs& with_;
    std::string start_;
    build_plan plan_;
};

} // namespace

plan_result plan_kustomize(
    const build_source& source, const build_facts& facts, const supplies& supplied, const programs& with
) {
    return planner{source, facts, supplied, with}.run();
}

} // namespace holdfast::builders
